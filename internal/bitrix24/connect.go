package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"sheet24"
)

// Connect checks a webhook URL that a person pasted: that it is one, that the
// portal answers, and that it may use the CRM. It returns a Portal without an id
// or an owner, with whom it acts for, its scopes, and its plan if that is told.
func (c *Client) Connect(ctx context.Context, webhookURL string) (*sheet24.Portal, error) {
	base, err := c.options.Hosts.Webhook(webhookURL)
	if err != nil {
		return nil, err
	}
	p := &sheet24.Portal{Host: base.Host, WebhookURL: base.String()}
	return p, c.try(ctx, p)
}

// Check looks at a connection anew and renews what is known of it.
func (c *Client) Check(ctx context.Context, p *sheet24.Portal) error { return c.inspect(ctx, p) }

// inspect asks a portal who the connection acts for and what it may, in one
// request.
func (c *Client) inspect(ctx context.Context, p *sheet24.Portal) error {
	results := c.run(sheet24.Interactive(ctx), p, []command{{"profile", url.Values{}}, {"scope", url.Values{}}, {"app.info", url.Values{}}})
	var profile struct {
		ID       lenient `json:"ID"`
		Admin    lenient `json:"ADMIN"`
		Name     lenient `json:"NAME"`
		LastName lenient `json:"LAST_NAME"`
	}
	var scopes []string
	for i, out := range []any{&profile, &scopes} {
		if results[i].err != nil {
			return results[i].err
		}
		if err := decodeResult(p.Host, results[i].data, out); err != nil {
			return err
		}
	}
	p.Account = sheet24.Account{UserID: profile.ID.int(), Name: strings.TrimSpace(string(profile.Name) + " " + string(profile.LastName)),
		Admin: profile.Admin.yes(), Scopes: scopes}
	// Only an application is told the tariff.
	var app struct {
		License string `json:"LICENSE"`
		Family  string `json:"LICENSE_FAMILY"`
	}
	if results[2].err == nil && json.Unmarshal(results[2].data, &app) == nil && app.License != "" {
		p.Plan = sheet24.StandardPlan
		if strings.HasPrefix(app.Family, "ent") || strings.Contains(app.License, "_ent") || strings.EqualFold(app.License, "enterprise") {
			p.Plan = sheet24.EnterprisePlan
		}
	}
	if !slices.Contains(scopes, "crm") {
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalScope, p.Host)
	}
	return nil
}

// Entities lists the standard entities and the portal's smart processes. Those
// are shown to administrators of the CRM alone; without that right they are left
// out.
func (c *Client) Entities(ctx context.Context, p *sheet24.Portal) ([]sheet24.EntityType, error) {
	var all []sheet24.EntityType
	for _, e := range sheet24.Entities {
		all = append(all, sheet24.EntityType{Entity: e})
	}
	for start, more := 0, true; more; start += pageSize {
		r := c.run(ctx, p, []command{{"crm.type.list", url.Values{"order[title]": {"ASC"}, "start": {itoa(start)}}}})[0]
		if sheet24.AsError(r.err).Code == sheet24.CodeRecordAccess {
			return all, nil
		}
		if r.err != nil {
			return nil, r.err
		}
		var page struct {
			Types []struct {
				Title        string  `json:"title"`
				EntityTypeID lenient `json:"entityTypeId"`
			} `json:"types"`
		}
		if err := decodeResult(p.Host, r.data, &page); err != nil {
			return nil, err
		}
		for _, t := range page.Types {
			if e := sheet24.EntityOf(int(t.EntityTypeID.int())); strings.HasPrefix(string(e), "spa:") {
				all = append(all, sheet24.EntityType{Entity: e, Title: t.Title})
			}
		}
		more = len(page.Types) == pageSize
	}
	return all, nil
}
