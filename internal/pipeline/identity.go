package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// identify tells which record a row is, if that is certain.
func identify(t *sheet24.Table, tab *tab, number int, known map[int64]sheet24.Snapshot) (int64, error) {
	if tab.layout.ID < 0 {
		m, _ := t.Mapping(sheet24.IDField)
		return 0, sheet24.Errorf(sheet24.Invalid, "column_lost", m.Column.Name)
	}
	v := cell(tab.rows[number], tab.layout.ID)
	if v == nil {
		return 0, sheet24.Errorf(sheet24.Invalid, "row_without_id")
	}
	id, ok := recordID(v)
	if !ok {
		return 0, sheet24.Errorf(sheet24.Invalid, "row_id_invalid", mapping.Text(v))
	}
	if len(tab.byID[id]) > 1 && tab.original(id, known) != number {
		return 0, sheet24.Errorf(sheet24.Invalid, "row_id_twice", mapping.Text(v))
	}
	return id, nil
}

// original is which of the rows with one id is the record's, and not a copy of it; 0 if
// that cannot be told. It is the row that still stands where the record was last
// seen, between the rows that were beside it, or else the only one that holds what
// the record's row did.
func (t *tab) original(id int64, known map[int64]sheet24.Snapshot) int {
	snapshot, ok := known[id]
	if !ok {
		return 0
	}
	if slices.Contains(t.byID[id], snapshot.Row) && t.unmoved(snapshot.Row, known) {
		return snapshot.Row
	}
	same, equal := 0, 0
	for _, number := range t.byID[id] {
		row, read := t.rows[number]
		if !read {
			return 0
		}
		if now := values(t.layout, row); maps.Equal(now, snapshot.Values) {
			same, equal = number, equal+1
		}
	}
	if equal != 1 {
		return 0
	}
	return same
}

// unmoved tells that the rows beside a row are where they were last seen.
func (t *tab) unmoved(number int, known map[int64]sheet24.Snapshot) bool {
	seen := false
	for _, beside := range []int{number - 1, number + 1} {
		id, ok := t.idAt[beside]
		snapshot, known := known[id]
		if !ok || !known || len(t.byID[id]) > 1 {
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
func (t *tab) neighbours(id int64) (ids []int64) {
	if len(t.byID[id]) < 2 {
		return nil
	}
	for _, number := range t.byID[id] {
		for _, beside := range []int{number - 1, number + 1} {
			if other, ok := t.idAt[beside]; ok {
				ids = append(ids, other)
			}
		}
	}
	return ids
}

// restoreIDs writes back the ids of rows that lost theirs, as a paste over them does: a
// row that is empty but for that, or shows another record's id, stands where a record
// was last seen, and holds all that it held, or the keys that tell which record it is, is
// that record's. Rows that became records get their ids.
func (s *scanning) restoreIDs(ctx context.Context, tab *tab) error {
	if tab.layout.ID < 0 {
		return nil
	}
	shown, err := s.becameRecords(ctx, s.t, tab)
	if err != nil {
		return err
	}
	stray, err := s.strayKeys(ctx, tab)
	if err != nil {
		return err
	}
	shown = append(shown, stray...)
	if err := s.replace(ctx, s.t, shown); err != nil {
		return s.notWritten(err)
	}

	// Which rows they may be.
	var without []int
	for number, row := range tab.rows {
		id, known := recordID(cell(row, tab.layout.ID))
		if (cell(row, tab.layout.ID) == nil || known && len(tab.byID[id]) > 1) && len(values(tab.layout, row)) > 0 {
			without = append(without, number)
		}
	}
	slices.Sort(without)
	seen, err := s.Store.SnapshotsAt(ctx, s.t.ID, without)
	if err != nil {
		return err
	}

	// Which they are.
	lost := map[int]any{}
	for _, number := range without {
		now := values(tab.layout, tab.rows[number])
		was := slices.DeleteFunc(seen[number], func(n sheet24.Snapshot) bool {
			return n.EntityID < 0 || len(tab.byID[n.EntityID]) > 0
		})
		if len(was) != 1 {
			continue
		}
		if maps.Equal(now, was[0].Values) || sameKeys(s.t, now, was[0].Values) {
			lost[number] = float64(was[0].EntityID)
		} else if alike(now, was[0].Values) {
			tab.doubtful[number] = was[0].EntityID
		}
	}
	return s.correctIDs(ctx, tab, lost)
}

// strayKeys removes keys from rows that hold nothing, and of which nothing is known: the
// row that one was meant for moved on before it was written.
func (s *scanning) strayKeys(ctx context.Context, tab *tab) (removed []sheet24.Replacement, err error) {
	var keys []int64
	for number, row := range tab.rows {
		if id := tab.idAt[number]; id < 0 && len(values(tab.layout, row)) == 0 {
			keys = append(keys, id)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	known, err := s.Store.Snapshots(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}

	for _, key := range keys {
		if _, waits := known[key]; waits {
			continue
		}
		removed = append(removed, sheet24.Replacement{Find: keyText(key)})
		for _, number := range tab.byID[key] {
			delete(tab.idAt, number)
			delete(tab.rows, number)
		}
		delete(tab.byID, key)
	}
	return removed, nil
}

// correctIDs writes the right ids into rows. Where their column is protected, the rows
// are known all the same.
func (s *scanning) correctIDs(ctx context.Context, tab *tab, right map[int]any) error {
	err := s.writeIDs(ctx, tab, right)
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return err
	}
	for number, v := range right {
		id, _ := recordID(v)
		tab.forget(number)
		tab.byID[id], tab.idAt[number] = []int{number}, id
		tab.set(number, tab.layout.ID, []any{v})
	}
	return s.notWritten(err)
}

// notWritten takes the error of ids that could not be written into a protected column.
func (s *scanning) notWritten(err error) error {
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return err
	}
	s.Log.Warn("ids not written", "table", s.t.ID, "error", err)
	return nil
}

// alike tells whether a row holds at least half of what it held.
func alike(now, before map[string]any) bool {
	same := 0
	for field, v := range before {
		if now[field] == v {
			same++
		}
	}
	return same > 0 && same*2 >= len(before)
}
