package tab

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

// Placement is a value that is to stand in a record's row.
type Placement struct {
	ID     int64 // of the record, or a row's key
	Row    int   // where an id stands in several rows, or in none: this one, if it is as it was; else 0
	Shows  any   // and what that row's ID cell held
	Column sheet24.Column
	Value  any

	Only    bool // if the cell still holds this:
	Holds   any
	Skipped bool // it is not to be written after all
}

// placeTries is how often cells are written that people move while it is done.
const placeTries = 4

// CellOfRecord names a cell by its record and its column.
type CellOfRecord struct {
	ID     int64
	Column sheet24.Column
}

// Place writes values into the rows of records. Between a read and the write after it
// people sort, so each write is read back, ids along with it, in the request that made
// it: what went into another record's row is put right at once, from what was read
// before. Columns need no such care; Google itself finds them when it writes. It returns
// the cells that were left as they are, and fails with ErrMoves if the tab does not
// come to rest.
func (p *Access) Place(ctx context.Context, t *sheet24.Table, id sheet24.Column, wanted []Placement) (skipped map[CellOfRecord]bool, err error) {
	before, err := p.ReadPlaces(ctx, t, columnsIn(id, wanted))
	if err != nil {
		return nil, err
	}
	return p.PlaceAt(ctx, sheet24.ScanStage, t, before, wanted)
}

// PlaceAt is place for columns that were just read. Until it is seen where they went, the
// writes are begun ones of a stage.
func (p *Access) PlaceAt(ctx context.Context, stage sheet24.Stage, t *sheet24.Table, before *Places, wanted []Placement) (skipped map[CellOfRecord]bool, err error) {
	var begun []int64
	skipped = map[CellOfRecord]bool{}
	for range placeTries {
		writes := before.writes(wanted, skipped)
		if len(writes) == 0 {
			return skipped, p.Begun.EndSheetWrites(ctx, begun)
		}
		number, read, err := p.writeColumns(ctx, t, before.begun(stage, writes), before.columnWrites(writes))
		if err != nil {
			return nil, err
		}
		begun = append(begun, number)

		after := placesOf(t, before.Columns, read)
		before.crossed(after, writes)
		wrong := before.displaced(after, writes)
		if len(wrong) == 0 && after.allDone(writes) {
			return skipped, p.Begun.EndSheetWrites(ctx, begun)
		}

		// What went elsewhere is written back, and the rest is tried again.
		wanted = append(wrong, writes...)
		if before, err = p.ReadPlaces(ctx, t, before.Columns); err != nil {
			return nil, err
		}
	}
	return nil, ErrMoves
}

// columnsIn are the ID column and the others that placements name.
func columnsIn(id sheet24.Column, wanted []Placement) []sheet24.Column {
	columns := []sheet24.Column{id}
	for _, w := range wanted {
		if !slices.Contains(columns, w.Column) {
			columns = append(columns, w.Column)
		}
	}
	return columns
}

// Places are columns as one answer showed them, the ID column first.
type Places struct {
	headerRow int
	Columns   []sheet24.Column
	cells     [][]any         // of each column, from row 1 on
	Rows      map[int64][]int // where each id stands
}

// ReadPlaces reads whole columns, that of the ids first.
func (p *Access) ReadPlaces(ctx context.Context, t *sheet24.Table, columns []sheet24.Column) (*Places, error) {
	read, err := p.Sheets.ReadColumns(ctx, t.Ref(), t.HeaderRow, columns)
	if err != nil {
		return nil, err
	}
	return placesOf(t, columns, read), nil
}

func placesOf(t *sheet24.Table, columns []sheet24.Column, read [][]any) *Places {
	s := &Places{t.HeaderRow, columns, read, map[int64][]int{}}
	for i, v := range read[0] {
		if id, ok := RecordID(v); ok && i >= t.HeaderRow {
			s.Rows[id] = append(s.Rows[id], i+1)
		}
	}
	return s
}

// At is what a cell of a column holds; nil for an empty one.
func (s *Places) At(column sheet24.Column, row int) any {
	return Cell(s.cells[slices.Index(s.Columns, column)], row-1)
}

// rowOf is the one row that a placement is meant for, 0 if that is not certain.
func (s *Places) rowOf(w Placement) int {
	if rows := s.Rows[w.ID]; w.ID != 0 && len(rows) == 1 {
		return rows[0]
	}
	if w.Row > s.headerRow && s.At(s.Columns[0], w.Row) == w.Shows {
		return w.Row
	}
	return 0
}

// writes are the placements that have to be written, with the rows they are for; skipped
// gets those that cannot.
func (s *Places) writes(wanted []Placement, skipped map[CellOfRecord]bool) (writes []Placement) {
	for _, w := range wanted {
		row := s.rowOf(w)
		if row == 0 {
			skipped[CellOfRecord{w.ID, w.Column}] = true
			continue
		}

		switch now := s.At(w.Column, row); {
		case now == orNil(w.Value): // it is there
		case w.Only && now != w.Holds:
			skipped[CellOfRecord{w.ID, w.Column}] = true
		default:
			w.Row, w.Shows = row, s.At(s.Columns[0], row)
			writes = append(writes, w)
		}
	}

	return writes
}

// columnWrites are placements as a request has them: the ID column is named even if
// nothing is written there, since it is read back.
func (s *Places) columnWrites(writes []Placement) []sheet24.ColumnWrite {
	list := make([]sheet24.ColumnWrite, len(s.Columns))
	for i, c := range s.Columns {
		list[i] = sheet24.ColumnWrite{Column: c, Cells: map[int]any{}, Last: s.Last()}
	}
	for _, w := range writes {
		list[slices.Index(s.Columns, w.Column)].Cells[w.Row] = orEmpty(w.Value)
	}
	return list
}

// begun are placements as a write that is begun.
func (s *Places) begun(stage sheet24.Stage, writes []Placement) sheet24.BegunSheetWrite {
	w := sheet24.BegunSheetWrite{Stage: stage}
	if stage == sheet24.ScanStage {
		for i, c := range s.Columns {
			w.Columns = append(w.Columns, sheet24.BegunColumn{Name: c.Name, Cells: s.cells[i]})
		}
	}

	for _, p := range writes {
		w.Cells = append(w.Cells, sheet24.BegunCell{Row: p.Row, EntityID: p.ID, Column: p.Column.Name, Value: orNil(p.Value)})
	}
	return w
}

// displaced finds the records whose cells a write changed though it was not meant for
// them, since they stood in those rows by then, and what is to stand there again.
func (s *Places) displaced(after *Places, writes []Placement) (wrong []Placement) {
	type target struct {
		id     int64
		column sheet24.Column
	}
	meant := map[target]bool{}
	wrote := map[sheet24.Column]map[any]bool{}
	for _, w := range writes {
		meant[target{w.ID, w.Column}] = true
		if id, has := RecordID(w.Shows); has { // a row that is told by its number and what it shows
			meant[target{id, w.Column}] = true
		}
		if wrote[w.Column] == nil {
			wrote[w.Column] = map[any]bool{}
		}
		wrote[w.Column][orNil(w.Value)] = true
	}

	for _, id := range slices.Sorted(maps.Keys(s.Rows)) {
		if len(s.Rows[id]) != 1 || len(after.Rows[id]) != 1 {
			continue
		}

		for column, values := range wrote {
			was, now := s.At(column, s.Rows[id][0]), after.At(column, after.Rows[id][0])
			if was != now && values[now] && !meant[target{id, column}] {
				wrong = append(wrong, Placement{ID: id, Column: column, Value: was, Only: true, Holds: now})
			}
		}
	}

	// What rows show that have no id.
	for _, w := range writes {
		if was, ok := s.lostFrom(after, w); ok {
			wrong = append(wrong, Placement{Row: w.Row, Shows: after.At(s.Columns[0], w.Row), Column: w.Column, Value: was, Only: true, Holds: orNil(w.Value)})
		}
	}
	return wrong
}

// crossed has placements whose cells got what was meant for another's replace that.
func (s *Places) crossed(after *Places, writes []Placement) {
	wrote := map[sheet24.Column]map[any]bool{}
	for _, w := range writes {
		if wrote[w.Column] == nil {
			wrote[w.Column] = map[any]bool{}
		}
		wrote[w.Column][orNil(w.Value)] = true
	}

	for i, w := range writes {
		rows := after.Rows[w.ID]
		if w.ID == 0 || len(rows) != 1 {
			continue
		}

		now := after.At(w.Column, rows[0])
		if now != orNil(w.Value) && now != s.At(w.Column, w.Row) && wrote[w.Column][now] {
			writes[i].Holds = now
		}
	}
}

// lostFrom finds what a write took from a row that has no id of its own: the one value
// that rows like it held before and no longer do.
func (s *Places) lostFrom(after *Places, w Placement) (was any, ok bool) {
	shows := after.At(s.Columns[0], w.Row)
	if id, has := RecordID(shows); shows == w.Shows || has && len(after.Rows[id]) == 1 {
		return nil, false
	}

	counts := map[any]int{}
	count := func(of *Places, n int) {
		for row := s.headerRow + 1; row <= of.Last(); row++ {
			if of.At(s.Columns[0], row) == shows {
				counts[of.At(w.Column, row)] += n
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

// Last is the last row that holds anything.
func (s *Places) Last() (last int) {
	for _, cells := range s.cells {
		last = max(last, len(cells))
	}
	return last
}

// allDone reports whether what was written stands where it was meant to: in rows that are
// still where they were, or that took it along.
func (s *Places) allDone(writes []Placement) bool {
	return !slices.ContainsFunc(writes, func(w Placement) bool {
		row := s.rowOf(w)
		return row == 0 || row != w.Row && s.At(w.Column, row) != orNil(w.Value)
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

// Quiet reports whether a tab may be written to: since when somebody waits for it.
func (p *Access) Quiet(ctx context.Context, t *sheet24.Table, since time.Time) (bool, error) {
	now := p.Now()
	if now.Sub(since) > quietWaitAt {
		return true, nil
	}
	moved, err := p.Store.StructureChangedAt(ctx, t.ID, now.Add(-quietFor))
	return moved.IsZero(), err
}

// IDColumn is the column of a table's ids, as it was last seen.
func IDColumn(t *sheet24.Table) sheet24.Column {
	m, _ := t.Mapping(sheet24.IDField)
	return m.Column
}

// IDColumnOf is a column's name as a layout found it.
func IDColumnOf(t *sheet24.Table, l mapping.Layout) sheet24.Column {
	c := IDColumn(t)
	c.Index = l.ID
	if l.IDName != "" {
		c.Name = l.IDName
	}
	return c
}

// ShowsStill reports whether the ID cell of a row shows what it did when it could not be told
// which record that is.
func (s *Places) ShowsStill(u sheet24.UnidentifiedRow) bool {
	return u.ID == mapping.Text(s.At(s.Columns[0], u.Row))
}

// WaitingSince is when the first of some events came; now, if there is none.
func WaitingSince(events []sheet24.Event, now time.Time) time.Time {
	if len(events) == 0 {
		return now
	}
	return events[0].ReceivedAt
}

// orEmpty is a value as it is written: an empty text clears a cell.
func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// Announced reports whether a notification named a row.
func Announced(events []sheet24.Event, number int) bool {
	return slices.ContainsFunc(events, func(e sheet24.Event) bool {
		return e.Type == sheet24.RowEdited && number >= e.Rows.FirstRow && number <= e.Rows.LastRow
	})
}
