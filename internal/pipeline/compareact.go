package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
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
		column, _ := columnOf(k.tab, key.field)
		v := cell(k.tab.rows[k.tab.byID[key.id][0]], column.Index)
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
	var wanted []placement
	fieldOf := map[sheet24.Column]string{}
	for _, d := range k.found {
		if d.Kind != sheet24.WouldUpdate && d.Kind != sheet24.WouldFill || k.tab.idAt[d.Row] != d.EntityID {
			continue
		}
		for field, c := range d.Fields {
			was, shown := k.shown[d.Row].Fields[field]
			same := shown && was.New == c.New && k.shown[d.Row].EntityID == d.EntityID && !edited[cellKey{d.EntityID, field}]
			if column, found := columnOf(k.tab, field); found && c.Old != nil && same {
				fieldOf[column] = field
				wanted = append(wanted, placement{id: d.EntityID, column: column, value: c.Old, only: true, holds: cell(k.tab.rows[d.Row], column.Index)})
			}
		}
	}
	k.found = nil
	if len(wanted) == 0 {
		return nil
	}
	skipped, err := k.place(ctx, k.t, nameOf(k.t, k.tab.layout), wanted)
	if err != nil {
		return err
	}

	// Those that were written hold what the CRM does, and the sheet shows it now.
	taken := map[cellKey]bool{}
	for _, w := range wanted {
		if skipped[cellOfRecord{w.id, w.column}] {
			continue // it was edited, or moved
		}
		field := fieldOf[w.column]
		k.tab.set(k.tab.byID[w.id][0], w.column.Index, []any{w.value})
		taken[cellKey{w.id, field}] = true
		k.seen[w.id][field] = []any{change.ValueOf(k.fields[field], k.items[sheet24.ItemRef{Entity: k.t.Entity, ID: w.id}])}
	}
	snapshots, err := k.scanned(ctx, taken)
	if err != nil {
		return err
	}
	return k.commit(ctx, sheet24.CompareStage, k.t, sheet24.Scanned{Snapshots: snapshots, Known: k.seen})
}
