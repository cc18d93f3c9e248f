package push

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/sync/plan"
)

// answered takes what came of a request. What is known of its rows is stored; those that
// were not sent, and those whose end is not known, are read again before anything else is
// done to them.
func (b *pushing) answered(ctx context.Context, a answer) error {
	b.flights = slices.DeleteFunc(b.flights, func(f *flight) bool { return f == a.flight })
	b.stuck = false
	if a.reply.Err != nil {
		return b.requestFailed(ctx, a)
	}
	b.reached(a)

	ended, again := b.written(ctx, a)
	b.again(again...)
	if err := b.settleRows(ctx, ended); err != nil {
		return err
	}
	if err := b.planRead(ctx, a.reads, a.reply); err != nil {
		return err
	}
	if b.held == nil || len(b.ready) == 0 || b.stops {
		return nil
	}
	t := b.held
	b.held = nil
	return b.fill(ctx, t)
}

// reached learns from a request that was answered.
func (b *pushing) reached(a answer) {
	b.failed = 0
	b.pusher.down.Delete(b.portal.ID)
	if len(a.writes) > 0 {
		b.unmade = 0
	}
	took := time.Since(a.sent)
	if b.took == 0 {
		b.took = took
	}
	b.took = (3*b.took + took) / 4
}

// written takes how writes ended, and returns the rows that are done with, and those that
// are to be read again.
func (b *pushing) written(ctx context.Context, a answer) (ended, again []*row) {
	for i, r := range a.writes {
		w := a.reply.Written[i]
		proves := r.proves(w)
		b.wrote(r, w)
		switch {
		case proves:
			b.toProve(r)
			again = append(again, r)
		case w.Outcome == sheet24.Unsent && r.tries < mostTries:
			r.tries++
			again = append(again, r)
		case w.Outcome == sheet24.Open && r.begun.Together > 1:
			again = append(again, r)
		default:
			ended = append(ended, r)
		}
	}
	return ended, again
}

// mostTries is how often a row, or a portal, that is turned away is tried again at once.
const mostTries = 6

// wrote takes how a write ended. The answer shows what the record holds by now; one that
// was lost leaves open whether that is the old or the new.
func (b *pushing) wrote(r *row, w sheet24.Written) {
	c, p := &r.change, &r.plan
	p.Err = w.Err
	switch w.Outcome {
	case sheet24.Made:
		if over := b.passedOver(r, w); len(over) > 0 {
			p.Err = b.keeps(r, over)
		}
		if r.begun != nil { // and that it was carried out shows no longer
			blind := *r.begun
			blind.Blind = true
			r.begun = &blind
		}
		for _, f := range b.fields[b.plan.Ref(*c).Entity] {
			if _, written := p.Known[f.Name]; written && w.Holds != nil && !change.IsContact(f) {
				p.Known[f.Name] = []any{w.Holds[f.Name]}
			}
		}
		if p.Create {
			b.free(r)
			c.Key, c.EntityID = c.EntityID, w.ID
		}
	case sheet24.Open:
		key := plan.Key{Table: c.TableID, Record: c.EntityID}
		known := maps.Clone(b.plan.Known[key])
		if known == nil {
			known = sheet24.Known{}
		}
		for field, now := range p.Known {
			may := anyOf(known[field], now...)
			if len(known[field]) == 0 {
				may = anyOf(may, p.Held[field])
			}
			p.Known[field], known[field] = may, may
		}
		b.plan.Known[key] = known
		r.begun, r.may = r.sending, maps.Clone(p.Known)
	case sheet24.Unsent:
		c.Fields = r.before
	default:
		if !r.proves(w) {
			p.Known = nil
		}
	}
	r.sending = nil
}

// settleRows stores how rows ended, and pauses the portal if one of them says so. A push
// that is being ended stores it all the same, unless somebody else may be pushing by now.
func (b *pushing) settleRows(ctx context.Context, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		if err := sheet24.CheckLease(ctx); err != nil || errors.Is(context.Cause(ctx), sheet24.ErrLeaseLost) {
			return ctx.Err()
		}
		rows = slices.DeleteFunc(rows, func(r *row) bool { return r.plan.Err != nil }) // as if nothing had been heard of them
		kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
		defer cancel()
		ctx = kept
	}

	var done []sheet24.RowChange
	reached := false
	wake := map[int64]bool{}
	for _, r := range rows {
		if err := isolate.Guard(func() error { b.settle(r); return nil }); err != nil {
			r.plan = plan.Plan{Err: b.pusher.Rows.Broken(sheet24.PushStage, r.change, err)}
			b.settle(r)
		}
		b.free(r)
		done = append(done, r.change)
		reached = reached || r.plan.Err == nil
		if !r.change.Quiet {
			wake[r.change.TableID] = true
		}
	}
	if err := b.paused(ctx, reached); err != nil {
		return err
	}
	if err := b.store(ctx, done); err != nil {
		return err
	}
	for id := range wake {
		b.report(id)
	}
	if b.pause == nil || b.stops {
		return nil
	}

	// What else was claimed waits for the same.
	b.stops = true
	if err := b.endAll(ctx, b.why); err != nil {
		return err
	}
	return b.pusher.Store.Delayed(ctx, b.portal.ID, b.says(b.why))
}

// lastWord is how long storing what is known may take once a push is being ended.
const lastWord = 4 * time.Second

// paused stores that the portal is to be left alone, or no longer.
func (b *pushing) paused(ctx context.Context, reached bool) error {
	switch {
	case b.pause != nil:
		return b.pusher.Store.PausePortal(ctx, b.portal.ID, *b.pause)
	case b.portal.Paused != nil && reached:
		if err := b.pusher.Store.ResumePortal(ctx, b.portal.ID); err != nil {
			return err
		}
		b.portal.Paused = nil
	}
	return nil
}

// settle decides how a row's change ends: a fault that may pass, or that its owner can
// mend (a webhook that expired), is tried again; as long as the portal is paused, no
// change gives up.
func (b *pushing) settle(r *row) {
	c, p := &r.change, r.plan
	t := b.plan.Tables[c.TableID]
	c.Known, c.Forget, c.Left, c.TwinOf = p.Known, p.Forget, p.Left, p.Twin
	for field, may := range r.may {
		if _, now := c.Known[field]; !now {
			c.Known = with(c.Known, field, may)
		}
	}
	c.Note = sentences(c.Note, p.Note)
	if !b.open(r.begun) {
		r.begun = nil
	}
	c.Begun = r.begun
	b.note(r)

	err := p.Err
	if err == nil && c.Key != 0 && c.Status == sheet24.Pending {
		c.NotBefore, c.Error = b.pusher.Now(), ""
		return
	}
	if err == nil {
		b.complete(c, p)
		return
	}
	e := sheet24.AsError(err)
	c.Error = locale.Error(t.Language, e)
	if e.Kind == sheet24.Internal {
		b.pusher.Log.Error("push", "table", t.ID, "record", c.EntityID, "error", err)
	}

	now := b.pusher.Now()
	if pause, ok := sheet24.PauseFor(e, now); ok {
		if b.pause == nil {
			b.pusher.Log.Warn("portal paused", "portal", b.portal.Host, "until", pause.Until, "error", err)
			b.pause, b.why = &pause, err
		}
		c.Status, c.NotBefore = sheet24.Pending, now // the pause holds it
		return
	}
	c.TriedSince = change.TriedSince(*c, now)
	switch {
	case e.Kind == sheet24.Invalid || e.Kind == sheet24.NotFound:
		c.Status = sheet24.Failed
	case now.Sub(c.TriedSince) > b.pusher.retry().For && r.begun == nil:
		c.Status = sheet24.Failed
		c.Error = locale.Error(t.Language, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeTooManyAttempts, mapping.Text(float64(c.Attempts)), c.Error))
	case !r.until.IsZero():
		c.Status, c.NotBefore = sheet24.Pending, r.until
	default:
		c.Status, c.NotBefore = sheet24.Pending, now.Add(b.pusher.retry().After(c.Attempts))
		if r.begun != nil && r.begun.Write.Adds() { // before that there is nothing to be done
			c.NotBefore = b.landed(*r.begun)
		}
		b.pusher.Log.Warn("push will be tried again", "table", t.ID, "record", c.EntityID, "attempt", c.Attempts, "error", err)
	}
}

// with is what is known, and of a field besides.
func with(known sheet24.Known, field string, values []any) sheet24.Known {
	more := maps.Clone(known)
	if more == nil {
		more = sheet24.Known{}
	}
	more[field] = values
	return more
}

// complete is how a change ends that the CRM holds, or that its owner has to decide about.
func (b *pushing) complete(c *sheet24.RowChange, p plan.Plan) {
	c.Status, c.Error = sheet24.Completed, ""
	switch {
	case len(p.Asks) > 0 && len(p.Fields) == 0:
		c.Status, c.Fields = sheet24.Asked, p.Asks
	case len(p.Asks) > 0:
		c.Fields, c.Asks = p.Fields, p.Asks
	case p.Fields != nil:
		c.Fields = p.Fields
	}
	c.Quiet = b.plan.Tables[c.TableID].StatusColumn.Name == "" && c.Status == sheet24.Completed && c.Action == sheet24.Update && c.Key == 0
}
