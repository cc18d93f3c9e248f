package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// workers are how many rounds of a stage may be under way at once in a process, each stage
// in a queue of its own, so that none holds up another. Most of them wait for an answer
// from outside, and are many therefore; how many are at work says atOnce.
var workers = map[string]int{scan: 256, push: 256, report: 256, compare: 128}

// keepDone is for how long jobs that are done are kept: nobody asks for them.
const keepDone = time.Minute

// migrateQueue brings the queue's tables up to date.
func migrateQueue(ctx context.Context, store Store, log *slog.Logger) error {
	migrator, err := rivermigrate.New(driverFor(store), &rivermigrate.Config{Logger: quiet(log)})
	if err == nil {
		err = store.Alone(ctx, func() error {
			_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
			return err
		})
	}

	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// newClient makes River's client, with queues if the runner works.
func (r *Runner) newClient() (*river.Client[*sql.Tx], error) {
	config := &river.Config{
		Workers: river.NewWorkers(),
		Logger:  quiet(r.log),
		// Jobs inserted here are fetched at once; polling is for others.
		FetchCooldown:               2 * time.Millisecond,
		FetchPollInterval:           500 * time.Millisecond,
		JobTimeout:                  -1, // a round ends by itself, or its lease does
		CompletedJobRetentionPeriod: keepDone,
	}
	river.AddWorker(config.Workers, &worker{runner: r})

	if r.works {
		config.Queues = map[string]river.QueueConfig{}
		for stage, most := range workers {
			config.Queues[stage] = river.QueueConfig{MaxWorkers: most}
		}
		if r.store.Shared() { // webhooks may have come to another process
			config.Queues[scan] = river.QueueConfig{MaxWorkers: workers[scan], FetchPollInterval: 50 * time.Millisecond}
		}
	}
	return river.NewClient(driverFor(r.store), config)
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

// insert has River carry wake-ups.
func (r *Runner) insert(ctx context.Context, tasks []task) error {
	jobs := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		jobs[i] = river.InsertManyParams{Args: t, InsertOpts: &river.InsertOpts{Queue: t.Stage}}
	}
	_, err := r.client.InsertManyFast(ctx, jobs)
	return err
}

// mostCarried is how many wake-ups are looked through at once: what River lists at most.
const mostCarried = 10_000

// carried are the tasks whose wake-ups River carries to no worker yet.
func (r *Runner) carried(ctx context.Context) (map[task]bool, error) {
	list, err := r.client.JobList(ctx, river.NewJobListParams().Kinds(task{}.Kind()).States(rivertype.JobStateAvailable).First(mostCarried))
	if err != nil {
		return nil, err
	}

	tasks := make(map[task]bool, len(list.Jobs))
	for _, j := range list.Jobs {
		var t task
		if j.Queue != river.QueueDefault && json.Unmarshal(j.EncodedArgs, &t) == nil {
			tasks[t] = true
		}
	}
	return tasks, nil
}

// dropOld deletes wake-ups in the one queue of earlier versions, which nobody takes from
// any longer.
func (r *Runner) dropOld(ctx context.Context) error {
	for {
		dropped, err := r.client.JobDeleteMany(ctx, river.NewJobDeleteManyParams().Queues(river.QueueDefault).First(mostCarried))
		if err != nil || len(dropped.Jobs) == 0 {
			return err
		}
	}
}

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
