package tab

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
	"sheet24/internal/match"
)

// Identify tells which record a row is, if that is certain.
func Identify(t *sheet24.Table, tab *Tab, number int, known map[int64]sheet24.Snapshot) (int64, error) {
	if tab.Layout.ID < 0 {
		m, _ := t.Mapping(sheet24.IDField)
		return 0, sheet24.Errorf(sheet24.Invalid, sheet24.CodeColumnLost, m.Column.Name)
	}
	v := Cell(tab.Rows[number], tab.Layout.ID)
	if v == nil {
		return 0, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowWithoutID)
	}
	id, ok := RecordID(v)
	if !ok {
		return 0, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowIDInvalid, mapping.Text(v))
	}
	if len(tab.ByID[id]) > 1 && tab.Original(id, known) != number {
		return 0, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowIDTwice, mapping.Text(v))
	}
	return id, nil
}

// Original is which of the rows with one id is the record's, and not a copy of it; 0 if
// that cannot be told. It is the row that still stands where the record was last
// seen, between the rows that were beside it, or else the only one that holds what
// the record's row did.
func (t *Tab) Original(id int64, known map[int64]sheet24.Snapshot) int {
	snapshot, ok := known[id]
	if !ok {
		return 0
	}
	if slices.Contains(t.ByID[id], snapshot.Row) && t.Unmoved(snapshot.Row, known) {
		return snapshot.Row
	}
	same, equal := 0, 0
	for _, number := range t.ByID[id] {
		row, read := t.Rows[number]
		if !read {
			return 0
		}
		if now := Values(t.Layout, row); maps.Equal(now, snapshot.Values) {
			same, equal = number, equal+1
		}
	}
	if equal != 1 {
		return 0
	}
	return same
}

// Unmoved tells that the rows beside a row are where they were last seen.
func (t *Tab) Unmoved(number int, known map[int64]sheet24.Snapshot) bool {
	seen := false
	for _, beside := range []int{number - 1, number + 1} {
		id, ok := t.IDAt[beside]
		snapshot, known := known[id]
		if !ok || !known || len(t.ByID[id]) > 1 {
			continue
		}
		if snapshot.Row != beside {
			return false
		}
		seen = true
	}
	return seen
}

// neighbours are the records beside the rows that share an id.
func (t *Tab) neighbours(id int64) (ids []int64) {
	if len(t.ByID[id]) < 2 {
		return nil
	}
	for _, number := range t.ByID[id] {
		for _, beside := range []int{number - 1, number + 1} {
			if other, ok := t.IDAt[beside]; ok {
				ids = append(ids, other)
			}
		}
	}
	return ids
}

// Stands reports whether a row with a record's id still holds at least half of what the
// record's row held.
func (t *Tab) Stands(n sheet24.Snapshot) bool {
	return slices.ContainsFunc(t.ByID[n.EntityID], func(number int) bool {
		row, read := t.Rows[number]
		return read && match.Alike(Values(t.Layout, row), n.Values)
	})
}

// SnapshotsOf are the snapshots of the rows that were read, and of those beside copies.
func (p *Access) SnapshotsOf(ctx context.Context, t *sheet24.Table, tab *Tab) (map[int64]sheet24.Snapshot, error) {
	var ids []int64
	for _, row := range tab.Rows {
		if id, ok := RecordID(Cell(row, tab.Layout.ID)); ok {
			ids = append(ids, id)
			ids = append(ids, tab.neighbours(id)...)
		}
	}
	slices.Sort(ids)
	return p.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
}
