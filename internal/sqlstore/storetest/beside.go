package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// scansBesidePushes has a scan find edits of rows while a push claims the same rows and
// settles them in another order, and a report tells of them: nothing fails, and what was typed
// last is what is pushed last.
func scansBesidePushes(t *testing.T, s *sqlstore.Store) {
	const rows, rounds = 20, 30
	table := Seed(t, s)
	typed := func(value int) {
		var found sheet24.Scanned
		for i := range rows {
			c := edit(i+2, int64(i+11), fmt.Sprint(value-1), fmt.Sprint(value))
			found.Changes = append(found.Changes, c)
			found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: c.EntityID, Row: c.Row, Values: map[string]any{"EMAIL": fmt.Sprint(value)}})
		}
		check(t, s.CommitScan(t.Context(), table, found))
	}
	pushed := map[int64]any{}
	push := func(round int) {
		changes := must(s.ClaimChanges(t.Context(), table.PortalID, rows))(t)
		slices.Reverse(changes)
		for i := range changes {
			c := &changes[i]
			c.LastKnown = sheet24.LastKnown{"EMAIL": {c.Fields["EMAIL"].New}}
			if c.Status = sheet24.Completed; (round+i)%3 == 0 { // a fault that may pass
				c.Status, c.NotBefore = sheet24.Pending, time.Now()
				continue
			}
			pushed[c.EntityID] = c.Fields["EMAIL"].New
		}
		check(t, s.SettleChanges(t.Context(), changes))
	}

	for round := range rounds {
		typed(2 * round)
		var beside sync.WaitGroup
		var over atomic.Bool
		beside.Go(func() { defer over.Store(true); typed(2*round + 1) })
		beside.Go(func() {
			for !over.Load() {
				check(t, s.MarkReported(t.Context(), must(s.Unreported(t.Context(), table.ID, rows))(t)))
			}
		})
		for n := round; ; n++ {
			done := over.Load()
			push(n)
			if done && must(s.CountOpen(t.Context(), table.ID))(t) == 0 {
				break
			}
		}
		beside.Wait()

		for i := range int64(rows) {
			if want := fmt.Sprint(2*round + 1); pushed[i+11] != want {
				t.Fatalf("record %d: %v was pushed last; its row says %s", i+11, pushed[i+11], want)
			}
		}
	}
}

// entangled has a statement of a report wait for a change that somebody has who waits for
// another one of the statement's: whom the database ends to get them apart tries again.
func entangled(t *testing.T, s *sqlstore.Store) {
	if !s.Shared() { // one writer at a time is never entangled
		return
	}
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	settle(t, s, table, func(*sheet24.RowChange) {})
	told := must(s.Unreported(t.Context(), table.ID, 10))(t)

	tx := must(s.DB().BeginTx(t.Context(), nil))(t)
	defer tx.Rollback()
	touch := func(c sheet24.RowChange) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE reverse_sync_logs SET attempts = attempts + 1 WHERE id = $1`, c.ID)
		return err
	}
	check(t, touch(told[1]))
	done := make(chan error)
	go func() { done <- s.MarkReported(t.Context(), told) }()
	time.Sleep(200 * time.Millisecond) // it has the first, and waits for the second
	if err := touch(told[0]); err == nil {
		check(t, tx.Commit())
	} else {
		tx.Rollback()
	}
	check(t, <-done)
	if n := len(must(s.Unreported(t.Context(), table.ID, 10))(t)); n != 0 {
		t.Errorf("%d are not told", n)
	}
}
