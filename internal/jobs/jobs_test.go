package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/jobs"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
	"sheet24/internal/sqlstore/storetest"
)

// postgres is this package's PostgreSQL, started when a test asks for it.
var postgres = sync.OnceValues(func() (*pgtest.Cluster, error) { started = true; return pgtest.Start() })
var started bool

func TestMain(m *testing.M) {
	code := m.Run()
	if started {
		if c, err := postgres(); err == nil {
			c.Stop()
		}
	}
	os.Exit(code)
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, store *sqlstore.Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.OpenAt(t, filepath.Join(t.TempDir(), "db"), secret.NewKey()))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		c, err := postgres()
		if err != nil {
			t.Fatal(err)
		}
		test(t, storetest.OpenAt(t, c.Database(t), secret.NewKey()))
	})
}

// counts are what ran, of all processes that share them.
type counts struct{ running, scans, most atomic.Int32 }

// stages counts what runs. scan settles the table's events and, while slow, takes
// its time.
type stages struct {
	store *sqlstore.Store
	table *sheet24.Table
	slow  time.Duration

	counts
	shared  *counts // another's, which count instead; nil: its own
	fail    atomic.Bool
	started sync.Once
	first   chan struct{} // closed when the first scan runs

	mu      sync.Mutex
	reports []time.Time // when each ran
}

func newStages(s *sqlstore.Store, table *sheet24.Table) *stages {
	return &stages{store: s, table: table, first: make(chan struct{})}
}

func (s *stages) Scan(ctx context.Context, id int64) (next sheet24.Next, err error) {
	c := &s.counts
	if s.shared != nil {
		c = s.shared
	}
	n := c.running.Add(1)
	defer c.running.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	c.scans.Add(1)
	s.started.Do(func() { close(s.first) })
	if s.fail.Load() {
		return next, errors.New("the sheet cannot be read")
	}
	events, err := s.store.UnprocessedEvents(ctx, id, 100)
	if err != nil {
		return next, err
	}
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return next, ctx.Err()
	}
	return next, s.store.CommitScan(ctx, s.table, sheet24.Scanned{Events: events})
}

func (s *stages) Push(context.Context, int64, func(...sheet24.WakeUp)) (next sheet24.Next, err error) {
	return next, nil
}
func (s *stages) Report(context.Context, int64) (next sheet24.Next, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports = append(s.reports, time.Now())
	return next, nil
}

func (s *stages) Compare(context.Context, int64) (next sheet24.Next, err error) { return next, nil }

var messages atomic.Int64

func (s *stages) event(t *testing.T) {
	t.Helper()
	e := &sheet24.Event{TableID: s.table.ID, Type: sheet24.RowEdited, MessageID: fmt.Sprint(messages.Add(1)), Rows: sheet24.Rows(2, 2), Data: []byte("{}")}
	if err := s.store.AddEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func (s *stages) settled(t *testing.T, within time.Duration) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		w, err := s.store.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Scan) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("events still wait after %v", within)
		}
	}
}

func start(t *testing.T, s *stages) *jobs.Runner {
	t.Helper()
	r, err := jobs.New(t.Context(), s.store, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return r
}

func TestOneScanAtATimeAndNoneLost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		s.slow = 20 * time.Millisecond
		r := start(t, s)
		// Wake-ups come from all sides, many of them while a scan runs.
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 10 {
					s.event(t)
					r.Scan(t.Context(), s.table.ID)
					time.Sleep(7 * time.Millisecond)
				}
			})
		}
		all.Wait()
		s.settled(t, 1500*time.Millisecond) // sooner than the sweeper would come
		if s.most.Load() != 1 {
			t.Errorf("%d scans of one table ran at once", s.most.Load())
		}
		t.Logf("40 events in %d scans", s.scans.Load())
	})
}

func TestWakeUpIsPrompt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		r := start(t, s)
		time.Sleep(300 * time.Millisecond) // past the start's sweep
		began := time.Now()
		s.event(t)
		r.Scan(t.Context(), s.table.ID)
		s.settled(t, time.Second)
		t.Logf("event → scanned in %v", time.Since(began))
	})
}

func TestSweeperFindsWhatNobodyWoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		start(t, s)
		time.Sleep(300 * time.Millisecond)
		s.event(t)
		s.settled(t, 5*time.Second)
	})
}

func TestFailedStageIsTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		s.fail.Store(true)
		s.event(t)
		start(t, s)
		<-s.first
		s.fail.Store(false)
		s.settled(t, 15*time.Second)
	})
}

// TestLeaseOfAKilledProcess is waited for, and then taken over; on SQLite nobody else
// can be at work.
func TestLeaseOfAKilledProcess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		if ok, err := store.Acquire(t.Context(), fmt.Sprint("scan ", s.table.ID), "killed", 1500*time.Millisecond); err != nil || !ok {
			t.Fatal(ok, err)
		}
		s.event(t)
		start(t, s)
		if !store.Shared() {
			s.settled(t, time.Second)
			return
		}
		time.Sleep(700 * time.Millisecond)
		if n := s.scans.Load(); n != 0 {
			t.Fatalf("%d scans beside another process", n)
		}
		s.settled(t, 6*time.Second)
	})
}

// TestTwoProcesses wakes one table's scan from both of two runners: one at a time runs,
// and none is lost.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	url, key := c.Database(t), secret.NewKey()
	one := newStages(storetest.OpenAt(t, url, key), nil)
	one.table = storetest.Seed(t, one.store)
	two := newStages(storetest.OpenAt(t, url, key), one.table)
	one.slow, two.slow = 10*time.Millisecond, 10*time.Millisecond
	two.shared = &one.counts
	first, second := start(t, one), start(t, two)
	var all sync.WaitGroup
	for _, r := range []*jobs.Runner{first, second} {
		all.Go(func() {
			for range 20 {
				one.event(t)
				r.Scan(t.Context(), one.table.ID)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	all.Wait()
	one.settled(t, 5*time.Second)
	if one.most.Load() != 1 || one.scans.Load() == 0 {
		t.Errorf("%d scans of one table ran at once, of %d", one.most.Load(), one.scans.Load())
	}
}

// TestLostLease takes a lease away: what ran under it is stopped.
func TestLostLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		s.slow = time.Hour
		s.event(t)
		start(t, s)
		<-s.first
		if _, err := store.DB().ExecContext(t.Context(), `UPDATE stage_leases SET owner = 'another'`); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(8 * time.Second); s.running.Load() > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("it goes on without its lease")
			}
		}
	})
}

func TestStopCancelsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		s.slow = time.Hour
		s.event(t)
		r, err := jobs.New(t.Context(), store, true, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Start(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		<-s.first
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		r.Stop(ctx)
		if took := time.Since(began); took > 4*time.Second || s.running.Load() != 0 {
			t.Errorf("stopped after %v with %d scans running", took, s.running.Load())
		}
	})
}

// TestAlone runs something in one of two processes at a time.
func TestAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		r := start(t, s)
		ran := 0
		err := r.Alone(t.Context(), "upkeep", func(ctx context.Context) {
			ran++
			if err := r.Alone(ctx, "upkeep", func(context.Context) { ran += 10 }); err != nil {
				t.Error(err)
			}
		})
		if err != nil || ran != 1 {
			t.Errorf("ran %d, %v", ran, err)
		}
		if err := r.Alone(t.Context(), "upkeep", func(context.Context) { ran++ }); err != nil || ran != 2 {
			t.Errorf("afterwards: ran %d, %v", ran, err)
		}
	})
}

// TestSheetIsWrittenToOnceASecond wakes the reports of two tabs of one spreadsheet all
// the time.
func TestSheetIsWrittenToOnceASecond(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		table := storetest.Seed(t, store)
		other := *table
		other.GID++
		if err := store.SaveTable(t.Context(), &other, nil); err != nil {
			t.Fatal(err)
		}
		r, err := jobs.New(t.Context(), store, true, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s := newStages(store, table)
		if err := r.Start(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for range 35 {
			r.Wake(t.Context(), sheet24.WakeUp{Stage: sheet24.ReportStage, ID: table.ID}, sheet24.WakeUp{Stage: sheet24.ReportStage, ID: other.ID})
			time.Sleep(100 * time.Millisecond)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(s.reports); n < 3 || n > 5 {
			t.Errorf("%d reports in 3.5 s", n)
		}
		for i := 1; i < len(s.reports); i++ {
			if gap := s.reports[i].Sub(s.reports[i-1]); gap < 990*time.Millisecond {
				t.Errorf("two reports %v apart", gap)
			}
		}
	})
}

// TestStagesThatFailSaySo has a stage fail in two processes: together it is told after the
// third time, and no more once it succeeds.
func TestStagesThatFailSaySo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		table := storetest.Seed(t, store)
		s := newStages(store, table)
		s.fail.Store(true)
		if err := store.NoteStageFailure(t.Context(), sheet24.ScanStage, table.ID, errors.New("in another process")); err != nil {
			t.Fatal(err)
		}
		s.event(t)
		start(t, s)
		problems := func() []sheet24.StageProblem {
			t.Helper()
			all, err := store.StageProblems(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		for end := time.Now().Add(30 * time.Second); len(problems()) == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("no problem is told of")
			}
		}
		if p := problems(); len(p) != 1 || p[0].Stage != sheet24.ScanStage || p[0].Times < 3 || p[0].Err.Code != sheet24.CodeInternal {
			t.Errorf("told %+v", p)
		}
		s.fail.Store(false)
		for end := time.Now().Add(30 * time.Second); len(problems()) > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("still told: %+v", problems())
			}
		}
	})
}

// TestStagesSayWhatIsWoken has a push tell of a report before its end, and a scan of a push
// and, for later, of itself.
func TestStagesSayWhatIsWoken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		table := storetest.Seed(t, store)
		var scans, pushes atomic.Int32
		reported := make(chan struct{})
		report := sync.OnceFunc(func() { close(reported) })
		runs(t, store, hooked{
			scan: func(context.Context, int64) error { scans.Add(1); return nil },
			push: func(context.Context, int64) error {
				pushes.Add(1)
				<-reported
				return nil
			},
			report: func(context.Context, int64) error { report(); return nil },
			next: map[sheet24.Stage][]sheet24.WakeUp{
				sheet24.ScanStage: {{Stage: sheet24.PushStage, ID: table.PortalID}, {Stage: sheet24.ScanStage, ID: table.ID, After: 50 * time.Millisecond}},
				sheet24.PushStage: {{Stage: sheet24.ReportStage, ID: table.ID}},
			},
		}).Scan(t.Context(), table.ID)
		within(t, 5*time.Second, "the push was woken by the scan, and ended by the report", func() bool {
			select {
			case <-reported:
				return pushes.Load() >= 1 && scans.Load() >= 3
			default:
				return false
			}
		})
	})
}
