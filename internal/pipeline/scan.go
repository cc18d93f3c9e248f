package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"sheet24"
	"sheet24/internal/locale"
)

// scanEvents is how many events one scan takes at most.
const scanEvents = 2000

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
	if wait := p.announced(events); wait > 0 {
		p.Wake.ScanLater(ctx, tableID, wait)
		return false, nil
	}
	rows, whole := nudged(t, events)
	if p.lookNow(t) {
		rows, whole = wholeTab(t), true
	}
	back, err := p.writeBack(ctx, t)
	if err != nil {
		return false, p.unreadable(ctx, t, events, err)
	}
	if !whole {
		rows = join(append(rows, back.rows...))
	}
	if len(rows) == 0 {
		if len(events)+len(back.done) == 0 {
			return false, nil
		}
		return more, p.Store.CommitScan(ctx, t, sheet24.Scanned{Events: events, Written: back.done})
	}
	work := &scanning{Pipeline: p, t: t, events: events, whole: whole, back: back}
	if work.waits, err = p.waits(ctx, t); err != nil {
		return false, err
	}
	began := p.Now()
	if whole {
		err = p.describe(ctx, t, events)
	}
	if err == nil {
		err = work.scan(ctx, rows)
	}
	if err != nil {
		return false, p.unreadable(ctx, t, events, err)
	}
	if work.push {
		p.Wake.Push(ctx, t.PortalID)
	}
	if work.rests > 0 {
		p.Wake.PushLater(ctx, t.PortalID, work.rests)
	}
	if work.report {
		p.Wake.Report(ctx, t.ID)
	}
	told := slices.ContainsFunc(events, func(e sheet24.Event) bool { return e.Type != sheet24.Recheck })
	return more, p.looked(ctx, t, look{whole: whole, told: told, found: work.push, events: len(events), took: p.Now().Sub(began)})
}

// burstEvents are so many nudges at once that the rest of them is waited for, so that one
// read serves them all.
const burstEvents = 6

// announced tells how long to wait for the rest of a burst of nudges: until none comes
// for a moment, but not for long.
func (p *Pipeline) announced(events []sheet24.Event) time.Duration {
	n := len(events)
	if p.Gather == 0 || n < burstEvents || n == scanEvents {
		return 0
	}
	now := p.Now()
	return min(events[n-1].ReceivedAt.Add(p.Gather/4).Sub(now), events[0].ReceivedAt.Add(2*p.Gather).Sub(now))
}

// pageRows is how many rows of a whole tab are read at once.
const pageRows = 20000

// scanning is one scan at work.
type scanning struct {
	*Pipeline
	t      *sheet24.Table
	events []sheet24.Event
	whole  bool
	back   *writtenBack
	waits  string // why the portal takes nothing for now

	push, report bool          // something is left to do for these stages
	rests        time.Duration // of what has to rest first, the longest
}

// scan reads rows, compares them and stores what it found: of a whole tab one page
// after the other.
func (s *scanning) scan(ctx context.Context, rows []sheet24.Range) error {
	page := rows
	first := 0
	if s.whole {
		first = s.t.HeaderRow + 1
		page = []sheet24.Range{sheet24.Rows(first, first+pageRows-1)}
	}
	tab, err := s.readTab(ctx, s.t, page)
	if err != nil {
		return err
	}
	if err := s.readable(ctx, s.t); err != nil {
		return err
	}
	if err := s.follow(ctx, s.t, tab.layout); err != nil {
		return err
	}
	for s.whole && tab.goesOn(first+pageRows-1) {
		if err := s.page(ctx, tab, false); err != nil {
			return err
		}
		first += pageRows
		if err := s.nextPage(ctx, s.t, tab, sheet24.Rows(first, first+pageRows-1)); err != nil {
			return err
		}
	}
	return s.page(ctx, tab, true)
}

// page stores what differs in the rows that were read last.
func (s *scanning) page(ctx context.Context, tab *tab, last bool) error {
	if err := s.restoreIDs(ctx, s.t, tab); err != nil {
		return err
	}
	refused, err := s.giveKeys(ctx, s.t, tab)
	if err != nil {
		return err
	}
	found, err := s.compare(ctx, tab)
	if err != nil {
		return err
	}
	if err := s.asShown(ctx, s.t, tab.layout, found.Changes); err != nil {
		return err
	}
	if !s.whole { // else nobody asked about them
		found.Changes = append(found.Changes, refused...)
	}
	if last {
		found.Events, found.Written = s.events, s.back.done
		if s.whole {
			if err := s.gone(ctx, s.t, tab, &found); err != nil {
				return err
			}
		}
	}
	if err := s.again(ctx, found.Changes); err != nil {
		return err
	}
	for i, c := range found.Changes {
		s.push = s.push || c.Status == sheet24.Pending
		s.rests = max(s.rests, c.NotBefore.Sub(s.Now()))
		s.report = s.report || c.Status != sheet24.Pending || s.waits != ""
		if c.Status == sheet24.Pending && c.Action != sheet24.Delete {
			found.Changes[i].Error = s.waits
		}
	}
	return s.Store.CommitScan(ctx, s.t, found)
}

// again has edits of rows that were pushed a moment ago wait for those that follow: ten
// edits of a cell within a second are not ten writes.
func (s *scanning) again(ctx context.Context, changes []sheet24.RowChange) error {
	if s.Gather == 0 || len(changes) == 0 {
		return nil
	}
	var ids []int64
	for _, c := range changes {
		ids = append(ids, c.EntityID)
	}
	settled, err := s.Store.SettledSince(ctx, s.t.ID, s.Now().Add(-s.Gather), ids)
	if err != nil {
		return err
	}
	for i, c := range changes {
		if at, ok := settled[c.EntityID]; ok && c.Action == sheet24.Update {
			changes[i].NotBefore = at.Add(s.Gather)
		}
	}
	return nil
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
	return join(rows), false
}

// join sorts blocks of rows and makes one of those that touch.
func join(rows []sheet24.Range) (joined []sheet24.Range) {
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

// waits says why a table's portal takes nothing for now, in the table's language.
func (p *Pipeline) waits(ctx context.Context, t *sheet24.Table) (string, error) {
	portal, err := p.Store.Portal(ctx, t.PortalID)
	if err != nil || portal.Paused == nil || !portal.Paused.Until.After(p.Now()) {
		return "", err
	}
	return locale.Error(t.Language, sheet24.Errorf(sheet24.Unavailable, portal.Paused.Code, portal.Host)), nil
}

// compare finds what differs between the rows that were read and their snapshots.
func (s *scanning) compare(ctx context.Context, tab *tab) (found sheet24.Scanned, err error) {
	t := s.t
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
	known, err := s.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return found, err
	}
	if err := s.findMerged(ctx, t, tab, known); err != nil {
		return found, err
	}
	for _, number := range numbers {
		row := tab.rows[number]
		id, err := identify(t, tab, number, known)
		if err != nil {
			// A look at the whole tab meets notes and totals too: it was not asked
			// about them, so it says nothing of them.
			if !s.whole && len(values(tab.layout, row)) > 0 && !(sheet24.AsError(err).Code == "row_without_id" && t.Policies.Seeks()) {
				found.Changes = append(found.Changes, sheet24.RowChange{Row: number, Status: sheet24.Failed,
					Fields: map[string]sheet24.Change{}, Error: locale.Error(t.Language, err)})
			}
			continue
		}
		before, seen := known[id]
		taken := s.back.apply(&before)
		fields, after := difference(tab, number, before.Values)
		if id < 0 && len(fields) > 0 {
			all, _ := difference(tab, number, nil)
			maps.Copy(fields, all) // whatever came of it before, a record is made of all of it
		}
		for field, c := range fields {
			c.Undo = s.back.undo[cellKey{id, field}]
			fields[field] = c
		}
		if len(fields) == 0 && seen && before.Row == number && !taken {
			continue
		}
		if seen && before.Row == 0 {
			found.Returned = append(found.Returned, id)
		}
		found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Row: number, Values: after})
		if len(fields) > 0 {
			c := sheet24.RowChange{EntityID: id, Row: number, Action: actionOf(t, id), Status: sheet24.Pending, Fields: fields}
			if id < 0 {
				c.NotBefore = s.Now().Add(rests)
			}
			found.Changes = append(found.Changes, c)
		}
	}
	return found, nil
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
