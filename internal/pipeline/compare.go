package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
)

// A comparison goes through a tab so many rows at a time. While it pushes, it leaves
// room for edits: no more than a backlog, and one smaller page, waits of it.
const (
	compareRows = 5000
	pushPage    = 1250
	pushBacklog = 500
)

// Compare goes on with what holds a table against the CRM: it looks for differences,
// has them pushed, or takes them into the sheet, one page of the tab. It tells whether
// there is more. It must not run while the table is scanned: both keep its snapshots.
func (p *Pipeline) Compare(ctx context.Context, tableID int64) (more bool, err error) {
	defer p.survive(sheet24.CompareStage, tableID, &more, &err)
	c, err := p.Store.Comparison(ctx, tableID)
	if err != nil || !c.Running() || c.Paused {
		return false, ignoreNotFound(err)
	}
	t, err := p.Store.Table(ctx, tableID)
	if err != nil || !t.Enabled {
		return false, ignoreNotFound(err)
	}
	if c.Binding != t.Binding {
		return true, nil // it was set up anew in between
	}
	from, before := c.State, *c
	portal, err := p.Store.Portal(ctx, t.PortalID)
	if err != nil {
		return false, err
	}
	if pause := portal.Paused; pause != nil && pause.Until.After(p.Now()) {
		return false, nil // its page says why; the sweeper wakes it again
	}
	k := &comparing{pushBatch: newPushBatch(p, portal), t: t, c: c, shown: map[int]sheet24.RowDifference{}, seen: map[int64]sheet24.Known{}}
	k.tables[t.ID] = t
	if from == sheet24.Pushing {
		open, err := p.Store.CountOpen(ctx, t.ID)
		if err != nil || open >= pushBacklog {
			return false, err
		}
	}
	left, err := k.settleBegun(ctx, t, nil)
	if moving(err) {
		return false, nil // the sweeper wakes it again
	}
	if err == nil {
		err = k.page(ctx, left)
	}
	if exchanged(err) {
		return true, nil
	}
	if err != nil {
		return false, k.waits(ctx, from, err)
	}
	c.Problem = ""
	return c.Running(), k.save(ctx, &before)
}

// save stores what a page brought. A row that the database does not take is counted as one
// that cannot be compared.
func (k *comparing) save(ctx context.Context, before *sheet24.Comparison) error {
	err := isolate.Guard(func() error { return k.Store.SaveCompared(ctx, k.c, before.State, k.found, k.seen) })
	if !isolate.Fault(err) {
		return err
	}

	// Until all of its rows are stored, the page is not done.
	err = isolate.Each(k.found, func(some []sheet24.RowDifference) error {
		return k.Store.SaveCompared(ctx, before, before.State, some, nil)
	}, func(d sheet24.RowDifference, err error) error {
		bad := k.failed(sheet24.RowChange{TableID: k.t.ID, EntityID: d.EntityID, Row: d.Row}, err)
		return k.Store.SaveCompared(ctx, before, before.State, []sheet24.RowDifference{bad}, nil)
	})
	if err != nil {
		return err
	}
	err = isolate.Each(slices.Sorted(maps.Keys(k.seen)), func(some []int64) error {
		seen := map[int64]sheet24.Known{}
		for _, id := range some {
			seen[id] = k.seen[id]
		}
		return k.Store.SaveCompared(ctx, before, before.State, nil, seen)
	}, func(id int64, err error) error {
		k.failed(sheet24.RowChange{TableID: k.t.ID, EntityID: id}, err)
		return nil
	})
	if err != nil {
		return err
	}
	return k.Store.SaveCompared(ctx, k.c, before.State, nil, nil)
}

// failed counts a row at which work of our own failed.
func (k *comparing) failed(c sheet24.RowChange, err error) sheet24.RowDifference {
	k.c.Counts.Problem++
	return sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Kind: sheet24.WouldFail,
		Message: locale.Error(k.t.Language, k.broken(sheet24.CompareStage, c, err))}
}

// comparing is one page of a comparison.
type comparing struct {
	*pushBatch
	t      *sheet24.Table
	c      *sheet24.Comparison
	tab    *tab
	rows   []sheet24.RowChange // of the page: all that their cells hold
	items  map[sheet24.ItemRef]*sheet24.Item
	fields entityFields
	found  []sheet24.RowDifference       // among them
	shown  map[int]sheet24.RowDifference // what the owner was shown of them, once they decided
	seen   map[int64]sheet24.Known       // what the CRM holds and somebody saw
}

// waits keeps why a comparison cannot go on for now; what may pass is tried again.
func (k *comparing) waits(ctx context.Context, from sheet24.ComparisonState, err error) error {
	e := sheet24.AsError(err)
	if e.Kind == sheet24.Internal || k.c.Problem == e.Code || ctx.Err() != nil {
		return err
	}
	if e.Code == sheet24.PortalSilent { // the portal is paused, and that is told beside
		return nil
	}
	c := *k.c
	c.State, c.Problem = from, e.Code
	if saved := k.Store.SaveCompared(ctx, &c, from, nil, nil); saved != nil {
		return saved
	}
	return err
}

// page reads the next rows and deals with them.
func (k *comparing) page(ctx context.Context, left doubts) error {
	first := max(k.c.DoneRow, k.t.HeaderRow) + 1
	last := first + compareRows - 1
	if k.c.State == sheet24.Pushing {
		last = first + pushPage - 1
	}
	var err error
	if k.tab, err = k.readRecords(ctx, k.t, []sheet24.Range{sheet24.Rows(first, last)}); err != nil {
		return err
	}
	k.tab.leaveOut(left)
	if err := k.follow(ctx, k.t, k.tab.layout); err != nil {
		return err
	}
	if k.c.State != sheet24.Comparing {
		shown, err := k.Store.Differences(ctx, k.t.ID, first-1, compareRows)
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
	for number := range k.tab.idAt {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	for number := range k.tab.rows {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	if k.tab.goesOn(last) {
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
			if err := k.Store.LeaveNone(ctx, k.t); err != nil {
				return err
			}
			return k.Recheck(ctx, k.t)
		}
	}
	return nil
}
