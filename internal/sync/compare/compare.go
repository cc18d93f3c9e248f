// Package compare holds a whole tab against the CRM, and does about what differs what its owner
// decides.
package compare

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/sync/plan"
	"sheet24/internal/tab"
)

// A comparison goes through a tab so many rows at a time. While it pushes, it leaves
// room for edits: no more than a backlog, and one smaller page, waits of it.
const (
	compareRows = 5000
	pushPage    = 1250
	pushBacklog = 500
)

// Store is what a comparison works off, and what it keeps.
type Store interface {
	isolate.Commits
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	Comparison(ctx context.Context, tableID int64) (*sheet24.Comparison, error)
	SaveCompared(ctx context.Context, c *sheet24.Comparison, from sheet24.ComparisonState, rows []sheet24.RowDifference, seen map[int64]sheet24.Known) error
	Differences(ctx context.Context, tableID int64, below, limit int) ([]sheet24.RowDifference, error)
	Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error)
	Open(ctx context.Context, tableID int64, records []int64) ([]sheet24.RowChange, error)
	CountOpen(ctx context.Context, tableID int64) (int, error)
	LeaveNone(ctx context.Context, t *sheet24.Table) error
	AddEvent(ctx context.Context, e *sheet24.Event) error
}

// Comparer compares tabs with the CRM. All fields are required.
type Comparer struct {
	Store Store
	Known plan.Store
	Tabs  *tab.Access
	CRM   sheet24.CRM
	Rows  isolate.Rows
	Now   func() time.Time
}

// Compare goes on with what holds a table against the CRM: it looks for differences,
// has them pushed, or takes them into the sheet, one page of the tab. It tells whether
// there is more. It must not run while the table is scanned: both keep its snapshots.
func (p *Comparer) Compare(ctx context.Context, tableID int64) (next sheet24.Next, err error) {
	defer p.Rows.Survive(sheet24.CompareStage, tableID, &next.More, &err)
	c, err := p.Store.Comparison(ctx, tableID)
	if err != nil || !c.Running() || c.Paused {
		return next, sheet24.IgnoreNotFound(err)
	}
	t, err := p.Store.Table(ctx, tableID)
	if err != nil || !t.Enabled {
		return next, sheet24.IgnoreNotFound(err)
	}
	if c.Binding != t.Binding {
		next.More = true // it was set up anew in between
		return next, nil
	}
	from, before := c.State, *c
	portal, err := p.Store.Portal(ctx, t.PortalID)
	if err != nil {
		return next, err
	}
	if pause := portal.Paused; pause != nil && pause.Until.After(p.Now()) {
		return next, nil // its page says why; the sweeper wakes it again
	}
	k := &comparing{comparer: p, plan: plan.New(p.Known, p.CRM, p.Rows, portal), tabs: p.Tabs, next: &next, t: t, c: c, shown: map[int]sheet24.RowDifference{}, seen: map[int64]sheet24.Known{}}
	k.plan.Tables[t.ID] = t
	if from == sheet24.Pushing {
		open, err := p.Store.CountOpen(ctx, t.ID)
		if err != nil || open >= pushBacklog {
			return next, err
		}
	}
	left, err := k.tabs.SettleBegun(ctx, &next, t, nil)
	if tab.Moving(err) {
		return next, nil // the sweeper wakes it again
	}
	if err == nil {
		err = k.page(ctx, left)
	}
	if sheet24.Exchanged(err) {
		next.More = true
		return next, nil
	}
	if err != nil {
		return next, k.waits(ctx, from, err)
	}
	c.Problem = ""
	next.More = c.Running()
	return next, k.save(ctx, &before)
}

// save stores what a page brought. A row that the database does not take is counted as one
// that cannot be compared.
func (k *comparing) save(ctx context.Context, before *sheet24.Comparison) error {
	err := isolate.Guard(func() error { return k.comparer.Store.SaveCompared(ctx, k.c, before.State, k.found, k.seen) })
	if !isolate.Fault(err) {
		return err
	}

	// Until all of its rows are stored, the page is not done.
	err = isolate.Each(k.found, func(some []sheet24.RowDifference) error {
		return k.comparer.Store.SaveCompared(ctx, before, before.State, some, nil)
	}, func(d sheet24.RowDifference, err error) error {
		bad := k.failed(sheet24.RowChange{TableID: k.t.ID, EntityID: d.EntityID, Row: d.Row}, err)
		return k.comparer.Store.SaveCompared(ctx, before, before.State, []sheet24.RowDifference{bad}, nil)
	})
	if err != nil {
		return err
	}
	err = isolate.Each(slices.Sorted(maps.Keys(k.seen)), func(some []int64) error {
		seen := map[int64]sheet24.Known{}
		for _, id := range some {
			seen[id] = k.seen[id]
		}
		return k.comparer.Store.SaveCompared(ctx, before, before.State, nil, seen)
	}, func(id int64, err error) error {
		k.failed(sheet24.RowChange{TableID: k.t.ID, EntityID: id}, err)
		return nil
	})
	if err != nil {
		return err
	}
	return k.comparer.Store.SaveCompared(ctx, k.c, before.State, nil, nil)
}

// failed counts a row at which work of our own failed.
func (k *comparing) failed(c sheet24.RowChange, err error) sheet24.RowDifference {
	k.c.Counts.Problem++
	return sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Kind: sheet24.WouldFail,
		Message: locale.Error(k.t.Language, k.comparer.Rows.Broken(sheet24.CompareStage, c, err))}
}

// comparing is one page of a comparison.
type comparing struct {
	comparer *Comparer
	plan     *plan.Planner
	tabs     *tab.Access
	next     *sheet24.Next
	t        *sheet24.Table
	c        *sheet24.Comparison
	sheet    *tab.Tab
	rows     []sheet24.RowChange // of the page: all that their cells hold
	items    map[sheet24.ItemRef]*sheet24.Item
	fields   plan.Fields
	found    []sheet24.RowDifference       // among them
	shown    map[int]sheet24.RowDifference // what the owner was shown of them, once they decided
	seen     map[int64]sheet24.Known       // what the CRM holds and somebody saw
}

// waits keeps why a comparison cannot go on for now; what may pass is tried again.
func (k *comparing) waits(ctx context.Context, from sheet24.ComparisonState, err error) error {
	e := sheet24.AsError(err)
	if e.Kind == sheet24.Internal || k.c.Problem == e.Code || ctx.Err() != nil {
		return err
	}
	if e.Code == sheet24.CodePortalSilent { // the portal is paused, and that is told beside
		return nil
	}
	c := *k.c
	c.State, c.Problem = from, e.Code
	if saved := k.comparer.Store.SaveCompared(ctx, &c, from, nil, nil); saved != nil {
		return saved
	}
	return err
}

// page reads the next rows and deals with them.
func (k *comparing) page(ctx context.Context, left tab.Doubts) error {
	first := max(k.c.DoneRow, k.t.HeaderRow) + 1
	last := first + compareRows - 1
	if k.c.State == sheet24.Pushing {
		last = first + pushPage - 1
	}
	var err error
	if k.sheet, err = k.tabs.ReadRecords(ctx, k.t, []sheet24.Range{sheet24.Rows(first, last)}); err != nil {
		return err
	}
	k.sheet.LeaveOut(left)
	if err := k.tabs.Follow(ctx, k.t, k.sheet.Layout); err != nil {
		return err
	}
	if k.c.State != sheet24.Comparing {
		shown, err := k.comparer.Store.Differences(ctx, k.t.ID, first-1, compareRows)
		if err != nil {
			return err
		}
		for _, d := range shown {
			k.shown[d.Row] = d
		}
	}
	if err := k.difference(ctx, first, last); err != nil {
		return err
	}
	switch k.c.State {
	case sheet24.Pushing:
		err = k.send(ctx)
	case sheet24.Taking:
		err = k.take(ctx)
	}
	if err != nil {
		return err
	}
	k.c.DoneRow = last
	for number := range k.sheet.IDAt {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	for number := range k.sheet.Rows {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	if k.sheet.GoesOn(last) {
		return nil
	}
	k.c.DoneRow = k.c.LastRow
	return k.end(ctx)
}

// end closes what a comparison did last.
func (k *comparing) end(ctx context.Context) error {
	state := k.c.State
	k.c.State = sheet24.Done
	switch state {
	case sheet24.Comparing:
		if k.c.State = sheet24.Compared; k.c.Counts.Update+k.c.Counts.Fill+k.c.Counts.Create+k.c.Counts.Problem == 0 {
			k.c.State = sheet24.Done // both agree: there is nothing to decide
		}
	case sheet24.Pushing:
		if k.t.Policies.Seeks() { // rows without an id are the next scan's
			if err := k.comparer.Store.LeaveNone(ctx, k.t); err != nil {
				return err
			}
			if err := k.comparer.Store.AddEvent(ctx, sheet24.NewRecheck(k.t.ID)); err != nil {
				return err
			}
			k.next.Scan(k.t.ID)
		}
	}
	return nil
}
