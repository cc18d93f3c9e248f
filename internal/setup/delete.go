package setup

import (
	"context"
	"strconv"

	"sheet24"
)

// Delete forgets a table, with its history, and takes its script out of the sheet, unless
// another table of its user's needs it. Its columns stay in the sheet, and its records in
// the CRM. Where the script cannot be taken out, the sheet keeps one whose messages nobody
// takes.
func (s *Setup) Delete(ctx context.Context, t *sheet24.Table) error {
	alone, err := s.HasOwnScript(ctx, t)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteTable(ctx, t); err != nil {
		return err
	}

	if alone {
		if err := s.Google.Uninstall(ctx, t.UserID, t.Script); err != nil {
			s.Log.Warn("the script in a sheet was not removed", "table", t.ID, "error", err)
		}
	}
	return nil
}

// HasOwnScript reports whether a table has a script that none of its user's other tables
// needs.
func (s *Setup) HasOwnScript(ctx context.Context, t *sheet24.Table) (bool, error) {
	if t.Script.ProjectID == "" {
		return false, nil
	}

	all, err := s.Store.TablesOf(ctx, t.UserID)
	for _, o := range all {
		if o.ID != t.ID && o.Script.ProjectID == t.Script.ProjectID {
			return false, err
		}
	}
	return err == nil, err
}

// Recolor gives the header row in the sheet a table's colours.
func (s *Setup) Recolor(ctx context.Context, t *sheet24.Table) error {
	read, err := s.Google.Read(ctx, t.UserID, t.SpreadsheetID, t.GID, []sheet24.Range{sheet24.Rows(t.HeaderRow, t.HeaderRow)})
	if err != nil {
		return err
	}

	columns := 0
	if len(read[0]) > 0 {
		columns = len(read[0][0])
	}
	if columns == 0 {
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeHeaderEmpty, t.Tab, strconv.Itoa(t.HeaderRow))
	}
	return s.Google.FormatHeader(ctx, t.UserID, t.SpreadsheetID, t.GID, t.HeaderRow, columns, t.Colors)
}
