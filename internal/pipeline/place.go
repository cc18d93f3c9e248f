package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

// placement is a value that is to stand in a record's row.
type placement struct {
	id     int64 // of the record, or a row's key
	row    int   // where an id stands in several rows, or in none: this one, if it is as it was; else 0
	shows  any   // and what that row's ID cell held
	column sheet24.Column
	value  any

	only    bool // if the cell still holds this:
	holds   any
	skipped bool // it is not to be written after all
}

// placeTries is how often cells are written that people move while it is done.
const placeTries = 4

// cellOfRecord names a cell by its record and its column.
type cellOfRecord struct {
	id     int64
	column sheet24.Column
}

// place writes values into the rows of records. Between a read and the write after it
// people sort, so each write is read back, ids along with it, in the request that made
// it: what went into another record's row is put right at once, from what was read
// before. Columns need no such care; Google itself finds them when it writes. It returns
// the cells that were left as they are, and fails with errTabMoves if the tab does not
// come to rest.
func (p *Pipeline) place(ctx context.Context, t *sheet24.Table, id sheet24.Column, wanted []placement) (skipped map[cellOfRecord]bool, err error) {
	before, err := p.readPlaces(ctx, t, columnsIn(id, wanted))
	if err != nil {
		return nil, err
	}
	return p.placeAt(ctx, sheet24.ScanStage, t, before, wanted)
}

// placeAt is place for columns that were just read. Until it is seen where they went, the
// writes are begun ones of a stage.
func (p *Pipeline) placeAt(ctx context.Context, stage sheet24.Stage, t *sheet24.Table, before *places, wanted []placement) (skipped map[cellOfRecord]bool, err error) {
	var begun []int64
	skipped = map[cellOfRecord]bool{}
	for range placeTries {
		writes := before.writes(wanted, skipped)
		if len(writes) == 0 {
			return skipped, p.Store.EndSheetWrites(ctx, begun)
		}
		number, read, err := p.writeColumns(ctx, t, before.begun(stage, writes), before.columnWrites(writes))
		if err != nil {
			return nil, err
		}
		begun = append(begun, number)

		after := placesOf(t, before.columns, read)
		before.crossed(after, writes)
		wrong := before.displaced(after, writes)
		if len(wrong) == 0 && after.allDone(writes) {
			return skipped, p.Store.EndSheetWrites(ctx, begun)
		}
		wanted = append(wrong, writes...)
		if before, err = p.readPlaces(ctx, t, before.columns); err != nil {
			return nil, err
		}
	}
	return nil, errTabMoves
}

// columnsIn are the ID column and the others that placements name.
func columnsIn(id sheet24.Column, wanted []placement) []sheet24.Column {
	columns := []sheet24.Column{id}
	for _, w := range wanted {
		if !slices.Contains(columns, w.column) {
			columns = append(columns, w.column)
		}
	}
	return columns
}

// places are columns as one answer showed them, the ID column first.
type places struct {
	headerRow int
	columns   []sheet24.Column
	cells     [][]any         // of each column, from row 1 on
	rows      map[int64][]int // where each id stands
}

func (p *Pipeline) readPlaces(ctx context.Context, t *sheet24.Table, columns []sheet24.Column) (*places, error) {
	read, err := p.Sheets.ReadColumns(ctx, t.Ref(), t.HeaderRow, columns)
	if err != nil {
		return nil, err
	}
	return placesOf(t, columns, read), nil
}

func placesOf(t *sheet24.Table, columns []sheet24.Column, read [][]any) *places {
	s := &places{t.HeaderRow, columns, read, map[int64][]int{}}
	for i, v := range read[0] {
		if id, ok := recordID(v); ok && i >= t.HeaderRow {
			s.rows[id] = append(s.rows[id], i+1)
		}
	}
	return s
}

// at is what a cell of a column holds; nil for an empty one.
func (s *places) at(column sheet24.Column, row int) any {
	return cell(s.cells[slices.Index(s.columns, column)], row-1)
}

// rowOf is the one row that a placement is meant for, 0 if that is not certain.
func (s *places) rowOf(w placement) int {
	if rows := s.rows[w.id]; w.id != 0 && len(rows) == 1 {
		return rows[0]
	}
	if w.row > s.headerRow && s.at(s.columns[0], w.row) == w.shows {
		return w.row
	}
	return 0
}

// writes are the placements that have to be written, with the rows they are for; skipped
// gets those that cannot.
func (s *places) writes(wanted []placement, skipped map[cellOfRecord]bool) (writes []placement) {
	for _, w := range wanted {
		row := s.rowOf(w)
		if row == 0 {
			skipped[cellOfRecord{w.id, w.column}] = true
			continue
		}

		switch now := s.at(w.column, row); {
		case now == orNil(w.value): // it is there
		case w.only && now != w.holds:
			skipped[cellOfRecord{w.id, w.column}] = true
		default:
			w.row, w.shows = row, s.at(s.columns[0], row)
			writes = append(writes, w)
		}
	}
	return writes
}

// columnWrites are placements as a request has them: the ID column is named even if
// nothing is written there, since it is read back.
func (s *places) columnWrites(writes []placement) []sheet24.ColumnWrite {
	list := make([]sheet24.ColumnWrite, len(s.columns))
	for i, c := range s.columns {
		list[i] = sheet24.ColumnWrite{Column: c, Cells: map[int]any{}, Last: s.last()}
	}
	for _, w := range writes {
		list[slices.Index(s.columns, w.column)].Cells[w.row] = orEmpty(w.value)
	}
	return list
}

// begun are placements as a write that is begun.
func (s *places) begun(stage sheet24.Stage, writes []placement) sheet24.BegunSheetWrite {
	w := sheet24.BegunSheetWrite{Stage: stage}
	if stage == sheet24.ScanStage {
		for i, c := range s.columns {
			w.Columns = append(w.Columns, sheet24.BegunColumn{Name: c.Name, Cells: s.cells[i]})
		}
	}
	for _, p := range writes {
		w.Cells = append(w.Cells, sheet24.BegunCell{Row: p.row, EntityID: p.id, Column: p.column.Name, Value: orNil(p.value)})
	}
	return w
}

// displaced finds the records whose cells a write changed though it was not meant for
// them, since they stood in those rows by then, and what is to stand there again.
func (s *places) displaced(after *places, writes []placement) (wrong []placement) {
	type target struct {
		id     int64
		column sheet24.Column
	}
	meant := map[target]bool{}
	wrote := map[sheet24.Column]map[any]bool{}
	for _, w := range writes {
		meant[target{w.id, w.column}] = true
		if id, has := recordID(w.shows); has { // a row that is told by its number and what it shows
			meant[target{id, w.column}] = true
		}
		if wrote[w.column] == nil {
			wrote[w.column] = map[any]bool{}
		}
		wrote[w.column][orNil(w.value)] = true
	}

	for _, id := range slices.Sorted(maps.Keys(s.rows)) {
		if len(s.rows[id]) != 1 || len(after.rows[id]) != 1 {
			continue
		}
		for column, values := range wrote {
			was, now := s.at(column, s.rows[id][0]), after.at(column, after.rows[id][0])
			if was != now && values[now] && !meant[target{id, column}] {
				wrong = append(wrong, placement{id: id, column: column, value: was, only: true, holds: now})
			}
		}
	}
	for _, w := range writes {
		if was, ok := s.lostFrom(after, w); ok {
			wrong = append(wrong, placement{row: w.row, shows: after.at(s.columns[0], w.row), column: w.column, value: was, only: true, holds: orNil(w.value)})
		}
	}
	return wrong
}

// crossed has placements whose cells got what was meant for another's replace that.
func (s *places) crossed(after *places, writes []placement) {
	wrote := map[sheet24.Column]map[any]bool{}
	for _, w := range writes {
		if wrote[w.column] == nil {
			wrote[w.column] = map[any]bool{}
		}
		wrote[w.column][orNil(w.value)] = true
	}

	for i, w := range writes {
		rows := after.rows[w.id]
		if w.id == 0 || len(rows) != 1 {
			continue
		}
		now := after.at(w.column, rows[0])
		if now != orNil(w.value) && now != s.at(w.column, w.row) && wrote[w.column][now] {
			writes[i].holds = now
		}
	}
}

// lostFrom finds what a write took from a row that has no id of its own: the one value
// that rows like it held before and no longer do.
func (s *places) lostFrom(after *places, w placement) (was any, ok bool) {
	shows := after.at(s.columns[0], w.row)
	if id, has := recordID(shows); shows == w.shows || has && len(after.rows[id]) == 1 {
		return nil, false
	}

	counts := map[any]int{}
	count := func(of *places, n int) {
		for row := s.headerRow + 1; row <= of.last(); row++ {
			if of.at(s.columns[0], row) == shows {
				counts[of.at(w.column, row)] += n
			}
		}
	}
	count(s, 1)
	count(after, -1)

	// If none of them is missing anything, it is a row below them all, which was empty.
	var missing []any
	for v, n := range counts {
		for range n {
			missing = append(missing, v)
		}
	}
	if len(missing) == 0 {
		return nil, true
	}
	return missing[0], len(missing) == 1
}

// last is the last row that holds anything.
func (s *places) last() (last int) {
	for _, cells := range s.cells {
		last = max(last, len(cells))
	}
	return last
}

// allDone reports whether what was written stands where it was meant to: in rows that are
// still where they were, or that took it along.
func (s *places) allDone(writes []placement) bool {
	return !slices.ContainsFunc(writes, func(w placement) bool {
		row := s.rowOf(w)
		return row == 0 || row != w.row && s.at(w.column, row) != orNil(w.value)
	})
}

// orNil is a value as a read has it: an empty text is an empty cell.
func orNil(v any) any {
	if v == "" {
		return nil
	}
	return v
}

// A tab is quiet when nobody told for a moment that rows or columns were moved. Nothing is
// written into one that is not, but for so long only.
const (
	quietFor    = time.Second
	quietWaitAt = 15 * time.Second // after which it is written to all the same
)

// quiet reports whether a tab may be written to: since when somebody waits for it.
func (p *Pipeline) quiet(ctx context.Context, t *sheet24.Table, since time.Time) (bool, error) {
	now := p.Now()
	if now.Sub(since) > quietWaitAt {
		return true, nil
	}
	moved, err := p.Store.StructureChangedAt(ctx, t.ID, now.Add(-quietFor))
	return moved.IsZero(), err
}

// idColumn is the column of a table's ids, as it was last seen.
func idColumn(t *sheet24.Table) sheet24.Column {
	m, _ := t.Mapping(sheet24.IDField)
	return m.Column
}

// nameOf is a column's name as a layout found it.
func nameOf(t *sheet24.Table, l mapping.Layout) sheet24.Column {
	c := idColumn(t)
	c.Index = l.ID
	if l.IDName != "" {
		c.Name = l.IDName
	}
	return c
}
