// Package jobs runs the stages of the sync, and wakes what they return. River carries wake-ups, which say
// nothing but "look"; what has to be done stands in the tables. Each stage has a queue of
// River's, of which the number of workers is all that River limits.
//
// Of all processes, one at a time runs a stage for a table, and one pushes to a portal: a
// lease in the database says which. River has nothing for that: its unique jobs keep a
// second one from being inserted, not from being run, and the job of a process that froze
// or was killed counts as running for an hour. How much of the workers a spreadsheet owner
// and a portal may have is counted in each process, whose workers those are.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"sheet24"
	"sheet24/internal/backoff"
)

// Stages are what jobs run. Each does one round for a table or a portal, and returns what
// follows; what a push need not keep until its end goes to meanwhile.
type Stages interface {
	Scan(ctx context.Context, tableID int64) (sheet24.Next, error)
	Push(ctx context.Context, portalID int64, meanwhile func(...sheet24.WakeUp)) (sheet24.Next, error)
	Report(ctx context.Context, tableID int64) (sheet24.Next, error)
	Compare(ctx context.Context, tableID int64) (sheet24.Next, error)
}

// Store is what the runner needs of the database.
type Store interface {
	Leases
	DB() *sql.DB // for River, which brings its own SQL
	Shared() bool
	Alone(ctx context.Context, f func() error) error
	Waiting(ctx context.Context) (sheet24.Work, error)
	WakeUpWaits(ctx context.Context, kind, args string) (bool, error)
	TableBelongs(ctx context.Context, tableID int64) (sheet24.Belongs, error)
	PortalBelongs(ctx context.Context, portalID int64) (sheet24.Belongs, error)
	NoteStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64, cause error) error
	ClearStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64) error
}

// Leases say who works on what, of all processes.
type Leases interface {
	Acquire(ctx context.Context, subject, owner string, d time.Duration) (bool, error)
	Renew(ctx context.Context, subject, owner string, d time.Duration) (bool, error)
	Release(ctx context.Context, subject, owner string, rest time.Duration) error
	Worked(ctx context.Context, subject string, within time.Duration) (bool, error)
	Expire(ctx context.Context) error
}

// reportEvery is how often a spreadsheet is written to, at most.
const reportEvery = time.Second

// Runner wakes and runs stages. Of what they return it wakes what follows.
type Runner struct {
	Polls bool // wakes looks at whole tabs, too; set before Start

	// Around is told of each round of a stage for a table or a portal, which runs with the
	// context that it returns and ends with the function; nil: nobody is. Set before Start.
	Around func(ctx context.Context, stage string, id int64) (context.Context, func(error))

	store  Store
	log    *slog.Logger
	stages Stages
	client *river.Client[*sql.Tx]
	works  bool
	shares *shares
	places places

	stalledAfter time.Duration

	mu      sync.Mutex
	queued  map[task]time.Time // when it was woken, if it has not yet begun; of a database that is ours alone
	failed  map[task]failure   // to be tried again
	delayed map[task]time.Time // to be woken then
	missed  map[task]int       // how often its lease was another's
	since   map[task]time.Time // when the sweeper first saw that it is due and nobody takes it up
	swept   time.Time          // when the sweeper last looked
	stalled []string           // stages

	stopped  atomic.Bool
	stopping chan struct{} // closed once stages are to begin nothing new
	stop     context.CancelFunc
	sweeper  sync.WaitGroup
}

// task is a stage for a table or a portal.
type task struct {
	Stage string `json:"stage"`
	ID    int64  `json:"id"`
}

// Kind implements river.JobArgs.
func (task) Kind() string { return "stage" }

type failure struct {
	times int
	until time.Time // when it is tried again
}

// The stages.
const (
	scan    = "scan"
	push    = "push"
	report  = "report"
	compare = "compare"
)

// New prepares the queue's tables and makes a Runner that is not running yet. One
// that does not work only wakes others.
func New(ctx context.Context, store Store, works bool, log *slog.Logger) (*Runner, error) {
	if err := migrateQueue(ctx, store, log); err != nil {
		return nil, err
	}

	r := &Runner{store: store, log: log, works: works, shares: newShares(), places: make(places, atOnce), stalledAfter: stalledAfter, stopping: make(chan struct{}),
		queued: map[task]time.Time{}, failed: map[task]failure{}, delayed: map[task]time.Time{}, missed: map[task]int{}}
	var err error
	r.client, err = r.newClient()
	return r, err
}

// Start runs stages until Stop.
func (r *Runner) Start(ctx context.Context, stages Stages) error {
	if !r.works {
		return nil
	}

	r.stages = stages
	if !r.store.Shared() {
		if err := r.store.Expire(ctx); err != nil {
			return err
		}
	}

	if err := r.dropOld(ctx); err != nil {
		return err
	}
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}

	r.mu.Lock()
	r.swept = time.Now()
	r.mu.Unlock()
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.sweeper.Go(func() { r.sweep(ctx) })
	return nil
}

// Stop lets the stages that run finish, and cancels them when ctx ends.
func (r *Runner) Stop(ctx context.Context) error {
	if r.stopped.CompareAndSwap(false, true) {
		close(r.stopping)
	}

	if r.stop == nil {
		return nil
	}
	r.stop()
	r.sweeper.Wait()

	err := r.client.Stop(ctx)
	if ctx.Err() != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = r.client.StopAndCancel(hard)
	}
	return err
}

// again is when a stage that failed is tried again.
var again = backoff.Policy{First: time.Second, Last: time.Minute}

// settle notes how a round ended: one that failed is tried again after one second,
// then two, and so on; one that left work at once.
func (r *Runner) settle(ctx context.Context, t task, more bool, err error) {
	if err == nil {
		r.mu.Lock()
		delete(r.failed, t)
		r.mu.Unlock()
		if more {
			r.wake(ctx, t)
		}
		return
	}

	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return // it is being stopped
	}

	r.mu.Lock()
	f := r.failed[t]
	if time.Now().Before(f.until) { // several failed together: that is one failure
		r.mu.Unlock()
		return
	}
	f.times++
	f.until = time.Now().Add(again.Step(f.times))
	r.failed[t] = f
	r.mu.Unlock()

	r.log.Error("stage failed; it will be tried again", "stage", t.Stage, "id", t.ID, "times", f.times, "error", err)
}
