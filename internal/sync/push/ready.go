package push

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
	"sheet24/internal/sync/plan"
)

// lookUpRows is how many rows of a table are looked up at once, where other records have
// to be found for them.
const lookUpRows = 500

// resume begins with what an earlier push left, and with what was sent then.
func (b *pushing) resume(ctx context.Context) error {
	begun, err := b.pusher.Begun.Begun(ctx, b.portal.ID, b.pusher.Now().Add(-b.pusher.CRM.GivesUp()))
	if err != nil {
		return err
	}
	for _, w := range begun {
		of := sheet24.ItemRef{Entity: w.Entity, ID: w.EntityID}
		b.begun[w.EntityID] = append(b.begun[w.EntityID], beginning{plan.Key{Table: w.TableID, Record: w.EntityID}, of, w.Begun})
	}

	left, err := b.pusher.Claims.Interrupted(ctx, b.portal.ID)
	if err != nil {
		return err
	}
	return b.admit(ctx, left)
}

// claim takes up to so many due changes, unless a burst of them is being gathered.
func (b *pushing) claim(ctx context.Context, most int) error {
	if b.flood > 0 {
		b.flood--
	} else {
		wait, rows, err := b.pusher.gathers(ctx, b.portal.ID)
		if err != nil {
			return err
		}
		b.later, b.flood = wait, (rows-floodRows)/most
		if wait > 0 {
			b.due = false
			return nil
		}
	}

	changes, err := b.pusher.Claims.ClaimChanges(ctx, b.portal.ID, most)
	if err != nil {
		return err
	}
	b.due = len(changes) == most
	return b.admit(ctx, changes)
}

// admit takes claimed changes in: those for which other records have to be found are
// looked up first, the others can be read.
func (b *pushing) admit(ctx context.Context, changes []sheet24.RowChange) error {
	changes, err := b.prepare(ctx, changes)
	if err != nil {
		return err
	}

	var plain []*row
	for _, c := range changes {
		delete(b.settled, c.ID)
		c.Fields = maps.Clone(c.Fields)
		r := &row{change: c}
		b.recall(r)
		if b.plain(c) {
			plain = append(plain, r)
		} else {
			b.raw = append(b.raw, r)
		}
	}
	return b.wait(ctx, plain)
}

// plain reports whether nothing is to be known of a change but its record.
func (b *pushing) plain(c sheet24.RowChange) bool {
	fields, described := b.fields[b.plan.Ref(c).Entity]
	return described && !b.seeks(c) && !names(fields, c)
}

// seeks reports whether the record of a change is to be found by its table's keys.
func (b *pushing) seeks(c sheet24.RowChange) bool {
	return c.EntityID < 0 && c.Action != sheet24.Delete && len(b.plan.Tables[c.TableID].Policies.Keys) > 0
}

// names reports whether a row's cells name other records.
func names(fields plan.Fields, c sheet24.RowChange) bool {
	links := false
	err := isolate.Guard(func() error {
		for name, change := range c.Fields {
			links = links || len(mapping.LinksIn(fields[name], change.New)) > 0
		}
		return nil
	})
	return links || err != nil
}

// lookUp finds what has to be known of rows before their records are read, for many at
// once: the fields of their entities, which records they are by their keys, and which
// their cells name.
func (b *pushing) lookUp(ctx context.Context) error {
	if err := b.claimAlike(ctx); err != nil {
		return err
	}
	rows := b.raw
	b.raw = nil
	rows, err := b.describe(ctx, rows)
	if err != nil {
		return err
	}
	if rows, err = b.linkRows(ctx, rows); err != nil {
		return err
	}

	changes := make([]sheet24.RowChange, len(rows))
	for i, r := range rows {
		changes[i] = r.change
	}
	found, unfound := b.plan.Resolve(ctx, b.fields, changes)
	for _, r := range rows {
		r.found, r.unfound = found, unfound
	}
	return b.wait(ctx, rows)
}

// claimAlike claims more rows of the tables whose rows are to be looked up: many cost
// hardly more than few.
func (b *pushing) claimAlike(ctx context.Context) error {
	if b.later > 0 || b.yields {
		return nil
	}
	count := map[int64]int{}
	for _, r := range b.raw {
		if _, described := b.fields[b.plan.Ref(r.change).Entity]; described || b.seeks(r.change) {
			count[r.change.TableID]++
		}
	}

	for _, table := range slices.Sorted(maps.Keys(count)) {
		if most := lookUpRows - count[table]; most > 0 {
			more, err := b.pusher.Claims.ClaimOf(ctx, b.portal.ID, table, most)
			if err != nil {
				return err
			}
			if err := b.admit(ctx, more); err != nil {
				return err
			}
		}
	}
	return nil
}

// describe reads the fields of rows' entities, and returns those of which that was
// possible; the others end.
func (b *pushing) describe(ctx context.Context, rows []*row) ([]*row, error) {
	failed := map[sheet24.Entity]error{}
	var described, ended []*row
	for _, r := range rows {
		e := b.plan.Ref(r.change).Entity
		if b.fields[e] == nil && failed[e] == nil {
			fields, err := b.pusher.CRM.Fields(ctx, b.portal, e)
			if sheet24.IsKind(err, sheet24.Unavailable) {
				return nil, b.away(ctx, rows, err)
			}
			if failed[e] = err; err == nil {
				b.fields[e] = plan.ByName(fields)
			}
		}
		if failed[e] != nil {
			r.plan = plan.Plan{Err: failed[e]}
			ended = append(ended, r)
			continue
		}
		described = append(described, r)
	}
	return described, b.settleRows(ctx, ended)
}

// linkRows makes rows the records that their keys find, and returns those that go on. A
// row whose record may be being created is none by its keys before that is known.
func (b *pushing) linkRows(ctx context.Context, rows []*row) ([]*row, error) {
	var changes []sheet24.RowChange
	of := map[int64]*row{}
	for _, r := range rows {
		if b.seeks(r.change) && !b.open(r.begun) {
			b.made(r)
			changes = append(changes, r.change)
			of[r.change.ID] = r
		}
	}
	if len(changes) == 0 {
		return rows, nil
	}

	linked, err := b.link(ctx, changes)
	if err != nil {
		return nil, err
	}
	left := map[int64]bool{}
	for _, c := range linked {
		left[c.ID] = true
		of[c.ID].change = c
	}

	var goOn, ended []*row
	for _, r := range rows {
		refused, no := b.refused[r.change.ID]
		switch {
		case of[r.change.ID] != nil && !left[r.change.ID]: // part of another by now
		case no:
			delete(b.refused, r.change.ID)
			r.plan = refused
			ended = append(ended, r)
		default:
			b.recall(r)
			goOn = append(goOn, r)
		}
	}
	return goOn, b.settleRows(ctx, ended)
}

// wait has rows wait to be read, once it is known what the CRM was last known to hold of
// their records. One of which that cannot be read fails.
func (b *pushing) wait(ctx context.Context, rows []*row) error {
	return isolate.Each(rows, func(some []*row) error {
		changes := make([]sheet24.RowChange, len(some))
		for i, r := range some {
			changes[i] = r.change
		}
		if err := b.plan.Remember(ctx, changes); err != nil {
			return err
		}
		b.waiting = append(b.waiting, some...)
		return nil
	}, func(r *row, err error) error { return b.breaks(ctx, r, err) })
}

// breaks fails a row at which work of our own failed.
func (b *pushing) breaks(ctx context.Context, r *row, err error) error {
	b.settled[r.change.ID] = true
	b.free(r)
	b.report(r.change.TableID)
	return b.pusher.Rows.Fail(ctx, sheet24.PushStage, b.plan.Tables[r.change.TableID], r.change, err)
}

// planRead plans rows with what was read of their records: those that are to be written
// are ready, the others end, or wait.
func (b *pushing) planRead(ctx context.Context, rows []*row, reply sheet24.Reply) error {
	rows, err := b.boundRows(ctx, rows)
	if err != nil {
		return err
	}

	var changes []sheet24.RowChange
	var plans []plan.Plan
	var planned, ended []*row
	found := map[sheet24.Link][]int64{}
	now := time.Now()
	for _, r := range rows {
		ref := b.plan.Ref(r.change)
		r.read = now
		b.made(r)
		switch record := reply.Created[b.plan.ItemKey(r.change)]; {
		case b.settled[r.change.ID]: // it is part of another row's change by now
			b.free(r)
			continue
		case ref.ID > 0 && reply.Unread[ref.Entity] != nil:
			if err := reply.Unread[ref.Entity]; !b.readsAgain(r, err) {
				r.plan = plan.Plan{Err: err}
				ended = append(ended, r)
			}
			continue
		case ref.ID < 0 && record > 0: // we made it, and did not hear of it: now it is to be compared
			r.begun = nil
			r.change.Key, r.change.EntityID, r.change.Status = r.change.EntityID, record, sheet24.Pending
			r.plan = plan.Plan{}
			ended = append(ended, r)
			b.due = true
			continue
		}
		r.plan = b.plan.Planned(r.change, func() plan.Plan { return b.planWith(r, reply) })
		maps.Copy(found, r.found)
		planned, changes, plans = append(planned, r), append(changes, r.change), append(plans, r.plan)
	}

	b.plan.LookAgain(ctx, changes, plans, reply.Items, found)
	for i, r := range planned {
		r.plan = plans[i]
		switch {
		case b.mayLand(r, reply.Items[b.plan.Ref(r.change)]):
			b.postpone(r)
			ended = append(ended, r)
		case r.plan.Writes():
			b.ready = append(b.ready, r)
		default:
			ended = append(ended, r)
		}
	}
	return b.settleRows(ctx, ended)
}

// readsAgain has a row read once more whose record could not be read for now.
func (b *pushing) readsAgain(r *row, err error) bool {
	if !sheet24.IsKind(err, sheet24.Unavailable) || r.tries >= mostTries {
		return false
	}
	r.tries++
	b.again(r)
	return true
}

// planWith says what must be done about a row, by what was read.
func (b *pushing) planWith(r *row, reply sheet24.Reply) plan.Plan {
	ref := b.plan.Ref(r.change)
	b.recallMade(r)
	b.land(r, reply.Items[ref])
	if err := plan.LinksFailed(b.fields[ref.Entity], r.change, r.unfound); err != nil {
		return plan.Plan{Err: err}
	}
	p := b.plan.PlanChange(b.fields[ref.Entity], reply.Items[ref], r.change, r.found)
	if err := reply.Unfound[ref.Entity]; p.Create && p.Err == nil && err != nil {
		return plan.Plan{Err: err} // it may be there already
	}
	if horizon := reply.Horizon[ref.Entity]; p.Create && p.Err == nil && r.begun != nil && r.begun.At.Before(horizon) && !b.open(r.begun) {
		return plan.Plan{Err: sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordDoubt)} // only a person can tell
	}
	return b.nextWay(r, p)
}
