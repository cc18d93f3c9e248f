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
	stray, err := s.strayKeys(ctx, sheet)
	if err != nil {
		return err
	}
	shown, err := s.tabs.BecameRecords(ctx, s.t, sheet)
	if err != nil {
		return err
	}
	shown = append(shown, stray...)
	if err := s.tabs.Replace(ctx, s.t, shown); err != nil {
		return s.notWritten(err)
	}

	// Which rows they may be.
	var without []int
	for number, row := range sheet.Rows {
		id, known := tab.RecordID(tab.Cell(row, sheet.Layout.ID))
		if (tab.Cell(row, sheet.Layout.ID) == nil || known && len(sheet.ByID[id]) > 1) && len(tab.Values(sheet.Layout, row)) > 0 {
			without = append(without, number)
		}
	}
	slices.Sort(without)
	seen, err := s.scanner.Known.SnapshotsAt(ctx, s.t.ID, without)
	if err != nil {
		return err
	}

	// Which they are: by where they stand, or else by what they hold.
	lost := map[int]any{}
	var elsewhere []int
	for _, number := range without {
		now := tab.Values(sheet.Layout, sheet.Rows[number])
		was := slices.DeleteFunc(seen[number], func(n sheet24.Snapshot) bool {
			return n.EntityID < 0 || len(sheet.ByID[n.EntityID]) > 0
		})
		if tab.Cell(sheet.Rows[number], sheet.Layout.ID) == nil {
			elsewhere = append(elsewhere, number)
		}
		if len(was) != 1 {
			continue
		}
		if maps.Equal(now, was[0].Values) || match.SameKeys(s.t, now, was[0].Values) {
			lost[number] = float64(was[0].EntityID)
		} else if match.Alike(now, was[0].Values) {
			sheet.Doubtful[number] = was[0].EntityID
		}
	}
	elsewhere = slices.DeleteFunc(elsewhere, func(number int) bool { return lost[number] != nil || sheet.Doubtful[number] != 0 })
	if err := s.findMoved(ctx, sheet, elsewhere, lost); err != nil {
		return err
	}
	return s.correctIDs(ctx, sheet, lost)
}

// findMoved finds rows that lost their ids and moved: those that hold what the row of a
// record did that stands nowhere any more, but for an edit or so. found gets their ids;
// where several rows may be one record's, or a row only holds what many do, they are
// doubtful.
func (s *scanning) findMoved(ctx context.Context, sheet *tab.Tab, without []int, found map[int]any) error {
	if len(without) == 0 {
		return nil
	}
	present, err := s.scanner.Known.Present(ctx, s.t.ID)
	if err != nil {
		return err
	}
	absent, err := s.absent(ctx, sheet, present)
	if err != nil {
		return err
	}
	maps.DeleteFunc(absent, func(id int64, _ int) bool { return id < 0 })
	for _, v := range found {
		id, _ := tab.RecordID(v)
		delete(absent, id)
	}
	if len(absent) == 0 || len(absent)*len(without) > unknownMost {
		return nil
	}
	missing, err := s.scanner.Known.Snapshots(ctx, s.t.ID, slices.Sorted(maps.Keys(absent)))
	if err != nil {
		return err
	}

	counts, err := s.occurrences(ctx, sheet, missing)
	if err != nil {
		return err
	}

	rowsOf, recordsOf := map[int64][]int{}, map[int][]int64{}
	sure := map[int]bool{}
	for _, number := range without {
		now := tab.Values(sheet.Layout, sheet.Rows[number])
		for id, n := range missing {
			same := len(n.Values) > 1 && maps.Equal(now, n.Values)
			if same || match.MostlyAlike(now, n.Values) {
				rowsOf[id], recordsOf[number] = append(rowsOf[id], number), append(recordsOf[number], id)
				sure[number] = same || counts.Tells(now, n.Values)
			}
		}
	}

	for number, records := range recordsOf {
		if len(records) == 1 && len(rowsOf[records[0]]) == 1 && sure[number] {
			found[number] = float64(records[0])
			continue
		}
		sheet.Doubtful[number] = slices.Min(records)
	}
	return nil
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
	keys := slices.Sorted(maps.Keys(empty))
	records, err := s.scanner.Known.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}
	open, err := s.scanner.Known.Open(ctx, s.t.ID, keys)
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
