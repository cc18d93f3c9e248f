// Package report tells sheets how their changes stand: the status cells of their rows, and the
// ids of new records.
package report

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// maxStatus is how many characters a row says at most.
const maxStatus = 1000

// Store is what a report works off, and what it keeps of how that went.
type Store interface {
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	Unreported(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error)
	MarkReported(ctx context.Context, changes []sheet24.RowChange) error
	ReportAgain(ctx context.Context, tableID int64, records []int64) (told []int64, err error)
	SetStatusProblem(ctx context.Context, tableID int64, code sheet24.Code) error
	UnidentifiedRows(ctx context.Context, tableID int64) (map[int]sheet24.UnidentifiedRow, error)
	RecordsOf(ctx context.Context, tableID int64, keys []int64) (map[int64]int64, error)
	KeysOf(ctx context.Context, tableID int64, records []int64) (map[int64]int64, error)
	BegunSheetWrites(ctx context.Context, tableID int64, stage sheet24.Stage) ([]sheet24.BegunSheetWrite, error)
	EndSheetWrites(ctx context.Context, ids []int64) error
	PausedUnreported(ctx context.Context) (tableIDs []int64, err error)
	ReportPaused(ctx context.Context, tableID int64, why string) error
}

// Reporter reports to sheets. All fields are required.
type Reporter struct {
	Store Store
	Tabs  *tab.Access
	Rows  isolate.Rows
	Now   func() time.Time
	Log   *slog.Logger
}

// Report tells the sheet how changes stand: one write of the status cells of all
// those rows, wherever they are by now, and of the ids of new records. It returns
// what follows.
func (p *Reporter) Report(ctx context.Context, tableID int64) (next sheet24.Next, err error) {
	defer p.Rows.Survive(sheet24.ReportStage, tableID, &next.More, &err)
	t, err := p.Store.Table(ctx, tableID)
	if err != nil {
		return next, sheet24.IgnoreNotFound(err)
	}

	changes, err := p.Store.Unreported(ctx, tableID, tab.MostReported)
	if err != nil || len(changes) == 0 {
		return next, err
	}
	if quiet, err := p.Tabs.Quiet(ctx, t, latest(changes)); err != nil || !quiet {
		return next, err // it is looked for again
	}

	news := slices.ContainsFunc(changes, func(c sheet24.RowChange) bool { return c.Action != sheet24.Update })
	if t.StatusColumn.Name != "" || news {
		err := p.writeStatus(ctx, &next, t, changes)
		switch {
		case sheet24.GrantEnded(err) || tab.Moving(err):
			return next, nil
		case sheet24.Exchanged(err):
			next.More = true
			return next, nil
		case stops(err):
			return next, err
		}
		if err := p.recordStatusProblem(ctx, t, err); err != nil {
			return next, err
		}
	}

	next.More = len(changes) == tab.MostReported
	return next, p.markReported(ctx, changes)
}

// stops reports whether an error keeps changes from being reported. That the status column
// is protected or gone is its owner's choice, and that the sheet is, the next scan finds out:
// these do not.
func stops(err error) bool {
	e := sheet24.AsError(err)
	return err != nil && e.Kind != sheet24.Invalid && e.Kind != sheet24.NotFound && e.Code != sheet24.CodeGoogleForbidden
}

// markReported notes that the sheet shows how changes stand. One of which that cannot be
// noted is told again, and holds up no other.
func (p *Reporter) markReported(ctx context.Context, changes []sheet24.RowChange) error {
	return isolate.Each(changes, func(some []sheet24.RowChange) error { return p.Store.MarkReported(ctx, some) }, func(c sheet24.RowChange, err error) error {
		_ = p.Rows.Broken(sheet24.ReportStage, c, err)
		return nil
	})
}

// statusOf is what a row says of its change, whatever that is.
func (p *Reporter) statusOf(t *sheet24.Table, c sheet24.RowChange) (text string) {
	err := isolate.Guard(func() error { text = statusText(t, c); return nil })
	if err != nil {
		text = locale.T(t.Language, "sheet.failed", locale.Error(t.Language, p.Rows.Broken(sheet24.ReportStage, c, err)))
	}
	if runes := []rune(text); len(runes) > maxStatus { // Google refuses cells of more than 50,000, and with them the whole request
		text = string(runes[:maxStatus-1]) + "…"
	}
	return text
}

// latest is when the last of some changes was settled.
func latest(changes []sheet24.RowChange) (at time.Time) {
	for _, c := range changes {
		if c.SyncedAt.After(at) {
			at = c.SyncedAt
		}
		if c.CreatedAt.After(at) {
			at = c.CreatedAt
		}
	}
	return at
}

// recordStatusProblem keeps why the status was not written, for the table's page.
func (p *Reporter) recordStatusProblem(ctx context.Context, t *sheet24.Table, err error) error {
	code := sheet24.Code("")
	if err != nil {
		p.Log.Warn("status not written", "table", t.ID, "error", err)
		code = sheet24.AsError(err).Code
	}

	if code != "" && code != sheet24.CodeGoogleProtected && code != sheet24.CodeStatusLost {
		code = ""
	}

	if code == t.StatusProblem {
		return nil
	}
	return p.Store.SetStatusProblem(ctx, t.ID, code)
}

// writeStatus writes ids and statuses into the rows of changes.
func (p *Reporter) writeStatus(ctx context.Context, next *sheet24.Next, t *sheet24.Table, changes []sheet24.RowChange) error {
	id, status := tab.IDColumn(t), t.StatusColumn
	err := p.writeStatusAt(ctx, next, t, id, status, changes)
	if !tab.Moving(err) {
		return err
	}

	// The columns are not where they were last seen: where are they?
	sheet, err := p.Tabs.Read(ctx, t, nil)
	if err != nil {
		return err
	}
	if sheet.Layout.ID < 0 {
		return nil // the next scan names the lost column
	}

	if status.Name != "" && sheet.Layout.Status < 0 {
		lost := sheet24.Errorf(sheet24.Invalid, sheet24.CodeStatusLost, status.Name)
		return cmp.Or(p.writeStatusAt(ctx, next, t, tab.IDColumnOf(t, sheet.Layout), sheet24.Column{}, changes), error(lost))
	}

	status.Index = sheet.Layout.Status
	return p.writeStatusAt(ctx, next, t, tab.IDColumnOf(t, sheet.Layout), status, changes)
}

// writeStatusAt writes into columns as they were last seen; without a status column ids
// alone.
func (p *Reporter) writeStatusAt(ctx context.Context, next *sheet24.Next, t *sheet24.Table, id, status sheet24.Column, changes []sheet24.RowChange) error {
	if err := p.showIDs(ctx, t, changes); err != nil {
		return err
	}
	if status.Name == "" {
		return p.removeKeys(ctx, t, changes)
	}

	// A record is one row: of several with its id, the one that is the record's.
	at, err := p.Tabs.ReadPlaces(ctx, t, []sheet24.Column{id, status})
	if err != nil {
		return err
	}

	wrong, done, err := p.settleStatuses(ctx, next, t, at, status, changes)
	if err != nil {
		return err
	}

	original, err := p.originals(ctx, t, at, changes)
	if err != nil {
		return err
	}

	unidentified, err := p.unidentified(ctx, t, at, changes)
	if err != nil {
		return err
	}

	var wanted []tab.Placement
	last := map[tab.CellOfRecord]int{} // a later change has the last word
	for _, c := range changes {
		w := tab.Placement{ID: c.EntityID, Column: status, Value: p.statusOf(t, c)}
		switch {
		case c.EntityID == 0: // a row that could not be told: its number is all there is, unless another stands there by now
			w.Row, w.Shows = c.Row, at.At(id, c.Row)
			if _, still := unidentified[c.Row]; !still {
				continue
			}
		case len(at.Rows[c.EntityID]) > 1:
			w.Row, w.Shows = original[c.EntityID], tab.CellOf(c.EntityID)
		}

		key := tab.CellOfRecord{ID: c.EntityID, Column: sheet24.Column{Index: w.Row}}
		if i, told := last[key]; told {
			wanted[i] = w
			continue
		}
		last[key] = len(wanted)
		wanted = append(wanted, w)
	}

	wanted = append(wrong, wanted...)
	if len(wanted) > 0 {
		if _, err := p.Tabs.PlaceAt(ctx, sheet24.ReportStage, t, at, wanted); err != nil {
			return err
		}
	}

	if err := p.Store.EndSheetWrites(ctx, done); err != nil {
		return err
	}
	return p.removeKeys(ctx, t, changes)
}

// unidentified are the rows of changes that could not be told which records they are, and
// that are still what they were, as far as can be seen: their ID cells show the same, and
// they hold something.
func (p *Reporter) unidentified(ctx context.Context, t *sheet24.Table, at *tab.Places, changes []sheet24.RowChange) (map[int]sheet24.UnidentifiedRow, error) {
	told := map[int]bool{}
	for _, c := range changes {
		if c.EntityID == 0 {
			told[c.Row] = true
		}
	}
	if len(told) == 0 {
		return nil, nil
	}

	rows, err := p.Store.UnidentifiedRows(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rows, func(number int, u sheet24.UnidentifiedRow) bool { return !told[number] || !at.ShowsStill(u) })
	if len(rows) == 0 {
		return nil, nil
	}

	sheet, err := p.Tabs.Read(ctx, t, tab.BlocksOf(slices.Collect(maps.Keys(rows))))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rows, func(number int, u sheet24.UnidentifiedRow) bool {
		row := sheet.Rows[number]
		return u.ID != mapping.Text(tab.Cell(row, sheet.Layout.ID)) || len(tab.Values(sheet.Layout, row)) == 0
	})
	return rows, nil
}

// showIDs has the rows of new records show their ids instead of the keys under which they
// waited. Google finds the keys, wherever they are.
func (p *Reporter) showIDs(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
	var records []int64
	for _, c := range changes {
		if c.Action != sheet24.Update && c.EntityID > 0 {
			records = append(records, c.EntityID)
		}
	}
	if len(records) == 0 {
		return nil
	}

	keys, err := p.Store.KeysOf(ctx, t.ID, records)
	if err != nil {
		return err
	}

	var shown []sheet24.Replacement
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		shown = append(shown, sheet24.Replacement{Find: tab.KeyText(key), Text: mapping.Text(float64(keys[key]))})
	}
	return p.Tabs.Replace(ctx, t, shown)
}

// removeKeys has rows that are left alone show no key any more.
func (p *Reporter) removeKeys(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
	var keys []int64
	for _, c := range changes {
		if c.EntityID < 0 {
			keys = append(keys, c.EntityID)
		}
	}
	if len(keys) == 0 {
		return nil
	}

	records, err := p.Store.RecordsOf(ctx, t.ID, keys)
	if err != nil {
		return err
	}

	var removed []sheet24.Replacement
	for _, key := range slices.Sorted(maps.Keys(records)) {
		if records[key] == 0 {
			removed = append(removed, sheet24.Replacement{Find: tab.KeyText(key)})
		}
	}
	return p.Tabs.Replace(ctx, t, removed)
}

// originals are the rows of the records of changes whose ids stand in several rows.
func (p *Reporter) originals(ctx context.Context, t *sheet24.Table, at *tab.Places, changes []sheet24.RowChange) (map[int64]int, error) {
	var numbers []int
	for _, c := range changes {
		if rows := at.Rows[c.EntityID]; len(rows) > 1 {
			numbers = append(numbers, rows...)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}

	slices.Sort(numbers)
	sheet, err := p.Tabs.Read(ctx, t, tab.BlocksOf(slices.Compact(numbers)))
	if err != nil {
		return nil, err
	}
	known, err := p.Tabs.SnapshotsOf(ctx, t, sheet)
	if err != nil {
		return nil, err
	}
	original := map[int64]int{}
	for _, c := range changes {
		if len(at.Rows[c.EntityID]) > 1 {
			original[c.EntityID] = sheet.Original(c.EntityID, known)
		}
	}
	return original, nil
}

// statusText is what a row says of its change.
func statusText(t *sheet24.Table, c sheet24.RowChange) string {
	text := func(key string, args ...any) string { return locale.T(t.Language, key, args...) }
	switch c.Status {
	case sheet24.Failed:
		return text("sheet.failed", c.Error)
	case sheet24.Pending, sheet24.Syncing:
		return text("sheet.waiting", c.Error)
	case sheet24.NeedsReview:
		if c.EntityID < 0 {
			return text("sheet.asked_new")
		}
		var lines []string
		for _, m := range t.Mappings { // in the order of the columns
			if change, ok := c.Fields[m.Field]; ok {
				lines = append(lines, text("sheet.conflict_field", m.Column.Name, locale.Value(t.Language, mapping.Text(change.CRM)), locale.Value(t.Language, mapping.Text(change.New))))
			}
		}
		return text("sheet.conflict", strings.Join(lines, "; "))
	}

	var kept []string
	for _, m := range t.Mappings {
		if c.Fields[m.Field].Resolution == sheet24.CRMWins {
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
