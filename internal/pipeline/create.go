package pipeline

import (
	"fmt"
	"strings"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// planNew says what becomes of a row for which there is no record.
func (b *pushBatch) planNew(fields entityFields, c sheet24.RowChange, found map[sheet24.Link][]int64) rowPlan {
	t := b.tables[c.TableID]
	for _, change := range c.Fields {
		if change.Kept == sheet24.CRMWins { // its owner wants none
			return rowPlan{fields: c.Fields, left: true}
		}
	}
	if c.Action != sheet24.Create {
		switch t.Policies.NewRows {
		case sheet24.IgnoreNew:
			return rowPlan{fields: c.Fields, left: true, note: locale.T(t.Language, "note.unmatched")}
		case sheet24.AskNew:
			return rowPlan{asks: c.Fields}
		}
	}
	plan := b.planRow(fields, &sheet24.Item{Funnel: 0, Values: map[string]any{}}, c, found)
	plan.write.Key = creationKey(t, c)
	plan.create = true
	return plan
}

// creationKey is what the portal keeps with the record that a row's creation makes.
func creationKey(t *sheet24.Table, c sheet24.RowChange) string {
	return fmt.Sprintf("%d-%s", t.ID, strings.TrimPrefix(keyText(c.EntityID), keyMark))
}

// planGone says what becomes of the record of a row that was deleted.
func (b *pushBatch) planGone(fields entityFields, item *sheet24.Item, c sheet24.RowChange) rowPlan {
	t := b.tables[c.TableID]
	if t.Policies.Deleted == sheet24.KeepRecord {
		return rowPlan{forget: true}
	}
	if b.back[knownKey{c.TableID, c.EntityID}] { // its row
		return rowPlan{forget: true}
	}
	if item == nil { // it is gone already
		return rowPlan{fields: c.Fields}
	}
	verdict, cells := b.mergeDeletion(fields, item, c)
	switch verdict {
	case change.Keep:
		return rowPlan{fields: cells}
	case change.NeedsReview:
		return rowPlan{asks: cells}
	}

	plan := rowPlan{fields: cells}
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
