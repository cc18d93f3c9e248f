package setup

import (
	"context"
	"crypto/rand"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/pipeline"
)

// Choice is what the user decided about a draft.
type Choice struct {
	SpreadsheetID string
	GID           int64
	Entity        sheet24.Entity
	HeaderRow     int            // from 1; 0: it is found
	Fields        map[int]string // field name by 0-based column; columns without one are left alone
	FormatHeader  bool           // give the header row the table's colours, in the sheet too
	AddStatus     bool           // add a status column if there is none
	AddID         bool           // add a column for the records' ids if none is chosen, and find them
	Colors        sheet24.ColorScheme
	Policies      sheet24.Policies
}

// Save stores a table as its user chose. Its rows as they stand now are taken for
// known: only what changes from here on is sent.
func (s *Setup) Save(ctx context.Context, user *sheet24.User, c Choice) (*sheet24.Table, Matched, error) {
	d, err := s.Inspect(ctx, user.ID, c.SpreadsheetID, c.GID, c.Entity, c.HeaderRow)
	if err != nil {
		return nil, Matched{}, err
	}
	t, err := s.table(user, d, c)
	if err != nil {
		return nil, Matched{}, err
	}
	if err := s.remember(ctx, d, c.Fields); err != nil {
		return nil, Matched{}, err
	}
	rows, err := s.mapped(ctx, t)
	if err != nil {
		return nil, Matched{}, err
	}
	var cells []sheet24.Cell // to be written into the sheet
	columns := len(d.Header)
	add := func(header string) sheet24.Column {
		column := sheet24.Column{Index: columns, Name: header}
		columns++
		cells = append(cells, sheet24.Cell{Row: d.HeaderRow, Column: columns, Value: header})
		return column
	}
	var matched Matched
	if _, has := t.Mapping(sheet24.IDField); !has {
		var ids []int64
		if ids, matched, err = s.findRecords(ctx, d, t, rows); err != nil {
			return nil, Matched{}, err
		}
		column := add(locale.T(user.Language, "id_column_header"))
		t.Mappings = append(t.Mappings, sheet24.FieldMapping{Column: column, Field: sheet24.IDField, Type: "integer"})
		for i, id := range ids {
			if id > 0 {
				cells = append(cells, sheet24.Cell{Row: d.HeaderRow + 1 + i, Column: column.Index + 1, Value: float64(id)})
				rows[i] = withValue(rows[i], column.Index, float64(id))
			}
		}
	}
	switch {
	case d.HasStatus:
		t.StatusColumn = d.Status
	case c.AddStatus:
		t.StatusColumn = add(locale.T(user.Language, "status_column_header"))
	}
	if err := s.change(ctx, t, d, cells, columns); err != nil {
		return nil, Matched{}, err
	}
	if c.FormatHeader {
		if err := s.Google.FormatHeader(ctx, user.ID, t.SpreadsheetID, t.GID, d.HeaderRow, columns, c.Colors); err != nil {
			return nil, Matched{}, err
		}
	}
	header := d.Header
	for _, cell := range cells {
		if cell.Row == d.HeaderRow {
			header = append(header, cell.Value.(string))
		}
	}
	baseline := pipeline.Baseline(t, mapping.Locate(t, header), d.HeaderRow+1, rows)
	return t, matched, s.Store.SaveTable(ctx, t, baseline)
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
			return nil, sheet24.Errorf(sheet24.Invalid, "color", v)
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
	t.Mappings, err = d.mappings(c.Fields, c.AddID)
	return t, err
}

// mappings checks the chosen fields and makes mappings of them. Without an id is only
// what is to get one.
func (d *Draft) mappings(chosen map[int]string, addID bool) ([]sheet24.FieldMapping, error) {
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
			return nil, sheet24.Errorf(sheet24.Invalid, "mapping_field", name)
		}
		if taken[name] {
			return nil, sheet24.Errorf(sheet24.Invalid, "mapping_twice", f.Title)
		}
		taken[name] = true
		all = append(all, mapping.MappingOf(sheet24.Column{Index: i, Name: header}, f))
	}
	if !taken[sheet24.IDField] && !addID {
		return nil, sheet24.Errorf(sheet24.Invalid, "mapping_no_id")
	}
	if len(all) == 0 || len(all) == 1 && taken[sheet24.IDField] {
		return nil, sheet24.Errorf(sheet24.Invalid, "mapping_empty")
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
