package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// compare finds what differs between the rows that were read and their snapshots.
func (s *scanning) compare(ctx context.Context, tab *tab) (found sheet24.Scanned, err error) {
	known, err := s.snapshotsOf(ctx, tab)
	if err != nil {
		return found, err
	}
	if err := s.findMerged(ctx, s.t, tab, known); err != nil {
		return found, err
	}

	// Where formats matter, rows are read again with them.
	shown, err := s.readFormats(ctx, s.t, tab, s.formatted(tab, known))
	if err != nil {
		return found, err
	}

	// Rows that hold what another record's row held are put right, or left alone.
	misplaced, err := s.findMisplaced(ctx, tab, known)
	if err != nil {
		return found, err
	}
	left, err := s.leftKeys(ctx, tab, known)
	if err != nil {
		return found, err
	}

	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		if len(tab.rows[number]) == 0 || left[number] {
			continue
		}
		id, err := identify(s.t, tab, number, known)
		if err == nil {
			err = cmp.Or(misplaced[number], s.doubts.rows[id])
		}
		if _, seen := known[id]; err == nil && !seen {
			err = s.doubts.doubtful(values(tab.layout, tab.rows[number]))
		}
		if err != nil {
			s.unidentified(&found, tab, number, err)
			continue
		}
		s.compareRow(&found, tab, number, id, known, shown)
	}
	return found, nil
}

// snapshotsOf are the snapshots of the rows that were read, and of those beside copies.
func (s *scanning) snapshotsOf(ctx context.Context, tab *tab) (map[int64]sheet24.Snapshot, error) {
	var ids []int64
	for _, row := range tab.rows {
		if id, ok := recordID(cell(row, tab.layout.ID)); ok {
			ids = append(ids, id)
			ids = append(ids, tab.neighbours(id)...)
		}
	}
	slices.Sort(ids)
	return s.Store.Snapshots(ctx, s.t.ID, slices.Compact(ids))
}

// formatted are the rows that changed in cells whose format says what they mean.
func (s *scanning) formatted(tab *tab, known map[int64]sheet24.Snapshot) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		id, err := identify(s.t, tab, number, known)
		if err != nil {
			continue
		}
		before := known[id].Values
		if slices.ContainsFunc(tab.layout.Fields, func(m sheet24.FieldMapping) bool {
			now := cell(tab.rows[number], m.Column.Index)
			return m.Updatable && (id < 0 || now != before[m.Field]) && byFormat(m, now)
		}) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// unidentified notes why it is not certain which record a row is. A scan of the whole tab
// meets notes and totals too: of those that never were records nobody asked.
func (s *scanning) unidentified(found *sheet24.Scanned, tab *tab, number int, err error) {
	now := values(tab.layout, tab.rows[number])
	blank := sheet24.AsError(err).Code == "row_without_id"
	if s.whole && len(now) > 0 && !blank {
		s.unknown = append(s.unknown, unknownRow{number, now})
	}
	if len(now) == 0 || blank && s.t.Policies.Seeks() {
		return
	}
	if s.whole && blank && !tab.saysDone(number) {
		return
	}
	found.Unidentified = append(found.Unidentified, sheet24.UnidentifiedRow{
		Row: number, ID: mapping.Text(cell(tab.rows[number], tab.layout.ID)), Error: locale.Error(s.t.Language, err),
	})
}

// compareRow finds what differs between a record's row and its snapshot.
func (s *scanning) compareRow(found *sheet24.Scanned, tab *tab, number int, id int64, known map[int64]sheet24.Snapshot, shown formats) {
	before, seen := known[id]
	taken := s.back.apply(&before)

	fields, after := difference(tab, number, before.Values)
	if id < 0 && len(fields) > 0 {
		all, _ := difference(tab, number, nil)
		maps.Copy(fields, all) // whatever came of it before, a record is made of all of it
	}
	shown.apply(s.t, tab.layout, number, fields)
	for field, c := range fields {
		c.Undo = s.back.undo[cellKey{id, field}]
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
		c.NotBefore = s.Now().Add(rests)
	}
	found.Changes = append(found.Changes, c)
}

// findMerged looks for merged cells where a row seems to have lost a value: a cell
// that another covers is not an empty one.
func (p *Pipeline) findMerged(ctx context.Context, t *sheet24.Table, tab *tab, known map[int64]sheet24.Snapshot) (err error) {
	for id, snapshot := range known {
		for _, number := range tab.byID[id] {
			row, read := tab.rows[number]
			for _, m := range tab.layout.Fields {
				if read && m.Updatable && snapshot.Values[m.Field] != nil && cell(row, m.Column.Index) == nil {
					tab.merged, err = p.Sheets.Merged(ctx, t.UserID, t.SpreadsheetID, t.GID)
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
func difference(tab *tab, number int, before map[string]any) (map[string]sheet24.Change, map[string]any) {
	now := values(tab.layout, tab.rows[number])
	fields := map[string]sheet24.Change{}
	keep := func(m sheet24.FieldMapping) {
		if v, ok := before[m.Field]; ok {
			now[m.Field] = v
		}
	}
	for _, m := range tab.layout.Fields {
		if tab.covered(number, m.Column.Index) {
			keep(m)
		}
		if m.Updatable && before[m.Field] != now[m.Field] {
			fields[m.Field] = sheet24.Change{Old: before[m.Field], New: now[m.Field]}
		}
	}
	for _, m := range tab.layout.Lost {
		keep(m)
	}
	return fields, now
}
