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
func (c *Client) Resolve(ctx context.Context, p *sheet24.Portal, links []sheet24.Link) (map[sheet24.Link][]int64, error) {
	found := make(map[sheet24.Link][]int64, len(links))
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
		if r.err != nil {
			return nil, r.err
		}
		rows, err := decodeItems(p.Host, r.data)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			id, err := integer(row["id"])
			if err != nil {
				return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
			}
			if slices.Contains(found[of[i]], id) {
				continue
			}
			found[of[i]] = append(found[of[i]], id)
			if fullName(of[i].Entity, row) == of[i].Text {
				exact[of[i]] = append(exact[of[i]], id)
			}
		}
	}
	for l, ids := range exact {
		found[l] = ids
	}
	return found, nil
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
