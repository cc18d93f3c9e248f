package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"sheet24"
)

// pageSize is the most records that one crm.item.list returns.
const pageSize = 50

// Items returns the records that exist among ids: 50 ids a list, 50 lists a
// request.
func (c *Client) Items(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, ids []int64) (map[int64]*sheet24.Item, error) {
	fields, err := c.Fields(ctx, p, e)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(fields)) // API name → name
	for _, f := range fields {
		names[f.APIName] = f.Name
	}
	var commands []command
	for chunk := range slices.Chunk(ids, pageSize) {
		params := url.Values{
			"entityTypeId": {strconv.Itoa(e.TypeID())},
			"order[id]":    {"ASC"},
			"start":        {"-1"}, // no total: counting costs the portal most
			"select[0]":    {"*"},  // only this brings fm
		}
		for i, id := range chunk {
			params.Set(fmt.Sprintf("filter[@id][%d]", i), strconv.FormatInt(id, 10))
		}
		commands = append(commands, command{"crm.item.list", params})
	}
	results, errs := c.batch(ctx, p, commands)
	items := make(map[int64]*sheet24.Item, len(ids))
	for i, result := range results {
		if errs[i] != nil {
			return nil, errs[i]
		}
		var page struct {
			Items []map[string]json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(result, &page); err != nil {
			return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
		}
		for _, raw := range page.Items {
			item, err := decodeItem(raw, names)
			if err != nil {
				return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
			}
			items[item.ID] = item
		}
	}
	return items, nil
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
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, err
		}
		if name, ok := names[api]; ok {
			item.Values[name] = v
		}
	}
	id, err := integer(raw["id"])
	item.ID = id
	return item, err
}

// decodeMulti reads fm, which is a list, or an object keyed by id.
func decodeMulti(data json.RawMessage) ([]sheet24.MultiValue, error) {
	type value struct {
		ID        json.RawMessage `json:"id"`
		TypeID    string          `json:"typeId"`
		ValueType string          `json:"valueType"`
		Value     string          `json:"value"`
	}
	if string(data) == "null" {
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
		multi = append(multi, sheet24.MultiValue{ID: id, Type: v.TypeID, Kind: v.ValueType, Value: v.Value})
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

// Update changes records by crm.item.update, 50 to a request.
func (c *Client) Update(ctx context.Context, p *sheet24.Portal, updates []sheet24.ItemUpdate) []error {
	commands := make([]command, len(updates))
	for i, u := range updates {
		commands[i] = command{"crm.item.update", updateParams(u)}
	}
	_, errs := c.batch(ctx, p, commands)
	return errs
}

func updateParams(u sheet24.ItemUpdate) url.Values {
	params := url.Values{
		"entityTypeId": {strconv.Itoa(u.Entity.TypeID())},
		"id":           {strconv.FormatInt(u.ID, 10)},
	}
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		switch v := u.Fields[name].(type) {
		case nil:
			params.Set("fields["+name+"]", "")
		case float64:
			params.Set("fields["+name+"]", strconv.FormatFloat(v, 'f', -1, 64))
		default:
			params.Set("fields["+name+"]", fmt.Sprint(v))
		}
	}
	for i, m := range u.Multi {
		key := fmt.Sprintf("fields[fm][%d]", i)
		if m.ID != 0 {
			params.Set(key+"[id]", strconv.FormatInt(m.ID, 10))
		}
		params.Set(key+"[typeId]", m.Type)
		params.Set(key+"[valueType]", m.Kind)
		params.Set(key+"[value]", m.Value)
	}
	return params
}
