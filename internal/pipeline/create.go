package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// match finds the records of rows that have none, by the keys of their tables: a row is
// the one record that has its key and is no other row's. What stands against that is
// the error of its plan.
func (b *pushBatch) match(ctx context.Context, changes []sheet24.RowChange, plans []rowPlan) error {
	byTable := map[int64][]int{}
	for i, c := range changes {
		if c.EntityID < 0 && len(b.tables[c.TableID].Policies.Keys) > 0 {
			byTable[c.TableID] = append(byTable[c.TableID], i)
		}
	}
	for id, indexes := range byTable {
		if err := b.matchTable(ctx, b.tables[id], indexes, changes, plans); err != nil {
			return err
		}
	}
	return nil
}

func (b *pushBatch) matchTable(ctx context.Context, t *sheet24.Table, indexes []int, changes []sheet24.RowChange, plans []rowPlan) error {
	described, err := b.CRM.Fields(ctx, b.portal, t.Entity)
	if err != nil {
		return nil // planning says so
	}
	fields := byName(described)
	candidates := map[int][]int64{}
	first := map[string]int{} // which row has a key first
	for _, key := range t.Policies.Keys {
		values := map[int]string{}
		var once []string
		for _, i := range indexes {
			v := keyValue(fields[key], changes[i].Fields[key].New)
			if v == "" {
				continue
			}
			values[i] = v
			same := fmt.Sprint(key, " ", mapping.ContactKey(fields[key].Multi.Type, v))
			if other, ok := first[same]; ok {
				plans[i].err = sheet24.Errorf(sheet24.Invalid, "row_key_twice", columnName(t, key), v, mapping.Text(float64(changes[other].Row)))
				continue
			}
			first[same] = i
			once = append(once, v)
		}
		found, err := b.CRM.Find(ctx, b.portal, t.Entity, key, once)
		for _, i := range indexes {
			switch {
			case values[i] == "" || plans[i].err != nil:
			case err != nil:
				plans[i].err = err
			default:
				candidates[i] = append(candidates[i], found[values[i]]...)
			}
		}
	}
	var ids []int64
	for _, found := range candidates {
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	taken, err := b.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, i := range indexes {
		found := candidates[i]
		slices.Sort(found)
		found = slices.Compact(found)
		switch {
		case plans[i].err != nil || len(found) == 0:
		case len(found) > 1:
			plans[i].err = sheet24.Errorf(sheet24.Invalid, "row_key_ambiguous", list(found))
		case taken[found[0]].Row > 0:
			plans[i].err = sheet24.Errorf(sheet24.Invalid, "row_key_taken", mapping.Text(float64(found[0])), mapping.Text(float64(taken[found[0]].Row)))
		default:
			changes[i].Key, changes[i].EntityID = changes[i].EntityID, found[0]
		}
	}
	return nil
}

// keyValue is what a cell says as a key; "" where it says nothing of use.
func keyValue(f sheet24.Field, cell any) string {
	v, err := mapping.ToCRM(f, cell, mapping.Context{})
	switch {
	case err != nil:
		return ""
	case len(v.Multi) > 0:
		return v.Multi[0].Value // of several the first one counts
	}
	return strings.TrimSpace(mapping.Text(v.Plain))
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

// planNew says what becomes of a row for which there is no record.
func (b *pushBatch) planNew(fields entityFields, c sheet24.RowChange, found map[sheet24.Link][]int64) rowPlan {
	t := b.tables[c.TableID]
	for _, change := range c.Fields {
		if change.Kept == sheet24.CRMWins { // its owner wants none
			return rowPlan{fields: c.Fields}
		}
	}
	if c.Action != sheet24.Create {
		switch t.Policies.NewRows {
		case sheet24.IgnoreNew:
			return rowPlan{forget: true}
		case sheet24.AskNew:
			return rowPlan{asks: c.Fields}
		}
	}
	plan := b.planRow(fields, &sheet24.Item{Funnel: 0, Values: map[string]any{}}, c, found)
	plan.write.Key = fmt.Sprintf("%d-%s", t.ID, strings.TrimPrefix(keyText(c.EntityID), keyMark))
	plan.create = true
	return plan
}

// planGone says what becomes of the record of a row that was deleted.
func (b *pushBatch) planGone(fields entityFields, item *sheet24.Item, c sheet24.RowChange) rowPlan {
	t := b.tables[c.TableID]
	if t.Policies.Deleted == sheet24.KeepRecord {
		return rowPlan{forget: true}
	}
	if item == nil { // it is gone already
		return rowPlan{fields: c.Fields}
	}
	plan := rowPlan{fields: map[string]sheet24.Change{}}
	asks, kept := false, false
	for name, change := range c.Fields {
		held, known := b.known[knownKey{c.TableID, c.EntityID}][name]
		f, described := fields[name]
		kept = kept || change.Kept == sheet24.CRMWins
		if known && described && !slices.ContainsFunc(held, func(k any) bool { return same(f, k, seen(f, item)) }) {
			b.conflict(t, f, item, &change)
			winner := t.Policies.Winner(name)
			asks, kept = asks || winner == sheet24.Ask, kept || winner == sheet24.CRMWins
		}
		plan.fields[name] = change
	}
	switch {
	case kept:
		return plan
	case asks:
		plan.asks, plan.fields = plan.fields, nil
		return plan
	}
	plan.write = sheet24.ItemWrite{Entity: t.Entity, ID: item.ID}
	if t.Policies.Deleted == sheet24.DeleteRecord {
		plan.write.Delete = true
		return plan
	}
	for _, f := range fields {
		if f.Name != "STAGE_ID" && f.Name != "STATUS_ID" && !f.Stage {
			continue
		}
		want, err := mapping.ToCRM(f, t.Policies.Stage, mapping.Context{Funnel: item.Funnel})
		if err != nil {
			plan.err = err
		} else if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
			plan.write.Fields = map[string]any{f.APIName: want.Plain}
		}
	}
	return plan
}
