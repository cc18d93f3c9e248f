package bitrix24

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// findable are the entities whose records are found by what they are reached at.
var findable = map[sheet24.Entity]string{sheet24.Leads: "LEAD", sheet24.Contacts: "CONTACT", sheet24.Companies: "COMPANY"}

// Find finds the records of an entity that hold values in a field, one, none or several
// for each value: EMAIL and PHONE of leads, contacts and companies, whatever their kind
// and notation, or any plain field by its Name. locale is that of the sheet in which the
// values are typed: it says whose telephone numbers they are. Of a field that the entity
// does not have nothing is found.
func (c *Client) Find(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, field string, values []string, locale string) (map[string][]int64, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if field != "EMAIL" && field != "PHONE" {
		return c.findBy(ctx, p, e, field, values)
	}
	if _, ok := findable[e]; !ok {
		return nil, nil
	}
	return c.findContacts(ctx, p, e, field, values, locale)
}

// findValues is how many values a list looks for: so few that, unless they are not
// unique at all, one page holds what is found.
const findValues = 25

// findBy finds records by the values of a plain field.
func (c *Client) findBy(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, name string, values []string) (map[string][]int64, error) {
	fields, err := c.Fields(ctx, p, e)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(fields, func(f sheet24.Field) bool { return f.Name == name })
	if i < 0 || fields[i].Type == "crm_multifield" {
		return nil, nil
	}
	f := fields[i]
	found := map[string][]int64{}
	var crowded []string // values of lists that were cut off
	look := func(most int, values []string) error {
		chunks := slices.Collect(slices.Chunk(values, most))
		var commands []command
		for _, chunk := range chunks {
			params := listParams(e)
			params.Set("select[0]", "id")
			params.Set("select[1]", f.APIName)
			for i, v := range chunk {
				params.Set("filter[@"+f.APIName+"]["+itoa(i)+"]", v)
			}
			commands = append(commands, command{"crm.item.list", params})
		}
		for i, r := range c.run(ctx, p, commands) {
			if r.err != nil {
				return r.err
			}
			rows, err := decodeItems(p.Host, r.data)
			if err != nil {
				return err
			}
			if len(rows) >= pageSize && most > 1 {
				crowded = append(crowded, chunks[i]...)
				continue
			}
			for _, row := range rows {
				item, err := decodeItem(row, map[string]string{f.APIName: f.Name})
				if err != nil {
					return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, p.Host).Because(err)
				}
				for _, v := range chunks[i] {
					if mapping.Same(f, v, item.Values[f.Name]) {
						found[v] = append(found[v], item.ID)
					}
				}
			}
		}
		return nil
	}
	if err := look(findValues, values); err != nil {
		return nil, err
	}
	return found, look(1, crowded)
}
