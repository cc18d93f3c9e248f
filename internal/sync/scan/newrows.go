package scan

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// rests is how long a new row must be left alone before its record is created: people
// type one cell after the other.
const rests = 3 * time.Second

// giveKeys gives keys to the rows that are to become records: those without an id that
// hold values, are no sums, and were not there before the table was set up. It returns
// the rows that get none and why: they may be those of records, or keys cannot be
// written.
func (s *scanning) giveKeys(ctx context.Context, sheet *tab.Tab) (refused []sheet24.UnidentifiedRow, err error) {
	t := s.t
	if sheet.Layout.ID < 0 || !t.Policies.Seeks() {
		return nil, nil
	}
	refuse := func(number int, err error) {
		refused = append(refused, sheet24.UnidentifiedRow{Row: number, Error: locale.Error(t.Language, err)})
	}

	// Which rows they are.
	var numbers []int
	var held []map[string]any
	for _, number := range slices.Sorted(maps.Keys(sheet.Rows)) {
		row := sheet.Rows[number]
		now := tab.Values(sheet.Layout, row)
		if tab.Cell(row, sheet.Layout.ID) != nil || len(now) == 0 || mapping.Summary(now) {
			continue
		}
		if id, doubtful := sheet.Doubtful[number]; doubtful {
			refuse(number, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowLostID, mapping.Text(float64(id))))
			continue
		}
		if err := s.doubts.Doubtful(now); err != nil {
			refuse(number, err)
			continue
		}
		numbers, held = append(numbers, number), append(held, now)
	}
	left, err := s.scanner.Known.Left(ctx, t.ID, held)
	if err != nil {
		return nil, err
	}

	// A key counts once the row is read again with it.
	keys := map[int]any{}
	for i, number := range numbers {
		if !left[i] {
			keys[number] = tab.KeyText(tab.NewKey())
		}
	}
	err = s.writeIDs(ctx, sheet, keys)
	if sheet24.IsKind(err, sheet24.Invalid) { // its column is protected
		for _, number := range slices.Sorted(maps.Keys(keys)) {
			refuse(number, err)
		}
		return refused, nil
	}
	return refused, err
}

// leftKeys tells which rows are to be left alone as they are, though they show keys: what
// was to become of them ended when the table was set up with something else.
func (s *scanning) leftKeys(ctx context.Context, sheet *tab.Tab, known map[int64]sheet24.Snapshot) (map[int]bool, error) {
	var numbers []int
	var held []map[string]any
	for number, row := range sheet.Rows {
		id, ok := tab.RecordID(tab.Cell(row, sheet.Layout.ID))
		if _, seen := known[id]; ok && id < 0 && !seen {
			numbers, held = append(numbers, number), append(held, tab.Values(sheet.Layout, row))
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}

	found, err := s.scanner.Known.Left(ctx, s.t.ID, held)
	left := map[int]bool{}
	for i := range found {
		left[numbers[i]] = true
	}
	return left, err
}

// writeIDs writes ids and keys into rows that a scan read.
func (s *scanning) writeIDs(ctx context.Context, sheet *tab.Tab, cells map[int]any) error {
	return s.tabs.WriteIDs(ctx, s.t, sheet, cells, s.since(), func() error {
		_, err := s.tabs.SettleBegun(ctx, s.next, s.t, s.events)
		return err
	})
}

// actionOf is what is to be done for a row: one with a key becomes a record first.
func actionOf(t *sheet24.Table, id int64) sheet24.Action {
	switch {
	case id > 0:
		return sheet24.Update
	case t.Policies.NewRows == sheet24.CreateNew:
		return sheet24.Create
	}
	return sheet24.Match
}
