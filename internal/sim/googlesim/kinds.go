package googlesim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// typeIn types or pastes values.
func (g *Google) typeIn(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, at, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	if len(e.Values) == 0 || len(e.Values[0]) == 0 {
		return caused{}, errors.New(`values are missing: [["x"]]`)
	}
	width := 0
	for i, row := range e.Values {
		width = max(width, len(row))
		for j, v := range row {
			switch v.(type) {
			case string, float64, bool, nil:
			default:
				return caused{}, fmt.Errorf("values[%d][%d] is not a text, a number or a boolean", i, j)
			}
		}
	}
	for i, row := range e.Values {
		for j, v := range row {
			if v == nil {
				v = ""
			}
			t.set(at.row+i, at.col+j, typed(v, s.Locale))
		}
	}
	return caused{edited: []block{{at.row, at.row + len(e.Values), at.col, at.col + width}}, change: "EDIT"}, nil
}

// closed is a range with its open ends at those of the tab.
func (t *Sheet) closed(a string) (block, error) {
	_, b, err := parseA1(a)
	if err != nil {
		return b, err
	}
	if b.endRow < 0 {
		b.endRow = len(t.Rows)
	}
	if b.endCol < 0 {
		for _, r := range t.Rows {
			b.endCol = max(b.endCol, len(r))
		}
	}
	return b, nil
}

func (t *Sheet) at(row, col int) any {
	if row < len(t.Rows) && col < len(t.Rows[row]) {
		return t.Rows[row][col]
	}
	return nil
}

// put sets a cell, to nothing too.
func (t *Sheet) put(row, col int, v any) {
	if v == nil {
		v = ""
	}
	t.set(row, col, v)
}

// fillDown copies a range's first row to its others.
func (g *Google) fillDown(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	for row := b.row + 1; row < b.endRow; row++ {
		for col := b.col; col < b.endCol; col++ {
			t.put(row, col, t.at(b.row, col))
		}
	}
	return caused{edited: []block{{b.row + 1, b.endRow, b.col, b.endCol}}, change: "EDIT"}, nil
}

func (g *Google) clearCells(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	t.clear(b)
	return caused{edited: []block{b}, change: "EDIT"}, nil
}

func (t *Sheet) clear(b block) {
	for row := b.row; row < b.endRow; row++ {
		for col := b.col; col < b.endCol; col++ {
			t.put(row, col, nil)
		}
	}
}

// cutAndPaste moves cells. Google tells of where they went, not whence.
func (g *Google) cutAndPaste(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	_, to, err := parseA1(e.To)
	if err != nil {
		return caused{}, err
	}
	var cells [][]any
	for row := b.row; row < b.endRow; row++ {
		var line []any
		for col := b.col; col < b.endCol; col++ {
			line = append(line, t.at(row, col))
		}
		cells = append(cells, line)
	}
	t.clear(b)
	for i, line := range cells {
		for j, v := range line {
			t.put(to.row+i, to.col+j, v)
		}
	}
	return caused{edited: []block{{to.row, to.row + len(cells), to.col, to.col + b.endCol - b.col}}, change: "EDIT"}, nil
}

func (g *Google) insertRows(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	for len(t.Rows) < b.row {
		t.Rows = append(t.Rows, nil)
	}
	t.Rows = slices.Insert(t.Rows, b.row, make([][]any, max(1, b.endRow-b.row))...)
	return caused{change: "INSERT_ROW"}, nil
}

func (g *Google) deleteRows(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	if b.row < len(t.Rows) {
		t.Rows = slices.Delete(t.Rows, b.row, min(b.endRow, len(t.Rows)))
	}
	return caused{change: "REMOVE_ROW"}, nil
}

// moveRows drags rows to before another.
func (g *Google) moveRows(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	to, err := strconv.Atoi(e.To)
	if err != nil || to < 1 || to > len(t.Rows)+1 || b.endRow > len(t.Rows) || (to-1 > b.row && to-1 < b.endRow) {
		return caused{}, fmt.Errorf("rows %s cannot be moved to %q: to is the number of the row that they go before", e.Range, e.To)
	}
	moved := slices.Clone(t.Rows[b.row:b.endRow])
	rest := slices.Delete(slices.Clone(t.Rows), b.row, b.endRow)
	if to--; to > b.row {
		to -= len(moved)
	}
	t.Rows = slices.Insert(rest, to, moved...)
	return caused{change: "OTHER", moved: &block{min(b.row, to), max(b.endRow, to+len(moved)), 0, max(1, b.endCol)}}, nil
}

func (g *Google) insertColumns(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, b, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	for i, row := range t.Rows {
		if len(row) > b.col {
			t.Rows[i] = slices.Insert(slices.Clone(row), b.col, make([]any, max(1, b.endCol-b.col))...)
		}
	}
	return caused{change: "INSERT_COLUMN"}, nil
}

func (g *Google) deleteColumns(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, b, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	for i, row := range t.Rows {
		if len(row) > b.col {
			t.Rows[i] = slices.Delete(slices.Clone(row), b.col, min(max(b.endCol, b.col+1), len(row)))
		}
	}
	return caused{change: "REMOVE_COLUMN"}, nil
}

// sortRows sorts a range by its first column, numbers before texts.
func (g *Google) sortRows(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	var lines [][]any
	for row := b.row; row < b.endRow; row++ {
		var line []any
		for col := b.col; col < b.endCol; col++ {
			line = append(line, t.at(row, col))
		}
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(x, y []any) int {
		c := compareCells(resultOf(x[0]), resultOf(y[0]))
		if e.Descending {
			return -c
		}
		return c
	})
	for i, line := range lines {
		for j, v := range line {
			t.put(b.row+i, b.col+j, v)
		}
	}
	return caused{change: "OTHER", moved: &b}, nil
}

// resultOf is what a cell is sorted by; a formula that is computed has none yet.
func resultOf(v any) any {
	if f, ok := v.(map[string]any); ok {
		return f["result"]
	}
	return v
}

func compareCells(a, b any) int {
	x, isX := a.(float64)
	y, isY := b.(float64)
	switch {
	case isX && isY:
		return cmp.Compare(x, y)
	case isX:
		return -1
	case isY:
		return 1
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// undo takes the last edit of the tab back.
func (g *Google) undo(_ *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	if len(t.undo) == 0 {
		return caused{}, errors.New("there is nothing to undo")
	}
	t.Rows, t.undo = t.undo[len(t.undo)-1], t.undo[:len(t.undo)-1]
	return caused{change: "OTHER", moved: &block{0, max(1, len(t.Rows)), 0, 1}}, nil
}

func (t *Sheet) copyRows() [][]any {
	rows := make([][]any, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = slices.Clone(r)
	}
	return rows
}

func (g *Google) renameTab(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	if _, taken := s.byTitle(e.Title); e.Title == "" || taken {
		return caused{}, fmt.Errorf("a tab cannot be called %q", e.Title)
	}
	t.Title = e.Title
	return caused{change: "OTHER"}, nil
}

func (g *Google) insertTab(s *Spreadsheet, _ *Sheet, e Edit) (caused, error) {
	if _, taken := s.byTitle(e.Title); e.Title == "" || taken {
		return caused{}, fmt.Errorf("a tab cannot be called %q", e.Title)
	}
	gid := int64(1)
	for _, t := range s.Sheets {
		gid = max(gid, t.GID+1)
	}
	s.Sheets = append(s.Sheets, &Sheet{GID: gid, Title: e.Title})
	return caused{change: "INSERT_GRID"}, nil
}

func (g *Google) deleteTab(s *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	if len(s.Sheets) == 1 {
		return caused{}, errors.New("the last tab cannot be deleted")
	}
	s.Sheets = slices.DeleteFunc(s.Sheets, func(other *Sheet) bool { return other == t })
	return caused{change: "REMOVE_GRID"}, nil
}

// recalculate gives formulas new results, as what they refer to elsewhere does. No
// event tells of it.
func (g *Google) recalculate(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, at, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	for i, row := range e.Values {
		for j, v := range row {
			f, ok := t.at(at.row+i, at.col+j).(map[string]any)
			if !ok {
				return caused{}, fmt.Errorf("%s%d has no formula", columnLetter(at.col+j), at.row+i+1)
			}
			t.put(at.row+i, at.col+j, map[string]any{"formula": f["formula"], "result": v})
		}
	}
	return caused{}, nil
}

// mergeCells merges a range into its first cell; what the others held is gone.
func (g *Google) mergeCells(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	first := t.at(b.row, b.col)
	t.clear(b)
	t.put(b.row, b.col, first)
	t.Merges = append(t.Merges, e.Range)
	return caused{change: "OTHER"}, nil
}

// protect keeps a range from being edited by anybody but the spreadsheet's owner.
func (g *Google) protect(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	if _, err := t.closed(e.Range); err != nil {
		return caused{}, err
	}
	t.Protected = append(t.Protected, e.Range)
	return caused{change: "OTHER"}, nil
}

// unprotect lifts all protection of a tab.
func (g *Google) unprotect(_ *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	t.Protected = nil
	return caused{change: "OTHER"}, nil
}
