package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/jobs"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

// hooked are stages that a test says; what it does not say does nothing.
type hooked struct {
	scan, push, report, compare func(ctx context.Context, id int64) error
	next                        map[sheet24.Stage][]sheet24.WakeUp // what a stage has woken
}

func (h hooked) do(ctx context.Context, stage func(context.Context, int64) error, id int64) (next sheet24.Next, err error) {
	if stage == nil {
		return next, nil
	}
	return next, stage(ctx, id)
}

func (h hooked) Scan(ctx context.Context, id int64) (sheet24.Next, error) {
	next, err := h.do(ctx, h.scan, id)
	next.Wake = h.next[sheet24.ScanStage]
	return next, err
}

func (h hooked) Push(ctx context.Context, id int64, meanwhile func(...sheet24.WakeUp)) (sheet24.Next, error) {
	meanwhile(h.next[sheet24.PushStage]...)
	return h.do(ctx, h.push, id)
}

func (h hooked) Report(ctx context.Context, id int64) (sheet24.Next, error) {
	return h.do(ctx, h.report, id)
}

func (h hooked) Compare(ctx context.Context, id int64) (sheet24.Next, error) {
	return h.do(ctx, h.compare, id)
}

// tenant makes a user with a portal and so many tables.
func tenant(t *testing.T, store *sqlstore.Store, name string, tables int) (all []*sheet24.Table) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := store.EnsureUser(t.Context(), name+"@ornek.com.tr", name, "tr")
	check(err)
	check(store.SaveToken(t.Context(), &sheet24.Token{UserID: u.ID, Email: u.Email, AccessToken: "a", RefreshToken: "r", ExpiresAt: time.Now().Add(time.Hour)}))
	p := &sheet24.Portal{UserID: u.ID, Host: name + ".bitrix24.com.tr", WebhookURL: "https://" + name + ".bitrix24.com.tr/rest/1/gizli/"}
	check(store.SavePortal(t.Context(), p))
	for i := range tables {
		table := &sheet24.Table{UserID: u.ID, PortalID: p.ID, SpreadsheetID: fmt.Sprint(name, i), Entity: sheet24.Leads, HeaderRow: 1, Language: "tr", Enabled: true, Key: []byte("key")}
		check(store.SaveTable(t.Context(), table, nil))
		all = append(all, table)
	}
	return all
}

// runs starts stages, and stops them without waiting for what hangs.
func runs(t *testing.T, store *sqlstore.Store, h hooked) *jobs.Runner {
	t.Helper()
	r, err := jobs.New(t.Context(), store, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		r.Stop(ctx)
	})
	return r
}

// atOnce is how soon something has to be done that nothing stands in the way of, on a
// machine that has other things to do.
const atOnce = 5 * time.Second

// within waits until something holds.
func within(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

// TestHangingOwner has the work of one owner hang in each stage, whether it waits for an
// answer from outside or not: another's is done at once, and the owner's rest when it no
// longer hangs.
func TestHangingOwner(t *testing.T) {
	t.Parallel()
	for _, outside := range []bool{true, false} {
		each(t, func(t *testing.T, store *sqlstore.Store) {
			const tables = 60
			hung := tenant(t, store, "asili", tables)
			free := tenant(t, store, "calisan", 1)[0]
			var under, most, freeRan atomic.Int32
			var mu sync.Mutex
			ran := map[int64]int{}
			goOn := make(chan struct{})
			stage := func(ctx context.Context, id int64) error {
				if id == free.ID {
					freeRan.Add(1)
					return nil
				}
				n := under.Add(1)
				defer under.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				if outside {
					defer sheet24.Outside(ctx)()
				}
				select {
				case <-goOn:
				case <-ctx.Done():
					return ctx.Err()
				}
				mu.Lock()
				defer mu.Unlock()
				ran[id]++
				return nil
			}
			r := runs(t, store, hooked{scan: stage, report: stage, compare: stage})
			for _, table := range hung {
				r.Scan(t.Context(), table.ID)
				r.Wake(t.Context(), sheet24.WakeUp{Stage: sheet24.ReportStage, ID: table.ID})
				r.Compare(t.Context(), table.ID)
			}
			within(t, 5*time.Second, "some of it hangs", func() bool { return under.Load() >= 8 })
			time.Sleep(500 * time.Millisecond)

			for i, wake := range []func(context.Context, int64){r.Scan, func(ctx context.Context, id int64) { r.Wake(ctx, sheet24.WakeUp{Stage: sheet24.ReportStage, ID: id}) }, r.Compare} {
				wake(t.Context(), free.ID)
				within(t, atOnce, "another owner's work is done", func() bool { return freeRan.Load() == int32(i+1) })
			}
			if n := most.Load(); n > 12 {
				t.Errorf("%d rounds of one owner were under way", n)
			}

			close(goOn)
			within(t, time.Minute, "all of the owner's work is done", func() bool {
				mu.Lock()
				defer mu.Unlock()
				for _, table := range hung {
					if ran[table.ID] < 3 {
						return false
					}
				}
				return true
			})
		})
	}
}

// TestManyHangOutside has more owners wait for an answer from outside than rounds may be
// at work: others are.
func TestManyHangOutside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		const owners, tables = 40, 4
		var under atomic.Int32
		hung := map[int64]bool{}
		for i := range owners {
			for _, table := range tenant(t, store, fmt.Sprint("asili", i), tables) {
				hung[table.ID] = true
			}
		}
		free := tenant(t, store, "calisan", 1)[0]
		done := make(chan struct{}, 1)
		r := runs(t, store, hooked{scan: func(ctx context.Context, id int64) error {
			if !hung[id] {
				done <- struct{}{}
				return nil
			}
			under.Add(1)
			defer sheet24.Outside(ctx)()
			<-ctx.Done()
			return ctx.Err()
		}})
		for id := range hung {
			r.Scan(t.Context(), id)
		}
		within(t, time.Minute, "all hang", func() bool { return under.Load() == owners*tables })
		r.Scan(t.Context(), free.ID)
		select {
		case <-done:
		case <-time.After(atOnce):
			t.Error("another owner's table is not scanned")
		}
	})
}

// TestPanic has a stage panic: it is tried again as after any failure, and its lease is
// not waited for.
func TestPanic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		var times atomic.Int32
		s.event(t)
		runs(t, store, hooked{scan: func(ctx context.Context, id int64) error {
			if times.Add(1) == 1 {
				panic("a row that nobody thought of")
			}
			_, err := s.Scan(ctx, id)
			return err
		}})
		s.settled(t, 6*time.Second)
	})
}

// TestStalled has wake-ups vanish whatever the sweeper does: the runner tells, and takes
// it back.
func TestStalled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		r, err := jobs.New(t.Context(), store, true, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r.StallAfter(time.Second)
		if err := r.Start(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Stop(context.Background()) })
		time.Sleep(300 * time.Millisecond) // past the start's sweep
		end := swallow(t, store)
		s.event(t)
		within(t, 10*time.Second, "it is told", func() bool { return slices.Equal(r.Stalled(), []string{"scan"}) })
		end()
		within(t, 10*time.Second, "it is so no longer", func() bool { return len(r.Stalled()) == 0 })
	})
}
