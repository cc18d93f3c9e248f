package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// findable are the entities whose records are found by what they are reached at.
var findable = map[sheet24.Entity]string{sheet24.Leads: "LEAD", sheet24.Contacts: "CONTACT", sheet24.Companies: "COMPANY"}

// maxComm is how many values crm.duplicate.findbycomm takes.
const maxComm = 20

// Find finds the records of an entity that hold values in a field, one, none or several
// for each value: EMAIL and PHONE of leads, contacts and companies, whatever their kind
// and notation, or any plain field by its Name. Of a field that the entity does not have
// nothing is found.
func (c *Client) Find(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, field string, values []string) (map[string][]int64, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if field != "EMAIL" && field != "PHONE" {
		return c.findBy(ctx, p, e, field, values)
	}
	name, ok := findable[e]
	if !ok {
		return nil, nil
	}
	kind := field
	var commands []command
	for chunk := range slices.Chunk(values, maxComm) {
		params := url.Values{"type": {kind}, "entity_type": {name}}
		for i, v := range chunk {
			params.Set("values["+itoa(i)+"]", v)
		}
		commands = append(commands, command{"crm.duplicate.findbycomm", params})
	}
	var refs []sheet24.ItemRef
	for _, r := range c.run(ctx, p, commands) {
		if r.err != nil {
			return nil, r.err
		}
		ids, err := foundIDs(p.Host, name, r.data)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			refs = append(refs, sheet24.ItemRef{Entity: e, ID: id})
		}
	}
	// The answer does not say which value found which record: they say so themselves.
	items, failed := c.Items(ctx, p, refs)
	if failed[e] != nil {
		return nil, failed[e]
	}
	found := map[string][]int64{}
	at := map[string][]int64{}
	for ref, item := range items {
		for _, m := range item.Multi {
			key := mapping.ContactKey(kind, m.Value)
			if m.Type == kind && !slices.Contains(at[key], ref.ID) {
				at[key] = append(at[key], ref.ID)
			}
		}
	}
	for _, v := range values {
		if key := mapping.ContactKey(kind, v); key != "" {
			found[v] = at[key]
		}
	}
	return found, nil
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
					return sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
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

// foundIDs reads {"LEAD": [1, 2]}, or PHP's [] for nothing.
func foundIDs(host, name string, data json.RawMessage) (ids []int64, err error) {
	var lists phpMap[[]json.RawMessage]
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", host).Because(err)
	}
	for _, raw := range lists[name] {
		id, err := integer(raw)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", host).Because(err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
