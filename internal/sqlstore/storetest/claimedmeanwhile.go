package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// failClaimed fails a row whose change a push claims at that moment: that stays the push's, and
// the row gets a line of its own.
func failClaimed(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))

	claim := must(s.DB().BeginTx(t.Context(), nil))(t)
	_, err := claim.ExecContext(t.Context(), `UPDATE reverse_sync_logs SET status = 'syncing' WHERE config_id = $1`, table.ID)
	check(t, err)
	failed := make(chan error, 1)
	go func() {
		failed <- s.FailRow(context.WithoutCancel(t.Context()), table, sheet24.RowChange{EntityID: 11, Row: 2, Error: "bizden"})
	}()
	time.Sleep(200 * time.Millisecond) // it has looked for what waits, and waits itself
	check(t, claim.Commit())
	check(t, <-failed)

	var got []string
	for _, c := range must(s.History(t.Context(), table.ID, 0, 20))(t) {
		got = append(got, string(c.Status)+c.Error)
	}
	if want := []string{"failedbizden", "syncing"}; !reflect.DeepEqual(got, want) {
		t.Errorf("history = %v; want %v", got, want)
	}
}

// triedSince keeps since when changes are tried in vain, until they are tried anew.
func triedSince(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	since := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	settle(t, s, table, func(c *sheet24.RowChange) {
		if !c.TriedSince.IsZero() {
			t.Errorf("before the first attempt: %v", c.TriedSince)
		}
		c.Status, c.TriedSince, c.NotBefore = sheet24.Pending, since, since
	})

	commit(t, s, table, edit(2, 11, "b", "c")) // joins it
	settle(t, s, table, func(c *sheet24.RowChange) {
		if !c.TriedSince.Equal(since) {
			t.Errorf("once it was edited again: %v", c.TriedSince)
		}
		c.Status, c.Error = sheet24.Failed, "olmadı"
	})

	if n := must(s.RetryFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d tried anew", n)
	}
	if c := claimed(t, s, table)[11]; c.ID == 0 || !c.TriedSince.IsZero() {
		t.Errorf("tried anew: %+v", c)
	}

	settle(t, s, table, func(c *sheet24.RowChange) {
		c.Status, c.Error, c.TriedSince = sheet24.Failed, "olmadı", since
	})
	check(t, s.RetryChange(t.Context(), table.ID, must(s.History(t.Context(), table.ID, 0, 1))(t)[0].ID))
	if c := claimed(t, s, table)[11]; c.ID == 0 || !c.TriedSince.IsZero() {
		t.Errorf("tried anew alone: %+v", c)
	}
}
