package blackbox_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// column is one that a history's sheet may have.
type column struct {
	header string
	field  string // of the CRM, as forms name it; empty: it is the user's own
	api    string // as records name it; of a multi-field its type
	multi  bool
}

// The columns that no history is without.
const (
	idHeader     = "ID"
	statusHeader = "Senkronizasyon"
	tagHeader    = "Etiket" // the user's own; it tells rows apart, whatever becomes of ids
)

var columns = []column{
	{header: idHeader, field: "ID"},
	{header: statusHeader},
	{header: tagHeader},
	{header: "Ad", field: "NAME", api: "name"},
	{header: "E-posta", field: "EMAIL", api: "EMAIL", multi: true},
	{header: "Soyad", field: "LAST_NAME", api: "lastName"},
	{header: "Telefon", field: "PHONE", api: "PHONE", multi: true},
	{header: "Tutar", field: "OPPORTUNITY", api: "opportunity"},
	{header: "Şirket", field: "COMPANY_TITLE", api: "companyTitle"},
	{header: "Not", field: "COMMENTS", api: "comments"},
}

// always is how many of the columns every history has.
const always = 5

// synced reports whether a column's cells go to the CRM.
func (c column) synced() bool { return c.api != "" }

func columnOf(header string) column {
	for _, c := range columns {
		if c.header == header {
			return c
		}
	}
	return column{header: header}
}

// plain is a value as it is compared: a cell's, the CRM's, or one that a page shows.
func (c column) plain(v any) string {
	text := ""
	switch v := v.(type) {
	case nil:
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		text = strings.TrimSpace(fmt.Sprint(v))
	}
	switch c.field {
	case "PHONE":
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
	case "OPPORTUNITY":
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			if n == 0 { // an amount that is not there
				return ""
			}
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	}
	return text
}

// held are the values of a record in a column: of a multi-field all of them.
func (c column) held(r record) (values []string) {
	if !c.multi {
		if v := c.plain(r.Fields[c.api]); v != "" {
			values = append(values, v)
		}
		return values
	}
	for _, m := range r.Multi {
		if m.TypeID == c.api {
			values = append(values, c.plain(m.Value))
		}
	}
	return values
}

// row is a row of the sheet as its user knows it.
type row struct {
	tag    string
	group  string         // rows whose values may be one record's: a row, its copies, and what was typed again
	values map[string]any // by header; no value: empty
	id     int64          // of its record when the table was set up; 0: it was typed later
	typed  bool           // without an id
	hurt   bool           // its ID cell was changed by hand
	copied bool
}

func (r *row) clone() *row {
	c := *r
	c.values = maps.Clone(r.values)
	return &c
}

// grid is the tab as it stands at a moment.
type grid struct {
	cells [][]any
	at    map[string]int   // columns by header, from 0
	rows  map[string][]int // row numbers, from 1, by tag
	last  int              // the last row that holds anything
	width int
}

func newGrid(cells [][]any) *grid {
	g := &grid{cells: cells, at: map[string]int{}, rows: map[string][]int{}}
	if len(cells) == 0 {
		return g
	}
	for i, v := range cells[0] {
		if text, ok := v.(string); ok {
			g.at[text] = i
		}
	}
	for i, line := range cells {
		g.width = max(g.width, len(line))
		for _, v := range line {
			if v != nil && v != "" {
				g.last = i + 1
			}
		}
		if tag, ok := g.cell(i+1, tagHeader).(string); ok && i > 0 {
			g.rows[tag] = append(g.rows[tag], i+1)
		}
	}
	return g
}

// cell is what stands in a row, from 1, under a header; nil for nothing.
func (g *grid) cell(row int, header string) any {
	at, ok := g.at[header]
	if !ok || row > len(g.cells) || at >= len(g.cells[row-1]) || g.cells[row-1][at] == "" {
		return nil
	}
	return g.cells[row-1][at]
}

// idOf is the record's id in a row, a number or the text of one; 0 if there is none.
func (g *grid) idOf(row int) int64 {
	switch v := g.cell(row, idHeader).(type) {
	case float64:
		return int64(v)
	case string:
		n, _ := strconv.ParseInt(v, 10, 64) // a key is none
		return n
	}
	return 0
}

func (g *grid) status(row int) string {
	text, _ := g.cell(row, statusHeader).(string)
	return text
}

// runs are the columns that stand side by side among those that a person fills in, from
// 0, first and last.
func (g *grid) runs() (runs [][2]int) {
	for i := range g.width {
		header := g.header(i)
		if header == "" || header == idHeader || header == statusHeader {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1][1] == i-1 {
			runs[n-1][1] = i
		} else {
			runs = append(runs, [2]int{i, i})
		}
	}
	return runs
}

// header is what stands over a column.
func (g *grid) header(at int) string {
	if len(g.cells) == 0 || at >= len(g.cells[0]) {
		return ""
	}
	text, _ := g.cells[0][at].(string)
	return text
}

// letter is the name of a column, from 0.
func letter(at int) string {
	if at < 26 {
		return string(rune('A' + at))
	}
	return letter(at/26-1) + string(rune('A'+at%26))
}

// place is the name of a cell; row is from 1, column from 0.
func place(row, column int) string { return letter(column) + strconv.Itoa(row) }
