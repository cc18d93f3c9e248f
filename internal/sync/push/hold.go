package push

import (
	"context"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/sync/plan"
)

// postpone has a row wait until what was sent for its record before has landed, or never
// will.
func (b *pushing) postpone(r *row) {
	until := b.pusher.Now()
	for _, w := range append(slices.Clone(r.others), begunOf(r)...) {
		if landed := b.landed(w); landed.After(until) {
			until = landed
		}
	}
	r.until = until
	r.plan = plan.Plan{Err: sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalUnanswered, b.portal.Host)}
}

func begunOf(r *row) []sheet24.Begun {
	if r.begun == nil {
		return nil
	}
	return []sheet24.Begun{*r.begun}
}

// mostFailed is how many requests in a row may fail before the portal is left alone for a
// while: those that were not answered, and those with writes, that others in between do
// not make good.
const (
	mostFailed = 2
	mostUnmade = 4
)

// requestFailed takes that a request failed as a whole. Its rows are read again before
// they are sent again, unless the portal is to be left alone.
func (b *pushing) requestFailed(ctx context.Context, a answer) error {
	for i, r := range a.writes {
		b.wrote(r, a.reply.Written[i])
	}
	rows := slices.Concat(a.writes, a.reads)
	if isolate.Fault(a.reply.Err) {
		return b.requestBroke(ctx, rows, a.reply.Err)
	}
	if a.reply.Outcome == sheet24.Refused {
		return b.requestRefused(ctx, a)
	}

	b.failed++
	most := mostTries
	if a.reply.Outcome == sheet24.Open || sheet24.AsError(a.reply.Err).Code == sheet24.CodePortalUnreachable {
		most = mostFailed
	}
	if len(a.writes) > 0 {
		b.unmade++
		most++
	}
	if b.failed >= most || b.unmade >= mostUnmade || ctx.Err() != nil {
		return b.away(ctx, rows, a.reply.Err)
	}

	// A row that was alone in its request is what the portal breaks down on, perhaps: it
	// waits for longer, and holds up no other.
	if a.reply.Outcome == sheet24.Open && len(a.writes) == 1 {
		b.again(a.reads...)
		return b.settleRows(ctx, a.writes)
	}
	b.again(rows...)
	return nil
}

// requestRefused takes that a request was refused as a whole. A row for which there is another
// way is read again, the others end.
func (b *pushing) requestRefused(ctx context.Context, a answer) error {
	var ended []*row
	for i, r := range a.writes {
		if r.proves(a.reply.Written[i]) {
			b.toProve(r)
			b.again(r)
		} else {
			ended = append(ended, r)
		}
	}

	ended = append(ended, a.reads...)
	for _, r := range ended {
		r.plan = plan.Plan{Err: a.reply.Err}
	}
	return b.settleRows(ctx, ended)
}

// requestBroke takes that our own code broke down on a request: on which of its rows shows
// when they go with fewer others, and at last alone.
func (b *pushing) requestBroke(ctx context.Context, rows []*row, err error) error {
	if len(rows) == 1 {
		return b.breaks(ctx, rows[0], err)
	}
	for _, r := range rows {
		r.most = fewer(len(rows))
	}
	b.again(rows...)
	return nil
}

// endAll ends all rows that have been claimed and not sent with an error.
func (b *pushing) endAll(ctx context.Context, err error) error {
	rows := slices.Concat(b.raw, b.waiting, b.ready)
	b.raw, b.waiting, b.ready = nil, nil, nil
	for _, r := range rows {
		r.plan = plan.Plan{Err: err}
	}
	return b.settleRows(ctx, rows)
}

// away leaves a portal alone for a while that does not answer, or turns all away: its rows
// wait, and say why.
func (b *pushing) away(ctx context.Context, rows []*row, err error) error {
	b.stops = true
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, r := range rows {
		r.plan = plan.Plan{Err: err, Known: r.plan.Known}
	}
	if err := b.settleRows(ctx, rows); err != nil {
		return err
	}
	if pause, ok := sheet24.PauseFor(err, b.pusher.Now()); ok && b.pause == nil { // and no row is there to say so
		b.pause, b.why = &pause, err
		if err := b.paused(ctx, false); err != nil {
			return err
		}
	}
	if err := b.endAll(ctx, err); err != nil {
		return err
	}
	if b.pause != nil {
		return b.pusher.Store.Delayed(ctx, b.portal.ID, b.says(b.why))
	}

	times := 1
	if before, ok := b.pusher.down.Load(b.portal.ID); ok {
		times += before.(int)
	}
	b.pusher.down.Store(b.portal.ID, times)
	wait := b.pusher.retry().After(times)
	b.pusher.Log.Warn("the portal is left alone for a while", "portal", b.portal.Host, "wait", wait, "error", err)
	return b.holdUntil(ctx, "", b.pusher.Now().Add(wait), err)
}

// soon is how long a push waits itself for working time.
const soon = 2 * time.Second

// hold has all changes that need a kind of call wait until the portal has working time for
// it again, and reports whether that is so far off that they do.
func (b *pushing) hold(ctx context.Context, call sheet24.Call, again time.Time) (bool, error) {
	wait := time.Until(again)
	if again.IsZero() || wait < soon {
		return false, nil
	}
	if !b.full[call].Before(again) {
		return true, nil
	}

	b.full[call] = again
	b.wakes(func(n *sheet24.Next) { n.PushLater(b.portal.ID, wait) })
	needs := call
	if call == sheet24.Reading { // for whatever is written, its record is read
		needs = ""
	}
	return true, b.holdUntil(ctx, needs, b.pusher.Now().Add(wait), b.busyUntil())
}

func (b *pushing) busyUntil() error {
	return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalOperating, b.portal.Host)
}

// holdAll has all rows wait until the portal has working time to be read again.
func (b *pushing) holdAll(ctx context.Context, again time.Time) error {
	held, err := b.hold(ctx, sheet24.Reading, again)
	if err != nil || !held {
		return err
	}
	b.stops = true
	for _, r := range slices.Concat(b.raw, b.waiting, b.ready) {
		r.until = b.pusher.Now().Add(time.Until(again))
	}
	return b.endAll(ctx, b.busyUntil())
}

// holdFull has rows wait that need a kind of call for which the portal has no working time.
func (b *pushing) holdFull(ctx context.Context, t sheet24.Turn) error {
	for _, call := range []sheet24.Call{sheet24.Updating, sheet24.Creating, sheet24.Deleting} {
		needs := func(r *row) bool { return r.call() == call }
		if !slices.ContainsFunc(b.waiting, needs) {
			continue
		}
		room, again := t.Room(call)
		if room > 0 {
			continue
		}
		if held, err := b.hold(ctx, call, again); err != nil || !held {
			return err
		}

		var rows []*row
		b.waiting = slices.DeleteFunc(b.waiting, func(r *row) bool {
			if needs(r) {
				rows = append(rows, r)
			}
			return needs(r)
		})
		for _, r := range rows {
			r.until, r.plan = b.pusher.Now().Add(time.Until(again)), plan.Plan{Err: b.busyUntil()}
		}
		if err := b.settleRows(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// holdUntil has the due changes of the portal that need a kind of call ("": any) wait, and
// say why.
func (b *pushing) holdUntil(ctx context.Context, call sheet24.Call, until time.Time, why error) error {
	b.due = false
	return b.pusher.Store.Hold(ctx, b.portal.ID, call, until, b.says(why))
}

// says is what rows say of an error, in each language.
func (b *pushing) says(why error) func(language string) string {
	return func(language string) string { return locale.Error(language, why) }
}

// delayed has rows say that they wait for a portal that takes long to answer.
func (b *pushing) delayed(ctx context.Context) error {
	for _, f := range b.flights {
		if f.told || time.Since(f.sent) < b.pusher.slow() {
			continue
		}
		f.told = true
		if err := b.pusher.Store.Delayed(ctx, b.portal.ID, b.says(sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalSlow, b.portal.Host))); err != nil {
			return err
		}
	}
	return nil
}
