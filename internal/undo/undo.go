// Package undo takes changes back: by writing former values into the sheet, which the CRM
// follows as it does after any edit.
package undo

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/tab"
)

// Undone is what became of changes that were to be taken back.
type Undone struct {
	Cells  int // are written back into the sheet; the CRM follows
	Later  int // are left, since they were changed again later
	Other  int // changes that cannot be taken back: creations, deletions, what never reached the CRM
	Former int // changes that are left: the table had another portal, entity or mapping then
}

// Store is what an Undo needs of the database.
type Store interface {
	ChangesSince(ctx context.Context, tableID, first int64, records []int64) ([]sheet24.RowChange, error)
	AddCellWrites(ctx context.Context, t *sheet24.Table, cells []sheet24.CellWrite) error
}

// Undo takes changes back.
type Undo struct{ Store Store }

// Undo takes changes of a table back: the cells get the values from before them, if
// they still hold those from after, and the CRM follows the sheet as it does after any
// edit, conflicts included. So both agree, and the history shows it. That all of them are
// of the table as it was before it was exchanged is a Conflict.
func (p *Undo) Undo(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) (Undone, error) {
	var done Undone
	changes = slices.SortedFunc(slices.Values(changes), func(a, b sheet24.RowChange) int { return int(a.ID - b.ID) })
	chosen := map[int64]bool{}
	var records []int64
	for _, c := range changes {
		chosen[c.ID] = true
		records = append(records, c.EntityID)
	}
	if len(changes) == 0 {
		return done, nil
	}
	slices.Sort(records)
	since, err := p.Store.ChangesSince(ctx, t.ID, changes[0].ID, slices.Compact(records))
	if err != nil {
		return done, err
	}
	last := map[tab.CellKey]int64{} // the change that touched a cell last
	for _, c := range since {
		for field := range c.Fields {
			last[tab.CellKey{ID: c.EntityID, Field: field}] = max(c.ID, last[tab.CellKey{ID: c.EntityID, Field: field}])
		}
	}
	writes := map[tab.CellKey]sheet24.CellWrite{}
	for _, c := range changes {
		if c.Binding != t.Binding {
			done.Former++
			continue
		}
		if c.Status != sheet24.Completed || c.Action != sheet24.Update || c.EntityID <= 0 {
			done.Other++
			continue
		}
		for field, change := range c.Fields {
			key := tab.CellKey{ID: c.EntityID, Field: field}
			switch _, earlier := writes[key]; {
			case change.Kept == sheet24.CRMWins:
				done.Other++
			case !chosen[last[key]]:
				done.Later++
			case !earlier:
				writes[key] = sheet24.CellWrite{EntityID: c.EntityID, Field: field, Value: change.Old, Undo: true}
			}
		}
	}
	if done.Former == len(changes) {
		return Undone{}, sheet24.Errorf(sheet24.Conflict, "undo_former")
	}
	var cells []sheet24.CellWrite
	for _, w := range writes {
		cells = append(cells, w)
	}
	done.Cells = len(cells)
	if err := p.Store.AddCellWrites(ctx, t, cells); err != nil {
		return Undone{}, err
	}
	return done, nil
}
