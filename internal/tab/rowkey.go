package tab

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
	"sheet24/internal/mapping"
)

// A row without an id gets a key, which stands in its ID cell until its record has been
// created: it goes along when the row is moved, and the record of one key is created
// once. In the database it is a number less than 0.
const KeyMark = "⏳ "

// NewKey makes a key that no other row has.
func NewKey() int64 { return -1 - rand.Int64N(1<<50) }

// KeyText is a key as a cell shows it.
func KeyText(key int64) string { return KeyMark + strconv.FormatInt(-key, 36) }

// keyOf reads a key from a cell.
func keyOf(text string) (int64, bool) {
	rest, ok := strings.CutPrefix(text, KeyMark)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(rest, 36, 64)
	return -n, err == nil && n > 0
}

// ResolveRowKeys tells a tab which rows, that still show their keys, are records by now,
// or are left alone, and returns what is to be shown instead.
func (p *Access) ResolveRowKeys(ctx context.Context, t *sheet24.Table, tab *Tab) ([]sheet24.Replacement, error) {
	var keys []int64
	for id := range tab.ByID {
		if id < 0 {
			keys = append(keys, id)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}

	// What became of them.
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
				shown = append(shown, sheet24.Replacement{Find: KeyText(key)})
			}
			continue
		}

		tab.become(key, records[key])
		shown = append(shown, sheet24.Replacement{Find: KeyText(key), Text: mapping.Text(float64(records[key]))})
	}
	return shown, nil
}

// MostReported is how many changes one report takes at most.
const MostReported = 2000

// untoldLeft are the keys of rows that are left alone and do not say so yet: the report finds
// them by their keys, and takes these away.
func (p *Access) untoldLeft(ctx context.Context, t *sheet24.Table, records map[int64]int64) (map[int64]bool, error) {
	if !slices.Contains(slices.Collect(maps.Values(records)), 0) {
		return nil, nil
	}
	changes, err := p.Store.Unreported(ctx, t.ID, MostReported)
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
func (t *Tab) become(key, record int64) {
	for _, number := range t.ByID[key] {
		t.ByID[record] = append(t.ByID[record], number)
		t.IDAt[number] = record
		if _, read := t.Rows[number]; read {
			t.Set(number, t.Layout.ID, []any{float64(record)})
		}
	}
	delete(t.ByID, key)
}

// leaveAlone tells a tab that a key means nothing any more.
func (t *Tab) leaveAlone(key int64) {
	for _, number := range t.ByID[key] {
		delete(t.IDAt, number)
		if _, read := t.Rows[number]; read {
			t.Set(number, t.Layout.ID, []any{nil})
		}
	}
	delete(t.ByID, key)
}

// WriteIDs writes ids and keys into rows that were read, if their ID cells are still as
// they were, and reads these rows again: what is in them, and what they are, is then of
// one answer once more. They wait for a quiet tab since then. Where any went elsewhere,
// settle is called to put that right.
func (p *Access) WriteIDs(ctx context.Context, t *sheet24.Table, tab *Tab, cells map[int]any, since time.Time, settle func() error) error {
	if len(cells) == 0 {
		return nil
	}
	if quiet, err := p.Quiet(ctx, t, since); err != nil || !quiet {
		return cmp.Or(err, error(ErrMoves))
	}

	id := IDColumnOf(t, tab.Layout)
	before, err := p.ReadPlaces(ctx, t, []sheet24.Column{id})
	if err != nil {
		return err
	}
	if !tab.standsAs(before, id, cells) {
		return ErrMoves
	}

	stood, err := p.stood(ctx, t, tab, before, cells)
	if err != nil {
		return err
	}
	begun := begunIDs(tab, id, cells, stood)
	number, read, err := p.writeColumns(ctx, t, begun, []sheet24.ColumnWrite{{Column: id, Cells: cells, Last: before.Last()}})
	if err != nil {
		return err
	}

	// Where any went elsewhere, that is put right before anything else.
	after := placesOf(t, before.Columns, read)
	lost := before.idsLost(after, tab.IDAt, cells)
	records, err := p.Store.RecordsOf(ctx, t.ID, lost) // whose keys a report has replaced meanwhile
	if err != nil {
		return err
	}
	if missing, _ := after.missing(stood); len(records) < len(lost) || len(missing) > 0 {
		return cmp.Or(settle(), error(ErrMoves))
	}

	if err := p.readAgain(ctx, t, tab, slices.Sorted(maps.Keys(cells))); err != nil {
		return err
	}
	if !tab.tookIDs(begun.Cells) {
		return ErrMoves
	}
	return p.Begun.EndSheetWrites(ctx, []int64{number})
}

// standsAs reports whether the rows that are to get ids still show what was read of them.
func (t *Tab) standsAs(now *Places, id sheet24.Column, cells map[int]any) bool {
	for number := range cells {
		shows := now.At(id, number)
		was, _ := t.IDOf(shows)
		if was != t.IDAt[number] || was == 0 && shows != Cell(t.Rows[number], t.Layout.ID) {
			return false
		}
	}
	return true
}

// idsLost are the ids and keys that a write took from the sheet, though it was to replace
// others: their rows stood by then where the right ones had stood.
func (s *Places) idsLost(after *Places, idAt map[int]int64, cells map[int]any) (lost []int64) {
	meant := map[int64]bool{}
	for number := range cells {
		meant[idAt[number]] = true
	}

	for id := range s.Rows {
		if len(after.Rows[id]) == 0 && !meant[id] {
			lost = append(lost, id)
		}
	}
	return lost
}

// readAgain reads rows of a tab again, together with all ids. That these are the same as
// before elsewhere shows that nothing was moved. numbers are sorted.
func (p *Access) readAgain(ctx context.Context, t *sheet24.Table, tab *Tab, numbers []int) error {
	again, err := p.ReadAt(ctx, t, tab.Layout, BlocksOf(numbers))
	if err != nil {
		return err
	}
	if !slices.Equal(again.Header, tab.Header) {
		return ErrMoves
	}

	again.Layout = tab.Layout
	for key, record := range tab.records {
		again.become(key, record)
	}

	for number := range tab.Rows {
		if _, wanted := slices.BinarySearch(numbers, number); !wanted && again.IDAt[number] != tab.IDAt[number] {
			return ErrMoves
		}
	}

	tab.ByID, tab.IDAt = again.ByID, again.IDAt
	for _, number := range numbers {
		delete(tab.Rows, number)
		if row, ok := again.Rows[number]; ok {
			tab.Rows[number] = row
		}
	}
	return nil
}
