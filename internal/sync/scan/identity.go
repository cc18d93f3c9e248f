package scan

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/match"
	"sheet24/internal/tab"
)

// restoreIDs writes back the ids of rows that lost theirs, as a paste over them does: a
// row that is empty but for that, or shows another record's id, stands where a record
// was last seen, and holds all that it held, or the keys that tell which record it is, is
// that record's. Rows that became records get their ids.
func (s *scanning) restoreIDs(ctx context.Context, sheet *tab.Tab) error {
	if sheet.Layout.ID < 0 {
		return nil
	}

	// Keys that nothing waits under go, those that became records get their ids.
	stray, err := s.strayKeys(ctx, sheet)
	if err != nil {
		return err
	}
	shown, err := s.tabs.ResolveRowKeys(ctx, s.t, sheet)
	if err != nil {
		return err
	}
	if err := s.tabs.Replace(ctx, s.t, append(shown, stray...)); err != nil {
		return s.notWritten(err)
	}

	numbers, snapshots, err := s.rowsWithoutOwnID(ctx, sheet)
	if err != nil {
		return err
	}

	// Which they are: by where they stand, or else by what they hold.
	found := map[int]any{}
	var elsewhere []int
	for _, number := range numbers {
		switch record, sure := s.recordLastAt(sheet, number, snapshots[number]); {
		case sure:
			found[number] = float64(record)
		case record != 0:
			sheet.Doubtful[number] = record
		case tab.Cell(sheet.Rows[number], sheet.Layout.ID) == nil:
			elsewhere = append(elsewhere, number)
		}
	}
	if err := s.findMoved(ctx, sheet, elsewhere, found); err != nil {
		return err
	}

	return s.correctIDs(ctx, sheet, found)
}

// rowsWithoutOwnID are the rows that hold values under no id, or under one that another row
// shows as well; and, by row, what was last known to stand there.
func (s *scanning) rowsWithoutOwnID(ctx context.Context, sheet *tab.Tab) ([]int, map[int][]sheet24.Snapshot, error) {
	var numbers []int
	for number, row := range sheet.Rows {
		shows := tab.Cell(row, sheet.Layout.ID)
		id, isID := tab.RecordID(shows)
		shared := isID && len(sheet.ByID[id]) > 1
		if (shows == nil || shared) && len(tab.Values(sheet.Layout, row)) > 0 {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)

	snapshots, err := s.scanner.Base.SnapshotsAt(ctx, s.t.ID, numbers)
	return numbers, snapshots, err
}

// recordLastAt is the record that was last known to stand in a row and shows nowhere now, if
// the row holds what it did; sure: all of it, or the keys that tell which record it is. 0:
// none that the row is like.
func (s *scanning) recordLastAt(sheet *tab.Tab, number int, snapshots []sheet24.Snapshot) (record int64, sure bool) {
	missing := slices.DeleteFunc(snapshots, func(n sheet24.Snapshot) bool {
		return n.EntityID < 0 || len(sheet.ByID[n.EntityID]) > 0
	})
	if len(missing) != 1 {
		return 0, false
	}

	now, before := tab.Values(sheet.Layout, sheet.Rows[number]), missing[0]
	switch {
	case maps.Equal(now, before.Values), match.SameKeys(s.t, now, before.Values):
		return before.EntityID, true
	case match.Alike(now, before.Values):
		return before.EntityID, false
	}
	return 0, false
}

// findMoved finds rows that lost their ids and moved: those that hold what the row of a
// record did that stands nowhere any more, but for an edit or so. found gets their ids;
// where several rows may be one record's, or a row only holds what many do, they are
// doubtful.
func (s *scanning) findMoved(ctx context.Context, sheet *tab.Tab, without []int, found map[int]any) error {
	if len(without) == 0 {
		return nil
	}

	missing, err := s.missingRecords(ctx, sheet, found)
	if err != nil {
		return err
	}
	if len(missing) == 0 || len(missing)*len(without) > unknownMost {
		return nil
	}

	snapshots, err := s.scanner.Base.Snapshots(ctx, s.t.ID, missing)
	if err != nil {
		return err
	}
	counts, err := s.occurrences(ctx, sheet, snapshots)
	if err != nil {
		return err
	}

	alike := likeness{rowsOf: map[int64][]int{}, recordsOf: map[int][]int64{}, sure: map[int]bool{}}
	for _, number := range without {
		alike.compare(number, tab.Values(sheet.Layout, sheet.Rows[number]), snapshots, counts)
	}
	for number, records := range alike.recordsOf {
		if alike.only(number) {
			found[number] = float64(records[0])
		} else {
			sheet.Doubtful[number] = slices.Min(records)
		}
	}
	return nil
}

// likeness is which rows are like which records.
type likeness struct {
	rowsOf    map[int64][]int
	recordsOf map[int][]int64
	sure      map[int]bool // rows that hold what is not just what many do
}

// compare notes the records that a row is like.
func (l *likeness) compare(number int, now map[string]any, records map[int64]sheet24.Snapshot, counts match.Occurrences) {
	for id, n := range records {
		same := len(n.Values) > 1 && maps.Equal(now, n.Values)
		if same || match.MostlyAlike(now, n.Values) {
			l.rowsOf[id], l.recordsOf[number] = append(l.rowsOf[id], number), append(l.recordsOf[number], id)
			l.sure[number] = same || counts.Tells(now, n.Values)
		}
	}
}

// only reports whether a row is certainly one record's, and that record's no other row.
func (l *likeness) only(number int) bool {
	records := l.recordsOf[number]
	return l.sure[number] && len(records) == 1 && len(l.rowsOf[records[0]]) == 1
}

// missingRecords are the records that have a row, but show in none, and were not found yet.
func (s *scanning) missingRecords(ctx context.Context, sheet *tab.Tab, found map[int]any) ([]int64, error) {
	present, err := s.scanner.Base.RecordRows(ctx, s.t.ID)
	if err != nil {
		return nil, err
	}

	absent, err := s.absent(ctx, sheet, present)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(absent, func(id int64, _ int) bool { return id < 0 })
	for _, v := range found {
		id, _ := tab.RecordID(v)
		delete(absent, id)
	}
	return slices.Sorted(maps.Keys(absent)), nil
}

// strayKeys removes keys from rows that hold nothing else: the row that one was meant for
// moved on before it was written, or stands elsewhere with it, or was emptied before
// anything came of it.
func (s *scanning) strayKeys(ctx context.Context, sheet *tab.Tab) (removed []sheet24.Replacement, err error) {
	empty := map[int64][]int{}
	for number, row := range sheet.Rows {
		if id := sheet.IDAt[number]; id < 0 && len(tab.Values(sheet.Layout, row)) == 0 {
			empty[id] = append(empty[id], number)
		}
	}
	if len(empty) == 0 {
		return nil, nil
	}

	// What became of them, and what is still to.
	keys := slices.Sorted(maps.Keys(empty))
	records, err := s.scanner.Base.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}
	open, err := s.scanner.Base.PendingChanges(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}

	doubled := map[int]any{}
	for _, key := range keys {
		waits := slices.ContainsFunc(open, func(c sheet24.RowChange) bool { return c.EntityID == key && c.Status != sheet24.Failed })
		switch {
		case len(sheet.ByID[key]) > len(empty[key]), records[key] > 0 && len(sheet.ByID[records[key]]) > 0:
			for _, number := range empty[key] {
				doubled[number] = ""
			}
		case records[key] == 0 && !waits:
			removed = append(removed, sheet24.Replacement{Find: tab.KeyText(key)})
			for _, number := range sheet.ByID[key] {
				delete(sheet.IDAt, number)
				delete(sheet.Rows, number)
			}
			delete(sheet.ByID, key)
		}
	}
	return removed, s.notWritten(s.writeIDs(ctx, sheet, doubled))
}

// correctIDs writes the right ids into rows. Where their column is protected, the rows
// are known all the same.
func (s *scanning) correctIDs(ctx context.Context, sheet *tab.Tab, right map[int]any) error {
	err := s.writeIDs(ctx, sheet, right)
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return err
	}

	for number, v := range right {
		id, _ := tab.RecordID(v)
		sheet.Forget(number)
		sheet.ByID[id], sheet.IDAt[number] = []int{number}, id
		sheet.Set(number, sheet.Layout.ID, []any{v})
	}
	return s.notWritten(err)
}

// notWritten takes the error of ids that could not be written into a protected column.
func (s *scanning) notWritten(err error) error {
	if err == nil || !sheet24.IsKind(err, sheet24.Invalid) {
		return err
	}
	s.scanner.Log.Warn("ids not written", "table", s.t.ID, "error", err)
	return nil
}
