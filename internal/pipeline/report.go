package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

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
	if quiet, err := p.quiet(ctx, t, latest(changes)); err != nil || !quiet {
		return false, err // it is looked for again
	}

	news := slices.ContainsFunc(changes, func(c sheet24.RowChange) bool { return c.Action != sheet24.Update })
	if t.StatusColumn.Name != "" || news {
		err := p.writeStatus(ctx, t, changes)
		if grantEnded(err) || moving(err) {
			return false, nil
		}
		if exchanged(err) {
			return true, nil
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

// writeStatus writes ids and statuses into the rows of changes.
func (p *Pipeline) writeStatus(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
	id, status := idColumn(t), t.StatusColumn
	err := p.writeStatusAt(ctx, t, id, status, changes)
	if !moving(err) {
		return err
	}

	// The columns are not where they were last seen: where are they?
	tab, err := p.readTab(ctx, t, nil)
	if err != nil {
		return err
	}
	if tab.layout.ID < 0 {
		return nil // the next scan names the lost column
	}
	if status.Name != "" && tab.layout.Status < 0 {
		lost := sheet24.Errorf(sheet24.Invalid, "status_lost", status.Name)
		return cmp.Or(p.writeStatusAt(ctx, t, nameOf(t, tab.layout), sheet24.Column{}, changes), error(lost))
	}
	status.Index = tab.layout.Status
	return p.writeStatusAt(ctx, t, nameOf(t, tab.layout), status, changes)
}

// writeStatusAt writes into columns as they were last seen; without a status column ids
// alone.
func (p *Pipeline) writeStatusAt(ctx context.Context, t *sheet24.Table, id, status sheet24.Column, changes []sheet24.RowChange) error {
	if err := p.showIDs(ctx, t, changes); err != nil {
		return err
	}
	if status.Name == "" {
		return p.removeKeys(ctx, t, changes)
	}

	// A record is one row: of several with its id, the one that is the record's.
	at, err := p.readPlaces(ctx, t, []sheet24.Column{id, status})
	if err != nil {
		return err
	}
	wrong, done, err := p.settleStatuses(ctx, t, at, status, changes)
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

	var wanted []placement
	last := map[cellOfRecord]int{} // a later change has the last word
	for _, c := range changes {
		w := placement{id: c.EntityID, column: status, value: p.statusOf(t, c)}
		switch {
		case c.EntityID == 0: // a row that could not be told: its number is all there is, unless another stands there by now
			w.row, w.shows = c.Row, at.at(id, c.Row)
			if _, still := unidentified[c.Row]; !still {
				continue
			}
		case len(at.rows[c.EntityID]) > 1:
			w.row, w.shows = original[c.EntityID], cellOf(c.EntityID)
		}
		key := cellOfRecord{c.EntityID, sheet24.Column{Index: w.row}}
		if i, told := last[key]; told {
			wanted[i] = w
			continue
		}
		last[key] = len(wanted)
		wanted = append(wanted, w)
	}
	wanted = append(wrong, wanted...)
	if len(wanted) > 0 {
		if _, err := p.placeAt(ctx, sheet24.ReportStage, t, at, wanted); err != nil {
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
func (p *Pipeline) unidentified(ctx context.Context, t *sheet24.Table, at *places, changes []sheet24.RowChange) (map[int]sheet24.UnidentifiedRow, error) {
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
	maps.DeleteFunc(rows, func(number int, u sheet24.UnidentifiedRow) bool { return !told[number] || !at.showsStill(u) })
	if len(rows) == 0 {
		return nil, nil
	}

	tab, err := p.readTab(ctx, t, blocksOf(slices.Collect(maps.Keys(rows))))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rows, func(number int, u sheet24.UnidentifiedRow) bool {
		row := tab.rows[number]
		return u.ID != mapping.Text(cell(row, tab.layout.ID)) || len(values(tab.layout, row)) == 0
	})
	return rows, nil
}

// showsStill reports whether the ID cell of a row shows what it did when it could not be told
// which record that is.
func (s *places) showsStill(u sheet24.UnidentifiedRow) bool {
	return u.ID == mapping.Text(s.at(s.columns[0], u.Row))
}

// showIDs has the rows of new records show their ids instead of the keys under which they
// waited. Google finds the keys, wherever they are.
func (p *Pipeline) showIDs(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
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
		shown = append(shown, sheet24.Replacement{Find: keyText(key), Text: mapping.Text(float64(keys[key]))})
	}
	return p.replace(ctx, t, shown)
}

// removeKeys has rows that are left alone show no key any more.
func (p *Pipeline) removeKeys(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) error {
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
			removed = append(removed, sheet24.Replacement{Find: keyText(key)})
		}
	}
	return p.replace(ctx, t, removed)
}

// originals are the rows of the records of changes whose ids stand in several rows.
func (p *Pipeline) originals(ctx context.Context, t *sheet24.Table, at *places, changes []sheet24.RowChange) (map[int64]int, error) {
	var numbers []int
	for _, c := range changes {
		if rows := at.rows[c.EntityID]; len(rows) > 1 {
			numbers = append(numbers, rows...)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}

	slices.Sort(numbers)
	tab, err := p.readTab(ctx, t, blocksOf(slices.Compact(numbers)))
	if err != nil {
		return nil, err
	}
	work := &scanning{Pipeline: p, t: t}
	known, err := work.snapshotsOf(ctx, tab)
	if err != nil {
		return nil, err
	}
	original := map[int64]int{}
	for _, c := range changes {
		if len(at.rows[c.EntityID]) > 1 {
			original[c.EntityID] = tab.original(c.EntityID, known)
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

// statusMarks begin what rows say of their changes, in any language.
var statusMarks = []string{"✅ ", "❌ ", "⏳ ", "⚠️ "}

// IsStatus reports whether a cell holds what a row says of a change.
func IsStatus(v any) bool {
	text, ok := v.(string)
	left := func(language string) bool { return text == locale.T(language, "sheet.left") }
	marked := func(mark string) bool { return strings.HasPrefix(text, mark) }
	return ok && (slices.ContainsFunc(statusMarks, marked) || slices.ContainsFunc(locale.Languages, left))
}

// shown is a value as a sentence names it.
func shown(t *sheet24.Table, v any) string {
	if s := mapping.Text(v); s != "" {
		return "“" + s + "”"
	}
	return locale.T(t.Language, "empty_value")
}
