package googlesim

import (
	"errors"
	"slices"
)

// maxUndo is how many edits of a tab can be taken back.
const maxUndo = 20

// undoing is what it takes to take an edit back. A person's undo takes back what a
// person did, wherever that has gone meanwhile, and leaves what others or an API wrote
// since.
type undoing struct {
	since int      // how many shifts there had been after it
	cells []change // of cells
	shift *shift   // the rows or columns that came, went or moved
	lines [][]cell // what those held that went
}

// change is what a cell was before and after an edit.
type change struct {
	row, col      int
	before, after cell
}

// cells are what a tab holds, kept at little cost: rows are never changed in place.
type cells struct {
	rows  [][]any
	marks []map[int]Mark
}

func (t *Sheet) saveCells() cells { return cells{slices.Clone(t.Rows), slices.Clone(t.Marks)} }

// remember keeps how an edit is undone.
func (t *Sheet) remember(before cells, c caused) {
	u := undoing{shift: c.shift, lines: c.lines}
	if c.shift == nil {
		u.cells = t.changes(before)
	}
	u.since = len(t.log)
	t.undo = append(slices.Clone(t.undo[max(0, len(t.undo)-maxUndo+1):]), u)
}

// changes are the cells that are not as they were.
func (t *Sheet) changes(before cells) (all []change) {
	was := &Sheet{Rows: before.rows, Marks: before.marks}
	for row := range max(len(t.Rows), len(before.rows), len(t.Marks), len(before.marks)) {
		a, b := was.rowAt(row), t.rowAt(row)
		if same(a, b) && len(was.marksAt(row)) == 0 && len(t.marksAt(row)) == 0 {
			continue
		}
		columns := max(len(a), len(b))
		for col := range was.marksAt(row) {
			columns = max(columns, col+1)
		}
		for col := range t.marksAt(row) {
			columns = max(columns, col+1)
		}
		for col := range columns {
			c := change{row, col, was.cellAt(row, col), t.cellAt(row, col)}
			if !equalCells(c.before, c.after) {
				all = append(all, c)
			}
		}
	}
	return all
}

func (t *Sheet) rowAt(row int) []any {
	if row < len(t.Rows) {
		return t.Rows[row]
	}
	return nil
}

func (t *Sheet) marksAt(row int) map[int]Mark {
	if row < len(t.Marks) {
		return t.Marks[row]
	}
	return nil
}

// undo takes the last edit of the tab back.
func (g *Google) undo(s *Spreadsheet, t *Sheet, _ Edit) (caused, error) {
	if len(t.undo) == 0 {
		return caused{}, errors.New("there is nothing to undo")
	}
	last := t.undo[len(t.undo)-1]
	t.undo = slices.Clone(t.undo[:len(t.undo)-1])

	for _, c := range last.cells {
		row, col, there := t.since(last.since, c.row, c.col)
		if there && equalCells(t.cellAt(row, col), c.after) { // else somebody wrote it since
			t.setCell(row, col, c.before)
		}
	}
	if last.shift != nil {
		t.undoShift(s, last)
	}
	return caused{change: "OTHER", moved: &block{0, max(1, len(t.Rows)), 0, 1}}, nil
}

// since is where a cell is that was at a place when there had been n shifts.
func (t *Sheet) since(n, row, col int) (int, int, bool) {
	row, rowThere := t.placeSince(n, false, row)
	col, colThere := t.placeSince(n, true, col)
	return row, col, rowThere && colThere
}

// placeSince is where a row or column is that was at a place when there had been n
// shifts, or where it would be if it had not been deleted. What was deleted and brought
// back by an undo is where it came back.
func (t *Sheet) placeSince(n int, columns bool, at int) (int, bool) {
	for i := n; i < len(t.log); i++ {
		c := t.log[i]
		if c.Columns != columns {
			continue
		}
		to, there := c.place(at)
		if there {
			at = to
			continue
		}
		back := slices.IndexFunc(t.log, func(later shift) bool { return later.restores == i+1 })
		if back < 0 {
			return to, false
		}
		at += t.log[back].At - c.At
		i = back
	}
	return at, true
}

// undoShift has rows or columns go that came, come that went, and move back.
func (t *Sheet) undoShift(s *Spreadsheet, last undoing) {
	c := *last.shift
	at := c.At
	if c.Moved {
		at, _ = c.place(c.At)
	}
	now, there := t.placeSince(last.since, c.Columns, at)
	switch {
	case c.Moved && there:
		back := c.At
		if back > now {
			back += c.N
		}
		s.shift(t, shift{Columns: c.Columns, At: now, N: c.N, Moved: true, To: back})
	case c.N > 0 && there:
		s.shift(t, shift{Columns: c.Columns, At: now, N: -c.N})
	case c.N < 0 && c.Columns:
		s.shift(t, shift{Columns: true, At: now, N: -c.N, restores: last.since})
		t.paste(0, now, last.lines)
	case c.N < 0:
		s.shift(t, shift{At: now, N: -c.N, restores: last.since})
		t.paste(now, 0, last.lines)
	}
}
