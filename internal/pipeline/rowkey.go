package pipeline

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// A row without an id gets a key, which stands in its ID cell until its record has been
// created: it goes along when the row is moved, and the record of one key is created
// once. In the database it is a number less than 0.
const keyMark = "⏳ "

// newKey makes a key that no other row has.
func newKey() int64 { return -1 - rand.Int64N(1<<50) }

// keyText is a key as a cell shows it.
func keyText(key int64) string { return keyMark + strconv.FormatInt(-key, 36) }

// keyOf reads a key from a cell.
func keyOf(text string) (int64, bool) {
	rest, ok := strings.CutPrefix(text, keyMark)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(rest, 36, 64)
	return -n, err == nil && n > 0
}

// rests is how long a new row must be left alone before its record is created: people
// type one cell after the other.
const rests = 3 * time.Second

// becameRecords tells a tab which rows, that still show their keys, are records by now,
// or are left alone, and returns what is to be shown instead.
func (p *Pipeline) becameRecords(ctx context.Context, t *sheet24.Table, tab *tab) ([]sheet24.Replacement, error) {
	var keys []int64
	for id := range tab.byID {
		if id < 0 {
			keys = append(keys, id)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	records, err := p.Store.RecordsOf(ctx, t.ID, keys)
	if err != nil {
		return nil, err
	}

	untold, err := p.untoldLeft(ctx, t, records)
	if err != nil {
		return nil, err
	}

	tab.records = records
	var shown []sheet24.Replacement
	for _, key := range slices.Sorted(maps.Keys(records)) {
		if records[key] == 0 {
			tab.leaveAlone(key)
			if !untold[key] {
				shown = append(shown, sheet24.Replacement{Find: keyText(key)})
			}
			continue
		}
		tab.become(key, records[key])
		shown = append(shown, sheet24.Replacement{Find: keyText(key), Text: mapping.Text(float64(records[key]))})
	}
	return shown, nil
}

// untoldLeft are the keys of rows that are left alone and do not say so yet: the report finds
// them by their keys, and takes these away.
func (p *Pipeline) untoldLeft(ctx context.Context, t *sheet24.Table, records map[int64]int64) (map[int64]bool, error) {
	if !slices.Contains(slices.Collect(maps.Values(records)), 0) {
		return nil, nil
	}
	changes, err := p.Store.Unreported(ctx, t.ID, reportRows)
	if err != nil {
		return nil, err
	}

	untold := map[int64]bool{}
	for _, c := range changes {
		untold[c.EntityID] = true
	}
	return untold, nil
}

// become has the rows of a key be those of a record.
func (t *tab) become(key, record int64) {
	for _, number := range t.byID[key] {
		t.byID[record] = append(t.byID[record], number)
		t.idAt[number] = record
		if _, read := t.rows[number]; read {
			t.set(number, t.layout.ID, []any{float64(record)})
		}
	}
	delete(t.byID, key)
}

// leaveAlone tells a tab that a key means nothing any more.
func (t *tab) leaveAlone(key int64) {
	for _, number := range t.byID[key] {
		delete(t.idAt, number)
		if _, read := t.rows[number]; read {
			t.set(number, t.layout.ID, []any{nil})
		}
	}
	delete(t.byID, key)
}

// giveKeys gives keys to the rows that are to become records: those without an id that
// hold values, are no sums, and were not there before the table was set up. It returns
// the rows that get none and why: they may be those of records, or keys cannot be
// written.
func (s *scanning) giveKeys(ctx context.Context, tab *tab) (refused []sheet24.UnidentifiedRow, err error) {
	t := s.t
	if tab.layout.ID < 0 || !t.Policies.Seeks() {
		return nil, nil
	}
	refuse := func(number int, err error) {
		refused = append(refused, sheet24.UnidentifiedRow{Row: number, Error: locale.Error(t.Language, err)})
	}

	// Which rows they are.
	var numbers []int
	var held []map[string]any
	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		row := tab.rows[number]
		now := values(tab.layout, row)
		if cell(row, tab.layout.ID) != nil || len(now) == 0 || mapping.Summary(now) {
			continue
		}
		if id, doubtful := tab.doubtful[number]; doubtful {
			refuse(number, sheet24.Errorf(sheet24.Invalid, "row_lost_id", mapping.Text(float64(id))))
			continue
		}
		if err := s.doubts.doubtful(now); err != nil {
			refuse(number, err)
			continue
		}
		numbers, held = append(numbers, number), append(held, now)
	}
	left, err := s.Store.Left(ctx, t.ID, held)
	if err != nil {
		return nil, err
	}

	// A key counts once the row is read again with it.
	keys := map[int]any{}
	for i, number := range numbers {
		if !left[i] {
			keys[number] = keyText(newKey())
		}
	}
	err = s.writeIDs(ctx, tab, keys)
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
func (s *scanning) leftKeys(ctx context.Context, tab *tab, known map[int64]sheet24.Snapshot) (map[int]bool, error) {
	var numbers []int
	var held []map[string]any
	for number, row := range tab.rows {
		id, ok := recordID(cell(row, tab.layout.ID))
		if _, seen := known[id]; ok && id < 0 && !seen {
			numbers, held = append(numbers, number), append(held, values(tab.layout, row))
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}

	found, err := s.Store.Left(ctx, s.t.ID, held)
	left := map[int]bool{}
	for i := range found {
		left[numbers[i]] = true
	}
	return left, err
}

// writeIDs writes ids and keys into rows that were read, if their ID cells are still as
// they were, and reads these rows again: what is in them, and what they are, is then of
// one answer once more.
func (s *scanning) writeIDs(ctx context.Context, tab *tab, cells map[int]any) error {
	if len(cells) == 0 {
		return nil
	}
	if quiet, err := s.quiet(ctx, s.t, s.since()); err != nil || !quiet {
		return cmp.Or(err, error(errTabMoves))
	}

	id := nameOf(s.t, tab.layout)
	before, err := s.readPlaces(ctx, s.t, []sheet24.Column{id})
	if err != nil {
		return err
	}
	for number := range cells {
		now := before.at(id, number)
		if was, _ := tab.idOf(now); was != tab.idAt[number] || was == 0 && now != cell(tab.rows[number], tab.layout.ID) {
			return errTabMoves
		}
	}

	stood, err := s.stood(ctx, s.t, tab, before, cells)
	if err != nil {
		return err
	}
	begun := begunIDs(tab, id, cells, stood)
	number, read, err := s.writeColumns(ctx, s.t, begun, []sheet24.ColumnWrite{{Column: id, Cells: cells, Last: before.last()}})
	if err != nil {
		return err
	}

	// Where any went elsewhere, that is put right before anything else.
	after := placesOf(s.t, before.columns, read)
	lost := before.idsLost(after, tab.idAt, cells)
	records, err := s.Store.RecordsOf(ctx, s.t.ID, lost) // whose keys a report has replaced meanwhile
	if err != nil {
		return err
	}
	if missing, _ := after.missing(stood); len(records) < len(lost) || len(missing) > 0 {
		if !s.settling {
			_, err = s.settleBegun(ctx, s.t, s.events)
		}
		return cmp.Or(err, error(errTabMoves))
	}
	if err := s.readAgain(ctx, s.t, tab, slices.Sorted(maps.Keys(cells))); err != nil {
		return err
	}
	if !tab.tookIDs(begun.Cells) {
		return errTabMoves
	}
	return s.Store.EndSheetWrites(ctx, []int64{number})
}

// idsLost are the ids and keys that a write took from the sheet, though it was to replace
// others: their rows stood by then where the right ones had stood.
func (s *places) idsLost(after *places, idAt map[int]int64, cells map[int]any) (lost []int64) {
	meant := map[int64]bool{}
	for number := range cells {
		meant[idAt[number]] = true
	}
	for id := range s.rows {
		if len(after.rows[id]) == 0 && !meant[id] {
			lost = append(lost, id)
		}
	}
	return lost
}

// readAgain reads rows of a tab again, together with all ids. That these are the same as
// before elsewhere shows that nothing was moved. numbers are sorted.
func (p *Pipeline) readAgain(ctx context.Context, t *sheet24.Table, tab *tab, numbers []int) error {
	again, err := p.readAt(ctx, t, tab.layout, blocksOf(numbers))
	if err != nil {
		return err
	}
	if !slices.Equal(again.header, tab.header) {
		return errTabMoves
	}
	again.layout = tab.layout
	for key, record := range tab.records {
		again.become(key, record)
	}

	for number := range tab.rows {
		if _, wanted := slices.BinarySearch(numbers, number); !wanted && again.idAt[number] != tab.idAt[number] {
			return errTabMoves
		}
	}
	tab.byID, tab.idAt = again.byID, again.idAt
	for _, number := range numbers {
		delete(tab.rows, number)
		if row, ok := again.rows[number]; ok {
			tab.rows[number] = row
		}
	}
	return nil
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
