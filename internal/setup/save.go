package setup

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// Choice is what the user decided about a draft.
type Choice struct {
	SpreadsheetID string
	GID           int64
	PortalID      int64 // 0: the first one that the user connected
	Entity        sheet24.Entity
	HeaderRow     int            // from 1; 0: it is found
	Beside        bool           // see Place
	Replaces      int64          // see Place
	Fields        map[int]string // field name by 0-based column; columns without one are left alone
	FormatHeader  bool           // give the header row the table's colours, in the sheet too
	AddStatus     bool           // add a status column if there is none
	AddID         bool           // add a column for the records' ids if none is chosen, and find them
	Colors        sheet24.ColorScheme
	Policies      sheet24.Policies
}

// place is the tab of a choice, and what it is to feed.
func (c Choice) place() Place {
	return Place{SpreadsheetID: c.SpreadsheetID, GID: c.GID, PortalID: c.PortalID, Entity: c.Entity, HeaderRow: c.HeaderRow, Beside: c.Beside, Replaces: c.Replaces}
}

// Save stores a table as its user chose. Its rows as they stand now are taken for
// known: only what changes from here on is sent. A table whose place it takes goes on
// with what waits if it has the same portal, entity and mapping; else that is closed.
func (s *Setup) Save(ctx context.Context, user *sheet24.User, c Choice) (*sheet24.Table, Matched, error) {
	d, err := s.Inspect(ctx, user.ID, c.place())
	if err != nil {
		return nil, Matched{}, err
	}

	if d.Taken {
		return nil, Matched{}, sheet24.Errorf(sheet24.Conflict, sheet24.CodeTabTaken)
	}

	t, err := s.table(user, d, c)
	if err != nil {
		return nil, Matched{}, err
	}
	if d.Was != nil && !t.SameBinding(d.Was) {
		if err := whileWritten(ctx, func() error { return s.Store.CheckWritten(ctx, d.Was) }); err != nil {
			return nil, Matched{}, err
		}
	}

	if err := s.remember(ctx, d, c.Fields); err != nil {
		return nil, Matched{}, err
	}

	rows, err := s.mapped(ctx, t)
	if err != nil {
		return nil, Matched{}, err
	}

	a := &additions{d: d, language: user.Language, columns: len(d.Header)}
	var matched Matched
	if _, has := t.Mapping(sheet24.IDField); !has {
		var ids []int64
		if ids, matched, err = s.findRecords(ctx, d, t, rows); err != nil {
			return nil, Matched{}, err
		}
		column := a.add("id_column_header")
		t.Mappings = append(t.Mappings, sheet24.FieldMapping{Column: column, Field: sheet24.IDField, Type: "integer"})
		a.ids(column, ids, rows)
	}

	switch {
	case d.HasStatus:
		t.StatusColumn = d.Status
	case c.AddStatus:
		t.StatusColumn = a.add("status_column_header")
	}

	if err := s.clearStatus(ctx, t, d, a); err != nil {
		return nil, Matched{}, err
	}

	if err := s.change(ctx, t, d, a.cells, a.columns); err != nil {
		return nil, Matched{}, err
	}

	if c.FormatHeader {
		if err := s.Google.FormatHeader(ctx, user.ID, t.SpreadsheetID, t.GID, d.HeaderRow, a.columns, c.Colors); err != nil {
			return nil, Matched{}, err
		}
	}

	if err := s.noteOwned(ctx, t, d); err != nil {
		return nil, Matched{}, err
	}

	baseline := tab.Baseline(t, mapping.Locate(t, a.header()), d.HeaderRow+1, rows)
	return t, matched, s.store(ctx, t, d, baseline)
}

// store stores a table in the place of the one that it replaces, and ends those that
// nobody polls any more, whose columns it may have taken over.
func (s *Setup) store(ctx context.Context, t *sheet24.Table, d *Draft, baseline []sheet24.Snapshot) error {
	for _, ended := range d.Ended {
		if err := s.Store.RetireTable(ctx, ended, "tab_taken"); err != nil {
			return err
		}
	}

	if d.Was == nil {
		return s.Store.AddTable(ctx, t, baseline)
	}

	t.ID = d.Was.ID
	return whileWritten(ctx, func() error { return s.Store.SaveTable(ctx, t, baseline) })
}

// writtenFor is how long saving a table waits for what is being written into its tab: a
// request to Google takes a moment.
const (
	writtenFor   = 5 * time.Second
	writtenEvery = 100 * time.Millisecond
)

// whileWritten does something again as long as it is refused because a table is written.
func whileWritten(ctx context.Context, f func() error) error {
	for until := time.Now().Add(writtenFor); ; {
		err := f()
		if sheet24.AsError(err).Code != sheet24.CodeTableWritten || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(writtenEvery):
		}
	}
}

// additions are what is written into a tab when its table is saved.
type additions struct {
	d        *Draft
	language string
	columns  int // of the tab, with those that are added
	cells    []sheet24.Cell
}

// add adds a column under a name from the locale files.
func (a *additions) add(key string) sheet24.Column {
	column := sheet24.Column{Index: a.columns, Name: a.d.columnName(a.language, locale.T(a.language, key))}
	a.columns++
	a.cells = append(a.cells, sheet24.Cell{Row: a.d.HeaderRow, Column: a.columns, Value: column.Name})
	return column
}

// ids writes the ids that were found into a column, and into the rows that were read.
func (a *additions) ids(column sheet24.Column, ids []int64, rows [][]any) {
	for i, id := range ids {
		if id > 0 {
			a.cells = append(a.cells, sheet24.Cell{Row: a.d.HeaderRow + 1 + i, Column: column.Index + 1, Value: float64(id)})
			rows[i] = withValue(rows[i], column.Index, float64(id))
		}
	}
}

// header is the header with the columns that are added.
func (a *additions) header() []string {
	header := slices.Clone(a.d.Header)
	for _, cell := range a.cells {
		if cell.Row == a.d.HeaderRow {
			header = append(header, cell.Value.(string))
		}
	}

	return header
}

// clearStatus empties the status of all rows where a table is exchanged: they say how rows
// stood in what it followed before.
func (s *Setup) clearStatus(ctx context.Context, t *sheet24.Table, d *Draft, a *additions) error {
	if d.Was == nil || d.ownStatus < 0 || t.SameBinding(d.Was) {
		return nil
	}

	column := d.ownStatus + 1
	read, err := s.Google.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, []sheet24.Range{{FirstRow: d.HeaderRow + 1, FirstColumn: column, LastColumn: column}})
	if err != nil {
		return err
	}

	for i, row := range read[0] {
		if len(row) > 0 && tab.IsStatus(row[0]) {
			a.cells = append(a.cells, sheet24.Cell{Row: d.HeaderRow + 1 + i, Column: column, Value: ""})
		}
	}

	return nil
}

// noteOwned notes on the headers of a table's own columns whose they are. Where a header
// is protected, the database knows it all the same.
func (s *Setup) noteOwned(ctx context.Context, t *sheet24.Table, d *Draft) error {
	by := Owned{Host: d.Portal.Host, Entity: d.Entity, EntityTitle: d.EntityTitle}
	id, _ := t.Mapping(sheet24.IDField)
	notes := map[int]string{id.Column.Index: noteOf(t.Language, by, d.Notes[id.Column.Index])}
	if t.StatusColumn.Name != "" {
		by.Status = true
		notes[t.StatusColumn.Index] = noteOf(t.Language, by, d.Notes[t.StatusColumn.Index])
	}

	// The table has one status column, whatever is still noted elsewhere.
	for column, note := range d.Notes {
		stale, ok := readNote(note)
		if _, owns := notes[column]; ok && !owns && stale.Status && !d.others(column) {
			notes[column] = withoutNote(note)
		}
	}

	for column, note := range notes {
		if note == d.Notes[column] {
			delete(notes, column)
		}
	}

	err := s.Google.SetNotes(ctx, t.UserID, t.SpreadsheetID, t.GID, d.HeaderRow, notes)
	if sheet24.IsKind(err, sheet24.Invalid) {
		s.Log.Warn("headers not noted", "table", t.ID, "error", err)
		return nil
	}

	return err
}

// mapped reads the mapped columns of a table's tab: its rows below the header, with
// nothing in the other columns.
func (s *Setup) mapped(ctx context.Context, t *sheet24.Table) ([][]any, error) {
	var ranges []sheet24.Range
	for _, m := range t.Mappings {
		ranges = append(ranges, sheet24.Range{FirstRow: t.HeaderRow + 1, FirstColumn: m.Column.Index + 1, LastColumn: m.Column.Index + 1})
	}

	read, err := s.Google.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, ranges)
	if err != nil {
		return nil, err
	}

	var rows [][]any
	for i, m := range t.Mappings {
		for j, cells := range read[i] {
			if len(rows) <= j {
				rows = append(rows, nil)
			}
			if len(cells) > 0 && cells[0] != "" {
				rows[j] = withValue(rows[j], m.Column.Index, cells[0])
			}
		}
	}

	return rows, nil
}

// table makes a table of what was chosen, without the columns that are yet to be
// added.
func (s *Setup) table(user *sheet24.User, d *Draft, c Choice) (*sheet24.Table, error) {
	for _, v := range []string{c.Colors.Header, c.Colors.Text, c.Colors.Accent, c.Colors.Row} {
		if !sheet24.IsColor(v) {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeColor, v)
		}
	}

	t := &sheet24.Table{
		UserID: user.ID, PortalID: d.Portal.ID, SpreadsheetID: d.Spreadsheet.ID, SpreadsheetTitle: d.Spreadsheet.Title,
		GID: d.Tab.GID, Tab: d.Tab.Title, Entity: d.Entity, EntityTitle: d.EntityTitle, Colors: c.Colors, HeaderRow: d.HeaderRow, Policies: c.Policies,
		Language: user.Language, TimeZone: d.Spreadsheet.TimeZone, Locale: d.Spreadsheet.Locale, Enabled: true,
		WebhookURL: s.PublicURL + "/api/v1/sheet-sync/webhook", Key: make([]byte, 32),
	}

	rand.Read(t.Key)
	var err error
	t.Mappings, err = d.mappings(user.Language, c.Fields, c.AddID)

	return t, err
}

// mappings checks the chosen fields and makes mappings of them. Without an id is only
// what is to get one.
func (d *Draft) mappings(language string, chosen map[int]string, addID bool) ([]sheet24.FieldMapping, error) {
	fields := map[string]sheet24.Field{}
	for _, f := range d.Fields {
		fields[f.Name] = f
	}

	taken := map[string]bool{}
	var all []sheet24.FieldMapping
	for i, header := range d.Header {
		name := chosen[i]
		if name == "" {
			continue
		}

		f, ok := fields[name]
		if !ok || !mapping.Mappable(f) {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingField, name)
		}

		if err := d.refused(language, i, name); err != nil {
			return nil, err
		}

		if taken[name] {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingTwice, f.Title)
		}

		taken[name] = true
		all = append(all, mapping.MappingOf(sheet24.Column{Index: i, Name: header}, f))
	}

	// A table keeps the ID column that it has, though the form was made before it had one.
	own := d.ownID
	if _, shared := d.Owned[own]; !shared && !taken[sheet24.IDField] && own >= 0 && own < len(d.Header) && chosen[own] == "" {
		taken[sheet24.IDField] = true
		all = append(all, mapping.MappingOf(sheet24.Column{Index: own, Name: d.Header[own]}, fields[sheet24.IDField]))
	}

	for name := range taken {
		if taken[name+"S"] && strings.HasSuffix(name, "_ID") { // CONTACT_ID is the first of CONTACT_IDS
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingOneOfMany, fields[name].Title, fields[name+"S"].Title)
		}
	}

	if !taken[sheet24.IDField] && !addID {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingNoID)
	}

	if len(all) == 0 || len(all) == 1 && taken[sheet24.IDField] {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingEmpty)
	}

	return all, nil
}

// change writes what is added to a tab, which gets more columns if it has too few.
func (s *Setup) change(ctx context.Context, t *sheet24.Table, d *Draft, cells []sheet24.Cell, columns int) error {
	if more := columns - int(d.Tab.Columns); more > 0 {
		if err := s.Google.AppendColumns(ctx, t.UserID, t.SpreadsheetID, t.GID, more); err != nil {
			return err
		}
	}
	return s.Google.Write(ctx, t.UserID, t.SpreadsheetID, t.GID, cells)
}

// withValue is a row with a value in a 0-based column.
func withValue(row []any, column int, v any) []any {
	for len(row) <= column {
		row = append(row, "")
	}
	row[column] = v
	return row
}
