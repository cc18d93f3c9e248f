package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sheet24"
)

// originator is who sheet24 says it is in the records that it creates.
const originator = "sheet24"

// findCreated looks for the records that creations with a key have made already,
// and returns those writes that have yet to be made; where looking fails, that is
// how they end.
func (w *writer) findCreated(ctx context.Context, indexes []int) (open []int) {
	byKey := map[sheet24.Entity]map[string]int{}
	for _, i := range indexes {
		write := w.writes[i]
		if write.ID != 0 || write.Key == "" {
			open = append(open, i)
			continue
		}
		if byKey[write.Entity] == nil {
			byKey[write.Entity] = map[string]int{}
		}
		byKey[write.Entity][write.Key] = i
	}
	for e, keys := range byKey {
		found, err := w.c.created(ctx, w.p, e, slices.Sorted(maps.Keys(keys)))
		for key, i := range keys {
			switch id, ok := found[key]; {
			case err != nil:
				w.done[i].Err = err
			case ok:
				w.done[i] = sheet24.Written{ID: id}
			default:
				open = append(open, i)
			}
		}
	}
	slices.Sort(open)
	return open
}

// created finds the records of an entity that were created under keys: 50 keys a
// list, 50 lists a request.
func (c *Client) created(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, keys []string) (map[string]int64, error) {
	names, err := (&writer{c: c, p: p}).originNames(ctx, e)
	if err != nil {
		return nil, err
	}
	var commands []command
	for chunk := range slices.Chunk(keys, pageSize) {
		params := listParams(e)
		params.Set("select[0]", "id")
		params.Set("select[1]", names[0])
		for i, key := range chunk {
			for name, value := range origin(names, key) {
				if name == names[0] {
					params.Set(fmt.Sprintf("filter[@%s][%d]", name, i), value)
				} else {
					params.Set("filter[="+name+"]", value)
				}
			}
		}
		commands = append(commands, command{"crm.item.list", params})
	}
	found := map[string]int64{}
	for _, r := range c.run(ctx, p, commands) {
		if r.err != nil {
			return nil, r.err
		}
		rows, err := decodeItems(p.Host, r.data)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			var value lenient
			id, err := integer(row["id"])
			if err == nil {
				err = json.Unmarshal(row[names[0]], &value)
			}
			if err != nil {
				return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
			}
			key := strings.TrimPrefix(string(value), originator+":")
			if first, ok := found[key]; !ok || id < first {
				found[key] = id
			}
		}
	}
	return found, nil
}

// originNames are the API names of the fields that keep where a record is from:
// originId and originatorId, or xmlId alone.
func (w *writer) originNames(ctx context.Context, e sheet24.Entity) ([]string, error) {
	fields, err := w.c.Fields(ctx, w.p, e)
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(fields, func(f sheet24.Field) bool { return f.APIName == name })
	}
	switch {
	case has("originId") && has("originatorId"):
		return []string{"originId", "originatorId"}, nil
	case has("xmlId"):
		return []string{"xmlId"}, nil
	}
	return nil, sheet24.Errorf(sheet24.Invalid, "record_origin", string(e))
}

// origin are the values that mark a record as created under a key.
func origin(names []string, key string) map[string]string {
	if len(names) == 1 {
		return map[string]string{names[0]: originator + ":" + key}
	}
	return map[string]string{names[0]: key, names[1]: originator}
}
