// Package undo takes changes back: by writing former values into the sheet, which the CRM
// follows as it does after any edit.
package undo

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/change"
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
	if len(changes) == 0 {
		return Undone{}, nil
	}
	since, err := p.changesSince(ctx, t, changes)
	if err != nil {
		return Undone{}, err
	}

	undone := change.Undo(changes, since, t.Binding)
	if undone.Former == len(changes) {
		return Undone{}, sheet24.Errorf(sheet24.Conflict, sheet24.CodeUndoFormer)
	}
	if err := p.Store.AddCellWrites(ctx, t, undone.Cells); err != nil {
		return Undone{}, err
	}
	return Undone{Cells: len(undone.Cells), Later: undone.Later, Other: undone.Other, Former: undone.Former}, nil
}

// changesSince returns all changes of the records of some changes, from the oldest of these on.
func (p *Undo) changesSince(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	first := changes[0].ID
	var records []int64
	for _, c := range changes {
		first = min(first, c.ID)
		records = append(records, c.EntityID)
	}
	slices.Sort(records)
	return p.Store.ChangesSince(ctx, t.ID, first, slices.Compact(records))
}
