package tab

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

// Tab is what one read brought of a table's tab.
type Tab struct {
	Header []string
	Layout mapping.Layout
	Rows   map[int][]any   // the rows asked for, by their number
	ByID   map[int64][]int // the row numbers of each record id, over the whole tab
	IDAt   map[int]int64   // and the reverse
	Merged []sheet24.Range // blocks of cells, where it matters

	records  map[int64]int64 // what rows became whose keys are still shown
	Doubtful map[int]int64   // rows without an id that may be these records', or may not
}

// IDOf reads a record's id, or the key of a row that is yet to be one, from a cell.
func (t *Tab) IDOf(v any) (int64, bool) {
	id, ok := RecordID(v)
	if record, became := t.records[id]; became {
		return record, record != 0 // else the row is left alone
	}
	return id, ok
}

// CellOf is what the ID cell of a record, or of a row that is yet to be one, holds.
func CellOf(id int64) any {
	if id < 0 {
		return KeyText(id)
	}
	return float64(id)
}

// Covered tells whether a cell is hidden behind another that it was merged with: it is
// not empty, it is not there. row is from 1, column from 0.
func (t *Tab) Covered(row, column int) bool {
	return slices.ContainsFunc(t.Merged, func(m sheet24.Range) bool {
		column := column + 1
		inside := row >= m.FirstRow && row <= m.LastRow && column >= m.FirstColumn && column <= m.LastColumn
		return inside && (row != m.FirstRow || column != m.FirstColumn)
	})
}

// ErrMoves says that rows or columns are being moved at this moment: what was read in
// two requests does not fit together, and is read anew once the tab is quiet.
var ErrMoves = sheet24.Errorf(sheet24.Unavailable, sheet24.CodeTabMoves)

// Read reads a table's header, its whole ID column, and of some of its rows (none:
// nil) the columns that are mapped, in one request; in more where columns were moved or
// renamed since it was set up. All that it returns is of one answer.
func (p *Access) Read(ctx context.Context, t *sheet24.Table, rows []sheet24.Range) (*Tab, error) {
	at := lastLayout(t)
	got, err := p.ReadAt(ctx, t, at, rows)
	if err != nil {
		return nil, err
	}

	// Mostly all stands where it stood.
	got.Layout = mapping.Locate(t, got.Header)
	if sameColumns(got.Layout, at) {
		return got, p.ownsIDs(ctx, t, got)
	}

	// Else it is found out where, by what the columns hold.
	layout, err := p.proven(ctx, t, got)
	if err != nil {
		return nil, err
	}
	if layout.ID < 0 || sameColumns(layout, at) {
		got.Layout = layout
		return got, p.ownsIDs(ctx, t, got)
	}

	// Only an answer whose own header is the one that was proven is believed.
	again, err := p.ReadAt(ctx, t, layout, rows)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(again.Header, got.Header) {
		return nil, ErrMoves
	}
	again.Layout = layout
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

// Follow keeps where columns were found, so that the next read needs no second
// look, and which were not, so that the table's page can name them.
func (p *Access) Follow(ctx context.Context, t *sheet24.Table, l mapping.Layout) error {
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

// ReadAt reads a tab whose columns are taken to stand where a layout says; the
// header that comes with them tells where they do.
func (p *Access) ReadAt(ctx context.Context, t *sheet24.Table, at mapping.Layout, rows []sheet24.Range) (*Tab, error) {
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
	got := &Tab{Rows: map[int][]any{}, ByID: map[int64][]int{}, IDAt: map[int]int64{}, Doubtful: map[int]int64{}}
	got.Header = headerOf(read[0])
	asked := func(row int) bool {
		return slices.ContainsFunc(rows, func(r sheet24.Range) bool { return row >= r.FirstRow && (r.LastRow == 0 || row <= r.LastRow) })
	}
	for i, row := range read[1] {
		if len(row) == 0 || row[0] == "" {
			continue
		}
		number := t.HeaderRow + 1 + i
		if id, ok := RecordID(row[0]); ok {
			got.ByID[id] = append(got.ByID[id], number)
			got.IDAt[number] = id
		}
		if asked(number) {
			got.Set(number, at.ID, row)
		}
	}
	for i, values := range read[2:] {
		first, column := rows[i/len(blocks)].FirstRow, blocks[i%len(blocks)][0]
		for j, row := range values {
			got.Set(first+j, column, row)
		}
	}
	return got, nil
}

// GoesOn tells whether there are rows after those that were read.
func (t *Tab) GoesOn(last int) bool {
	for number := range t.IDAt {
		if number > last {
			return true
		}
	}
	return len(t.Rows[last]) > 0
}

// NextPage reads further rows of a whole tab: all of it would take too much memory. What
// is known of where records stand is corrected by the way.
func (p *Access) NextPage(ctx context.Context, t *sheet24.Table, got *Tab, rows sheet24.Range) error {
	id := got.Layout.ID + 1
	ranges := []sheet24.Range{
		sheet24.Rows(t.HeaderRow, t.HeaderRow),
		{FirstRow: rows.FirstRow, LastRow: rows.LastRow, FirstColumn: id, LastColumn: id},
	}
	blocks := joined(readColumns(got.Layout))
	for _, b := range blocks {
		ranges = append(ranges, sheet24.Range{FirstRow: rows.FirstRow, LastRow: rows.LastRow, FirstColumn: b[0] + 1, LastColumn: b[1] + 1})
	}
	read, err := p.Sheets.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, ranges)
	if err != nil {
		return err
	}
	if !slices.Equal(headerOf(read[0]), got.Header) {
		return ErrMoves
	}

	clear(got.Rows)
	for number := rows.FirstRow; number <= rows.LastRow; number++ {
		got.Forget(number)
	}
	for i, row := range read[1] {
		number := rows.FirstRow + i
		if id, ok := RecordID(Cell(row, 0)); ok {
			got.ByID[id], got.IDAt[number] = append(got.ByID[id], number), id
		}
		if len(row) > 0 && row[0] != "" {
			got.Set(number, got.Layout.ID, row)
		}
	}
	for i, values := range read[2:] {
		for j, row := range values {
			got.Set(rows.FirstRow+j, blocks[i][0], row)
		}
	}
	return nil
}

// Forget ends that a row is known to be a record.
func (t *Tab) Forget(number int) {
	if was, ok := t.IDAt[number]; ok {
		t.ByID[was] = slices.DeleteFunc(t.ByID[was], func(n int) bool { return n == number })
		delete(t.IDAt, number)
	}
}

// headerOf is the header that a read of its row brought.
func headerOf(read [][]any) []string {
	if len(read) == 0 {
		return nil
	}
	return Header(read[0])
}

// Set puts values into a row from a 0-based column on.
func (t *Tab) Set(row, column int, values []any) {
	cells := t.Rows[row]
	for len(cells) < column+len(values) {
		cells = append(cells, nil)
	}
	copy(cells[column:], values)
	t.Rows[row] = cells
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

// SaysDone reports whether a row says that the CRM holds what it does.
func (t *Tab) SaysDone(number int) bool {
	return strings.HasPrefix(mapping.Text(Cell(t.Rows[number], t.Layout.Status)), "✅")
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

// RecordID reads a record's id from a cell; less than 0: the key of a row that is yet
// to be one.
func RecordID(v any) (int64, bool) {
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

// Cell is a row's value in a 0-based column; nil where the row is shorter, and
// for an empty cell.
func Cell(row []any, column int) any {
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
		id, ok := RecordID(Cell(row, layout.ID))
		if !ok {
			if held := Values(layout, row); Cell(row, layout.ID) == nil && len(held) > 0 {
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
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Row: first + i, Values: Values(layout, row)})
	}
	unique := snapshots[:0]
	for _, s := range snapshots {
		if s.Row != 0 {
			unique = append(unique, s)
		}
	}
	return unique
}

// Values are a row's values by field.
func Values(layout mapping.Layout, row []any) map[string]any {
	v := map[string]any{}
	for _, m := range layout.Fields {
		if c := Cell(row, m.Column.Index); c != nil && m.Updatable {
			v[m.Field] = c
		}
	}
	return v
}

// Moving reports whether an error says that rows or columns are moved at this moment.
func Moving(err error) bool {
	code := sheet24.AsError(err).Code
	return code == sheet24.CodeTabMoves || code == sheet24.CodeColumnsMoved
}

// CellKey names a cell by what it holds.
type CellKey struct {
	ID    int64
	Field string
}

// ReadRecords reads a tab as Read does, with rows that are records by now as those.
func (p *Access) ReadRecords(ctx context.Context, t *sheet24.Table, rows []sheet24.Range) (*Tab, error) {
	tab, err := p.Read(ctx, t, rows)
	if err != nil {
		return nil, err
	}
	_, err = p.BecameRecords(ctx, t, tab) // the report writes their ids
	return tab, err
}

// ColumnOf is the column of a field, if it is known where that is.
func ColumnOf(tab *Tab, field string) (sheet24.Column, bool) {
	for _, m := range tab.Layout.Fields {
		if m.Field == field {
			return m.Column, m.Column.Index >= 0
		}
	}
	return sheet24.Column{}, false
}

// Numbers are the numbers of the rows that were read, in their order.
func (t *Tab) Numbers() []int {
	numbers := make([]int, 0, len(t.Rows))
	for number := range t.Rows {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

// Only is a tab of which only some rows were read; all else is the same.
func (t *Tab) Only(numbers []int) *Tab {
	some := *t
	some.Rows = make(map[int][]any, len(numbers))
	for _, number := range numbers {
		some.Rows[number] = t.Rows[number]
	}
	return &some
}

// Take takes in what became of some rows.
func (t *Tab) Take(some *Tab) {
	for number, cells := range some.Rows {
		t.Rows[number] = cells
	}
	t.ByID, t.IDAt, t.records = some.ByID, some.IDAt, some.records
}

// Whole are all rows below a table's header.
func Whole(t *sheet24.Table) []sheet24.Range {
	return []sheet24.Range{sheet24.Rows(t.HeaderRow+1, 0)}
}

// Join sorts blocks of rows and makes one of those that touch.
func Join(rows []sheet24.Range) (joined []sheet24.Range) {
	slices.SortFunc(rows, func(a, b sheet24.Range) int { return a.FirstRow - b.FirstRow })
	for _, r := range rows {
		if n := len(joined); n > 0 && r.FirstRow <= joined[n-1].LastRow+1 {
			joined[n-1].LastRow = max(joined[n-1].LastRow, r.LastRow)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}
