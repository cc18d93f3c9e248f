package pipeline

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"sheet24"
	"sheet24/internal/locale"
)

// scanEvents is how many events one scan takes at most.
const scanEvents = 500

// Scan looks at the rows that a table's unprocessed events name, compares them
// with their snapshots, and leaves a pending change for each row that differs.
// It tells whether there may be more to scan.
func (p *Pipeline) Scan(ctx context.Context, tableID int64) (more bool, err error) {
	t, err := p.Store.Table(ctx, tableID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	if !t.Enabled {
		return false, nil
	}
	events, err := p.Store.UnprocessedEvents(ctx, tableID, scanEvents)
	if err != nil {
		return false, err
	}
	more = len(events) == scanEvents
	rows, whole := nudged(t, events)
	if p.lookNow(t) {
		rows, whole = wholeTab(t), true
	}
	if len(events) == 0 && !whole {
		return false, nil
	}
	if len(rows) == 0 {
		return more, p.Store.CommitScan(ctx, t, events, nil, nil)
	}
	began := p.Now()
	if whole {
		err = p.describe(ctx, t, events)
	}
	var tab *tab
	if err == nil {
		tab, err = p.readTab(ctx, t, rows)
	}
	if err != nil {
		return false, p.unreadable(ctx, t, events, err)
	}
	if err := p.readable(ctx, t); err != nil {
		return false, err
	}
	if err := p.follow(ctx, t, tab.layout); err != nil {
		return false, err
	}
	if err := p.restoreIDs(ctx, t, tab); err != nil {
		return false, err
	}
	changes, snapshots, err := p.compare(ctx, t, tab, whole)
	if err != nil {
		return false, err
	}
	if err := p.asShown(ctx, t, tab.layout, changes); err != nil {
		return false, err
	}
	if err := p.Store.CommitScan(ctx, t, events, changes, snapshots); err != nil {
		return false, err
	}
	has := func(s sheet24.Status) bool {
		return slices.ContainsFunc(changes, func(c sheet24.RowChange) bool { return c.Status == s })
	}
	if has(sheet24.Pending) {
		p.Wake.Push(ctx, t.PortalID)
	}
	if has(sheet24.Failed) {
		p.Wake.Report(ctx, t.ID)
	}
	told := slices.ContainsFunc(events, func(e sheet24.Event) bool { return e.Type != sheet24.Recheck })
	return more, p.looked(ctx, t, look{whole: whole, told: told, found: has(sheet24.Pending), took: p.Now().Sub(began)})
}

// wholeTab are all rows below a table's header.
func wholeTab(t *sheet24.Table) []sheet24.Range {
	return []sheet24.Range{sheet24.Rows(t.HeaderRow+1, 0)}
}

// Recheck asks for a look at a whole tab: nobody may have told of what was edited
// while the service, or its user's grant, was away.
func (p *Pipeline) Recheck(ctx context.Context, t *sheet24.Table) error {
	e := &sheet24.Event{TableID: t.ID, Type: sheet24.Recheck, MessageID: "recheck-" + uuid.NewString(), Data: []byte("{}")}
	if err := p.Store.AddEvent(ctx, e); err != nil {
		return err
	}
	p.Wake.Scan(ctx, t.ID)
	return nil
}

// grantEnded tells that a table's user has to connect Google again. The work
// waits: the store tells of it again once there is a grant.
func grantEnded(err error) bool {
	code := sheet24.AsError(err).Code
	return code == "google_reconnect" || code == "google_not_connected"
}

// nudged joins the rows that events name, below the header; whole is true when
// one of them asks for the whole tab, or the header itself was edited.
func nudged(t *sheet24.Table, events []sheet24.Event) (rows []sheet24.Range, whole bool) {
	for _, e := range events {
		switch e.Type {
		case sheet24.Structure, sheet24.Recheck:
			return wholeTab(t), true
		case sheet24.RowEdited:
			switch {
			case e.Rows.LastRow < t.HeaderRow: // a title above
			case e.Rows.FirstRow <= t.HeaderRow:
				return wholeTab(t), true
			default:
				rows = append(rows, sheet24.Rows(e.Rows.FirstRow, e.Rows.LastRow))
			}
		}
	}
	slices.SortFunc(rows, func(a, b sheet24.Range) int { return a.FirstRow - b.FirstRow })
	var joined []sheet24.Range
	for _, r := range rows {
		if n := len(joined); n > 0 && r.FirstRow <= joined[n-1].LastRow+1 {
			joined[n-1].LastRow = max(joined[n-1].LastRow, r.LastRow)
			continue
		}
		joined = append(joined, r)
	}
	return joined, false
}

// compare finds what differs between rows and their snapshots.
func (p *Pipeline) compare(ctx context.Context, t *sheet24.Table, tab *tab, whole bool) ([]sheet24.RowChange, []sheet24.Snapshot, error) {
	var numbers []int
	var ids []int64
	for number, row := range tab.rows {
		if len(row) == 0 {
			continue
		}
		numbers = append(numbers, number)
		if id, ok := recordID(cell(row, tab.layout.ID)); ok {
			ids = append(ids, id)
			ids = append(ids, tab.neighbours(id)...)
		}
	}
	slices.Sort(numbers)
	slices.Sort(ids)
	known, err := p.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return nil, nil, err
	}
	if err := p.findMerged(ctx, t, tab, known); err != nil {
		return nil, nil, err
	}
	var changes []sheet24.RowChange
	var snapshots []sheet24.Snapshot
	for _, number := range numbers {
		row := tab.rows[number]
		id, err := identify(t, tab, number, known)
		if err != nil {
			// A look at the whole tab meets notes and totals too: it was not asked
			// about them, so it says nothing of them.
			if !whole && len(values(tab.layout, row)) > 0 {
				changes = append(changes, sheet24.RowChange{Row: number, Status: sheet24.Failed,
					Fields: map[string]sheet24.Change{}, Error: locale.Error(t.Language, err)})
			}
			continue
		}
		before, seen := known[id]
		fields, after := difference(tab, number, before.Values)
		if len(fields) == 0 && seen && before.Row == number {
			continue
		}
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Row: number, Values: after})
		if len(fields) > 0 {
			changes = append(changes, sheet24.RowChange{EntityID: id, Row: number, Status: sheet24.Pending, Fields: fields})
		}
	}
	return changes, snapshots, nil
}

// findMerged looks for merged cells where a row seems to have lost a value: a cell
// that another covers is not an empty one.
func (p *Pipeline) findMerged(ctx context.Context, t *sheet24.Table, tab *tab, known map[int64]sheet24.Snapshot) (err error) {
	for id, snapshot := range known {
		for _, number := range tab.byID[id] {
			row, read := tab.rows[number]
			for _, m := range tab.layout.Fields {
				if read && m.Updatable && snapshot.Values[m.Field] != nil && cell(row, m.Column.Index) == nil {
					tab.merged, err = p.Sheets.Merged(ctx, t.UserID, t.SpreadsheetID, t.GID)
					return err
				}
			}
		}
	}
	return nil
}

// difference compares a row with what it held before. Columns that are lost for
// now, and cells that others cover, keep their old values, so that nothing is taken
// for cleared.
func difference(tab *tab, number int, before map[string]any) (map[string]sheet24.Change, map[string]any) {
	now := values(tab.layout, tab.rows[number])
	fields := map[string]sheet24.Change{}
	keep := func(m sheet24.FieldMapping) {
		if v, ok := before[m.Field]; ok {
			now[m.Field] = v
		}
	}
	for _, m := range tab.layout.Fields {
		if tab.covered(number, m.Column.Index) {
			keep(m)
		}
		if m.Updatable && before[m.Field] != now[m.Field] {
			fields[m.Field] = sheet24.Change{Old: before[m.Field], New: now[m.Field]}
		}
	}
	for _, m := range tab.layout.Lost {
		keep(m)
	}
	return fields, now
}

// ignoreNotFound drops the error for a table that was deleted: its work is gone.
func ignoreNotFound(err error) error {
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil
	}
	return err
}
