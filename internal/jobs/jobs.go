// Package jobs runs the stages of package pipeline. River carries wake-ups, which say
// nothing but "look"; what has to be done stands in the tables. Of all processes, one
// at a time runs a stage for a table, and one pushes to a portal: a lease in the
// database says which.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// Stages are what jobs run; pipeline.Pipeline has them. Each does one round for a
// table or a portal and tells whether there may be more.
type Stages interface {
	Scan(ctx context.Context, tableID int64) (more bool, err error)
	Push(ctx context.Context, portalID int64) (more bool, err error)
	Report(ctx context.Context, tableID int64) (more bool, err error)
	Compare(ctx context.Context, tableID int64) (more bool, err error)
}

// Store is what the runner needs of the database.
type Store interface {
	DB() *sql.DB
	Shared() bool
	Alone(ctx context.Context, f func() error) error
	Waiting(ctx context.Context) (sqlstore.Work, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	Acquire(ctx context.Context, subject, owner string, d time.Duration) (bool, error)
	Renew(ctx context.Context, subject, owner string, d time.Duration) (bool, error)
	Release(ctx context.Context, subject, owner string, rest time.Duration) error
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	Expire(ctx context.Context) error
	NoteStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64, cause error) error
	ClearStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64) error
}

// reportEvery is how often a spreadsheet is written to, at most.
const reportEvery = time.Second

// sweepEvery is how often work that nobody woke is looked for.
const sweepEvery = 2 * time.Second

// Runner wakes and runs stages. It implements pipeline.Waker.
type Runner struct {
	Looks bool // wakes looks at whole tabs, too; set before Start

	store  Store
	log    *slog.Logger
	stages Stages
	client *river.Client[*sql.Tx]
	works  bool

	mu      sync.Mutex
	queued  map[task]bool      // woken, and not yet begun; of a database that is ours alone
	failed  map[task]failure   // to be tried again
	delayed map[task]time.Time // to be woken then
	held    map[string][]task  // subjects of leases that are held here, and what was woken meanwhile

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
	driver := driverFor(store)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return nil, err
	}
	err = store.Alone(ctx, func() error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("migrate the job queue: %w", err)
	}
	r := &Runner{store: store, log: log, works: works, queued: map[task]bool{}, failed: map[task]failure{}, delayed: map[task]time.Time{}, held: map[string][]task{}, stopping: make(chan struct{})}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{runner: r})
	poll := 500 * time.Millisecond // for those that come due
	if store.Shared() {
		poll = 50 * time.Millisecond // for those that other processes inserted
	}
	config := &river.Config{
		Workers: workers,
		Logger:  quiet(log),
		// Jobs inserted here are fetched at once; polling is for others.
		FetchCooldown:               2 * time.Millisecond,
		FetchPollInterval:           poll,
		JobTimeout:                  -1, // a round ends by itself, or its lease does
		CompletedJobRetentionPeriod: 10 * time.Minute,
	}
	if works {
		config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 32}}
	}
	r.client, err = river.NewClient(driver, config)
	return r, err
}

func driverFor(store Store) riverdriver.Driver[*sql.Tx] {
	if store.Shared() {
		return riverdatabasesql.New(store.DB())
	}
	return localDriver{riversqlite.New(store.DB())}
}

// localDriver is River's SQLite driver without its listener, which looks for new
// jobs every 50 ms. A database file has one process, and there River then hands a
// new job to its workers at once.
type localDriver struct{ *riversqlite.Driver }

func (localDriver) SupportsListener() bool { return false }

// quiet passes River's warnings on; its own housekeeping is not news.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(&levelHandler{log.Handler(), slog.LevelWarn})
}

type levelHandler struct {
	slog.Handler
	level slog.Level
}

func (h *levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h *levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &levelHandler{h.Handler.WithAttrs(attrs), h.level}
}

func (h *levelHandler) WithGroup(name string) slog.Handler {
	return &levelHandler{h.Handler.WithGroup(name), h.level}
}

// Start runs stages until Stop.
func (r *Runner) Start(ctx context.Context, stages Stages) error {
	if !r.works {
		return nil
	}
	r.stages = noted{stages, r.store, r.log}
	if !r.store.Shared() {
		if err := r.store.Expire(ctx); err != nil {
			return err
		}
	}
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.sweeper.Go(func() { r.sweep(ctx) })
	return nil
}

// Stop lets the stages that run finish what is under way, and cancels them when ctx ends.
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
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = r.client.StopAndCancel(hard)
	}
	return err
}

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

func (r *Runner) wakeWaiting(ctx context.Context) {
	w, err := r.store.Waiting(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.log.Error("look for waiting work", "error", err)
		}
		return
	}
	if r.Looks {
		w.Scan = append(w.Scan, w.Look...)
	}
	var tasks []task
	for stage, ids := range map[string][]int64{scan: w.Scan, push: w.Push, report: w.Report, compare: w.Compare} {
		for _, id := range ids {
			tasks = append(tasks, task{stage, id})
		}
	}
	r.wake(ctx, tasks...)
}

// Scan wakes the scan of a table.
func (r *Runner) Scan(ctx context.Context, tableID int64) { r.wake(ctx, task{scan, tableID}) }

// Push wakes the push to a portal.
func (r *Runner) Push(ctx context.Context, portalID int64) { r.wake(ctx, task{push, portalID}) }

// ScanLater wakes the scan of a table after a while.
func (r *Runner) ScanLater(ctx context.Context, tableID int64, d time.Duration) {
	r.later(ctx, task{scan, tableID}, d)
}

// PushLater wakes the push to a portal after a while.
func (r *Runner) PushLater(ctx context.Context, portalID int64, d time.Duration) {
	r.later(ctx, task{push, portalID}, d)
}

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

// Report wakes the report to a table's sheet.
func (r *Runner) Report(ctx context.Context, tableID int64) { r.wake(ctx, task{report, tableID}) }

// Compare wakes what holds a table against the CRM.
func (r *Runner) Compare(ctx context.Context, tableID int64) { r.wake(ctx, task{compare, tableID}) }

// wake has stages run, unless they are about to, or failed a moment ago.
func (r *Runner) wake(ctx context.Context, tasks ...task) {
	ctx = context.WithoutCancel(ctx) // who woke us may go away, as a request does; the wake-up stays
	var jobs []river.InsertManyParams
	for _, t := range tasks {
		if r.due(ctx, t) {
			jobs = append(jobs, river.InsertManyParams{Args: t})
		}
	}
	if len(jobs) == 0 {
		return
	}
	if _, err := r.client.InsertManyFast(ctx, jobs); err != nil {
		for _, j := range jobs {
			r.begun(j.Args.(task))
		}
		r.log.Warn("wake-ups were lost; the sweeper will find the work", "jobs", len(jobs), "error", err)
	}
}

// due tells whether a task is to be woken. That it waits already is known of our own
// jobs; those of other processes are looked for.
func (r *Runner) due(ctx context.Context, t task) bool {
	r.mu.Lock()
	failed, waits := time.Now().Before(r.failed[t].until), r.queued[t]
	if !failed && !r.store.Shared() {
		r.queued[t] = true
	}
	r.mu.Unlock()
	if failed || !r.store.Shared() {
		return !failed && !waits
	}
	args, _ := json.Marshal(t) // plain data
	err := r.store.DB().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE state = 'available' AND kind = 'stage' AND args = CAST($1 AS jsonb))`,
		string(args)).Scan(&waits)
	return err != nil || !waits // one too many does no harm
}

func (r *Runner) begun(t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.queued, t)
}

// worker runs one round of a stage.
type worker struct {
	river.WorkerDefaults[task]
	runner *Runner
}

// Work never fails a job: what remains to be done stands in the tables, and is woken
// again from there.
func (w *worker) Work(ctx context.Context, job *river.Job[task]) error {
	w.runner.begun(job.Args)
	w.runner.work(ctx, job.Args)
	return nil
}

// work runs one round of a stage, unless another process, or worker, does already:
// that one looks for more when it is done.
func (r *Runner) work(ctx context.Context, t task) {
	if r.rests(t) {
		return // the sweeper wakes it again
	}
	subject, err := r.subject(ctx, t)
	if err != nil {
		r.settle(ctx, t, false, err)
		return
	}
	l, err := acquire(ctx, r.store, subject)
	if err != nil || l == nil {
		if err == nil {
			r.miss(ctx, t)
		}
		r.settle(ctx, t, false, err)
		return
	}
	r.hold(subject)
	more, err := r.run(l.ctx, t)
	rest := time.Duration(0)
	if t.Stage == report {
		rest = reportEvery
	}
	if released := l.release(rest); err == nil {
		err = released
	}
	r.settle(ctx, t, more, err)
	r.wake(ctx, r.missedOf(subject)...)
}

// missedWait is how soon a stage is tried again whose lease another process has.
const missedWait = 100 * time.Millisecond

// miss keeps a wake-up that found its lease taken: who has it here passes it on at its
// end, and another process does not hear of it.
func (r *Runner) miss(ctx context.Context, t task) {
	wait := missedWait
	if t.Stage == report { // its sheet was written to a moment ago
		wait = reportEvery
	} else if subject, err := r.subject(ctx, t); err == nil {
		r.mu.Lock()
		if _, here := r.held[subject]; here {
			r.held[subject] = append(r.held[subject], t)
			wait = 0
		}
		r.mu.Unlock()
	}
	if wait > 0 {
		r.later(ctx, t, wait)
	}
}

// hold notes that this process has the lease of a subject.
func (r *Runner) hold(subject string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[subject] = nil
}

// missedOf ends that this process has the lease of a subject, and returns what was woken
// meanwhile.
func (r *Runner) missedOf(subject string) []task {
	r.mu.Lock()
	defer r.mu.Unlock()
	missed := r.held[subject]
	delete(r.held, subject)
	return slices.Compact(missed)
}

// rests tells whether a stage failed a moment ago.
func (r *Runner) rests(t task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.failed[t].until)
}

func (r *Runner) run(ctx context.Context, t task) (more bool, err error) {
	ctx = sheet24.WithStop(ctx, r.stopping)
	switch t.Stage {
	case scan:
		return r.stages.Scan(ctx, t.ID)
	case push:
		return r.stages.Push(ctx, t.ID)
	case report:
		return r.stages.Report(ctx, t.ID)
	case compare:
		return r.stages.Compare(ctx, t.ID)
	}
	return false, fmt.Errorf("unknown stage %q", t.Stage)
}

// subject is what a task's lease is on. A portal that several users connected is one.
func (r *Runner) subject(ctx context.Context, t task) (string, error) {
	if t.Stage == report {
		table, err := r.store.Table(ctx, t.ID)
		if err == nil {
			return report + " " + table.SpreadsheetID, nil
		}
		if !sheet24.IsKind(err, sheet24.NotFound) {
			return "", err
		}
	}
	if t.Stage == compare {
		return fmt.Sprint(scan, " ", t.ID), nil // both keep a table's snapshots
	}
	if t.Stage != push {
		return fmt.Sprint(t.Stage, " ", t.ID), nil
	}
	p, err := r.store.Portal(ctx, t.ID)
	if err != nil {
		if sheet24.IsKind(err, sheet24.NotFound) { // it was removed, and its work with it
			return fmt.Sprint(t.Stage, " ", t.ID), nil
		}
		return "", err
	}
	return push + " " + p.Host, nil
}

// maxRetry is the longest wait before a stage that failed is tried again.
const maxRetry = time.Minute

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
	f.until = time.Now().Add(min(time.Second<<min(f.times-1, 10), maxRetry))
	r.failed[t] = f
	r.mu.Unlock()
	r.log.Error("stage failed; it will be tried again", "stage", t.Stage, "id", t.ID, "times", f.times, "error", err)
}
