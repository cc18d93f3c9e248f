// Package jobs runs the pipeline's stages on River: one scan and one report at a
// time for a table, one push for a portal. A job is only a wake-up; what there is
// to do stands in the database, and a sweeper wakes whatever waits there.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"sheet24/internal/sqlstore"
)

// Stages are what jobs run; pipeline.Pipeline has them. Each does one round for a
// table or a portal and tells whether there may be more.
type Stages interface {
	Scan(ctx context.Context, tableID int64) (more bool, err error)
	Push(ctx context.Context, portalID int64) (more bool, err error)
	Report(ctx context.Context, tableID int64) (more bool, err error)
}

// Store is what the runner needs of the database.
type Store interface {
	DB() *sql.DB
	Waiting(ctx context.Context) (sqlstore.Work, error)
}

// sweepEvery is how often work that nobody woke is looked for.
const sweepEvery = 2 * time.Second

// Runner wakes and runs stages. It implements pipeline.Waker.
type Runner struct {
	Looks bool // wakes looks at whole tabs, too; set before Start

	store  Store
	log    *slog.Logger
	stages Stages
	client *river.Client[*sql.Tx]

	stop    context.CancelFunc
	sweeper sync.WaitGroup
}

// New prepares the queue's tables and makes a Runner that is not running yet.
func New(ctx context.Context, store Store, log *slog.Logger) (*Runner, error) {
	driver := localDriver{riversqlite.New(store.DB())}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate the job queue: %w", err)
	}
	r := &Runner{store: store, log: log}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker[scanArgs]{runner: r, run: func(ctx context.Context, a scanArgs) (bool, error) { return r.stages.Scan(ctx, a.TableID) }})
	river.AddWorker(workers, &worker[pushArgs]{runner: r, run: func(ctx context.Context, a pushArgs) (bool, error) { return r.stages.Push(ctx, a.PortalID) }})
	river.AddWorker(workers, &worker[reportArgs]{runner: r, run: func(ctx context.Context, a reportArgs) (bool, error) { return r.stages.Report(ctx, a.TableID) }})
	r.client, err = river.NewClient(driver, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 16}},
		Workers: workers,
		Logger:  quiet(log),
		// Jobs inserted here are fetched at once; polling is for those that come due.
		FetchCooldown:               2 * time.Millisecond,
		FetchPollInterval:           500 * time.Millisecond,
		JobTimeout:                  10 * time.Minute,
		RescueStuckJobsAfter:        11 * time.Minute,
		CompletedJobRetentionPeriod: 10 * time.Minute,
	})
	return r, err
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
	r.stages = stages
	if err := r.freeOrphans(ctx); err != nil {
		return err
	}
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.sweeper.Go(func() { r.sweep(ctx) })
	return nil
}

// freeOrphans puts back jobs that a killed process left running: a database file
// has one process, so no one runs them. Without it they would block their tables
// until River takes them for stuck.
func (r *Runner) freeOrphans(ctx context.Context) error {
	_, err := r.store.DB().ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
	return err
}

// Stop lets the stages that run finish, and cancels them when ctx ends.
func (r *Runner) Stop(ctx context.Context) error {
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
		w, err := r.store.Waiting(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("sweep", "error", err)
		}
		r.wake(ctx, w)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *Runner) wake(ctx context.Context, w sqlstore.Work) {
	for _, id := range w.Scan {
		r.Scan(ctx, id)
	}
	if r.Looks {
		for _, id := range w.Look {
			r.Scan(ctx, id)
		}
	}
	for _, id := range w.Push {
		r.Push(ctx, id)
	}
	for _, id := range w.Report {
		r.Report(ctx, id)
	}
}

type scanArgs struct {
	TableID int64 `json:"table_id"`
}

func (scanArgs) Kind() string { return "scan" }

type pushArgs struct {
	PortalID int64 `json:"portal_id"`
}

func (pushArgs) Kind() string { return "push" }

type reportArgs struct {
	TableID int64 `json:"table_id"`
}

func (reportArgs) Kind() string { return "report" }

// Scan wakes the scan of a table.
func (r *Runner) Scan(ctx context.Context, tableID int64) { r.insert(ctx, scanArgs{tableID}) }

// Push wakes the push to a portal.
func (r *Runner) Push(ctx context.Context, portalID int64) { r.insert(ctx, pushArgs{portalID}) }

// Report wakes the report to a table's sheet.
func (r *Runner) Report(ctx context.Context, tableID int64) { r.insert(ctx, reportArgs{tableID}) }

// once keeps a second job of the same stage and id from being made while one
// waits or runs: that is what makes a stage run once at a time.
var once = &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}}

func (r *Runner) insert(ctx context.Context, args river.JobArgs) {
	// Who woke us may go away, as a request does; the wake-up stays.
	if _, err := r.client.Insert(context.WithoutCancel(ctx), args, once); err != nil {
		r.log.Warn("a wake-up was lost; the sweeper will find the work", "stage", args.Kind(), "error", err)
	}
}

// worker runs one stage for as long as there is work.
type worker[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	runner *Runner
	run    func(ctx context.Context, args A) (more bool, err error)
}

// Work ends its job before it looks for new work: a wake-up that came while it
// ran was swallowed, since its job already stood there.
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	for more := true; more; {
		var err error
		if more, err = w.run(ctx, job.Args); err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			w.runner.log.Error("stage failed; it will be tried again", "stage", job.Kind, "args", job.Args, "attempt", job.Attempt, "error", err)
			return err
		}
	}
	tx, err := w.runner.store.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := river.JobCompleteTx[localDriver](ctx, tx, job); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if waiting, err := w.runner.store.Waiting(ctx); err == nil {
		w.runner.wake(ctx, waiting)
	}
	return nil
}

// maxRetry is the longest wait before a stage that failed is tried again.
const maxRetry = time.Minute

// NextRetry doubles the wait from one second up to maxRetry.
func (w *worker[A]) NextRetry(job *river.Job[A]) time.Time {
	return time.Now().Add(min(time.Second<<min(job.Attempt-1, 10), maxRetry))
}
