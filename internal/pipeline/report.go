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
		if err := p.writeStatus(ctx, t, changes); err != nil {
			if grantEnded(err) {
				return false, nil
			}
			if e := sheet24.AsError(err); e.Kind != sheet24.Invalid {
				return false, err
			}
			// A protected status column is its owner's choice and stops nothing.
			p.Log.Warn("status not written", "table", t.ID, "error", err)
		}
	}
	return len(changes) == reportRows, p.Store.MarkReported(ctx, changes)
}

func (p *Pipeline) writeStatus(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
	tab, err := p.readTab(ctx, t, nil)
	if err != nil || tab.layout.Status < 0 {
		return err
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
