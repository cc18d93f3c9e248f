package pipeline

import (
	"context"
	"math"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// tab is what one read brought of a table's tab.
type tab struct {
	layout mapping.Layout
	rows   map[int][]any   // the rows asked for, by their number
	byID   map[int64][]int // the row numbers of each record id, over the whole tab
}

// readTab reads a table's header, its whole ID column, and some of its rows
// (none: nil), in one request, or two where the ID column was moved.
func (p *Pipeline) readTab(ctx context.Context, t *sheet24.Table, rows []sheet24.Range) (*tab, error) {
	id, _ := t.Mapping(sheet24.IDField)
	idColumn := func(i int) sheet24.Range {
		return sheet24.Range{FirstRow: t.HeaderRow + 1, FirstColumn: i + 1, LastColumn: i + 1}
	}
	ranges := append([]sheet24.Range{sheet24.Rows(t.HeaderRow, t.HeaderRow), idColumn(id.Column.Index)}, rows...)
	read, err := p.Sheets.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, ranges)
	if err != nil {
		return nil, err
	}
	var header []string
	if len(read[0]) > 0 {
		header = Header(read[0][0])
	}
	got := &tab{layout: mapping.Locate(t, header), rows: map[int][]any{}, byID: map[int64][]int{}}
	ids := read[1]
	if got.layout.ID >= 0 && got.layout.ID != id.Column.Index {
		again, err := p.Sheets.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, []sheet24.Range{idColumn(got.layout.ID)})
		if err != nil {
			return nil, err
		}
		ids = again[0]
	}
	for i, row := range ids {
		if len(row) == 0 {
			continue
		}
		if id, ok := recordID(row[0]); ok {
			got.byID[id] = append(got.byID[id], t.HeaderRow+1+i)
		}
	}
	for i, r := range rows {
		for j, row := range read[2+i] {
			got.rows[r.FirstRow+j] = row
		}
	}
	return got, nil
}

// Header reads a header row as texts.
func Header(row []any) []string {
	names := make([]string, len(row))
	for i, v := range row {
		names[i] = mapping.Text(v)
	}
	return names
}

// recordID reads a record's id from a cell.
func recordID(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && v >= 1 && v <= 1<<53 {
			return int64(v), true
		}
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return n, err == nil && n > 0
	}
	return 0, false
}

// cell is a row's value in a 0-based column; nil where the row is shorter, and
// for an empty cell.
func cell(row []any, column int) any {
	if column < 0 || column >= len(row) || row[column] == "" {
		return nil
	}
	return row[column]
}

// Baseline makes the snapshots of rows as they stand, for a table that is set up:
// first is the number of the first of them. Rows without an id, or whose id
// stands twice, have none.
func Baseline(t *sheet24.Table, layout mapping.Layout, first int, rows [][]any) []sheet24.Snapshot {
	seen := map[int64]int{} // id → index in snapshots, -1 once it stood twice
	var snapshots []sheet24.Snapshot
	for i, row := range rows {
		id, ok := recordID(cell(row, layout.ID))
		if !ok {
			continue
		}
		if at, twice := seen[id]; twice {
			if at >= 0 {
				snapshots[at].EntityID = 0
				seen[id] = -1
			}
			continue
		}
		seen[id] = len(snapshots)
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Row: first + i, Values: values(layout, row)})
	}
	unique := snapshots[:0]
	for _, s := range snapshots {
		if s.EntityID != 0 {
			unique = append(unique, s)
		}
	}
	return unique
}

// values are a row's values by field.
func values(layout mapping.Layout, row []any) map[string]any {
	v := map[string]any{}
	for _, m := range layout.Fields {
		if c := cell(row, m.Column.Index); c != nil && m.Updatable {
			v[m.Field] = c
		}
	}
	return v
}
