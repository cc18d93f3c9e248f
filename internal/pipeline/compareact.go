package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
)

// scanned are the snapshots of the records whose cells were dealt with, and of no other
// cells: what is edited there is the next scan's.
func (k *comparing) scanned(ctx context.Context, cells map[cellKey]bool) ([]sheet24.Snapshot, error) {
	var ids []int64
	for key := range cells {
		ids = append(ids, key.id)
	}
	slices.Sort(ids)
	known, err := k.Store.Snapshots(ctx, k.t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	for key := range cells {
		n, seen := known[key.id]
		if !seen {
			continue
		}
		v := cell(k.tab.rows[k.tab.byID[key.id][0]], columnOf(k.tab, key.field))
		if v == nil {
			delete(n.Values, key.field)
		} else {
			n.Values[key.field] = v
		}
	}
	return slices.Collect(maps.Values(known)), nil
}

// send has the sheet's values pushed where they differ.
func (k *comparing) send(ctx context.Context) error {
	var changes []sheet24.RowChange
	cells := map[cellKey]bool{}
	for _, d := range k.found {
		fields := maps.Clone(d.Fields)
		maps.DeleteFunc(fields, func(_ string, c sheet24.Change) bool { return c.New == nil })
		if d.Kind == sheet24.WouldUpdate && k.tab.idAt[d.Row] == d.EntityID {
			changes = append(changes, sheet24.RowChange{EntityID: d.EntityID, Row: d.Row, Status: sheet24.Pending, Fields: fields})
			for field := range fields {
				cells[cellKey{d.EntityID, field}] = true
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
	if err := k.commit(ctx, sheet24.CompareStage, k.t, sheet24.Scanned{Changes: changes, Snapshots: snapshots, Known: k.seen}); err != nil {
		return err
	}
	k.Wake.Push(ctx, k.t.PortalID)
	return nil
}

// take writes the CRM's values into the sheet where they differ, as the owner was shown.
// A cell that was edited since, or whose edit has yet to reach the CRM, keeps what it
// holds.
func (k *comparing) take(ctx context.Context) error {
	var ids []int64
	for _, d := range k.found {
		ids = append(ids, d.EntityID)
	}
	edits, err := k.Store.Open(ctx, k.t.ID, ids)
	if err != nil {
		return err
	}
	edited := map[cellKey]bool{}
	for _, c := range edits {
		for field := range c.Fields {
			edited[cellKey{c.EntityID, field}] = true
		}
	}
	var cells []sheet24.Cell
	taken := map[cellKey]bool{}
	for _, d := range k.found {
		if d.Kind != sheet24.WouldUpdate && d.Kind != sheet24.WouldFill || k.tab.idAt[d.Row] != d.EntityID {
			continue
		}
		for field, c := range d.Fields {
			was, shown := k.shown[d.Row].Fields[field]
			same := shown && was.New == c.New && k.shown[d.Row].EntityID == d.EntityID && !edited[cellKey{d.EntityID, field}]
			if column := columnOf(k.tab, field); column >= 0 && c.Old != nil && same {
				cells = append(cells, sheet24.Cell{Row: d.Row, Column: column + 1, Value: c.Old})
				k.tab.set(d.Row, column, []any{c.Old})
				taken[cellKey{d.EntityID, field}] = true
				ref := sheet24.ItemRef{Entity: k.t.Entity, ID: d.EntityID}
				k.seen[d.EntityID][field] = []any{seen(k.fields[field], k.items[ref])} // the sheet shows it now
			}
		}
	}
	k.found = nil
	if len(cells) == 0 {
		return nil
	}
	if err := k.Sheets.Write(ctx, k.t.UserID, k.t.SpreadsheetID, k.t.GID, cells); err != nil {
		return err
	}
	snapshots, err := k.scanned(ctx, taken)
	if err != nil {
		return err
	}
	return k.commit(ctx, sheet24.CompareStage, k.t, sheet24.Scanned{Snapshots: snapshots, Known: k.seen})
}
