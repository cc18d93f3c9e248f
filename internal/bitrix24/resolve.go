package bitrix24

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sheet24"
)

// Resolve finds the records that links name: a contact by its full name, anything
// else by its title. Of several that the portal takes for equal, those written
// exactly so are meant, if there are any.
func (c *Client) Resolve(ctx context.Context, p *sheet24.Portal, links []sheet24.Link) (map[sheet24.Link][]int64, map[sheet24.Link]error) {
	found, failed := make(map[sheet24.Link][]int64, len(links)), map[sheet24.Link]error{}
	exact := map[sheet24.Link][]int64{}
	var commands []command
	var of []sheet24.Link // of each command
	for _, l := range links {
		if _, ok := found[l]; ok {
			continue
		}
		found[l] = nil
		for _, conditions := range named(l) {
			params := listParams(l.Entity)
			for i, name := range append([]string{"id"}, nameFields(l.Entity)...) {
				params.Set("select["+itoa(i)+"]", name)
			}
			for name, value := range conditions {
				params.Set("filter[="+name+"]", value)
			}
			commands, of = append(commands, command{"crm.item.list", params}), append(of, l)
		}
	}
	for i, r := range c.run(ctx, p, commands) {
		l := of[i]
		ids, same, err := linked(p.Host, l, r)
		if err != nil {
			failed[l] = err
		}
		for _, id := range ids {
			if !slices.Contains(found[l], id) {
				found[l] = append(found[l], id)
			}
		}
		exact[l] = append(exact[l], same...)
	}
	for l, ids := range exact {
		if len(ids) > 0 {
			found[l] = ids
		}
	}
	return found, failed
}

// linked are the ids of a list's records, and of those that are named exactly as
// the link says.
func linked(host string, l sheet24.Link, r result) (ids, exact []int64, err error) {
	if r.err != nil {
		return nil, nil, r.err
	}
	rows, err := decodeItems(host, r.data)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		id, err := integer(row["id"])
		if err != nil {
			return nil, nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
		}
		ids = append(ids, id)
		if fullName(l.Entity, row) == l.Text {
			exact = append(exact, id)
		}
	}
	return ids, exact, nil
}

// nameFields are the fields that make a record's name.
func nameFields(e sheet24.Entity) []string {
	if e == sheet24.Contacts {
		return []string{"name", "lastName"}
	}
	return []string{"title"}
}

// named are the conditions any of which a record fulfils that has that name. A
// person's name may be split anywhere into first and last name.
func named(l sheet24.Link) []map[string]string {
	if l.Entity != sheet24.Contacts {
		return []map[string]string{{"title": l.Text}}
	}
	words := strings.Fields(l.Text)
	all := []map[string]string{}
	for n := 1; n < len(words); n++ {
		all = append(all, map[string]string{"name": strings.Join(words[:n], " "), "lastName": strings.Join(words[n:], " ")})
	}
	return append(all, map[string]string{"name": l.Text, "lastName": ""}, map[string]string{"name": "", "lastName": l.Text})
}

func fullName(e sheet24.Entity, row map[string]json.RawMessage) string {
	var parts []string
	for _, name := range nameFields(e) {
		var part lenient
		if json.Unmarshal(row[name], &part) == nil && part != "" {
			parts = append(parts, string(part))
		}
	}
	return strings.Join(parts, " ")
}
