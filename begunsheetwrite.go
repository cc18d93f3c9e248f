package sheet24

import "time"

// BegunSheetWrite is a write of cells by their rows that was begun, and of which nobody has
// seen yet where it went: rows are moved between a read and the write after it, and a
// process may end, or an answer be lost, before somebody looks.
type BegunSheetWrite struct {
	ID    int64
	Stage Stage // whose write it is: it alone looks
	Cells []BegunCell
	Stood []StoodCell // of rows that a write of ids was not meant for, and that no id tells

	Columns []BegunColumn // of a write of values: the ID column and those of its cells, as they were read before
	At      time.Time
}

// BegunColumn is a column of a BegunSheetWrite.
type BegunColumn struct {
	Name  string `json:"name"`  // its header
	Cells []any  `json:"cells"` // from row 1 on
}

// BegunCell is a cell of a BegunSheetWrite.
type BegunCell struct {
	Row      int    `json:"row"`          // that it was addressed by
	EntityID int64  `json:"id,omitempty"` // the record or the key whose row that was, 0: neither
	Column   string `json:"column"`       // its header
	Value    any    `json:"value"`

	IsID bool           `json:"is_id,omitempty"` // an id or a key was written, so that the row is known by
	Held map[string]any `json:"held,omitempty"`  // what the row held, by field
}

// StoodCell is what an ID cell showed before a write that may hit its row though it was not
// meant for it, where that does not tell which row it is: the cell was empty, its id stood in
// several, or was none.
type StoodCell struct {
	Value any            `json:"value"`
	Held  map[string]any `json:"held,omitempty"` // what the row held, by field
}
