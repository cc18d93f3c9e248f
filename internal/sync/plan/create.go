package plan

import (
	"fmt"
	"strings"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// planNew says what becomes of a row for which there is no record.
func (b *Planner) planNew(fields Fields, c sheet24.RowChange, found map[sheet24.Link][]int64) Plan {
	t := b.Tables[c.TableID]
	for _, change := range c.Fields {
		if change.Resolution == sheet24.CRMWins { // its owner wants none
			return Plan{Fields: c.Fields, Ignored: true}
		}
	}

	if c.Action != sheet24.Create {
		switch t.Policies.NewRows {
		case sheet24.IgnoreNew:
			return Plan{Fields: c.Fields, Ignored: true, Note: locale.T(t.Language, "note.unmatched")}
		case sheet24.ReviewNew:
			return Plan{Review: c.Fields}
		}
	}

	plan := b.planRow(fields, &sheet24.Item{Funnel: 0, Values: map[string]any{}}, c, found)
	plan.Write.Key = creationKey(t, c)
	plan.Create = true
	return plan
}

// creationKey is what the portal keeps with the record that a row's creation makes.
func creationKey(t *sheet24.Table, c sheet24.RowChange) string {
	return fmt.Sprintf("%d-%s", t.ID, strings.TrimPrefix(tab.KeyText(c.EntityID), tab.KeyMark))
}

// planGone says what becomes of the record of a row that was deleted.
func (b *Planner) planGone(fields Fields, item *sheet24.Item, c sheet24.RowChange) Plan {
	t := b.Tables[c.TableID]
	if t.Policies.Deleted == sheet24.KeepRecord {
		return Plan{Discard: true}
	}

	if b.back[Key{c.TableID, c.EntityID}] { // its row
		return Plan{Discard: true}
	}
	if item == nil { // it is gone already
		return Plan{Fields: c.Fields}
	}

	verdict, cells := b.mergeDeletion(fields, item, c)
	switch verdict {
	case change.Keep:
		return Plan{Fields: cells}
	case change.NeedsReview:
		return Plan{Review: cells}
	}

	plan := Plan{Fields: cells}
	plan.Write = sheet24.ItemWrite{Entity: t.Entity, ID: item.ID}
	if t.Policies.Deleted == sheet24.DeleteRecord {
		plan.Write.Delete = true
		return plan
	}

	for _, f := range fields {
		if f.Name != "STAGE_ID" && f.Name != "STATUS_ID" && !f.Stage {
			continue
		}
		want, err := mapping.ToCRM(f, t.Policies.Stage, mapping.Context{Funnel: item.Funnel})
		if err != nil {
			plan.Err = err
		} else if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
			plan.Write.Fields = map[string]any{f.APIName: want.Plain}
		}
	}
	return plan
}
