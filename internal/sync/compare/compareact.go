package compare

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/tab"
)

// scanned are the snapshots of the records whose cells were dealt with, and of no other
// cells: what is edited there is the next scan's.
func (k *comparing) scanned(ctx context.Context, cells map[tab.CellKey]bool) ([]sheet24.Snapshot, error) {
	var ids []int64
	for key := range cells {
		ids = append(ids, key.ID)
	}
	slices.Sort(ids)
	known, err := k.comparer.Store.Snapshots(ctx, k.t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}

	for key := range cells {
		n, seen := known[key.ID]
		if !seen {
			continue
		}

		column, _ := tab.ColumnOf(k.sheet, key.Field)
		v := tab.Cell(k.sheet.Rows[k.sheet.ByID[key.ID][0]], column.Index)
		if v == nil {
			delete(n.Values, key.Field)
		} else {
			n.Values[key.Field] = v
		}
	}
	return slices.Collect(maps.Values(known)), nil
}

// sends reports whether what a row holds is sent to a record because its owner says so: a row
// that does not show that it is the record goes its own way as a new one, with its conflicts.
func (k *comparing) sends(row int, record int64) bool {
	return record > 0 && k.sheet.IDAt[row] == record
}

// send has the sheet's values pushed where they differ.
func (k *comparing) send(ctx context.Context) error {
	var changes []sheet24.RowChange
	cells := map[tab.CellKey]bool{}
	for _, d := range k.found {
		fields := maps.Clone(d.Fields)
		maps.DeleteFunc(fields, func(_ string, c sheet24.Change) bool { return c.New == nil })
		if d.Kind == sheet24.WouldUpdate && k.sends(d.Row, d.EntityID) {
			changes = append(changes, sheet24.RowChange{EntityID: d.EntityID, Row: d.Row, Status: sheet24.Pending, Fields: fields})
			for field := range fields {
				cells[tab.CellKey{ID: d.EntityID, Field: field}] = true
			}
		}
	}
	k.found = nil
	if len(changes) == 0 {
		return nil
	}

	snapshots, err := k.scanned(ctx, cells)
	if err != nil {
		return err
	}
	if err := k.comparer.Rows.CommitScan(ctx, k.comparer.Store, k.next, sheet24.CompareStage, k.t, sheet24.Scanned{Changes: changes, Snapshots: snapshots, LastKnown: k.seen}); err != nil {
		return err
	}

	k.next.Push(k.t.PortalID)
	return nil
}

// take writes the CRM's values into the sheet where they differ, as the owner was shown.
// A cell that was edited since, or whose edit has yet to reach the CRM, keeps what it
// holds.
func (k *comparing) take(ctx context.Context) error {
	edited, err := k.editedCells(ctx)
	if err != nil {
		return err
	}

	wanted, fieldOf := k.placements(edited)
	k.found = nil
	if len(wanted) == 0 {
		return nil
	}
	skipped, err := k.tabs.Place(ctx, k.t, tab.IDColumnOf(k.t, k.sheet.Layout), wanted)
	if err != nil {
		return err
	}

	// Those that were written hold what the CRM does, and the sheet shows it now.
	taken := map[tab.CellKey]bool{}
	for _, w := range wanted {
		if skipped[tab.CellOfRecord{ID: w.ID, Column: w.Column}] {
			continue // it was edited, or moved
		}
		field := fieldOf[w.Column]
		k.sheet.Set(k.sheet.ByID[w.ID][0], w.Column.Index, []any{w.Value})
		taken[tab.CellKey{ID: w.ID, Field: field}] = true
		k.seen[w.ID][field] = []any{change.ValueOf(k.fields[field], k.items[sheet24.ItemRef{Entity: k.t.Entity, ID: w.ID}])}
	}

	snapshots, err := k.scanned(ctx, taken)
	if err != nil {
		return err
	}
	return k.comparer.Rows.CommitScan(ctx, k.comparer.Store, k.next, sheet24.CompareStage, k.t, sheet24.Scanned{Snapshots: snapshots, LastKnown: k.seen})
}

// editedCells are the cells of the page's rows whose edits have yet to reach the CRM.
func (k *comparing) editedCells(ctx context.Context) (map[tab.CellKey]bool, error) {
	var ids []int64
	for _, d := range k.found {
		ids = append(ids, d.EntityID)
	}
	changes, err := k.comparer.Store.PendingChanges(ctx, k.t.ID, ids)
	if err != nil {
		return nil, err
	}

	edited := map[tab.CellKey]bool{}
	for _, c := range changes {
		for field := range c.Fields {
			edited[tab.CellKey{ID: c.EntityID, Field: field}] = true
		}
	}
	return edited, nil
}

// placements are the CRM's values that go into cells, and the fields of their columns.
func (k *comparing) placements(edited map[tab.CellKey]bool) (wanted []tab.Placement, fieldOf map[sheet24.Column]string) {
	fieldOf = map[sheet24.Column]string{}
	for _, d := range k.found {
		differs := d.Kind == sheet24.WouldUpdate || d.Kind == sheet24.WouldFill
		if !differs || !k.sends(d.Row, d.EntityID) {
			continue
		}

		for field, c := range d.Fields {
			column, found := tab.ColumnOf(k.sheet, field)
			if !found || c.Old == nil || !k.asShown(d, field) || edited[tab.CellKey{ID: d.EntityID, Field: field}] {
				continue
			}
			fieldOf[column] = field
			wanted = append(wanted, tab.Placement{ID: d.EntityID, Column: column, Value: c.Old, Only: true, Holds: tab.Cell(k.sheet.Rows[d.Row], column.Index)})
		}
	}
	return wanted, fieldOf
}

// asShown reports whether a cell still holds what its owner was shown.
func (k *comparing) asShown(d sheet24.RowDifference, field string) bool {
	shown := k.shown[d.Row]
	was, ok := shown.Fields[field]
	return ok && shown.EntityID == d.EntityID && was.New == d.Fields[field].New
}
