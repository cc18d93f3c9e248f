package plan

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
	"sheet24/internal/match"
)

// Match is what was found of a row without an id.
type Match struct {
	Record int64 // 0: none
	Twin   int64 // the key of the row that is in its way
	Err    error // why it is no record's, or could not be looked for
}

// Match finds the records of rows that have none, by the keys of their tables: a row is
// the one record that has its key. What it returns is in the order of the changes.
func (b *Planner) Match(ctx context.Context, changes []sheet24.RowChange) []Match {
	matches := make([]Match, len(changes))
	byTable := map[int64][]int{}
	for i, c := range changes {
		if c.EntityID < 0 && c.Action != sheet24.Delete && len(b.Tables[c.TableID].Policies.Keys) > 0 {
			byTable[c.TableID] = append(byTable[c.TableID], i)
		}
	}
	for id, indexes := range byTable {
		b.matchTable(ctx, b.Tables[id], indexes, changes, matches)
	}
	return matches
}

func (b *Planner) matchTable(ctx context.Context, t *sheet24.Table, indexes []int, changes []sheet24.RowChange, matches []Match) {
	described, err := b.CRM.Fields(ctx, b.Portal, t.Entity)
	if err != nil {
		return // planning says so
	}
	fields := ByName(described)

	var keys []match.Key
	for _, key := range t.Policies.Keys {
		keys = append(keys, match.Key{Field: key, Values: b.keyValues(t, fields[key], key, indexes, changes, matches)})
	}
	found := match.Records(ctx, len(indexes), keys, func(ctx context.Context, key string, values []string) (map[string][]int64, map[string]error) {
		return b.find(ctx, t, key, values)
	})

	for n, i := range indexes {
		records := found[n].Records
		switch {
		case matches[i].Err != nil:
		case found[n].Err != nil:
			matches[i].Err = found[n].Err
		case len(records) > 1:
			matches[i].Err = sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowKeyAmbiguous, list(records))
		case len(records) == 1:
			matches[i].Record = records[0]
		}
	}
}

// keyValues are what rows hold in a key column, in the order of their indexes. Of rows that
// hold the same, the later ones are told so.
func (b *Planner) keyValues(t *sheet24.Table, f sheet24.Field, key string, indexes []int, changes []sheet24.RowChange, matches []Match) [][]string {
	all := make([][]string, len(indexes))
	first := map[string]int{} // which row has it first
	for n, i := range indexes {
		var values []string
		err := isolate.Guard(func() error { values = match.Values(t, f, changes[i].Fields[key].New); return nil })
		if err != nil {
			matches[i].Err = b.Rows.Broken(sheet24.PushStage, changes[i], err)
		}

		for _, v := range values {
			same := mapping.ContactKey(f.Multi.Type, v, t.Locale)
			if other, ok := first[same]; ok && other != i {
				matches[i].Err = sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowKeyTwice, t.ColumnName(key), v, mapping.Text(float64(changes[other].Row)))
				matches[i].Twin = changes[other].EntityID
				break
			}
			first[same] = i
			all[n] = append(all[n], v)
		}
	}
	return all
}

// find finds the records that hold values in a key field, and says why some could not be
// looked for.
func (b *Planner) find(ctx context.Context, t *sheet24.Table, key string, values []string) (found map[string][]int64, unfound map[string]error) {
	found, unfound = map[string][]int64{}, map[string]error{}
	err := isolate.Each(values, func(some []string) error {
		ids, err := b.CRM.Find(ctx, b.Portal, t.Entity, key, some, t.Locale)
		if err == nil {
			maps.Copy(found, ids)
		}
		return err
	}, func(v string, err error) error {
		unfound[v] = b.Rows.Broken(sheet24.PushStage, sheet24.RowChange{TableID: t.ID}, err)
		return nil
	})
	for _, v := range values {
		if _, ok := found[v]; err != nil && !ok && unfound[v] == nil {
			unfound[v] = err
		}
	}
	return found, unfound
}

// Taken is the error of a row whose record another row is.
func Taken(record int64, row int) error {
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowKeyTaken, mapping.Text(float64(record)), fmt.Sprint(row))
}

func list(ids []int64) string {
	var texts []string
	for _, id := range ids[:min(len(ids), 5)] {
		texts = append(texts, mapping.Text(float64(id)))
	}
	return strings.Join(texts, ", ")
}
