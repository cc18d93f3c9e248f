package bitrix24

import (
	"context"
	"net/url"
	"strings"

	"sheet24"
)

// pageSize is the most records that one list returns.
const pageSize = 50

// lists are a portal's own lists, which fields refer to.
type lists struct {
	statuses   map[string][]sheet24.Choice // by ENTITY_ID
	funnels    []sheet24.Choice            // of the entity, empty if it has none
	currencies []sheet24.Choice
	users      []sheet24.Choice // nil without the scope "user"
}

func (c *Client) readLists(ctx context.Context, p *sheet24.Portal, statuses, funnels, currencies, users result) (*lists, error) {
	l := &lists{statuses: map[string][]sheet24.Choice{}}
	if statuses.err != nil {
		return nil, statuses.err
	}

	var statusRows []struct {
		List lenient `json:"ENTITY_ID"`
		ID   lenient `json:"STATUS_ID"`
		Name lenient `json:"NAME"`
	}
	if err := decodeResult(p.Host, statuses.data, &statusRows); err != nil {
		return nil, err
	}

	for _, s := range statusRows {
		l.statuses[string(s.List)] = append(l.statuses[string(s.List)], sheet24.Choice{ID: string(s.ID), Label: string(s.Name)})
	}

	if err := l.readFunnels(p.Host, funnels); err != nil {
		return nil, err
	}
	if err := l.readCurrencies(p.Host, currencies); err != nil {
		return nil, err
	}
	return l, c.readUsers(ctx, p, l, users)
}

// passing reports whether an error may pass; any other means that a list is not
// for this connection, or not there.
func passing(err error) bool { return sheet24.IsKind(err, sheet24.Unavailable) }

func (l *lists) readFunnels(host string, r result) error {
	if r.err != nil {
		if passing(r.err) {
			return r.err
		}
		return nil // the entity has no funnels
	}

	var got struct {
		Categories []struct {
			ID   lenient `json:"id"`
			Name lenient `json:"name"`
		} `json:"categories"`
	}

	if err := decodeResult(host, r.data, &got); err != nil {
		return err
	}

	for _, c := range got.Categories {
		l.funnels = append(l.funnels, sheet24.Choice{ID: string(c.ID), Label: string(c.Name)})
	}
	return nil
}

// signs are what people write for a currency beside its code and its name.
var signs = map[string][]string{"TRY": {"₺", "TL"}, "USD": {"$"}, "EUR": {"€", "Avro"}, "GBP": {"£"}, "RUB": {"₽", "руб"}}

func (l *lists) readCurrencies(host string, r result) error {
	if r.err != nil {
		if passing(r.err) {
			return r.err
		}
		return nil
	}

	var rows []struct {
		Code lenient `json:"CURRENCY"`
		Name lenient `json:"FULL_NAME"`
		Base lenient `json:"BASE"`
	}

	if err := decodeResult(host, r.data, &rows); err != nil {
		return err
	}

	for _, c := range rows {
		choice := sheet24.Choice{ID: string(c.Code), Label: string(c.Code), Aliases: append([]string{string(c.Name)}, signs[string(c.Code)]...)}
		if c.Base.yes() { // the base currency comes first
			l.currencies = append([]sheet24.Choice{choice}, l.currencies...)
		} else {
			l.currencies = append(l.currencies, choice)
		}
	}
	return nil
}

func usersFrom(start int) url.Values { return url.Values{"start": {itoa(start)}} }

// readUsers reads the portal's employees, of whom r has the first page, all other
// pages in as few requests as possible.
func (c *Client) readUsers(ctx context.Context, p *sheet24.Portal, l *lists, r result) error {
	if r.err != nil {
		if passing(r.err) {
			return r.err
		}
		return nil // without the scope "user"
	}

	pages := []result{r}
	var rest []command
	for start := pageSize; int64(start) < r.total; start += pageSize {
		rest = append(rest, command{"user.get", usersFrom(start)})
	}
	pages = append(pages, c.run(ctx, p, rest)...)

	l.users = []sheet24.Choice{}
	for _, page := range pages {
		if page.err != nil {
			return page.err
		}

		var rows []struct {
			ID       lenient `json:"ID"`
			Active   lenient `json:"ACTIVE"`
			Name     lenient `json:"NAME"`
			LastName lenient `json:"LAST_NAME"`
			Email    lenient `json:"EMAIL"`
		}
		if err := decodeResult(p.Host, page.data, &rows); err != nil {
			return err
		}

		for _, u := range rows {
			choice := sheet24.Choice{ID: string(u.ID), Label: strings.TrimSpace(string(u.Name) + " " + string(u.LastName)), Retired: !u.Active.yes()}
			if u.Email != "" {
				choice.Aliases = []string{string(u.Email)}
			}
			l.users = append(l.users, choice)
		}
	}
	return nil
}
