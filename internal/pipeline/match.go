package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
)

// match is what was found of a row without an id.
type match struct {
	record int64 // 0: none
	twin   int64 // the key of the row that is in its way
	err    error // why it is no record's, or could not be looked for
}

// match finds the records of rows that have none, by the keys of their tables: a row is
// the one record that has its key. What it returns is in the order of the changes.
func (b *pushBatch) match(ctx context.Context, changes []sheet24.RowChange) []match {
	matches := make([]match, len(changes))
	byTable := map[int64][]int{}
	for i, c := range changes {
		if c.EntityID < 0 && c.Action != sheet24.Delete && len(b.tables[c.TableID].Policies.Keys) > 0 {
			byTable[c.TableID] = append(byTable[c.TableID], i)
		}
	}
	for id, indexes := range byTable {
		b.matchTable(ctx, b.tables[id], indexes, changes, matches)
	}
	return matches
}

func (b *pushBatch) matchTable(ctx context.Context, t *sheet24.Table, indexes []int, changes []sheet24.RowChange, matches []match) {
	described, err := b.CRM.Fields(ctx, b.portal, t.Entity)
	if err != nil {
		return // planning says so
	}
	fields := byName(described)

	candidates := map[int][]int64{}
	for _, key := range t.Policies.Keys {
		values, once := b.keyValues(t, fields[key], key, indexes, changes, matches)
		found, unfound := b.find(ctx, t, key, once)
		for _, i := range indexes {
			for _, v := range values[i] {
				switch {
				case matches[i].err != nil:
				case unfound[v] != nil:
					matches[i].err = unfound[v]
				default:
					candidates[i] = append(candidates[i], found[v]...)
				}
			}
		}
	}

	for _, i := range indexes {
		found := candidates[i]
		slices.Sort(found)
		found = slices.Compact(found)
		switch {
		case matches[i].err != nil || len(found) == 0:
		case len(found) > 1:
			matches[i].err = sheet24.Errorf(sheet24.Invalid, "row_key_ambiguous", list(found))
		default:
			matches[i].record = found[0]
		}
	}
}

// keyValues are what rows hold in a key column, by their indexes, several where a cell holds
// several, and each of these once. Of rows that hold the same, the later ones are told so.
func (b *pushBatch) keyValues(t *sheet24.Table, f sheet24.Field, key string, indexes []int, changes []sheet24.RowChange, matches []match) (values map[int][]string, once []string) {
	values = map[int][]string{}
	at := mapping.Context{Locale: t.Locale, Zone: location(t)}
	first := map[string]int{} // which row has it first
	for _, i := range indexes {
		err := isolate.Guard(func() error { values[i] = mapping.Keys(f, changes[i].Fields[key].New, at); return nil })
		if err != nil {
			matches[i].err = b.broken(sheet24.PushStage, changes[i], err)
		}

		for _, v := range values[i] {
			same := mapping.ContactKey(f.Multi.Type, v, t.Locale)
			if other, ok := first[same]; ok && other != i {
				matches[i].err = sheet24.Errorf(sheet24.Invalid, "row_key_twice", columnName(t, key), v, mapping.Text(float64(changes[other].Row)))
				matches[i].twin = changes[other].EntityID
				break
			}
			first[same] = i
			once = append(once, v)
		}
	}
	return values, once
}

// sameKeys reports whether a row holds what it held in all of its table's key columns,
// and something in one of them.
func sameKeys(t *sheet24.Table, now, before map[string]any) bool {
	holds := false
	for _, key := range t.Policies.Keys {
		if now[key] != before[key] {
			return false
		}
		holds = holds || now[key] != nil
	}
	return holds
}

// find finds the records that hold values in a key field, and says why some could not be
// looked for.
func (b *pushBatch) find(ctx context.Context, t *sheet24.Table, key string, values []string) (found map[string][]int64, unfound map[string]error) {
	found, unfound = map[string][]int64{}, map[string]error{}
	err := isolate.Each(values, func(some []string) error {
		ids, err := b.CRM.Find(ctx, b.portal, t.Entity, key, some, t.Locale)
		if err == nil {
			maps.Copy(found, ids)
		}
		return err
	}, func(v string, err error) error {
		unfound[v] = b.broken(sheet24.PushStage, sheet24.RowChange{TableID: t.ID}, err)
		return nil
	})
	for _, v := range values {
		if _, ok := found[v]; err != nil && !ok && unfound[v] == nil {
			unfound[v] = err
		}
	}
	return found, unfound
}

// taken is the error of a row whose record another row is.
func taken(record int64, row int) error {
	return sheet24.Errorf(sheet24.Invalid, "row_key_taken", mapping.Text(float64(record)), fmt.Sprint(row))
}

func columnName(t *sheet24.Table, field string) string {
	if m, ok := t.Mapping(field); ok {
		return m.Column.Name
	}
	return field
}

func list(ids []int64) string {
	var texts []string
	for _, id := range ids[:min(len(ids), 5)] {
		texts = append(texts, mapping.Text(float64(id)))
	}
	return strings.Join(texts, ", ")
}
