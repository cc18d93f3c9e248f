package googlesim

import (
	"crypto/rand"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spreadsheet is a simulated spreadsheet.
type Spreadsheet struct {
	ID       string
	Title    string
	Owner    string // e-mail address
	Editors  []string
	Drive    string // id of the shared drive that it is in, whose members are the editors
	Locale   string
	TimeZone string
	Modified time.Time
	Version  int64 // grows with each change
	Sheets   []*Sheet
	Metadata []Metadata
	Named    []Named
}

// Sheet is a tab: rows of cells, each a string, float64, bool, nil, or a formula; see
// formula.
type Sheet struct {
	GID     int64
	Title   string
	Hidden  bool
	Frozen  int            // rows
	Formats map[int]string // of columns, from 0: TEXT, DATE, DATE_TIME, PERCENT, $0.00 or another sign, or zeros
	Rows    [][]any
	Marks   []map[int]Mark // by row, then by column

	Formatted     []Format
	RowCount      int // of the grid; 0: 1000, or as many as Rows has
	Columns       int // of the grid; 0: 26, or as many as Rows has
	HiddenRows    map[int]bool
	HiddenColumns map[int]bool
	Merges        []Area
	Protected     []Protection
	Filtered      *Area // by the basic filter

	measured bool      // the grid is at least as large as what it holds
	log      []shift   // which places changed, since the first edit that can be undone
	undo     []undoing // the last edits
}

// Protection is a range that its editors alone may edit.
type Protection struct {
	ID          int64
	Range       Area
	Description string
	WarningOnly bool     // everybody may, and is warned
	Editors     []string // e-mail addresses; of what a person protects in the simulator, nobody
}

// AddSpreadsheet puts a spreadsheet into an account's Drive. An empty id is
// filled in.
func (g *Google) AddSpreadsheet(s *Spreadsheet) {
	if s.ID == "" {
		s.ID = "1" + rand.Text() + rand.Text()[:17] // 44 characters, as Google's
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spreadsheets[s.ID] = s
	g.modified(s)
}

// mayEdit reports whether an account may read and write a spreadsheet.
func (s *Spreadsheet) mayEdit(email string) bool {
	return s.Owner == email || slices.Contains(s.Editors, email)
}

// Unshare takes a spreadsheet from an account, its owner too.
func (g *Google) Unshare(spreadsheetID, email string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.spreadsheets[spreadsheetID]
	if s.Owner == email {
		s.Owner = ""
	}
	s.Editors = slices.DeleteFunc(s.Editors, func(other string) bool { return other == email })
	g.changed()
}

// Share lets an account edit a spreadsheet.
func (g *Google) Share(spreadsheetID, email string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.spreadsheets[spreadsheetID]
	s.Editors = append(s.Editors, email)
	g.changed()
}

// Cells returns a copy of a tab's cells, false if there is no such tab.
func (g *Google) Cells(spreadsheetID string, gid int64) (title string, rows [][]any, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.spreadsheets[spreadsheetID]
	if !ok {
		return "", nil, false
	}
	t, ok := s.byGID(gid)
	if !ok {
		return "", nil, false
	}
	for i, r := range t.Rows {
		row := make([]any, len(r))
		for j := range r {
			row[j] = t.result(i, j)
		}
		rows = append(rows, row)
	}
	return t.Title, rows, true
}

// SetFormats gives the columns of a tab, from 0, number formats.
func (g *Google) SetFormats(spreadsheetID string, gid int64, formats map[int]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.spreadsheets[spreadsheetID].byGID(gid); ok {
		t.Formats = formats
	}
}

func (s *Spreadsheet) byGID(gid int64) (*Sheet, bool) {
	for _, t := range s.Sheets {
		if t.GID == gid {
			return t, true
		}
	}
	return nil, false
}

func (s *Spreadsheet) byTitle(title string) (*Sheet, bool) {
	for _, t := range s.Sheets {
		if strings.EqualFold(t.Title, title) {
			return t, true
		}
	}
	return nil, false
}

// block is a range of cells, 0-based, ends excluded; -1 is open.
type block struct{ row, endRow, col, endCol int }

// read returns a block's values as values.get does: trailing empty cells and
// rows are left out, empty cells between are "".
func (t *Sheet) read(b block) [][]any {
	endRow := len(t.Rows)
	if b.endRow >= 0 {
		endRow = min(endRow, b.endRow)
	}
	var rows [][]any
	for i := b.row; i < endRow; i++ {
		row := []any{}
		endCol := len(t.Rows[i])
		if b.endCol >= 0 {
			endCol = min(endCol, b.endCol)
		}
		for j := b.col; j < endCol; j++ {
			v := t.result(i, j)
			if v == nil {
				v = ""
			}
			row = append(row, v)
		}
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		rows = append(rows, row)
	}
	for len(rows) > 0 && len(rows[len(rows)-1]) == 0 {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// formatted shows a value as a cell with a number format does, or with none.
func formatted(v any, locale, format string) any {
	turkish := strings.HasPrefix(locale, "tr")
	switch v := v.(type) {
	case float64:
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(math.Round(v*86400)) * time.Second)
		switch {
		case format == "DATE":
			return day.Format("02.01.2006")
		case format == "DATE_TIME":
			return day.Format("02.01.2006 15:04")
		case format == "TIME":
			return day.Format("15:04:05")
		case format == "PERCENT" && turkish:
			return "%" + strconv.FormatFloat(v*100, 'f', -1, 64)
		case format == "PERCENT":
			return strconv.FormatFloat(v*100, 'f', -1, 64) + "%"
		case strings.HasPrefix(format, "$") || strings.HasPrefix(format, "€") || strings.HasPrefix(format, "₺"):
			text := strconv.FormatFloat(v, 'f', 2, 64)
			if turkish {
				text = strings.Replace(text, ".", ",", 1)
			}
			return strings.TrimRight(format, "0.,") + text
		case strings.Trim(format, "0") == "" && format != "":
			text := strconv.FormatFloat(v, 'f', 0, 64)
			return strings.Repeat("0", max(0, len(format)-len(text))) + text
		}
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if turkish {
			text = strings.Replace(text, ".", ",", 1)
		}
		return text
	case bool:
		switch {
		case v && turkish:
			return "DOĞRU"
		case v:
			return "TRUE"
		case turkish:
			return "YANLIŞ"
		}
		return "FALSE"
	}
	return v
}
