package jobs

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"sheet24"
	"sheet24/internal/backoff"
)

// So many rounds of a stage may be under way in a process for one spreadsheet owner, and
// so many comparisons with one portal; a portal is pushed to by one anyway. Whose work
// hangs, at Google or at a portal, keeps the rest waiting, and nobody else.
var (
	ownerShare  = map[string]int{scan: 4, push: 8, report: 4, compare: 4}
	portalShare = 2
)

// missed is when a stage is tried again whose lease another process has.
var missed = backoff.Policy{First: 100 * time.Millisecond, Last: sweepEvery}

// worker runs one round of a stage.
type worker struct {
	river.WorkerDefaults[task]
	runner *Runner
}

// Work never fails a job: what remains to be done stands in the tables, and is woken
// again from there. A worker that made room for a task that was aside goes on with it.
func (w *worker) Work(ctx context.Context, job *river.Job[task]) error {
	w.runner.begun(job.Args)
	for next := []task{job.Args}; len(next) > 0 && !w.runner.stopped.Load(); {
		next = w.runner.round(ctx, next[0])
	}
	return nil
}

// round runs one round of a stage, unless that is under way already, or its owner's share
// is: then it is put aside, and the worker is free. It returns what may run next in its
// place, at most one task.
func (r *Runner) round(ctx context.Context, t task) (next []task) {
	if r.rests(t) {
		return nil // the sweeper wakes it again
	}

	e, err := r.entrant(ctx, t)
	if err != nil {
		r.settle(ctx, t, false, err)
		return nil
	}

	if !r.shares.enter(e) {
		return nil
	}

	ran, more, err := r.alone(ctx, e)
	next = r.shares.leave(e)
	if ran {
		r.settle(ctx, t, more, err)
	}

	if len(next) > 1 {
		r.wake(ctx, next[1:]...)
		next = next[:1]
	}
	return next
}

// alone runs a round of a stage under its lease; if another process has that, it is tried
// again later.
func (r *Runner) alone(ctx context.Context, e entrant) (ran, more bool, err error) {
	place := r.places.take()
	defer place.give()

	l, err := acquire(ctx, r.store, e.subject())
	if err != nil {
		return true, false, err
	}
	if l == nil {
		r.miss(ctx, e.task)
		return false, false, nil
	}
	r.took(e.task)

	next, err := r.run(sheet24.WithPlace(l.ctx, place), e.task)
	r.Wake(ctx, next.Wake...)

	rest := time.Duration(0)
	if e.task.Stage == report {
		rest = reportEvery
	}

	if released := l.release(rest); err == nil {
		err = released
	}
	return true, next.More, err
}

// took notes that a task runs.
func (r *Runner) took(t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.missed, t)
	delete(r.since, t)
}

// miss has a task woken again whose lease was taken: another process does not tell when
// it gives it back, and a sheet may have been written to a moment ago.
func (r *Runner) miss(ctx context.Context, t task) {
	r.mu.Lock()
	r.missed[t]++
	wait := missed.Step(r.missed[t])
	r.mu.Unlock()
	if t.Stage == report {
		wait = reportEvery
	}
	r.later(ctx, t, wait)
}

// rests reports whether a stage failed a moment ago.
func (r *Runner) rests(t task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.failed[t].until)
}

// run runs a stage. A panic is its failure: its lease is given back, and it is tried
// again as after any other.
func (r *Runner) run(ctx context.Context, t task) (next sheet24.Next, err error) {
	if r.Around != nil {
		var end func(error)
		ctx, end = r.Around(ctx, t.Stage, t.ID)
		defer func() { end(err) }()
	}
	defer func() {
		if p := recover(); p != nil {
			next.More, err = false, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()

	ctx = sheet24.WithStop(ctx, r.stopping)
	return r.noted(ctx, t, func() (sheet24.Next, error) {
		switch t.Stage {
		case scan:
			return r.stages.Scan(ctx, t.ID)
		case push:
			return r.stages.Push(ctx, t.ID, func(w ...sheet24.WakeUp) { r.Wake(ctx, w...) })
		case report:
			return r.stages.Report(ctx, t.ID)
		case compare:
			return r.stages.Compare(ctx, t.ID)
		}
		return sheet24.Next{}, fmt.Errorf("unknown stage %q", t.Stage)
	})
}

// entrant says what a task's round counts under: first what its lease is on, of which
// there is one in all processes.
func (r *Runner) entrant(ctx context.Context, t task) (entrant, error) {
	of, err := r.belongs(ctx, t)
	if err != nil {
		return entrant{}, err
	}

	e := entrant{task: t, counts: []share{{subject(t, of), 1}}}
	if of.UserID != "" {
		e.counts = append(e.counts, share{t.Stage + " for " + of.UserID, ownerShare[t.Stage]})
	}

	if of.Host != "" && t.Stage == compare {
		e.counts = append(e.counts, share{compare + " with " + of.Host, portalShare})
	}
	return e, nil
}

// belongs says whose work a task is; of what was removed, nobody's.
func (r *Runner) belongs(ctx context.Context, t task) (of sheet24.Belongs, err error) {
	if t.Stage == push {
		of, err = r.store.PortalBelongs(ctx, t.ID)
	} else {
		of, err = r.store.TableBelongs(ctx, t.ID)
	}

	if sheet24.IsKind(err, sheet24.NotFound) {
		return sheet24.Belongs{}, nil
	}
	return of, err
}

// subject is what a task's lease is on. A portal that several users connected is one, a
// spreadsheet is written to by one, and comparisons keep a table's snapshots as scans do.
func subject(t task, of sheet24.Belongs) string {
	switch {
	case t.Stage == compare:
		return fmt.Sprint(scan, " ", t.ID)
	case t.Stage == report && of.SpreadsheetID != "":
		return report + " " + of.SpreadsheetID
	case t.Stage == push && of.Host != "":
		return push + " " + of.Host
	}
	return fmt.Sprint(t.Stage, " ", t.ID)
}

// subject is what the lease of a task is on.
func (e entrant) subject() string { return e.counts[0].of }
