package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

const (
	pushRows  = 1250 // that one push takes at most: half of what one request reads, so that the first write comes soon
	writeRows = 200  // that are written, and then settled, at once: four batches
)

// Push takes the due changes of a portal's tables, reads what the CRM holds,
// sends what differs, and settles each row. It tells whether there may be more.
func (p *Pipeline) Push(ctx context.Context, portalID int64) (more bool, err error) {
	defer p.survive(sheet24.PushStage, portalID, &more, &err)
	portal, err := p.Store.Portal(ctx, portalID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	wait, err := p.gathers(ctx, portalID)
	if err != nil {
		return false, err
	}
	if wait > 0 {
		p.Wake.PushLater(ctx, portalID, wait)
		return false, nil
	}
	changes, err := p.Store.ClaimChanges(ctx, portalID, pushRows)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	claimed := len(changes)
	b := newPushBatch(p, portal)
	if changes, err = b.prepare(ctx, changes); exchanged(err) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	changes = inTurn(changes)

	// Two rows of one record go one after the other: each is compared with what
	// the CRM holds then.
	for rest := changes; len(rest) > 0 && err == nil; {
		var now []sheet24.RowChange
		now, rest = b.distinct(rest)
		err = b.pushEach(ctx, now)
		if b.yielded {
			return true, err
		}
	}
	return claimed == pushRows && b.pause == nil, err
}

// pushBatch is one push at work.
type pushBatch struct {
	*Pipeline
	portal  *sheet24.Portal
	tables  map[int64]*sheet24.Table
	pause   *sheet24.Pause
	known   map[knownKey]sheet24.Known
	back    map[knownKey]bool // records that were to be deleted, and whose rows are in the sheet again
	refused map[int64]rowPlan // changes that cannot be sent, known before they are planned
	settled map[int64]bool    // changes

	yielded bool // it left the rest of its changes to the next push
}

func newPushBatch(p *Pipeline, portal *sheet24.Portal) *pushBatch {
	return &pushBatch{Pipeline: p, portal: portal, tables: map[int64]*sheet24.Table{}, known: map[knownKey]sheet24.Known{},
		back: map[knownKey]bool{}, refused: map[int64]rowPlan{}, settled: map[int64]bool{}}
}

// knownKey names a record of a table.
type knownKey struct{ tableID, entityID int64 }

// ref is the record that a change is about.
func (b *pushBatch) ref(c sheet24.RowChange) sheet24.ItemRef {
	return sheet24.ItemRef{Entity: b.tables[c.TableID].Entity, ID: c.EntityID}
}

// distinct parts the first change of each record from those that come after.
func (b *pushBatch) distinct(changes []sheet24.RowChange) (first, rest []sheet24.RowChange) {
	seen := map[sheet24.ItemRef]bool{}
	for _, c := range changes {
		if r := b.ref(c); seen[r] {
			rest = append(rest, c)
		} else {
			seen[r] = true
			first = append(first, c)
		}
	}
	return first, rest
}

// push brings changes of different records to the CRM: it reads them all at once
// and settles those that are written, a few batches at a time.
func (b *pushBatch) push(ctx context.Context, changes []sheet24.RowChange) error {
	plans, err := b.plan(ctx, changes)
	if err != nil {
		return err
	}
	var ready []int // indexes of what is to be written; the rest is settled already
	var settled []int
	for i, plan := range plans {
		if plan.writes() {
			ready = append(ready, i)
		} else {
			settled = append(settled, i) // it cannot be sent, or the CRM holds it
		}
	}
	if err := b.settleAll(ctx, changes, plans, settled); err != nil {
		return err
	}
	for chunk := range slices.Chunk(ready, writeRows) {
		if chunk, err = b.present(ctx, changes, chunk); err != nil {
			return err
		}
		var writes []sheet24.ItemWrite
		for _, i := range chunk {
			writes = append(writes, plans[i].write)
		}
		if err := b.noteConflicts(ctx, changes, plans, chunk); err != nil {
			return err
		}
		for n, w := range b.CRM.Write(ctx, b.portal, writes) {
			b.wrote(ctx, &changes[chunk[n]], &plans[chunk[n]], w)
		}
		if err := b.settleAll(ctx, changes, plans, chunk); err != nil {
			return err
		}
		if b.yielded, err = b.yields(ctx); err != nil || b.yielded {
			return err
		}
	}
	return nil
}

// noteConflicts stores what writes are about to overwrite that somebody changed in the
// CRM: should the process end before they are settled, nothing else would tell of it.
func (b *pushBatch) noteConflicts(ctx context.Context, changes []sheet24.RowChange, plans []rowPlan, chunk []int) error {
	var noted []sheet24.RowChange
	for _, i := range chunk {
		conflict := false
		for field, change := range plans[i].fields {
			if change.Conflict {
				change.Tried, conflict = true, true
				plans[i].fields[field] = change
			}
			changes[i].Fields[field] = change
		}
		if conflict {
			noted = append(noted, changes[i])
		}
	}
	if len(noted) == 0 {
		return nil
	}
	return b.Store.NoteFields(ctx, noted)
}

// yields tells whether tables wait that this push has nothing of: the next one takes
// them in, and what this one leaves behind.
func (b *pushBatch) yields(ctx context.Context) (bool, error) {
	return b.Store.WaitingBeside(ctx, b.portal.ID, slices.Collect(maps.Keys(b.tables)))
}

// settleAll stores how the changes named by their indexes ended, and pauses the
// portal if one of them says so. A push that is being stopped leaves its rows as
// they are: the next one begins with them.
func (b *pushBatch) settleAll(ctx context.Context, changes []sheet24.RowChange, plans []rowPlan, indexes []int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(indexes) == 0 {
		return nil
	}
	var done []sheet24.RowChange
	var reached bool
	wake := map[int64]bool{}
	for _, i := range indexes {
		if err := isolate.Guard(func() error { b.settle(&changes[i], plans[i]); return nil }); err != nil {
			b.settle(&changes[i], rowPlan{err: b.broken(sheet24.PushStage, changes[i], err)})
		}
		done = append(done, changes[i])
		if !changes[i].Quiet {
			wake[changes[i].TableID] = true
		}
		reached = reached || plans[i].err == nil
	}
	switch {
	case b.pause != nil:
		if err := b.Store.PausePortal(ctx, b.portal.ID, *b.pause); err != nil {
			return err
		}
	case b.portal.Paused != nil && reached:
		if err := b.Store.ResumePortal(ctx, b.portal.ID); err != nil {
			return err
		}
		b.portal.Paused = nil
	}
	if err := b.store(ctx, done); err != nil {
		return err
	}
	for id := range wake {
		b.Wake.Report(ctx, id)
	}
	return nil
}

// wrote takes how a write ended. The answer shows what the record holds by now; one that
// was lost leaves open whether that is the old or the new.
func (b *pushBatch) wrote(ctx context.Context, c *sheet24.RowChange, plan *rowPlan, w sheet24.Written) {
	plan.err = w.Err
	fields, _ := b.CRM.Fields(ctx, b.portal, b.ref(*c).Entity) // they were there a moment ago
	switch {
	case w.Err == nil:
		for _, f := range fields {
			if _, written := plan.known[f.Name]; written && w.Holds != nil && f.Type != "crm_multifield" {
				plan.known[f.Name] = []any{w.Holds[f.Name]}
			}
		}
		if plan.create {
			c.Key, c.EntityID = c.EntityID, w.ID
			if w.Existed { // by an earlier attempt, perhaps with other values: the next push compares
				plan.create = false
				plan.known = nil
				c.Status = sheet24.Pending
			}
		}
	case !sheet24.IsKind(w.Err, sheet24.Invalid):
		before := b.known[knownKey{c.TableID, c.EntityID}]
		for field, now := range plan.known {
			plan.known[field] = append(slices.Clone(before[field]), now...)
			if len(before[field]) == 0 {
				plan.known[field] = append(plan.known[field], plan.held[field])
			}
		}
	default:
		plan.known = nil
	}
}

// settle decides how a change ends: a fault that may pass, or that its owner can
// mend (a webhook that expired), is tried again; as long as the portal is paused,
// no change gives up.
func (b *pushBatch) settle(c *sheet24.RowChange, plan rowPlan) {
	t := b.tables[c.TableID]
	c.Known, c.Forget, c.Left, c.TwinOf = plan.known, plan.forget, plan.left, plan.twin
	c.Note = sentences(c.Note, plan.note)
	err := plan.err
	if err == nil && c.Key != 0 && c.Status == sheet24.Pending {
		c.NotBefore, c.Error = b.Now(), ""
		return
	}
	if err == nil {
		c.Status, c.Error = sheet24.Completed, ""
		switch {
		case len(plan.asks) > 0 && len(plan.fields) == 0:
			c.Status, c.Fields = sheet24.Asked, plan.asks
		case len(plan.asks) > 0:
			c.Fields, c.Asks = plan.fields, plan.asks
		case plan.fields != nil:
			c.Fields = plan.fields
		}
		c.Quiet = t.StatusColumn.Name == "" && c.Status == sheet24.Completed && c.Action == sheet24.Update && c.Key == 0
		return
	}
	e := sheet24.AsError(err)
	c.Error = locale.Error(t.Language, e)
	if e.Kind == sheet24.Internal {
		b.Log.Error("push", "table", t.ID, "record", c.EntityID, "error", err)
	}
	now := b.Now()
	if pause, ok := sheet24.PauseFor(e, now); ok {
		if b.pause == nil {
			b.Log.Warn("portal paused", "portal", b.portal.Host, "until", pause.Until, "error", err)
			b.pause = &pause
		}
		c.Status, c.NotBefore = sheet24.Pending, now // the pause holds it
		return
	}
	switch {
	case e.Kind == sheet24.Invalid || e.Kind == sheet24.NotFound:
		c.Status = sheet24.Failed
	case now.Sub(c.CreatedAt) > b.retry().For:
		c.Status = sheet24.Failed
		c.Error = locale.Error(t.Language, sheet24.Errorf(sheet24.Unavailable, "too_many_attempts", mapping.Text(float64(c.Attempts)), c.Error))
	default:
		c.Status = sheet24.Pending
		c.NotBefore = now.Add(b.retry().after(c.Attempts))
		if !errors.Is(err, context.Canceled) {
			b.Log.Warn("push will be tried again", "table", t.ID, "record", c.EntityID, "attempt", c.Attempts, "error", err)
		}
	}
}
