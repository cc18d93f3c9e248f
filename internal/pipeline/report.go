package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// reportRows is how many changes one report takes at most.
const reportRows = 2000

// maxStatus is how many characters a row says at most.
const maxStatus = 1000

// Report tells the sheet how changes stand: one write of the status cells of all
// those rows, wherever they are by now, and of the ids of new records. It tells
// whether there may be more.
func (p *Pipeline) Report(ctx context.Context, tableID int64) (more bool, err error) {
	defer p.survive(sheet24.ReportStage, tableID, &more, &err)
	t, err := p.Store.Table(ctx, tableID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	changes, err := p.Store.Unreported(ctx, tableID, reportRows)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	news := slices.ContainsFunc(changes, func(c sheet24.RowChange) bool { return c.Action != sheet24.Update })
	if t.StatusColumn.Name != "" || news {
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
	return len(changes) == reportRows, p.markReported(ctx, changes)
}

// markReported notes that the sheet shows how changes stand. One of which that cannot be
// noted is told again, and holds up no other.
func (p *Pipeline) markReported(ctx context.Context, changes []sheet24.RowChange) error {
	return isolate.Each(changes, func(some []sheet24.RowChange) error { return p.Store.MarkReported(ctx, some) }, func(c sheet24.RowChange, err error) error {
		p.broken(sheet24.ReportStage, c, err)
		return nil
	})
}

// statusOf is what a row says of its change, whatever that is.
func (p *Pipeline) statusOf(t *sheet24.Table, c sheet24.RowChange) (text string) {
	err := isolate.Guard(func() error { text = statusText(t, c); return nil })
	if err != nil {
		text = locale.T(t.Language, "sheet.failed", locale.Error(t.Language, p.broken(sheet24.ReportStage, c, err)))
	}
	if runes := []rune(text); len(runes) > maxStatus { // Google refuses cells of more than 50,000, and with them the whole request
		text = string(runes[:maxStatus-1]) + "…"
	}
	return text
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
	if tab.layout.ID < 0 {
		return nil // the next scan names the lost column
	}
	cells, err := p.becameRecords(ctx, t, tab)
	if err != nil {
		return err
	}
	texts := map[int]string{} // by row; a later change has the last word
	for _, c := range changes {
		rows := tab.byID[c.EntityID]
		if c.EntityID == 0 { // a row that could not be told: its number is all there is, unless another stands there by now
			if rows = []int{c.Row}; len(tab.byID[tab.idAt[c.Row]]) == 1 {
				rows = nil
			}
		}
		for _, row := range rows {
			texts[row] = p.statusOf(t, c)
		}
	}
	var lost error
	switch {
	case t.StatusColumn.Name == "":
	case tab.layout.Status < 0:
		lost = sheet24.Errorf(sheet24.Invalid, "status_lost", t.StatusColumn.Name)
	default:
		for row, text := range texts {
			cells = append(cells, sheet24.Cell{Row: row, Column: tab.layout.Status + 1, Value: text})
		}
	}
	slices.SortFunc(cells, func(a, b sheet24.Cell) int { return cmp.Or(a.Row-b.Row, a.Column-b.Column) })
	if err := p.Sheets.Write(ctx, t.UserID, t.SpreadsheetID, t.GID, cells); err != nil {
		return err
	}
	return lost
}

// statusText is what a row says of its change.
func statusText(t *sheet24.Table, c sheet24.RowChange) string {
	text := func(key string, args ...any) string { return locale.T(t.Language, key, args...) }
	switch c.Status {
	case sheet24.Failed:
		return text("sheet.failed", c.Error)
	case sheet24.Pending, sheet24.Syncing:
		return text("sheet.waiting", c.Error)
	case sheet24.Asked:
		if c.EntityID < 0 {
			return text("sheet.asked_new")
		}
		var lines []string
		for _, m := range t.Mappings { // in the order of the columns
			if change, ok := c.Fields[m.Field]; ok {
				lines = append(lines, text("sheet.conflict_field", m.Column.Name, shown(t, change.CRM), shown(t, change.New)))
			}
		}
		return text("sheet.conflict", strings.Join(lines, "; "))
	}
	var kept []string
	for _, m := range t.Mappings {
		if c.Fields[m.Field].Kept == sheet24.CRMWins {
			kept = append(kept, m.Column.Name)
		}
	}
	switch {
	case c.EntityID < 0 && c.Note != "":
		return text("sheet.left_why", c.Note)
	case c.EntityID < 0:
		return text("sheet.left")
	case len(kept) > 0:
		return text("sheet.kept", strings.Join(kept, ", "))
	}
	return text("sheet.completed")
}

// shown is a value as a sentence names it.
func shown(t *sheet24.Table, v any) string {
	if s := mapping.Text(v); s != "" {
		return "“" + s + "”"
	}
	return locale.T(t.Language, "empty_value")
}
