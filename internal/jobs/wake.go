package jobs

import (
	"context"
	"encoding/json"
	"time"

	"sheet24"
)

// trusted is for how long it is believed, of a database that is ours alone, that River
// carries a wake-up that it was given. The sweeper looks, and renews what is so.
const trusted = 5 * time.Second

// Wake wakes stages, some of them after a while.
func (r *Runner) Wake(ctx context.Context, all ...sheet24.WakeUp) {
	var now []task
	for _, w := range all {
		t := task{string(w.Stage), w.ID}
		if w.After > 0 {
			r.later(ctx, t, w.After)
		} else {
			now = append(now, t)
		}
	}
	r.wake(ctx, now...)
}

// Scan wakes the scan of a table.
func (r *Runner) Scan(ctx context.Context, tableID int64) { r.wake(ctx, task{scan, tableID}) }

// Push wakes the push to a portal.
func (r *Runner) Push(ctx context.Context, portalID int64) { r.wake(ctx, task{push, portalID}) }

// Compare wakes what holds a table against the CRM.
func (r *Runner) Compare(ctx context.Context, tableID int64) { r.wake(ctx, task{compare, tableID}) }

// later wakes a stage after a while, or sooner if that was asked for already.
func (r *Runner) later(ctx context.Context, t task, d time.Duration) {
	ctx = context.WithoutCancel(ctx)
	at := time.Now().Add(d)

	r.mu.Lock()
	defer r.mu.Unlock()
	if before, ok := r.delayed[t]; ok && !at.Before(before) {
		return
	}

	r.delayed[t] = at
	time.AfterFunc(d, func() {
		r.mu.Lock()
		if r.delayed[t].Equal(at) {
			delete(r.delayed, t)
		}
		r.mu.Unlock()
		if !r.stopped.Load() {
			r.wake(ctx, t)
		}
	})
}

// wake has stages run, unless they are about to, or failed a moment ago.
func (r *Runner) wake(ctx context.Context, tasks ...task) {
	ctx = context.WithoutCancel(ctx) // who woke us may go away, as a request does; the wake-up stays
	var due []task
	for _, t := range tasks {
		if r.due(ctx, t) {
			due = append(due, t)
		}
	}
	r.send(ctx, due)
}

// send gives wake-ups to River.
func (r *Runner) send(ctx context.Context, tasks []task) {
	if len(tasks) == 0 {
		return
	}

	if err := r.insert(ctx, tasks); err != nil {
		for _, t := range tasks {
			r.begun(t)
		}
		r.log.Warn("wake-ups were lost; the sweeper will find the work", "jobs", len(tasks), "error", err)
	}
}

// due reports whether a task is to be woken. That it waits already is known of our own
// jobs; those of other processes are looked for.
func (r *Runner) due(ctx context.Context, t task) bool {
	if r.shares.has(t) || r.rests(t) {
		return false
	}

	if !r.store.Shared() {
		return r.queue(t, trusted)
	}

	args, _ := json.Marshal(t) // plain data
	waits, err := r.store.WakeUpWaits(ctx, t.Kind(), string(args))
	return err != nil || !waits // one too many does no harm
}

// queue notes that a task is given to River, unless it was a moment ago; then it is false.
func (r *Runner) queue(t task, moment time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.queued[t]) < moment {
		return false
	}
	r.queued[t] = now
	return true
}

// begun notes that a worker has a task.
func (r *Runner) begun(t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.queued, t)
}
