package scan

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/tab"
)

// Scan reads the rows that a table's unprocessed events name, compares them
// with their snapshots, and leaves a pending change for each row that differs.
// It returns what follows.
func (p *Scanner) Scan(ctx context.Context, tableID int64) (next sheet24.Next, err error) {
	defer p.Rows.Survive(sheet24.ScanStage, tableID, &next.More, &err)
	t, err := p.Store.Table(ctx, tableID)
	if err != nil || !t.Enabled {
		return next, sheet24.IgnoreNotFound(err)
	}
	if wait := t.SecondLook.At.Sub(p.Now()); wait > 0 {
		next.ScanLater(tableID, wait)
		return next, nil
	}

	// Where to look.
	events, err := p.Store.UnprocessedEvents(ctx, tableID, scanEvents)
	if err != nil {
		return next, err
	}
	next.More = len(events) == scanEvents
	if wait := p.unfinished(events); wait > 0 {
		next.ScanLater(tableID, wait)
		return next, nil
	}

	s := &scanning{scanner: p, tabs: p.Tabs, next: &next, t: t, events: events}
	rows, err := s.prepare(ctx)
	if err != nil {
		return next, p.stopped(ctx, &next, t, events, nil, err)
	}
	if len(rows) == 0 {
		return next, nil
	}

	portal, err := p.Store.Portal(ctx, t.PortalID)
	if err != nil {
		return next, err
	}
	s.pausedReason = locale.Paused(t.Language, portal, p.Now())

	began := p.Now()
	if s.whole {
		err = p.describe(ctx, t, events)
	}
	if err == nil {
		err = s.scan(ctx, rows)
	}
	if err != nil {
		return next, p.stopped(ctx, &next, t, events, s.again, err)
	}

	s.wake()
	told := slices.ContainsFunc(events, func(e sheet24.Event) bool { return e.Type != sheet24.Recheck })
	return next, p.schedulePoll(ctx, t, scanResult{whole: s.whole, told: told, found: s.push, events: len(events), took: p.Now().Sub(began)})
}

// prepare does what comes before the rows are read, and returns which are: those that events
// name or that were written back, or the whole tab. None: the scan is over.
func (s *scanning) prepare(ctx context.Context) (rows []sheet24.Range, err error) {
	p, t := s.scanner, s.t
	rows, s.whole = eventRows(t, s.events)
	if p.pollDue(t) || !t.SecondLook.At.IsZero() {
		rows, s.whole = tab.Whole(t), true
	}

	// Where writes went of which nobody has seen that, before anything is believed.
	if s.doubts, err = p.Tabs.SettleBegun(ctx, s.next, t, s.events); err != nil {
		return nil, err
	}

	// What is to be written into cells, first: it is no edit.
	if s.back, err = p.writeBack(ctx, t, s.events, s.doubts); err != nil {
		return nil, err
	}
	if !s.whole {
		rows = tab.Join(append(rows, s.back.rows...))
	}
	if len(rows) == 0 {
		err = s.nothingToRead(ctx)
	}
	return rows, err
}

// nothingToRead ends a scan whose events name no rows.
func (s *scanning) nothingToRead(ctx context.Context) error {
	if len(s.events)+len(s.back.done) == 0 {
		return nil
	}

	found := sheet24.Scanned{Events: s.events, Written: s.back.done}
	return s.scanner.Rows.CommitScan(ctx, s.scanner.Store, s.next, sheet24.ScanStage, s.t, found)
}

// movingWait is how soon a tab is read anew whose rows or columns are being moved.
const movingWait = time.Second

// stopped takes the error that ended a scan, and says in next what follows. What is about the moment is no trouble with the sheet: its events stay, and it is looked at
// anew.
func (p *Scanner) stopped(ctx context.Context, next *sheet24.Next, t *sheet24.Table, events []sheet24.Event, again *sheet24.SecondLook, err error) error {
	next.More = false
	switch {
	case again != nil:
		return p.waitForSecondLook(ctx, next, t, *again)
	case tab.Moving(err):
		next.ScanLater(t.ID, movingWait)
		return nil
	case sheet24.Exchanged(err): // it is scanned as what it is now
		next.More = true
		return nil
	}
	return p.recordSheetProblem(ctx, t, events, err)
}

// pageRows is how many rows of a whole tab are read at once.
const pageRows = 20000

// scanning is one scan at work.
type scanning struct {
	scanner      *Scanner
	tabs         *tab.Access
	next         *sheet24.Next
	t            *sheet24.Table
	events       []sheet24.Event
	whole        bool
	back         *writtenBack
	doubts       tab.Doubts
	pausedReason string              // why the portal takes nothing for now
	again        *sheet24.SecondLook // what is to be looked at a second time

	unknown []unknownRow // of the whole tab: rows of which it is not certain which record they are

	push, report bool          // something is left to do for these stages
	delay        time.Duration // of what has to rest first, the longest
}

// since is how long a scan has waited for its tab to be quiet.
func (s *scanning) since() time.Time { return tab.WaitingSince(s.events, s.scanner.Now()) }

// wake wakes what a scan left work for.
func (s *scanning) wake() {
	if s.push {
		s.next.Push(s.t.PortalID)
	}
	if s.delay > 0 {
		s.next.PushLater(s.t.PortalID, s.delay)
	}
	if s.report {
		s.next.Report(s.t.ID)
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

	sheet, err := s.tabs.Read(ctx, s.t, page)
	if err != nil {
		return err
	}
	if err := s.scanner.clearSheetProblem(ctx, s.t); err != nil {
		return err
	}
	if err := s.tabs.Follow(ctx, s.t, sheet.Layout); err != nil {
		return err
	}

	for s.whole && sheet.GoesOn(first+pageRows-1) {
		if err := s.eachRow(ctx, sheet, sheet24.Rows(first, first+pageRows-1)); err != nil {
			return err
		}
		first += pageRows
		if err := s.tabs.NextPage(ctx, s.t, sheet, sheet24.Rows(first, first+pageRows-1)); err != nil {
			return err
		}
	}

	if err := s.eachRow(ctx, sheet, sheet24.Rows(first, 0)); err != nil {
		return err
	}
	if s.t.SecondLook.At.IsZero() {
		return nil
	}
	return s.scanner.Store.SetSecondLook(ctx, s.t.ID, sheet24.SecondLook{})
}

// find finds what differs in rows, and those of which it cannot be told what they are.
func (s *scanning) find(ctx context.Context, sheet *tab.Tab) (found sheet24.Scanned, err error) {
	if err := s.restoreIDs(ctx, sheet); err != nil {
		return found, err
	}
	if err := s.strayStatuses(ctx, sheet); err != nil {
		return found, err
	}

	refused, err := s.giveKeys(ctx, sheet)
	if err != nil {
		return found, err
	}
	if found, err = s.compare(ctx, sheet); err != nil {
		return found, err
	}

	found.Unidentified = append(found.Unidentified, refused...)
	return found, nil
}

// page stores what differs in the rows that were read last. Of a whole tab these are rows;
// the last page's have no end.
func (s *scanning) page(ctx context.Context, sheet *tab.Tab, rows sheet24.Range) error {
	found, err := s.find(ctx, sheet)
	if err != nil {
		return err
	}

	if err := s.brake(ctx, sheet, found); err != nil {
		return err
	}

	found.Identified = slices.Sorted(maps.Keys(sheet.Rows))
	if s.whole {
		found.Covered = rows
	}
	if rows.LastRow == 0 {
		found.Events, found.Written = s.events, s.back.done
		if s.whole {
			if err := s.deletedRows(ctx, sheet, &found); err != nil {
				return err
			}
		}
	}

	if err := s.postponeEdits(ctx, found.Changes); err != nil {
		return err
	}

	for i, c := range found.Changes {
		s.push = s.push || c.Status == sheet24.Pending
		s.delay = max(s.delay, c.NotBefore.Sub(s.scanner.Now()))
		s.report = s.report || c.Status != sheet24.Pending || s.pausedReason != ""
		if c.Status == sheet24.Pending && c.Action != sheet24.Delete {
			found.Changes[i].Error = s.pausedReason
		}
	}

	s.report = s.report || len(found.Unidentified) > 0
	return s.scanner.Rows.CommitScan(ctx, s.scanner.Store, s.next, sheet24.ScanStage, s.t, found)
}

// postponeEdits has edits of rows that were pushed a moment ago wait for those that follow: ten
// edits of a cell within a second are not ten writes.
func (s *scanning) postponeEdits(ctx context.Context, changes []sheet24.RowChange) error {
	if s.scanner.Debounce == 0 || len(changes) == 0 {
		return nil
	}

	var ids []int64
	for _, c := range changes {
		ids = append(ids, c.EntityID)
	}
	settled, err := s.scanner.Store.SettledSince(ctx, s.t.ID, s.scanner.Now().Add(-s.scanner.Debounce), ids)
	if err != nil {
		return err
	}

	for i, c := range changes {
		if at, ok := settled[c.EntityID]; ok && c.Action == sheet24.Update {
			changes[i].NotBefore = at.Add(s.scanner.Debounce)
		}
	}
	return nil
}
