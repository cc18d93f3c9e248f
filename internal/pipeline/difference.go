package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
)

// compare finds what differs between the rows that were read and their snapshots.
func (s *scanning) compare(ctx context.Context, tab *tab) (found sheet24.Scanned, err error) {
	t := s.t
	var numbers []int
	var ids []int64
	for number, row := range tab.rows {
		if len(row) == 0 {
			continue
		}
		numbers = append(numbers, number)
		if id, ok := recordID(cell(row, tab.layout.ID)); ok {
			ids = append(ids, id)
			ids = append(ids, tab.neighbours(id)...)
		}
	}
	slices.Sort(numbers)
	slices.Sort(ids)
	known, err := s.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return found, err
	}
	if err := s.findMerged(ctx, t, tab, known); err != nil {
		return found, err
	}
	for _, number := range numbers {
		row := tab.rows[number]
		id, err := identify(t, tab, number, known)
		if err != nil {
			// A look at the whole tab meets notes and totals too: it was not asked
			// about them, so it says nothing of them.
			if !s.whole && len(values(tab.layout, row)) > 0 && !(sheet24.AsError(err).Code == "row_without_id" && t.Policies.Seeks()) {
				found.Changes = append(found.Changes, sheet24.RowChange{Row: number, Status: sheet24.Failed,
					Fields: map[string]sheet24.Change{}, Error: locale.Error(t.Language, err)})
			}
			continue
		}
		before, seen := known[id]
		taken := s.back.apply(&before)
		fields, after := difference(tab, number, before.Values)
		if id < 0 && len(fields) > 0 {
			all, _ := difference(tab, number, nil)
			maps.Copy(fields, all) // whatever came of it before, a record is made of all of it
		}
		for field, c := range fields {
			c.Undo = s.back.undo[cellKey{id, field}]
			fields[field] = c
		}
		if len(fields) == 0 && seen && before.Row == number && !taken {
			continue
		}
		if seen && before.Row == 0 {
			found.Returned = append(found.Returned, id)
		}
		found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Row: number, Values: after})
		if len(fields) > 0 {
			c := sheet24.RowChange{EntityID: id, Row: number, Action: actionOf(t, id), Status: sheet24.Pending, Fields: fields}
			if id < 0 {
				c.NotBefore = s.Now().Add(rests)
			}
			found.Changes = append(found.Changes, c)
		}
	}
	return found, nil
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
