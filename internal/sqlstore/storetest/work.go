package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// arrivals stores events from all sides at once, each twice, and some of a table that
// is not there.
func arrivals(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	var stored, doubled, refused atomic.Int32
	var all sync.WaitGroup
	for from := range 32 {
		all.Go(func() {
			for n := range 20 {
				e := event(table, fmt.Sprint(from/2, "-", n)) // two of one id each
				if n == 10 {
					e.TableID, e.MessageID = 9999, fmt.Sprint("gone", from)
				}
				err := s.AddEvent(t.Context(), e)
				switch {
				case err == nil:
					stored.Add(1)
				case sheet24.IsKind(err, sheet24.Conflict):
					doubled.Add(1)
				default:
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	if stored.Load() != 16*19 || doubled.Load() != 16*19 || refused.Load() != 32 {
		t.Errorf("%d stored, %d doubled, %d refused", stored.Load(), doubled.Load(), refused.Load())
	}
	got := must(s.UnprocessedEvents(t.Context(), table.ID, 1000))(t)
	ids := map[int64]bool{}
	for _, e := range got {
		ids[e.ID] = true
	}
	if len(got) != 16*19 || len(ids) != 16*19 {
		t.Errorf("%d events, %d ids", len(got), len(ids))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddEvent(ctx, event(table, "late")); err == nil {
		t.Log("stored before its sender went away")
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("from a sender who went away: %v", err)
	}
}

func leases(t *testing.T, s *sqlstore.Store) {
	acquire := func(owner string, d time.Duration) bool { return must(s.Acquire(t.Context(), "scan 7", owner, d))(t) }
	if !acquire("a", time.Minute) {
		t.Error("the first is refused")
	}
	if acquire("b", time.Minute) {
		t.Error("taken while it is held")
	}
	if !must(s.Renew(t.Context(), "scan 7", "a", time.Minute))(t) || must(s.Renew(t.Context(), "scan 7", "b", time.Minute))(t) {
		t.Error("renewed by others, or not by its owner")
	}
	check(t, s.Release(t.Context(), "scan 7", "b", 0))
	if acquire("b", time.Minute) {
		t.Error("taken after somebody else released it")
	}
	check(t, s.Release(t.Context(), "scan 7", "a", 500*time.Millisecond))
	if acquire("b", time.Minute) {
		t.Error("taken while it was to rest")
	}
	time.Sleep(550 * time.Millisecond)
	if !acquire("b", 100*time.Millisecond) {
		t.Error("refused after its rest")
	}
	time.Sleep(150 * time.Millisecond)
	if must(s.Renew(t.Context(), "scan 7", "b", time.Minute))(t) {
		t.Error("renewed after it ran out")
	}
	if !acquire("c", time.Minute) {
		t.Error("refused after it ran out")
	}
	var wins atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if ok, err := s.Acquire(t.Context(), "push x", fmt.Sprint(i), time.Minute); err == nil && ok {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d owners at once", wins.Load())
	}
}

// buckets leak, lose no request of those who ask at once, and are full when a portal
// says so.
func buckets(t *testing.T, s *sqlstore.Store) {
	const slow = 1e-6
	take := func(host string, rate float64) float64 { return must(s.Take(t.Context(), host, 1, rate))(t) }
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				if _, err := s.Take(t.Context(), "a", 1, slow); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	near("after 200 at once", take("a", slow), 201)
	near("another portal's", take("b", slow), 1)
	near("several", must(s.Take(t.Context(), "b", 4, slow))(t), 5)
	time.Sleep(20 * time.Millisecond)
	near("leaked dry", take("a", 1e6), 1)
	check(t, s.Fill(t.Context(), "a", 50))
	near("full", take("a", slow), 51)
	check(t, s.Fill(t.Context(), "a", 10))
	near("less full than was thought", take("a", slow), 11)
	check(t, s.Fill(t.Context(), "new", 7))
	near("filled by others before", take("new", slow), 8)
	began := time.Now()
	near("nothing leaked yet", take("c", 100), 1)
	check(t, s.Fill(t.Context(), "c", 1000))
	time.Sleep(100 * time.Millisecond)
	if leaked, most := 1001-take("c", 100), 100*time.Since(began).Seconds()+1; leaked < 9 || leaked > most {
		t.Errorf("%v leaked; at least 10 and at most %v should have", leaked, most)
	}
}

func event(table *sheet24.Table, id string) *sheet24.Event {
	return &sheet24.Event{TableID: table.ID, Type: sheet24.RowEdited, MessageID: id, Rows: sheet24.Rows(5, 6), Data: []byte(`{"row_id":5}`)}
}

func events(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.AddEvent(t.Context(), event(table, "m1")))
	check(t, s.AddEvent(t.Context(), event(table, "m2")))
	wantCode(t, s.AddEvent(t.Context(), event(table, "m1")), sheet24.CodeWebhookReplayed)
	got := must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)
	if len(got) != 2 || got[0].Rows != sheet24.Rows(5, 6) || string(got[1].Data) != `{"row_id":5}` {
		t.Fatalf("events = %+v", got)
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: got[:1]}))
	if got := must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t); len(got) != 1 || got[0].MessageID != "m2" {
		t.Fatalf("after the scan: %+v", got)
	}
}

func waiting(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	expect := func(scan, push, report int) {
		t.Helper()
		w := must(s.Waiting(t.Context()))(t)
		if len(w.Scan) != scan || len(w.Push) != push || len(w.Report) != report {
			t.Fatalf("waiting = %+v; want %d scans, %d pushes, %d reports", w, scan, push, report)
		}
	}
	expect(0, 0, 0)
	check(t, s.AddEvent(t.Context(), event(table, "m1")))
	expect(1, 0, 0)
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: must(s.UnprocessedEvents(t.Context(), table.ID, 9))(t), Changes: []sheet24.RowChange{edit(2, 11, "a", "b")}}))
	expect(0, 1, 0)
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	expect(0, 1, 0) // a push that died
	c[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), c))
	expect(0, 0, 1)
	check(t, s.MarkReported(t.Context(), c))
	expect(0, 0, 0)
}
