package storetest

import (
	"testing"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// paused has a table stand still with a change that waits, and go on with it.
func paused(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))

	check(t, s.SetEnabled(t.Context(), table.ID, false))
	w := must(s.Waiting(t.Context()))(t)
	if len(w.Scan)+len(w.Poll)+len(w.Push)+len(w.Report) > 0 {
		t.Fatalf("work of a table that is paused: %+v", w)
	}
	if c := must(s.Contents(t.Context(), table.ID))(t); c.Changes != 1 || c.Waiting != 1 {
		t.Fatalf("what waits is gone: %+v", c)
	}

	check(t, s.SetEnabled(t.Context(), table.ID, true))
	w = must(s.Waiting(t.Context()))(t)
	if len(w.Poll) != 1 || len(w.Push) != 1 {
		t.Fatalf("work of a table that goes on: %+v", w)
	}
}

// appearance changes what a table is called, and how it looks.
func appearance(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	table.Name, table.Language, table.Colors.Header = "Müşteriler", "en", "#123456"
	check(t, s.SetAppearance(t.Context(), table))

	got := must(s.Table(t.Context(), table.ID))(t)
	if got.Title() != "Müşteriler" || got.Language != "en" || got.Colors.Header != "#123456" || got.Binding != table.Binding {
		t.Fatalf("%+v", got)
	}
}

// deleted forgets a table with all that belongs to it, also while a change of it is under
// way, and nothing of another one.
func deleted(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "c", "d"))
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 1))(t)

	check(t, s.DeleteTable(t.Context(), table))
	if _, err := s.Table(t.Context(), table.ID); !sheet24.IsKind(err, sheet24.NotFound) {
		t.Fatalf("the table is there: %v", err)
	}
	if c := must(s.Contents(t.Context(), table.ID))(t); c != (sheet24.TableContents{}) {
		t.Fatalf("left behind: %+v", c)
	}
	if former := must(s.FormerIDColumns(t.Context(), table.SpreadsheetID, table.GID))(t); len(former) != 1 {
		t.Fatalf("whose ids the column has is forgotten: %v", former)
	}

	// What was under way settles, and changes nothing.
	for i := range claimed {
		claimed[i].Status = sheet24.Completed
	}
	check(t, s.SettleChanges(t.Context(), claimed))
	if all := must(s.History(t.Context(), table.ID, 0, 10))(t); len(all) != 0 {
		t.Fatalf("history of a table that is deleted: %+v", all)
	}
}
