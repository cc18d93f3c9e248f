package pipeline

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
)

// reportRows is how many changes one report takes at most.
const reportRows = 2000

// Report tells the sheet how changes ended: one write of the status cells of all
// settled rows, wherever the rows are by now. It tells whether there may be more.
func (p *Pipeline) Report(ctx context.Context, tableID int64) (more bool, err error) {
	t, err := p.Store.Table(ctx, tableID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	changes, err := p.Store.Unreported(ctx, tableID, reportRows)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	if t.StatusColumn.Name != "" {
		err := p.writeStatus(ctx, t, changes)
		if grantEnded(err) {
			return false, nil
		}
		// That the status column is protected or gone is its owner's choice, and that
		// the sheet is, the next scan finds out: it stops nothing.
		e := sheet24.AsError(err)
		if err != nil && e.Kind != sheet24.Invalid && e.Kind != sheet24.NotFound && e.Code != "google_forbidden" {
			return false, err
		}
		if err := p.statusWritten(ctx, t, err); err != nil {
			return false, err
		}
	}
	return len(changes) == reportRows, p.Store.MarkReported(ctx, changes)
}

// statusWritten keeps why the status was not written, for the table's page.
func (p *Pipeline) statusWritten(ctx context.Context, t *sheet24.Table, err error) error {
	code := ""
	if err != nil {
		p.Log.Warn("status not written", "table", t.ID, "error", err)
		code = sheet24.AsError(err).Code
	}
	if code != "" && code != "google_protected" && code != "status_lost" {
		code = ""
	}
	if code == t.StatusProblem {
		return nil
	}
	return p.Store.SetStatusProblem(ctx, t.ID, code)
}

func (p *Pipeline) writeStatus(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
	tab, err := p.readTab(ctx, t, nil)
	if err != nil {
		return err
	}
	if tab.layout.Status < 0 {
		return sheet24.Errorf(sheet24.Invalid, "status_lost", t.StatusColumn.Name)
	}
	texts := map[int]string{} // by row; a later change has the last word
	for _, c := range changes {
		rows := tab.byID[c.EntityID]
		if c.EntityID == 0 { // a row that could not be told: its number is all there is
			rows = []int{c.Row}
		}
		for _, row := range rows {
			if c.Status == sheet24.Completed {
				texts[row] = locale.T(t.Language, "sheet.completed")
			} else {
				texts[row] = locale.T(t.Language, "sheet.failed", c.Error)
			}
		}
	}
	var cells []sheet24.Cell
	for row, text := range texts {
		cells = append(cells, sheet24.Cell{Row: row, Column: tab.layout.Status + 1, Value: text})
	}
	slices.SortFunc(cells, func(a, b sheet24.Cell) int { return a.Row - b.Row })
	return p.Sheets.Write(ctx, t.UserID, t.SpreadsheetID, t.GID, cells)
}
