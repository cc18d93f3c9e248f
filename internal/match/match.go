// Package match says which record a row is: by what it holds in key columns, as an e-mail
// address, and by how much it holds of what a record's row held.
package match

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// Key is a key column of some rows: what each of them holds in it, several values where a
// cell holds several, none where it holds no value of the field.
type Key struct {
	Field  string
	Values [][]string
}

// Values are what a cell of a table's key column holds.
func Values(t *sheet24.Table, f sheet24.Field, cell any) []string {
	return mapping.Keys(f, cell, mapping.Context{Locale: t.Locale, Zone: t.Location()})
}

// Find finds the records that hold values in a field, one, none or several for each, and says
// why some values could not be looked for.
type Find func(ctx context.Context, field string, values []string) (found map[string][]int64, unfound map[string]error)

// Found is what was found of a row.
type Found struct {
	Records []int64 // in their order: the one that it is; none; or those that it may be
	Err     error   // why it could not be looked for
}

// Records finds the records of rows, each of which has its place in every key's Values. A row
// is the one record at which its keys agree; a key that finds nothing says nothing. Where they
// contradict each other, it may be any that they find.
func Records(ctx context.Context, rows int, keys []Key, find Find) []Found {
	found := make([]Found, rows)
	for _, key := range keys {
		ids, unfound := find(ctx, key.Field, once(key.Values))

		for i, values := range key.Values {
			var records []int64
			for _, v := range values {
				if err := unfound[v]; err != nil && found[i].Err == nil {
					found[i].Err = err
				}
				records = append(records, ids[v]...)
			}

			slices.Sort(records)
			found[i].Records = agreed(found[i].Records, slices.Compact(records))
		}
	}
	return found
}

// once are the values of rows, each once.
func once(rows [][]string) (values []string) {
	seen := map[string]bool{"": true}

	for _, row := range rows {
		for _, v := range row {
			if !seen[v] {
				seen[v] = true
				values = append(values, v)
			}
		}
	}
	return values
}

// agreed are the records at which two keys agree, or all of them, if they agree at none.
func agreed(a, b []int64) []int64 {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}

	both := slices.DeleteFunc(slices.Clone(a), func(id int64) bool { return !slices.Contains(b, id) })
	if len(both) > 0 {
		return both
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return all
}
