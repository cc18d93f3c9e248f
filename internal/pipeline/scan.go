package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/locale"
)

// Scan looks at the rows that a table's unprocessed events name, compares them
// with their snapshots, and leaves a pending change for each row that differs.
// It tells whether there may be more to scan.
func (p *Pipeline) Scan(ctx context.Context, tableID int64) (more bool, err error) {
	defer p.survive(sheet24.ScanStage, tableID, &more, &err)
	t, err := p.Store.Table(ctx, tableID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	if !t.Enabled {
		return false, nil
	}
	if wait := t.SecondLook.At.Sub(p.Now()); wait > 0 {
		p.Wake.ScanLater(ctx, tableID, wait)
		return false, nil
	}

	// Where to look.
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
	if p.lookNow(t) || !t.SecondLook.At.IsZero() {
		rows, whole = wholeTab(t), true
	}

	// Where writes went of which nobody has seen that, before anything is believed.
	left, err := p.settleBegun(ctx, t, events)
	if err != nil {
		return p.stopped(ctx, t, events, nil, err)
	}

	// What is to be written into cells, first: it is no edit.
	back, err := p.writeBack(ctx, t, events, left)
	if err != nil {
		return p.stopped(ctx, t, events, nil, err)
	}
	if !whole {
		rows = join(append(rows, back.rows...))
	}
	if len(rows) == 0 {
		if len(events)+len(back.done) == 0 {
			return false, nil
		}
		if err := p.commit(ctx, sheet24.ScanStage, t, sheet24.Scanned{Events: events, Written: back.done}); err != nil {
			return p.stopped(ctx, t, events, nil, err)
		}
		return more, nil
	}

	work := &scanning{Pipeline: p, t: t, events: events, whole: whole, back: back, doubts: left}
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
		return p.stopped(ctx, t, events, work.again, err)
	}

	work.wake(ctx)
	told := slices.ContainsFunc(events, func(e sheet24.Event) bool { return e.Type != sheet24.Recheck })
	return more, p.looked(ctx, t, look{whole: whole, told: told, found: work.push, events: len(events), took: p.Now().Sub(began)})
}

// movingWait is how soon a tab is read anew whose rows or columns are being moved.
const movingWait = time.Second

// stopped takes the error that ended a scan, and tells whether there is more to scan. What
// is about the moment is no trouble with the sheet: its events stay, and it is looked at
// anew.
func (p *Pipeline) stopped(ctx context.Context, t *sheet24.Table, events []sheet24.Event, again *sheet24.SecondLook, err error) (more bool, _ error) {
	switch {
	case again != nil:
		return false, p.waitForSecondLook(ctx, t, *again)
	case moving(err):
		p.Wake.ScanLater(ctx, t.ID, movingWait)
		return false, nil
	case exchanged(err): // it is scanned as what it is now
		return true, nil
	}
	return false, p.unreadable(ctx, t, events, err)
}

// moving reports whether an error says that rows or columns are moved at this moment.
func moving(err error) bool {
	code := sheet24.AsError(err).Code
	return code == "tab_moves" || code == "columns_moved"
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
	doubts doubts
	waits  string              // why the portal takes nothing for now
	again  *sheet24.SecondLook // what is to be looked at a second time

	unknown  []unknownRow // of the whole tab: rows of which it is not certain which record they are
	settling bool         // it puts right where writes went

	push, report bool          // something is left to do for these stages
	rests        time.Duration // of what has to rest first, the longest
}

// since is how long a scan has waited for its tab to be quiet.
func (s *scanning) since() time.Time { return waitingSince(s.events, s.Now()) }

// waitingSince is when the first of some events came; now, if there is none.
func waitingSince(events []sheet24.Event, now time.Time) time.Time {
	if len(events) == 0 {
		return now
	}
	return events[0].ReceivedAt
}

// wake wakes what a scan left work for.
func (s *scanning) wake(ctx context.Context) {
	if s.push {
		s.Wake.Push(ctx, s.t.PortalID)
	}
	if s.rests > 0 {
		s.Wake.PushLater(ctx, s.t.PortalID, s.rests)
	}
	if s.report {
		s.Wake.Report(ctx, s.t.ID)
	}
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
		if err := s.eachRow(ctx, tab, sheet24.Rows(first, first+pageRows-1)); err != nil {
			return err
		}
		first += pageRows
		if err := s.nextPage(ctx, s.t, tab, sheet24.Rows(first, first+pageRows-1)); err != nil {
			return err
		}
	}
	if err := s.eachRow(ctx, tab, sheet24.Rows(first, 0)); err != nil {
		return err
	}
	if s.t.SecondLook.At.IsZero() {
		return nil
	}
	return s.Store.SetSecondLook(ctx, s.t.ID, sheet24.SecondLook{})
}

// find finds what differs in rows, and those of which it cannot be told what they are.
func (s *scanning) find(ctx context.Context, tab *tab) (found sheet24.Scanned, err error) {
	if err := s.restoreIDs(ctx, tab); err != nil {
		return found, err
	}
	if err := s.strayStatuses(ctx, tab); err != nil {
		return found, err
	}
	refused, err := s.giveKeys(ctx, tab)
	if err != nil {
		return found, err
	}
	if found, err = s.compare(ctx, tab); err != nil {
		return found, err
	}
	found.Unidentified = append(found.Unidentified, refused...)
	return found, nil
}

// page stores what differs in the rows that were read last. Of a whole tab these are rows;
// the last page's have no end.
func (s *scanning) page(ctx context.Context, tab *tab, rows sheet24.Range) error {
	found, err := s.find(ctx, tab)
	if err != nil {
		return err
	}
	if err := s.brake(ctx, tab, found); err != nil {
		return err
	}

	found.Identified = slices.Sorted(maps.Keys(tab.rows))
	if s.whole {
		found.Covered = rows
	}
	if rows.LastRow == 0 {
		found.Events, found.Written = s.events, s.back.done
		if s.whole {
			if err := s.gone(ctx, tab, &found); err != nil {
				return err
			}
		}
	}
	if err := s.postponeEdits(ctx, found.Changes); err != nil {
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
	s.report = s.report || len(found.Unidentified) > 0
	return s.commit(ctx, sheet24.ScanStage, s.t, found)
}

// postponeEdits has edits of rows that were pushed a moment ago wait for those that follow: ten
// edits of a cell within a second are not ten writes.
func (s *scanning) postponeEdits(ctx context.Context, changes []sheet24.RowChange) error {
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

// grantEnded tells that a table's user has to connect Google again. The work
// waits: the store tells of it again once there is a grant.
func grantEnded(err error) bool {
	code := sheet24.AsError(err).Code
	return code == "google_reconnect" || code == "google_not_connected"
}

// waits says why a table's portal takes nothing for now, in the table's language.
func (p *Pipeline) waits(ctx context.Context, t *sheet24.Table) (string, error) {
	portal, err := p.Store.Portal(ctx, t.PortalID)
	if err != nil || portal.Paused == nil || !portal.Paused.Until.After(p.Now()) {
		return "", err
	}
	return locale.Error(t.Language, sheet24.Errorf(sheet24.Unavailable, portal.Paused.Code, portal.Host)), nil
}

// ignoreNotFound drops the error for a table that was deleted: its work is gone.
func ignoreNotFound(err error) error {
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil
	}
	return err
}
