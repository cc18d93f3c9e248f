package googlesim

import (
	"maps"
	"reflect"
	"slices"
)

// shift is a change of places along one dimension of a tab: N rows or columns came
// before At, or with a negative N those from At on went; with Moved, those from At on
// were taken to before To, as places were counted before.
type shift struct {
	Columns bool
	At, N   int
	Moved   bool
	To      int

	restores int // the number, in the tab's log, of the shift whose places came back with this one
}

// place is where a row or column stands after a shift, false if it is gone.
func (c shift) place(i int) (int, bool) {
	switch {
	case c.Moved && i >= c.At && i < c.At+c.N: // one of those that were moved
		if c.To > c.At {
			return i - c.At + c.To - c.N, true
		}
		return i - c.At + c.To, true
	case c.Moved && i >= c.At+c.N && i < c.To:
		return i - c.N, true
	case c.Moved && i >= c.To && i < c.At:
		return i + c.N, true
	case c.Moved, i < c.At:
		return i, true
	case c.N < 0 && i < c.At-c.N:
		return c.At, false
	}
	return i + c.N, true
}

// span is where a range of places, its end excluded, is after a shift; false if all
// of it is gone. What is inserted within a range belongs to it.
func (c shift) span(start, end int) (int, int, bool) {
	if c.Moved {
		first, _ := c.place(start)
		last, _ := c.place(end - 1)
		if last < first { // torn apart by the move
			return start, end, true
		}
		return first, last + 1, true
	}
	first, _ := c.place(start)
	last, there := c.place(end - 1)
	if there {
		last++
	}
	return first, last, first < last
}

// Mark is what a cell carries beside its value.
type Mark struct {
	Note       string         `json:",omitempty"`
	Format     map[string]any `json:",omitempty"` // a CellFormat, as its user entered it
	Validation map[string]any `json:",omitempty"` // a DataValidationRule
}

func (m Mark) empty() bool {
	return m.Note == "" && len(m.Format) == 0 && len(m.Validation) == 0
}

// Rows, and the maps of Marks, are never changed in place but replaced: so what a tab
// held before an edit can be kept at little cost.

// set writes a cell. nil leaves it; "" clears it.
func (t *Sheet) set(row, col int, v any) {
	if v == nil {
		return
	}
	for len(t.Rows) <= row {
		t.Rows = append(t.Rows, nil)
	}
	fresh := make([]any, max(len(t.Rows[row]), col+1))
	copy(fresh, t.Rows[row])
	if v == "" {
		v = nil
	}
	fresh[col] = v
	t.Rows[row] = fresh
	t.grow(row+1, col+1)
}

// put sets a cell, to nothing too.
func (t *Sheet) put(row, col int, v any) {
	if v == nil {
		v = ""
	}
	if v == "" && t.at(row, col) == nil {
		return
	}
	t.set(row, col, v)
}

func (t *Sheet) at(row, col int) any {
	if row < len(t.Rows) && col < len(t.Rows[row]) {
		return t.Rows[row][col]
	}
	return nil
}

func (t *Sheet) markAt(row, col int) Mark {
	if row < len(t.Marks) {
		return t.Marks[row][col]
	}
	return Mark{}
}

func (t *Sheet) setMark(row, col int, m Mark) {
	if m.empty() && t.markAt(row, col).empty() {
		return
	}
	for len(t.Marks) <= row {
		t.Marks = append(t.Marks, nil)
	}
	fresh := maps.Clone(t.Marks[row])
	if fresh == nil {
		fresh = map[int]Mark{}
	}
	if m.empty() {
		delete(fresh, col)
	} else {
		fresh[col] = m
	}
	t.Marks[row] = fresh
}

// cell is a cell with all that it carries.
type cell struct {
	Value any
	Mark  Mark
}

func (t *Sheet) cellAt(row, col int) cell { return cell{t.at(row, col), t.markAt(row, col)} }

func (t *Sheet) setCell(row, col int, c cell) {
	t.put(row, col, c.Value)
	t.setMark(row, col, c.Mark)
}

// The grid's size where nobody said another, as Sheets makes it.
const gridRows, gridColumns = 1000, 26

// size is how many rows and columns the grid has.
func (t *Sheet) size() (rows, columns int) {
	if t.RowCount == 0 {
		t.RowCount = gridRows
	}
	if t.Columns == 0 {
		t.Columns = gridColumns
	}
	if t.RowCount < len(t.Rows) || !t.measured {
		t.RowCount = max(t.RowCount, len(t.Rows))
		for _, r := range t.Rows {
			t.Columns = max(t.Columns, len(r))
		}
		t.measured = true
	}
	return t.RowCount, t.Columns
}

// grow makes the grid at least so large.
func (t *Sheet) grow(rows, columns int) {
	haveRows, haveColumns := t.size()
	t.RowCount, t.Columns = max(haveRows, rows), max(haveColumns, columns)
}

// end is the row behind the last, and the column behind the last, that holds a value.
func (t *Sheet) end() (row, col int) {
	for i, r := range t.Rows {
		for j := len(r) - 1; j >= 0; j-- {
			if r[j] != nil {
				row, col = i+1, max(col, j+1)
				break
			}
		}
	}
	return row, col
}

// within is a block with its open ends at the grid's, and cut to the grid.
func (t *Sheet) within(b block) block {
	rows, columns := t.size()
	if b.endRow < 0 || b.endRow > rows {
		b.endRow = rows
	}
	if b.endCol < 0 || b.endCol > columns {
		b.endCol = columns
	}
	return b
}

// shift changes places in a tab, and with them all that is tied to places.
func (s *Spreadsheet) shift(t *Sheet, c shift) {
	rows, columns := t.size()
	switch {
	case c.Columns:
		t.shiftColumns(c)
	default:
		t.Rows = shiftList(t.Rows, c)
		t.Marks = shiftList(t.Marks, c)
		t.HiddenRows = shiftKeys(t.HiddenRows, c)
	}
	if !c.Moved && c.Columns {
		t.Columns = columns + c.N
	} else if !c.Moved {
		t.RowCount = rows + c.N
	}

	t.Merges = shiftRanges(t.Merges, c)
	var protected []Protection
	for _, p := range t.Protected {
		if r := shiftRanges([]Area{p.Range}, c); len(r) == 1 {
			p.Range = r[0]
			protected = append(protected, p)
		}
	}
	t.Protected = protected
	s.shiftMetadata(t, c)
	s.shiftNamed(t, c)
	t.shiftFormulas(c)
	t.log = append(t.log, c)
}

// shiftList changes places in a list, of which the last elements may be missing.
func shiftList[E any](list []E, c shift) []E {
	switch {
	case c.Moved:
		for len(list) < max(c.At+c.N, c.To) {
			list = append(list[:len(list):len(list)], *new(E))
		}
		fresh := make([]E, len(list))
		for i, e := range list {
			to, _ := c.place(i)
			fresh[to] = e
		}
		return fresh
	case c.At >= len(list):
		return list
	case c.N < 0:
		return slices.Delete(slices.Clone(list), c.At, min(c.At-c.N, len(list)))
	}
	return slices.Insert(slices.Clone(list), c.At, make([]E, c.N)...)
}

// shiftKeys changes places that are keys.
func shiftKeys[V any](all map[int]V, c shift) map[int]V {
	if len(all) == 0 {
		return all
	}
	fresh := map[int]V{}
	for i, v := range all {
		if to, ok := c.place(i); ok {
			fresh[to] = v
		}
	}
	return fresh
}

func (t *Sheet) shiftColumns(c shift) {
	fresh := make([][]any, len(t.Rows))
	for i, r := range t.Rows {
		fresh[i] = shiftList(r, c)
	}
	t.Rows = fresh
	marks := make([]map[int]Mark, len(t.Marks))
	for i, m := range t.Marks {
		marks[i] = shiftKeys(m, c)
	}
	t.Marks = marks
	t.Formats = shiftKeys(t.Formats, c)
	t.HiddenColumns = shiftKeys(t.HiddenColumns, c)
}

// Area is a range of cells, 0-based, ends excluded; a negative end is open.
type Area struct{ Row, EndRow, Col, EndCol int }

func (a Area) block() block { return block{a.Row, a.EndRow, a.Col, a.EndCol} }

func areaOf(b block) Area { return Area{b.row, b.endRow, b.col, b.endCol} }

// shiftRanges is where ranges are after a shift; those that are gone are left out.
func shiftRanges(all []Area, c shift) (moved []Area) {
	for _, a := range all {
		start, end := &a.Row, &a.EndRow
		if c.Columns {
			start, end = &a.Col, &a.EndCol
		}
		there := true
		if *end < 0 {
			*start, _ = c.place(*start)
		} else {
			*start, *end, there = c.span(*start, *end)
		}
		if there {
			moved = append(moved, a)
		}
	}
	return moved
}

// saved is what a spreadsheet was, to go back to.
type saved struct {
	spreadsheet Spreadsheet
	tabs        []*Sheet
	contents    []Sheet
}

// save keeps what a spreadsheet is now.
func (s *Spreadsheet) save() saved {
	was := saved{spreadsheet: *s, tabs: slices.Clone(s.Sheets)}
	was.spreadsheet.Metadata = slices.Clone(s.Metadata)
	was.spreadsheet.Named = slices.Clone(s.Named)
	for _, t := range s.Sheets {
		copied := *t
		copied.Rows, copied.Marks = slices.Clone(t.Rows), slices.Clone(t.Marks)
		copied.Formats, copied.HiddenRows, copied.HiddenColumns = maps.Clone(t.Formats), maps.Clone(t.HiddenRows), maps.Clone(t.HiddenColumns)
		copied.Merges, copied.Protected, copied.Formatted = slices.Clone(t.Merges), slices.Clone(t.Protected), slices.Clone(t.Formatted)
		copied.log, copied.undo = slices.Clone(t.log), slices.Clone(t.undo)
		was.contents = append(was.contents, copied)
	}
	return was
}

// restore goes back to what a spreadsheet was.
func (s *Spreadsheet) restore(was saved) {
	*s = was.spreadsheet
	s.Sheets = was.tabs
	for i, t := range was.tabs {
		*t = was.contents[i]
	}
}

// same reports whether two rows are one and the same slice.
func same(a, b []any) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func equalCells(a, b any) bool { return reflect.DeepEqual(a, b) }
