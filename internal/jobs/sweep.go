package jobs

import (
	"context"
	"slices"
	"time"

	"sheet24"
)

// sweepEvery is how often work that nobody woke is looked for.
const sweepEvery = 2 * time.Second

// stalledAfter is for how long work that is due may wait to be taken up before that is
// told.
const stalledAfter = time.Minute

// mostAsked is of how many tasks it is asked at once whether another process has them.
const mostAsked = 20

// sweep wakes what waits, at once and then every few seconds.
func (r *Runner) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()

	for {
		r.wakeWaiting(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// wakeWaiting wakes all work that is due and whose wake-up neither River carries nor a
// worker has, whatever became of it.
func (r *Runner) wakeWaiting(ctx context.Context) {
	work, err := r.store.Waiting(ctx)
	if err != nil && ctx.Err() == nil {
		r.log.Error("look for waiting work", "error", err) // what could be found is woken
	}
	carried, err := r.carried(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.log.Error("look for wake-ups", "error", err)
		}
		return
	}

	r.believe(carried)
	tasks := r.tasksOf(work)
	var lost []task
	for _, t := range tasks {
		// Of a longer list it is not known which are missing from it.
		if !carried[t] && len(carried) < mostCarried && !r.shares.has(t) && !r.rests(t) && r.queue(t, sweepEvery/2) {
			lost = append(lost, t)
		}
	}
	r.send(context.WithoutCancel(ctx), lost)

	r.wake(ctx, r.shares.fit()...)
	r.watch(ctx, tasks)
}

// tasksOf are the tasks of work that waits.
func (r *Runner) tasksOf(w sheet24.Work) (tasks []task) {
	if r.Polls {
		w.Scan = append(w.Scan, w.Poll...)
	}

	for stage, ids := range map[string][]int64{scan: w.Scan, push: w.Push, report: w.Report, compare: w.Compare} {
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			tasks = append(tasks, task{stage, id})
		}
	}
	return tasks
}

// believe renews what River does carry, of what it was given.
func (r *Runner) believe(carried map[task]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()

	now := time.Now()
	for t, at := range r.queued {
		switch {
		case carried[t]:
			r.queued[t] = now
		case now.Sub(at) >= trusted:
			delete(r.queued, t)
		}
	}
}

// watch notes since when tasks are due that nobody runs though they might be, in this
// process or another.
func (r *Runner) watch(ctx context.Context, due []task) {
	now := time.Now()
	var late []task

	r.mu.Lock()
	since := map[task]time.Time{}
	for _, t := range due {
		if now.Before(r.failed[t].until) || r.shares.takes(t) {
			continue // it waits for nobody here but itself, and its owner
		}
		since[t] = now
		if before, ok := r.since[t]; ok {
			since[t] = before
		}
		if now.Sub(since[t]) >= r.stalledAfter {
			late = append(late, t)
		}
	}

	r.since, r.swept = since, now
	r.mu.Unlock()

	var stalled []string
	for _, t := range late[:min(len(late), mostAsked)] {
		if worked, err := r.worked(ctx, t); err == nil && !worked {
			stalled = append(stalled, t.Stage)
		}
	}

	slices.Sort(stalled)
	stalled = slices.Compact(stalled)

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(stalled) > 0 && !slices.Equal(stalled, r.stalled) {
		r.log.Error("work is due, and nobody takes it up", "stages", stalled, "for", r.stalledAfter)
	}
	r.stalled = stalled
}

// worked reports whether any process worked on what a task is about within stalledAfter.
func (r *Runner) worked(ctx context.Context, t task) (bool, error) {
	e, err := r.entrant(ctx, t)
	if err != nil {
		return false, err
	}
	return r.store.Worked(ctx, e.subject(), r.stalledAfter)
}

// Stalled names the stages with work that has been due for a minute and more, and that
// no process has taken up. What rests after a failure, and what waits for other work of its
// own owner, is not meant.
func (r *Runner) Stalled() []string {
	r.mu.Lock()
	defer r.mu.Unlock()

	switch {
	case r.swept.IsZero(): // it does not work
		return nil
	case time.Since(r.swept) >= max(r.stalledAfter, 2*sweepEvery): // what waits is not even looked for
		return []string{"sweep"}
	}
	return r.stalled
}
