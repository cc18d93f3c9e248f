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
	stray, err := s.strayKeys(ctx, tab)
	if err != nil {
		return err
	}
	shown, err := s.becameRecords(ctx, s.t, tab)
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

	// Which they are: by where they stand, or else by what they hold.
	lost := map[int]any{}
	var elsewhere []int
	for _, number := range without {
		now := values(tab.layout, tab.rows[number])
		was := slices.DeleteFunc(seen[number], func(n sheet24.Snapshot) bool {
			return n.EntityID < 0 || len(tab.byID[n.EntityID]) > 0
		})
		if cell(tab.rows[number], tab.layout.ID) == nil {
			elsewhere = append(elsewhere, number)
		}
		if len(was) != 1 {
			continue
		}
		if maps.Equal(now, was[0].Values) || sameKeys(s.t, now, was[0].Values) {
			lost[number] = float64(was[0].EntityID)
		} else if alike(now, was[0].Values) {
			tab.doubtful[number] = was[0].EntityID
		}
	}
	elsewhere = slices.DeleteFunc(elsewhere, func(number int) bool { return lost[number] != nil || tab.doubtful[number] != 0 })
	if err := s.findMoved(ctx, tab, elsewhere, lost); err != nil {
		return err
	}
	return s.correctIDs(ctx, tab, lost)
}

// findMoved finds rows that lost their ids and moved: those that hold what the row of a
// record did that stands nowhere any more, but for an edit or so. found gets their ids;
// where several rows may be one record's, or a row only holds what many do, they are
// doubtful.
func (s *scanning) findMoved(ctx context.Context, tab *tab, without []int, found map[int]any) error {
	if len(without) == 0 {
		return nil
	}
	present, err := s.Store.Present(ctx, s.t.ID)
	if err != nil {
		return err
	}
	maps.DeleteFunc(present, func(id int64, _ int) bool { return id < 0 || len(tab.byID[id]) > 0 })
	for _, v := range found {
		id, _ := recordID(v)
		delete(present, id)
	}
	if len(present) == 0 || len(present)*len(without) > unknownMost {
		return nil
	}
	missing, err := s.Store.Snapshots(ctx, s.t.ID, slices.Sorted(maps.Keys(present)))
	if err != nil {
		return err
	}

	counts, err := s.occurrences(ctx, tab, missing)
	if err != nil {
		return err
	}

	rowsOf, recordsOf := map[int64][]int{}, map[int][]int64{}
	sure := map[int]bool{}
	for _, number := range without {
		now := values(tab.layout, tab.rows[number])
		for id, n := range missing {
			same := len(n.Values) > 1 && maps.Equal(now, n.Values)
			if same || mostlyAlike(now, n.Values) {
				rowsOf[id], recordsOf[number] = append(rowsOf[id], number), append(recordsOf[number], id)
				sure[number] = same || counts.tells(now, n.Values)
			}
		}
	}

	for number, records := range recordsOf {
		if len(records) == 1 && len(rowsOf[records[0]]) == 1 && sure[number] {
			found[number] = float64(records[0])
			continue
		}
		tab.doubtful[number] = slices.Min(records)
	}
	return nil
}

// strayKeys removes keys from rows that hold nothing else: the row that one was meant for
// moved on before it was written, or stands elsewhere with it, or was emptied before
// anything came of it.
func (s *scanning) strayKeys(ctx context.Context, tab *tab) (removed []sheet24.Replacement, err error) {
	empty := map[int64][]int{}
	for number, row := range tab.rows {
		if id := tab.idAt[number]; id < 0 && len(values(tab.layout, row)) == 0 {
			empty[id] = append(empty[id], number)
		}
	}
	if len(empty) == 0 {
		return nil, nil
	}
	keys := slices.Sorted(maps.Keys(empty))
	records, err := s.Store.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}
	open, err := s.Store.Open(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}

	doubled := map[int]any{}
	for _, key := range keys {
		waits := slices.ContainsFunc(open, func(c sheet24.RowChange) bool { return c.EntityID == key && c.Status != sheet24.Failed })
		switch {
		case len(tab.byID[key]) > len(empty[key]), records[key] > 0 && len(tab.byID[records[key]]) > 0:
			for _, number := range empty[key] {
				doubled[number] = ""
			}
		case records[key] == 0 && !waits:
			removed = append(removed, sheet24.Replacement{Find: keyText(key)})
			for _, number := range tab.byID[key] {
				delete(tab.idAt, number)
				delete(tab.rows, number)
			}
			delete(tab.byID, key)
		}
	}
	return removed, s.notWritten(s.writeIDs(ctx, tab, doubled))
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
	if err == nil || !sheet24.IsKind(err, sheet24.Invalid) {
		return err
	}
	s.Log.Warn("ids not written", "table", s.t.ID, "error", err)
	return nil
}

// alike tells whether a row holds at least half of what it held.
func alike(now, before map[string]any) bool {
	same := equalFields(now, before)
	return same > 0 && same*2 >= len(before)
}
