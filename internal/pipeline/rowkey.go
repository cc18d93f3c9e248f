package pipeline

import (
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

// becameRecords tells a tab which rows, that still show their keys, are records by now, or
// are left alone, and returns the cells that are to show their ids, or nothing.
func (p *Pipeline) becameRecords(ctx context.Context, t *sheet24.Table, tab *tab) ([]sheet24.Cell, error) {
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
	var cells []sheet24.Cell
	for key, id := range records {
		if id == 0 {
			cells = append(cells, leftAlone(tab, key)...)
			continue
		}
		for _, number := range tab.byID[key] {
			tab.byID[id] = append(tab.byID[id], number)
			tab.idAt[number] = id
			if _, read := tab.rows[number]; read {
				tab.set(number, tab.layout.ID, []any{float64(id)})
			}
			cells = append(cells, sheet24.Cell{Row: number, Column: tab.layout.ID + 1, Value: float64(id)})
		}
		delete(tab.byID, key)
	}
	slices.SortFunc(cells, func(a, b sheet24.Cell) int { return a.Row - b.Row })
	return cells, nil
}

// leftAlone tells a tab that a key means nothing any more, and returns the cells that are
// not to show it.
func leftAlone(tab *tab, key int64) (cells []sheet24.Cell) {
	for _, number := range tab.byID[key] {
		delete(tab.idAt, number)
		if _, read := tab.rows[number]; read {
			tab.set(number, tab.layout.ID, []any{nil})
		}
		cells = append(cells, sheet24.Cell{Row: number, Column: tab.layout.ID + 1, Value: ""})
	}
	return cells
}

// giveKeys gives keys to the rows that are to become records: those without an id that
// hold values, are no sums, and were not there before the table was set up. It returns
// the rows that get none and why: they may be those of records, or keys cannot be
// written.
func (p *Pipeline) giveKeys(ctx context.Context, t *sheet24.Table, tab *tab) (refused []sheet24.RowChange, err error) {
	if tab.layout.ID < 0 || !t.Policies.Seeks() {
		return nil, nil
	}
	var numbers []int
	var held []map[string]any
	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		row := tab.rows[number]
		now := values(tab.layout, row)
		if cell(row, tab.layout.ID) != nil || len(now) == 0 || mapping.Summary(now) {
			continue
		}
		if id, doubtful := tab.doubtful[number]; doubtful {
			refused = append(refused, sheet24.RowChange{Row: number, Status: sheet24.Failed, Fields: map[string]sheet24.Change{},
				Error: locale.Error(t.Language, sheet24.Errorf(sheet24.Invalid, "row_lost_id", mapping.Text(float64(id))))})
			continue
		}
		numbers, held = append(numbers, number), append(held, now)
	}
	left, err := p.Store.Left(ctx, t.ID, held)
	if err != nil {
		return nil, err
	}
	var cells []sheet24.Cell
	for i, number := range numbers {
		if left[i] {
			continue
		}
		key := newKey()
		cells = append(cells, sheet24.Cell{Row: number, Column: tab.layout.ID + 1, Value: keyText(key)})
	}
	if len(cells) == 0 {
		return refused, nil
	}
	err = p.Sheets.Write(ctx, t.UserID, t.SpreadsheetID, t.GID, cells)
	if sheet24.IsKind(err, sheet24.Invalid) { // its column is protected
		for _, c := range cells {
			refused = append(refused, sheet24.RowChange{Row: c.Row, Status: sheet24.Failed, Fields: map[string]sheet24.Change{}, Error: locale.Error(t.Language, err)})
		}
		return refused, nil
	}
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		key, _ := keyOf(c.Value.(string))
		tab.byID[key], tab.idAt[c.Row] = []int{c.Row}, key
		tab.set(c.Row, tab.layout.ID, []any{c.Value})
	}
	return refused, nil
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
