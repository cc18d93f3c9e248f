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

// Find finds the records that are reached at an e-mail address (kind EMAIL) or a
// telephone number (PHONE), one, none or several for each value. Leads, contacts and
// companies have such; of any other entity nothing is found.
func (c *Client) Find(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, kind string, values []string) (map[string][]int64, error) {
	name, ok := findable[e]
	if !ok || len(values) == 0 {
		return nil, nil
	}
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
