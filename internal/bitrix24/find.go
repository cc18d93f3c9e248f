package bitrix24

import (
	"context"
	"encoding/json"
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

	// Values that very many records hold are asked for one by one.
	s := &search{client: c, portal: p, entity: e, field: fields[i], found: map[string][]int64{}}
	crowded, err := s.find(ctx, findValues, values)
	if err != nil {
		return nil, err
	}
	_, err = s.find(ctx, 1, crowded)
	return s.found, err
}

// search is a search for the records that hold values in a plain field.
type search struct {
	client *Client
	portal *sheet24.Portal
	entity sheet24.Entity
	field  sheet24.Field
	found  map[string][]int64 // by value
}

// find asks for values, some in one list, and returns those whose lists were cut off.
func (s *search) find(ctx context.Context, most int, values []string) (crowded []string, err error) {
	chunks := slices.Collect(slices.Chunk(values, most))
	var commands []command
	for _, chunk := range chunks {
		params := listParams(s.entity)
		params.Set("select[0]", "id")
		params.Set("select[1]", s.field.APIName)
		for i, v := range chunk {
			params.Set("filter[@"+s.field.APIName+"]["+itoa(i)+"]", v)
		}
		commands = append(commands, command{"crm.item.list", params})
	}

	for i, r := range s.client.run(ctx, s.portal, commands) {
		if r.err != nil {
			return nil, r.err
		}
		rows, err := decodeItems(s.portal.Host, r.data)
		if err != nil {
			return nil, err
		}
		if len(rows) >= pageSize && most > 1 {
			crowded = append(crowded, chunks[i]...)
			continue
		}
		if err := s.take(rows, chunks[i]); err != nil {
			return nil, err
		}
	}
	return crowded, nil
}

// take notes which of some values the rows of a list hold.
func (s *search) take(rows []map[string]json.RawMessage, values []string) error {
	for _, row := range rows {
		item, err := decodeItem(row, map[string]string{s.field.APIName: s.field.Name})
		if err != nil {
			return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, s.portal.Host).Because(err)
		}
		for _, v := range values {
			if mapping.Same(s.field, v, item.Values[s.field.Name]) {
				s.found[v] = append(s.found[v], item.ID)
			}
		}
	}
	return nil
}
