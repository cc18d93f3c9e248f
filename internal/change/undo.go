package change

import (
	"cmp"
	"maps"
	"slices"

	"sheet24"
)

// Undone is what is to be done about changes that a person wants taken back.
type Undone struct {
	Cells  []sheet24.CellWrite // get the values from before; the CRM follows as after any edit
	Later  int                 // cells that were changed again by a change that is not taken back
	Other  int                 // what cannot be taken back: creations, deletions, what never reached the CRM
	Former int                 // changes of the table as it was, with another portal, entity or mapping
}

// Undo says what is written into the sheet so that changes are taken back, in any order given;
// binding is the table's, since are all changes of the same records from the oldest of them on.
//
// A cell gets the value from before the first of the chosen changes, if the last change of it
// is among them; else it is left as it is: somebody typed there later, or in between. That
// the CRM follows is an edit like any other, merged by the same rule, conflicts included.
func Undo(chosen, since []sheet24.RowChange, binding int64) Undone {
	var undone Undone
	isChosen := map[int64]bool{}
	for _, c := range chosen {
		isChosen[c.ID] = true
	}
	last := lastChanges(since)

	first := map[Cell]sheet24.CellWrite{}
	for _, c := range slices.SortedFunc(slices.Values(chosen), func(a, b sheet24.RowChange) int { return cmp.Compare(a.ID, b.ID) }) {
		switch {
		case c.Binding != binding:
			undone.Former++
			continue
		case c.Status != sheet24.Completed || c.Action != sheet24.Update || c.EntityID <= 0:
			undone.Other++
			continue
		}

		for field, f := range c.Fields {
			cell := Cell{c.EntityID, field}
			_, earlier := first[cell]
			switch {
			case f.Resolution == sheet24.CRMWins:
				undone.Other++
			case !isChosen[last[cell]]:
				undone.Later++
			case !earlier:
				first[cell] = sheet24.CellWrite{EntityID: c.EntityID, Field: field, Value: f.Old, Undo: true}
			}
		}
	}

	undone.Cells = slices.SortedFunc(maps.Values(first), func(a, b sheet24.CellWrite) int {
		return cmp.Or(cmp.Compare(a.EntityID, b.EntityID), cmp.Compare(a.Field, b.Field))
	})
	return undone
}

// lastChanges are the ids of the changes that touched cells last.
func lastChanges(changes []sheet24.RowChange) map[Cell]int64 {
	last := map[Cell]int64{}
	for _, c := range changes {
		for field := range c.Fields {
			cell := Cell{c.EntityID, field}
			last[cell] = max(c.ID, last[cell])
		}
	}
	return last
}

// NotTakenBack are lines of the history for cells that were to be taken back, and are not, as
// their table was set up anew: one a record, in the order of their ids, with what the cells
// hold and should have held.
func NotTakenBack(writes []sheet24.CellWrite, snapshots map[int64]sheet24.Snapshot) (lines []sheet24.RowChange) {
	fields := map[int64]Fields{}
	for _, w := range writes {
		if !w.Undo {
			continue
		}
		if fields[w.EntityID] == nil {
			fields[w.EntityID] = Fields{}
		}
		fields[w.EntityID][w.Field] = sheet24.Change{Old: snapshots[w.EntityID].Values[w.Field], New: w.Value, Undo: true}
	}

	for _, id := range slices.Sorted(maps.Keys(fields)) {
		lines = append(lines, sheet24.RowChange{EntityID: id, Row: snapshots[id].Row, Status: sheet24.Failed, Fields: fields[id]})
	}
	return lines
}
