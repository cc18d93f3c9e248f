package scan

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// compare finds what differs between the rows that were read and their snapshots.
func (s *scanning) compare(ctx context.Context, sheet *tab.Tab) (found sheet24.Scanned, err error) {
	known, err := s.tabs.SnapshotsOf(ctx, s.t, sheet)
	if err != nil {
		return found, err
	}
	if err := s.scanner.findMerged(ctx, s.t, sheet, known); err != nil {
		return found, err
	}

	// Where formats matter, rows are read again with them.
	shown, err := s.tabs.ReadFormats(ctx, s.t, sheet, s.formatted(sheet, known))
	if err != nil {
		return found, err
	}

	// Rows that hold what another record's row held are put right, or left alone.
	misplaced, err := s.findMisplaced(ctx, sheet, known)
	if err != nil {
		return found, err
	}
	left, err := s.leftKeys(ctx, sheet, known)
	if err != nil {
		return found, err
	}

	for _, number := range slices.Sorted(maps.Keys(sheet.Rows)) {
		if len(sheet.Rows[number]) == 0 || left[number] {
			continue
		}
		id, err := tab.Identify(s.t, sheet, number, known)
		if err == nil {
			err = cmp.Or(misplaced[number], s.doubts.Rows[id])
		}
		if _, seen := known[id]; err == nil && !seen {
			err = s.doubts.Doubtful(tab.Values(sheet.Layout, sheet.Rows[number]))
		}
		if err != nil {
			s.unidentified(&found, sheet, number, err)
			continue
		}
		s.compareRow(&found, sheet, number, id, known, shown)
	}
	return found, nil
}

// formatted are the rows that changed in cells whose format says what they mean.
func (s *scanning) formatted(sheet *tab.Tab, known map[int64]sheet24.Snapshot) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(sheet.Rows)) {
		id, err := tab.Identify(s.t, sheet, number, known)
		if err != nil {
			continue
		}
		before := known[id].Values
		if slices.ContainsFunc(sheet.Layout.Fields, func(m sheet24.FieldMapping) bool {
			now := tab.Cell(sheet.Rows[number], m.Column.Index)
			return m.Updatable && (id < 0 || now != before[m.Field]) && tab.ByFormat(m, now)
		}) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// unidentified notes why it is not certain which record a row is. A scan of the whole tab
// meets notes and totals too: of those that never were records nobody asked.
func (s *scanning) unidentified(found *sheet24.Scanned, sheet *tab.Tab, number int, err error) {
	now := tab.Values(sheet.Layout, sheet.Rows[number])
	blank := sheet24.AsError(err).Code == sheet24.CodeRowWithoutID
	if s.whole && len(now) > 0 && !blank {
		s.unknown = append(s.unknown, unknownRow{number, now})
	}
	if len(now) == 0 || blank && s.t.Policies.Seeks() {
		return
	}
	if s.whole && blank && !sheet.SaysDone(number) {
		return
	}
	found.Unidentified = append(found.Unidentified, sheet24.UnidentifiedRow{
		Row: number, ID: mapping.Text(tab.Cell(sheet.Rows[number], sheet.Layout.ID)), Error: locale.Error(s.t.Language, err),
	})
}

// compareRow finds what differs between a record's row and its snapshot.
func (s *scanning) compareRow(found *sheet24.Scanned, sheet *tab.Tab, number int, id int64, known map[int64]sheet24.Snapshot, shown tab.Formats) {
	before, seen := known[id]
	taken := s.back.apply(&before)

	fields, after := difference(sheet, number, before.Values)
	if id < 0 && len(fields) > 0 {
		all, _ := difference(sheet, number, nil)
		maps.Copy(fields, all) // whatever came of it before, a record is made of all of it
	}
	shown.Apply(s.t, sheet.Layout, number, fields)
	for field, c := range fields {
		c.Undo = s.back.undo[tab.CellKey{ID: id, Field: field}]
		fields[field] = c
	}

	if len(fields) == 0 && seen && before.Row == number && !taken {
		return
	}
	if len(fields) == 0 && !seen && id < 0 { // a key in a row of nothing: nothing waits under it
		return
	}
	if seen && before.Row == 0 {
		found.Returned = append(found.Returned, id)
	}
	found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Row: number, Values: after})
	if len(fields) == 0 {
		return
	}

	c := sheet24.RowChange{EntityID: id, Row: number, Action: actionOf(s.t, id), Status: sheet24.Pending, Fields: fields}
	if id < 0 {
		c.NotBefore = s.scanner.Now().Add(rests)
	}
	found.Changes = append(found.Changes, c)
}

// findMerged looks for merged cells where a row seems to have lost a value: a cell
// that another covers is not an empty one.
func (p *Scanner) findMerged(ctx context.Context, t *sheet24.Table, sheet *tab.Tab, known map[int64]sheet24.Snapshot) (err error) {
	for id, snapshot := range known {
		for _, number := range sheet.ByID[id] {
			row, read := sheet.Rows[number]
			for _, m := range sheet.Layout.Fields {
				if read && m.Updatable && snapshot.Values[m.Field] != nil && tab.Cell(row, m.Column.Index) == nil {
					sheet.Merged, err = p.Sheets.Merged(ctx, t.UserID, t.SpreadsheetID, t.GID)
					return err
				}
			}
		}
	}
	return nil
}

// difference compares a row with what it held before. Columns that are lost for
// now, and cells that others cover, keep their old values, so that nothing is taken
// for cleared.
func difference(sheet *tab.Tab, number int, before map[string]any) (map[string]sheet24.Change, map[string]any) {
	now := tab.Values(sheet.Layout, sheet.Rows[number])
	fields := map[string]sheet24.Change{}
	keep := func(m sheet24.FieldMapping) {
		if v, ok := before[m.Field]; ok {
			now[m.Field] = v
		}
	}
	for _, m := range sheet.Layout.Fields {
		if sheet.Covered(number, m.Column.Index) {
			keep(m)
		}
		if m.Updatable && before[m.Field] != now[m.Field] {
			fields[m.Field] = sheet24.Change{Old: before[m.Field], New: now[m.Field]}
		}
	}
	for _, m := range sheet.Layout.Lost {
		keep(m)
	}
	return fields, now
}
