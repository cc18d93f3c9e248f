package pipeline

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// tab is what one read brought of a table's tab.
type tab struct {
	header []string
	layout mapping.Layout
	rows   map[int][]any   // the rows asked for, by their number
	byID   map[int64][]int // the row numbers of each record id, over the whole tab
	idAt   map[int]int64   // and the reverse
	merged []sheet24.Range // blocks of cells, where it matters

	records  map[int64]int64 // what rows became whose keys are still shown
	doubtful map[int]int64   // rows without an id that may be these records', or may not
}

// idOf reads a record's id, or the key of a row that is yet to be one, from a cell.
func (t *tab) idOf(v any) (int64, bool) {
	id, ok := recordID(v)
	if record, became := t.records[id]; became {
		return record, record != 0 // else the row is left alone
	}
	return id, ok
}

// cellOf is what the ID cell of a record, or of a row that is yet to be one, holds.
func cellOf(id int64) any {
	if id < 0 {
		return keyText(id)
	}
	return float64(id)
}

// covered tells whether a cell is hidden behind another that it was merged with: it is
// not empty, it is not there. row is from 1, column from 0.
func (t *tab) covered(row, column int) bool {
	return slices.ContainsFunc(t.merged, func(m sheet24.Range) bool {
		column := column + 1
		inside := row >= m.FirstRow && row <= m.LastRow && column >= m.FirstColumn && column <= m.LastColumn
		return inside && (row != m.FirstRow || column != m.FirstColumn)
	})
}

// errTabMoves says that rows or columns are being moved at this moment: what was read in
// two requests does not fit together, and is read anew once the tab is quiet.
var errTabMoves = sheet24.Errorf(sheet24.Unavailable, "tab_moves")

// readTab reads a table's header, its whole ID column, and of some of its rows (none:
// nil) the columns that are mapped, in one request; in more where columns were moved or
// renamed since it was set up. All that it returns is of one answer.
func (p *Pipeline) readTab(ctx context.Context, t *sheet24.Table, rows []sheet24.Range) (*tab, error) {
	at := lastLayout(t)
	got, err := p.readAt(ctx, t, at, rows)
	if err != nil {
		return nil, err
	}

	// Mostly all stands where it stood.
	got.layout = mapping.Locate(t, got.header)
	if sameColumns(got.layout, at) {
		return got, p.ownsIDs(ctx, t, got)
	}

	// Else it is found out where, by what the columns hold.
	layout, err := p.proven(ctx, t, got)
	if err != nil {
		return nil, err
	}
	if layout.ID < 0 || sameColumns(layout, at) {
		got.layout = layout
		return got, p.ownsIDs(ctx, t, got)
	}

	// Only an answer whose own header is the one that was proven is believed.
	again, err := p.readAt(ctx, t, layout, rows)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(again.header, got.header) {
		return nil, errTabMoves
	}
	again.layout = layout
	return again, p.ownsIDs(ctx, t, again)
}

// sameColumns reports whether two layouts read the same columns.
func sameColumns(a, b mapping.Layout) bool {
	return a.ID == b.ID && slices.Equal(columns(a), columns(b))
}

// lastLayout is where a table's columns stood when they were last seen.
func lastLayout(t *sheet24.Table) mapping.Layout {
	id, _ := t.Mapping(sheet24.IDField)
	at := mapping.Layout{ID: max(id.Column.Index, 0), Status: -1} // if it is not known, the header will tell
	if t.StatusColumn.Name != "" {
		at.Status = t.StatusColumn.Index
	}
	for _, m := range t.Mappings {
		if m.Field != sheet24.IDField {
			at.Fields = append(at.Fields, m)
		}
	}
	return at
}

// follow keeps where columns were found, so that the next read needs no second
// look, and which were not, so that the table's page can name them.
func (p *Pipeline) follow(ctx context.Context, t *sheet24.Table, l mapping.Layout) error {
	found := slices.Clone(l.Fields)
	lost := l.Lost
	if id, ok := t.Mapping(sheet24.IDField); ok && l.ID >= 0 {
		id.Column = sheet24.Column{Index: l.ID, Name: cmp.Or(l.IDName, id.Column.Name)}
		found = append(found, id)
	}
	if l.Status >= 0 && l.Status != t.StatusColumn.Index {
		t.StatusColumn.Index = l.Status
		if err := p.Store.SetStatusColumn(ctx, t.ID, l.Status); err != nil {
			return err
		}
	}

	names := []string{}
	for _, m := range lost {
		names = append(names, m.Column.Name)
	}
	same := slices.Equal(names, t.Lost)
	for _, m := range found {
		before, _ := t.Mapping(m.Field)
		same = same && before.Column == m.Column
	}
	if same {
		return nil
	}
	return p.Store.SetColumns(ctx, t, found, lost)
}

// readAt reads a tab whose columns are taken to stand where a layout says; the
// header that comes with them tells where they do.
func (p *Pipeline) readAt(ctx context.Context, t *sheet24.Table, at mapping.Layout, rows []sheet24.Range) (*tab, error) {
	ranges := []sheet24.Range{sheet24.Rows(t.HeaderRow, t.HeaderRow), {FirstRow: t.HeaderRow + 1, FirstColumn: at.ID + 1, LastColumn: at.ID + 1}}
	blocks := joined(readColumns(at))
	for _, r := range rows {
		for _, b := range blocks {
			ranges = append(ranges, sheet24.Range{FirstRow: r.FirstRow, LastRow: r.LastRow, FirstColumn: b[0] + 1, LastColumn: b[1] + 1})
		}
	}
	read, err := p.Sheets.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, ranges)
	if err != nil {
		return nil, err
	}
	got := &tab{rows: map[int][]any{}, byID: map[int64][]int{}, idAt: map[int]int64{}, doubtful: map[int]int64{}}
	got.header = headerOf(read[0])
	asked := func(row int) bool {
		return slices.ContainsFunc(rows, func(r sheet24.Range) bool { return row >= r.FirstRow && (r.LastRow == 0 || row <= r.LastRow) })
	}
	for i, row := range read[1] {
		if len(row) == 0 || row[0] == "" {
			continue
		}
		number := t.HeaderRow + 1 + i
		if id, ok := recordID(row[0]); ok {
			got.byID[id] = append(got.byID[id], number)
			got.idAt[number] = id
		}
		if asked(number) {
			got.set(number, at.ID, row)
		}
	}
	for i, values := range read[2:] {
		first, column := rows[i/len(blocks)].FirstRow, blocks[i%len(blocks)][0]
		for j, row := range values {
			got.set(first+j, column, row)
		}
	}
	return got, nil
}

// goesOn tells whether there are rows after those that were read.
func (t *tab) goesOn(last int) bool {
	for number := range t.idAt {
		if number > last {
			return true
		}
	}
	return len(t.rows[last]) > 0
}

// nextPage reads further rows of a whole tab: all of it would take too much memory. What
// is known of where records stand is corrected by the way.
func (p *Pipeline) nextPage(ctx context.Context, t *sheet24.Table, got *tab, rows sheet24.Range) error {
	id := got.layout.ID + 1
	ranges := []sheet24.Range{
		sheet24.Rows(t.HeaderRow, t.HeaderRow),
		{FirstRow: rows.FirstRow, LastRow: rows.LastRow, FirstColumn: id, LastColumn: id},
	}
	blocks := joined(readColumns(got.layout))
	for _, b := range blocks {
		ranges = append(ranges, sheet24.Range{FirstRow: rows.FirstRow, LastRow: rows.LastRow, FirstColumn: b[0] + 1, LastColumn: b[1] + 1})
	}
	read, err := p.Sheets.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, ranges)
	if err != nil {
		return err
	}
	if !slices.Equal(headerOf(read[0]), got.header) {
		return errTabMoves
	}

	clear(got.rows)
	for number := rows.FirstRow; number <= rows.LastRow; number++ {
		got.forget(number)
	}
	for i, row := range read[1] {
		number := rows.FirstRow + i
		if id, ok := recordID(cell(row, 0)); ok {
			got.byID[id], got.idAt[number] = append(got.byID[id], number), id
		}
		if len(row) > 0 && row[0] != "" {
			got.set(number, got.layout.ID, row)
		}
	}
	for i, values := range read[2:] {
		for j, row := range values {
			got.set(rows.FirstRow+j, blocks[i][0], row)
		}
	}
	return nil
}

// forget ends that a row is known to be a record.
func (t *tab) forget(number int) {
	if was, ok := t.idAt[number]; ok {
		t.byID[was] = slices.DeleteFunc(t.byID[was], func(n int) bool { return n == number })
		delete(t.idAt, number)
	}
}

// headerOf is the header that a read of its row brought.
func headerOf(read [][]any) []string {
	if len(read) == 0 {
		return nil
	}
	return Header(read[0])
}

// set puts values into a row from a 0-based column on.
func (t *tab) set(row, column int, values []any) {
	cells := t.rows[row]
	for len(cells) < column+len(values) {
		cells = append(cells, nil)
	}
	copy(cells[column:], values)
	t.rows[row] = cells
}

// columns are the places of the columns that a layout's fields are read from.
func columns(l mapping.Layout) []int {
	var list []int
	for _, m := range l.Fields {
		if m.Updatable && m.Column.Index >= 0 {
			list = append(list, m.Column.Index)
		}
	}
	slices.Sort(list)
	return list
}

// readColumns are those, and the status column: what a row says of itself.
func readColumns(l mapping.Layout) []int {
	list := columns(l)
	if l.Status >= 0 {
		list = append(list, l.Status)
		slices.Sort(list)
	}
	return list
}

// saysDone reports whether a row says that the CRM holds what it does.
func (t *tab) saysDone(number int) bool {
	return strings.HasPrefix(mapping.Text(cell(t.rows[number], t.layout.Status)), "✅")
}

// joined are the runs of columns that stand side by side, first and last.
func joined(columns []int) [][2]int {
	var runs [][2]int
	for _, c := range columns {
		if n := len(runs); n > 0 && runs[n-1][1] == c-1 {
			runs[n-1][1] = c
		} else {
			runs = append(runs, [2]int{c, c})
		}
	}
	return runs
}

// Header reads a header row as texts.
func Header(row []any) []string {
	names := make([]string, len(row))
	for i, v := range row {
		names[i] = mapping.Text(v)
	}
	return names
}

// recordID reads a record's id from a cell; less than 0: the key of a row that is yet
// to be one.
func recordID(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && v >= 1 && v <= 1<<53 {
			return int64(v), true
		}
	case string:
		if key, ok := keyOf(v); ok {
			return key, true
		}
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
// first is the number of the first of them. Rows whose id stands twice have none;
// those without an id have one without, so that they are left alone as they are.
func Baseline(t *sheet24.Table, layout mapping.Layout, first int, rows [][]any) []sheet24.Snapshot {
	seen := map[int64]int{} // id → index in snapshots, -1 once it stood twice
	var snapshots []sheet24.Snapshot
	for i, row := range rows {
		id, ok := recordID(cell(row, layout.ID))
		if !ok {
			if held := values(layout, row); cell(row, layout.ID) == nil && len(held) > 0 {
				snapshots = append(snapshots, sheet24.Snapshot{Row: first + i, Values: held})
			}
			continue
		}
		if at, twice := seen[id]; twice {
			if at >= 0 {
				snapshots[at].Row = 0
				seen[id] = -1
			}
			continue
		}
		seen[id] = len(snapshots)
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Row: first + i, Values: values(layout, row)})
	}
	unique := snapshots[:0]
	for _, s := range snapshots {
		if s.Row != 0 {
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
