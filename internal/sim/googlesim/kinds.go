package googlesim

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
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
			t.enter(at.row+i, at.col+j, v, s.Locale)
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
	t.size()
	return b, nil
}

// fillDown copies a range's first row to its others.
func (g *Google) fillDown(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	for row := b.row + 1; row < b.endRow; row++ {
		for col := b.col; col < b.endCol; col++ {
			c := t.cellAt(b.row, col)
			c.Value = copied(c.Value, row-b.row, 0)
			t.setCell(row, col, c)
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
			t.put(row, col, "")
		}
	}
}

// lines are the cells of a block, row by row.
func (t *Sheet) lines(b block) (lines [][]cell) {
	for row := b.row; row < b.endRow; row++ {
		var line []cell
		for col := b.col; col < b.endCol; col++ {
			line = append(line, t.cellAt(row, col))
		}
		lines = append(lines, line)
	}
	return lines
}

// paste puts cells from a place on.
func (t *Sheet) paste(row, col int, lines [][]cell) {
	for i, line := range lines {
		for j, c := range line {
			t.setCell(row+i, col+j, c)
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
	lines := t.lines(b)
	t.clear(b)
	t.paste(to.row, to.col, lines)
	return caused{edited: []block{{to.row, to.row + len(lines), to.col, to.col + b.endCol - b.col}}, change: "EDIT"}, nil
}

// copyAndPaste copies cells; relative references in formulas move along.
func (g *Google) copyAndPaste(_ *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	_, to, err := parseA1(e.To)
	if err != nil {
		return caused{}, err
	}
	lines := t.lines(b)
	for _, line := range lines {
		for j := range line {
			line[j].Value = copied(line[j].Value, to.row-b.row, to.col-b.col)
		}
	}
	t.paste(to.row, to.col, lines)
	return caused{edited: []block{{to.row, to.row + len(lines), to.col, to.col + b.endCol - b.col}}, change: "EDIT"}, nil
}

func (g *Google) insertRows(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	c := shift{At: b.row, N: max(1, b.endRow-b.row)}
	if rows, _ := t.size(); c.At > rows {
		return caused{}, fmt.Errorf("there is no row %d to insert before", c.At+1)
	}
	s.shift(t, c)
	return caused{change: "INSERT_ROW", shift: &c}, nil
}

func (g *Google) deleteRows(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	rows, _ := t.size()
	b.endRow = min(b.endRow, rows)
	if b.row >= b.endRow || b.endRow-b.row >= rows {
		return caused{}, fmt.Errorf("rows %s cannot be deleted of %d", e.Range, rows)
	}
	did := caused{change: "REMOVE_ROW", lines: t.lines(block{b.row, b.endRow, 0, t.Columns})}
	did.shift = &shift{At: b.row, N: b.row - b.endRow}
	s.shift(t, *did.shift)
	return did, nil
}

// moveRows drags rows to before another.
func (g *Google) moveRows(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	to, err := strconv.Atoi(e.To)
	if rows, _ := t.size(); err != nil || to < 1 || to > rows+1 || b.endRow > rows || (to-1 > b.row && to-1 < b.endRow) {
		return caused{}, fmt.Errorf("rows %s cannot be moved to %q: to is the number of the row that they go before", e.Range, e.To)
	}
	c := shift{At: b.row, N: b.endRow - b.row, Moved: true, To: to - 1}
	s.shift(t, c)
	at, _ := c.place(b.row)
	return caused{change: "OTHER", shift: &c, moved: &block{min(b.row, at), max(b.endRow, at+c.N), 0, max(1, b.endCol)}}, nil
}

func (g *Google) insertColumns(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, b, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	c := shift{Columns: true, At: b.col, N: max(1, b.endCol-b.col)}
	if _, columns := t.size(); c.At > columns {
		return caused{}, fmt.Errorf("there is no column %s to insert before", columnLetter(c.At))
	}
	s.shift(t, c)
	return caused{change: "INSERT_COLUMN", shift: &c}, nil
}

func (g *Google) deleteColumns(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, b, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	_, columns := t.size()
	b.endCol = min(max(b.endCol, b.col+1), columns)
	if b.col >= b.endCol || b.endCol-b.col >= columns {
		return caused{}, fmt.Errorf("columns %s cannot be deleted of %d", e.Range, columns)
	}
	did := caused{change: "REMOVE_COLUMN", lines: t.lines(block{0, max(len(t.Rows), len(t.Marks)), b.col, b.endCol})}
	did.shift = &shift{Columns: true, At: b.col, N: b.col - b.endCol}
	s.shift(t, *did.shift)
	return did, nil
}

// moveColumns drags columns to before another.
func (g *Google) moveColumns(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	_, b, err := parseA1(e.Range)
	if err != nil {
		return caused{}, err
	}
	to := columnIndex(e.To)
	b.endCol = max(b.endCol, b.col+1)
	if _, columns := t.size(); !columnLetters.MatchString(e.To) || to > columns || b.endCol > columns || (to > b.col && to < b.endCol) {
		return caused{}, fmt.Errorf("columns %s cannot be moved to %q: to is the letter of the column that they go before", e.Range, e.To)
	}
	c := shift{Columns: true, At: b.col, N: b.endCol - b.col, Moved: true, To: to}
	s.shift(t, c)
	at, _ := c.place(b.col)
	return caused{change: "OTHER", shift: &c, moved: &block{0, max(1, len(t.Rows)), min(b.col, at), max(b.endCol, at+c.N)}}, nil
}

var columnLetters = regexp.MustCompile(`^[A-Za-z]{1,3}$`)

// sortRows sorts a range by its first column.
func (g *Google) sortRows(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	g.sortBlock(s, t, b, []sortKey{{b.col, e.Descending}})
	return caused{change: "OTHER", moved: &b}, nil
}

// sortKey is a column, from 0, by which rows are sorted.
type sortKey struct {
	col        int
	descending bool
}

// sortBlock sorts the rows of a block: numbers before texts before booleans, what is
// empty last (source: Google's help, "Sort & filter your data"). Metadata of rows stays
// where it is, unless the faults say otherwise: what Google does is not documented.
func (g *Google) sortBlock(s *Spreadsheet, t *Sheet, b block, keys []sortKey) {
	type line struct {
		cells []cell
		keys  []any
		row   int
	}
	var lines []line
	for i, cells := range t.lines(b) {
		l := line{cells: cells, row: b.row + i}
		for _, k := range keys {
			l.keys = append(l.keys, t.result(b.row+i, k.col))
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(x, y line) int {
		for i, k := range keys {
			c := compareCells(x.keys[i], y.keys[i])
			if k.descending && x.keys[i] != nil && y.keys[i] != nil {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})

	went := map[int]int{}
	for i, l := range lines {
		went[l.row] = b.row + i
		for j := range l.cells {
			l.cells[j].Value = copied(l.cells[j].Value, b.row+i-l.row, 0)
		}
		t.paste(b.row+i, b.col, [][]cell{l.cells})
	}
	if g.faults.now().MetadataSorts {
		for i, m := range s.Metadata {
			if to, ok := went[m.Index]; ok && m.Type == "ROW" && m.GID == t.GID {
				s.Metadata[i].Index = to
			}
		}
	}
}

// compareCells orders values as Sheets sorts them, from small to large.
func compareCells(a, b any) int {
	rank := func(v any) int {
		switch v.(type) {
		case float64:
			return 0
		case string:
			return 1
		case bool:
			return 2
		}
		return 3
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch x := a.(type) {
	case float64:
		return cmp.Compare(x, b.(float64))
	case string:
		return cmp.Or(strings.Compare(fold(x), fold(b.(string))), strings.Compare(x, b.(string)))
	case bool:
		return strings.Compare(fmt.Sprint(x), fmt.Sprint(b))
	}
	return 0
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
	s.Sheets = append(s.Sheets, &Sheet{GID: s.newID(), Title: e.Title})
	return caused{change: "INSERT_GRID"}, nil
}

func (g *Google) deleteTab(s *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	if len(s.Sheets) == 1 {
		return caused{}, errors.New("the last tab cannot be deleted")
	}
	s.Sheets = slices.DeleteFunc(slices.Clone(s.Sheets), func(other *Sheet) bool { return other == t })
	s.dropTab(t.GID)
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
	t.Merges = append(t.Merges, areaOf(b))
	return caused{change: "OTHER"}, nil
}

// protect keeps a range from being edited by anybody but the spreadsheet's owner.
func (g *Google) protect(s *Spreadsheet, t *Sheet, e Edit) (caused, error) {
	b, err := t.closed(e.Range)
	if err != nil {
		return caused{}, err
	}
	t.Protected = append(t.Protected, Protection{ID: s.newID(), Range: areaOf(b)})
	return caused{change: "OTHER"}, nil
}

// unprotect lifts all protection of a tab.
func (g *Google) unprotect(_ *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	t.Protected = nil
	return caused{change: "OTHER"}, nil
}
