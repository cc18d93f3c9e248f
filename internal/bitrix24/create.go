package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sheet24"
)

// originator is who sheet24 says it is in the records that it creates.
const originator = "sheet24"

// keyLists are the calls that look for records that were created under keys: 50 keys a
// list.
func keyLists(e sheet24.Entity, names, keys []string) (lists []command) {
	for chunk := range slices.Chunk(keys, sheet24.ListSize) {
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
		lists = append(lists, command{methodOf[sheet24.Reading], params})
	}
	return lists
}

// keepCreated adds the records of a list to those that were found by their keys. Of
// several under one key the first counts.
func keepCreated(host string, e sheet24.Entity, r result, names []string, created map[sheet24.ItemKey]int64) error {
	if r.err != nil {
		return r.err
	}
	rows, err := decodeItems(host, r.data)
	if err != nil {
		return err
	}

	for _, row := range rows {
		var value lenient
		id, err := integer(row["id"])
		if err == nil {
			err = json.Unmarshal(row[names[0]], &value)
		}
		if err != nil {
			return sheet24.Errorf(sheet24.Unavailable, "portal_answer", host).Because(err)
		}
		key := sheet24.ItemKey{Entity: e, Key: strings.TrimPrefix(string(value), originator+":")}
		if first, ok := created[key]; !ok || id < first {
			created[key] = id
		}
	}
	return nil
}

// originNames are the API names of the fields that keep where a record is from:
// originId and originatorId, or xmlId alone.
func (c *Client) originNames(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]string, error) {
	fields, err := c.kept(ctx, p, e)
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
