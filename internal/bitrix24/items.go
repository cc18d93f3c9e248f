package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"sheet24"
)

// Items returns the records that exist among refs: 50 ids a list, 50 lists a
// request, whatever their entities. An entity that cannot be read has an error.
func (c *Client) Items(ctx context.Context, p *sheet24.Portal, refs []sheet24.ItemRef) (map[sheet24.ItemRef]*sheet24.Item, map[sheet24.Entity]error) {
	items, failed := make(map[sheet24.ItemRef]*sheet24.Item, len(refs)), map[sheet24.Entity]error{}
	var commands []command
	var entities []sheet24.Entity // of each command
	names := map[sheet24.Entity]map[string]string{}
	for e, ids := range byEntity(refs) {
		fields, err := c.Fields(ctx, p, e)
		if err != nil {
			failed[e] = err
			continue
		}
		names[e] = apiNames(fields)
		for _, list := range itemLists(e, ids) {
			commands, entities = append(commands, list), append(entities, e)
		}
	}

	for i, r := range c.run(ctx, p, commands) {
		e := entities[i]
		if err := keepItems(p.Host, e, r, names[e], items); err != nil {
			failed[e] = err
		}
	}
	return items, failed
}

// itemLists are the calls that read records whole.
func itemLists(e sheet24.Entity, ids []int64) (lists []command) {
	for chunk := range slices.Chunk(ids, sheet24.ListSize) {
		params := listParams(e)
		params.Set("select[0]", "*") // only this brings fm
		for i, id := range chunk {
			params.Set(fmt.Sprintf("filter[@id][%d]", i), itoa(id))
		}
		lists = append(lists, command{methodOf[sheet24.Reading], params})
	}
	return lists
}

// keepItems adds the records of a list to items.
func keepItems(host string, e sheet24.Entity, r result, names map[string]string, items map[sheet24.ItemRef]*sheet24.Item) error {
	if is(r.err, "NOT_FOUND") { // a list finds nothing where there are no records
		return sheet24.Errorf(sheet24.NotFound, sheet24.CodeEntityGone, string(e))
	}
	if r.err != nil {
		return r.err
	}
	rows, err := decodeItems(host, r.data)
	if err != nil {
		return err
	}
	for _, raw := range rows {
		item, err := decodeItem(raw, names)
		if err != nil {
			return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
		}
		items[sheet24.ItemRef{Entity: e, ID: item.ID}] = item
	}
	return nil
}

// byEntity are the ids of refs, each once.
func byEntity(refs []sheet24.ItemRef) map[sheet24.Entity][]int64 {
	ids := map[sheet24.Entity][]int64{}
	seen := map[sheet24.ItemRef]bool{}
	for _, r := range refs {
		if !seen[r] {
			seen[r] = true
			ids[r.Entity] = append(ids[r.Entity], r.ID)
		}
	}
	return ids
}

// listParams are those of a list that is read by conditions that find all it can
// hold: counting costs the portal most, so it does not.
func listParams(e sheet24.Entity) url.Values {
	return url.Values{"entityTypeId": {itoa(e.TypeID())}, "order[id]": {"ASC"}, "start": {"-1"}}
}

func decodeItems(host string, data json.RawMessage) ([]map[string]json.RawMessage, error) {
	var page struct {
		Items []map[string]json.RawMessage `json:"items"`
	}
	err := decodeResult(host, data, &page)
	return page.Items, err
}

func decodeItem(raw map[string]json.RawMessage, names map[string]string) (*sheet24.Item, error) {
	item := &sheet24.Item{Values: make(map[string]any, len(raw))}
	for api, value := range raw {
		if api == "fm" {
			multi, err := decodeMulti(value)
			if err != nil {
				return nil, err
			}
			item.Multi = multi
			continue
		}
		name, described := names[api]
		if !described {
			continue
		}
		var v any
		if string(value) != "null" { // as most are
			if err := json.Unmarshal(value, &v); err != nil {
				return nil, err
			}
		}
		item.Values[name] = v
	}
	var err error
	if item.ID, err = integer(raw["id"]); err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	if category, err := integer(raw["categoryId"]); err == nil {
		item.Funnel = category
	}
	return item, nil
}

// decodeMulti reads fm, which is a list, or an object keyed by id.
func decodeMulti(data json.RawMessage) ([]sheet24.MultiValue, error) {
	type value struct {
		ID        json.RawMessage `json:"id"`
		TypeID    lenient         `json:"typeId"`
		ValueType lenient         `json:"valueType"`
		Value     lenient         `json:"value"`
	}
	if s := string(data); s == "null" || s == "false" || s == `""` {
		return nil, nil
	}
	var values phpMap[value]
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("fm: %w", err)
	}
	var multi []sheet24.MultiValue
	for _, v := range values {
		id, err := integer(v.ID)
		if err != nil {
			return nil, fmt.Errorf("fm: %w", err)
		}
		multi = append(multi, sheet24.MultiValue{ID: id, Type: string(v.TypeID), Kind: string(v.ValueType), Value: string(v.Value)})
	}
	slices.SortFunc(multi, func(a, b sheet24.MultiValue) int { return int(a.ID - b.ID) })
	return multi, nil
}

// integer reads a number that may be written as a string.
func integer(data json.RawMessage) (int64, error) {
	text := string(data)
	if s, err := strconv.Unquote(text); err == nil {
		text = s
	}
	return strconv.ParseInt(text, 10, 64)
}
