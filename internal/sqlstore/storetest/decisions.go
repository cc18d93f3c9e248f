package storetest

import (
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

func policies(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	want := sheet24.Policies{NewRows: sheet24.AskNew, Keys: []string{"EMAIL"}, Deleted: sheet24.SetStage, Stage: "Kaybedildi", Conflict: sheet24.CRMWins, Fields: map[string]sheet24.Side{"EMAIL": sheet24.SheetWins}}
	check(t, s.SetPolicies(t.Context(), table.ID, want))
	if got := must(s.Table(t.Context(), table.ID))(t).Policies; !reflect.DeepEqual(got, want) {
		t.Errorf("policies = %+v", got)
	}
}

// settle claims what is due, and settles it as f says.
func settle(t *testing.T, s *sqlstore.Store, table *sheet24.Table, f func(*sheet24.RowChange)) {
	t.Helper()
	changes := must(s.Interrupted(t.Context(), table.PortalID))(t)
	changes = append(changes, must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)...)
	for i := range changes {
		changes[i].Status = sheet24.Completed
		f(&changes[i])
	}
	check(t, s.SettleChanges(t.Context(), changes))
}

// rowKeys has a row that becomes a record while it is edited once more.
func rowKeys(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	row := edit(5, -77, nil, "yeni")
	row.Action = sheet24.Create
	snapshot := []sheet24.Snapshot{{EntityID: -77, Row: 5, Values: map[string]any{"EMAIL": "yeni"}}, {Row: 9, Values: map[string]any{"EMAIL": "eski"}}}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{row}, Snapshots: snapshot}))
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(claimed) != 1 || claimed[0].EntityID != -77 || claimed[0].Action != sheet24.Create {
		t.Fatalf("claimed %+v", claimed)
	}
	commit(t, s, table, edit(6, -77, "yeni", "daha yeni")) // meanwhile
	claimed[0].Status, claimed[0].Key, claimed[0].EntityID, claimed[0].Known = sheet24.Completed, -77, 31, sheet24.Known{"EMAIL": {[]any{"yeni"}}}
	check(t, s.SettleChanges(t.Context(), claimed))
	if got := must(s.RecordsOf(t.Context(), table.ID, []int64{-77, -78, 11}))(t); len(got) != 1 || got[-77] != 31 {
		t.Errorf("records = %v", got)
	}
	late := edit(6, -77, nil, "en yeni") // of a scan that read the row before
	late.Fields["NAME"] = sheet24.Change{New: "Can"}
	same := edit(6, -77, nil, "en yeni")
	values := map[string]any{"EMAIL": "en yeni", "NAME": "Can"}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: -77, Row: 5, Values: map[string]any{"EMAIL": "yeni", "NAME": "Can"}}}}))
	for _, c := range []sheet24.RowChange{late, same} {
		check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{c}, Snapshots: []sheet24.Snapshot{{EntityID: -77, Row: 6, Values: values}}}))
	}
	open := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(open) != 1 || open[0].EntityID != 31 || open[0].Action != sheet24.Update || len(open[0].Fields) != 1 || !reflect.DeepEqual(open[0].Fields["EMAIL"], sheet24.Change{Old: "yeni", New: "en yeni"}) {
		t.Errorf("what came meanwhile: %+v", open)
	}
	if got := must(s.Snapshots(t.Context(), table.ID, []int64{31, -77}))(t); len(got) != 1 || got[31].Row != 6 || got[31].Values["EMAIL"] != "en yeni" {
		t.Errorf("snapshots = %+v", got)
	}
	if got := must(s.Known(t.Context(), table.ID, []int64{31}))(t); !reflect.DeepEqual(got[31], sheet24.Known{"EMAIL": {[]any{"yeni"}}}) {
		t.Errorf("known = %+v", got)
	}
	if got := must(s.Present(t.Context(), table.ID))(t); !reflect.DeepEqual(got, map[int64]int{11: 2, 31: 6}) {
		t.Errorf("present = %v", got)
	}
	rows := []map[string]any{{"EMAIL": "başka"}, {"EMAIL": "eski"}}
	if got := must(s.Left(t.Context(), table.ID, rows))(t); len(got) != 1 || !got[1] {
		t.Errorf("left alone: %v", got)
	}
	check(t, s.LeaveNone(t.Context(), table))
	if got := must(s.Left(t.Context(), table.ID, rows))(t); len(got) != 0 {
		t.Errorf("still left alone: %v", got)
	}
}

// known merges what is known of a record's fields.
func known(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	for _, k := range []sheet24.Known{{"NAME": {"a"}, "EMAIL": {[]any{"x"}}}, {"NAME": {"b", nil}}, {}} {
		commit(t, s, table, edit(2, 11, "a", "b"))
		settle(t, s, table, func(c *sheet24.RowChange) { c.Known = k })
	}
	want := sheet24.Known{"NAME": {"b", nil}, "EMAIL": {[]any{"x"}}}
	if got := must(s.Known(t.Context(), table.ID, []int64{11, 12}))(t); len(got) != 1 || !reflect.DeepEqual(got[11], want) {
		t.Errorf("known = %+v", got)
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 11, Row: 3, Values: map[string]any{"EMAIL": "c"}}}}))
	if got := must(s.Known(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(got[11], want) {
		t.Errorf("known after a scan = %+v", got)
	}
}

// questions asks about a part of a change, about a whole one, and about one that is
// edited meanwhile.
func questions(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	asked := map[string]sheet24.Change{"NAME": {Old: "a", New: "b", Conflict: true, CRM: "c", Seen: "c"}}
	commit(t, s, table, edit(2, 11, "a", "b"))
	settle(t, s, table, func(c *sheet24.RowChange) { c.Asks = asked })
	got := must(s.Asked(t.Context(), table.ID, 10))(t)
	if len(got) != 1 || !reflect.DeepEqual(got[0].Fields, asked) || got[0].EntityID != 11 || must(s.CountAsked(t.Context(), table.ID))(t) != 1 {
		t.Fatalf("asked %+v", got)
	}
	if report := must(s.Unreported(t.Context(), table.ID, 10))(t); len(report) != 2 || report[1].Status != sheet24.Asked {
		t.Errorf("to be told: %+v", report)
	}
	check(t, s.Decide(t.Context(), table.ID, got[0].ID, sheet24.SheetWins))
	wantCode(t, s.Decide(t.Context(), table.ID, got[0].ID, sheet24.SheetWins), sheet24.CodeChangeDecided)
	if k := must(s.Known(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(k[11], sheet24.Known{"NAME": {"c"}}) {
		t.Errorf("known once it may be overwritten: %+v", k)
	}
	settle(t, s, table, func(c *sheet24.RowChange) { c.Status, c.Fields = sheet24.Asked, asked })
	id := must(s.Asked(t.Context(), table.ID, 10))(t)[0].ID
	check(t, s.Decide(t.Context(), table.ID, id, sheet24.CRMWins))
	settle(t, s, table, func(c *sheet24.RowChange) {
		if c.Fields["NAME"].Kept != sheet24.CRMWins {
			t.Errorf("decided: %+v", c.Fields)
		}
	})
	writes := must(s.CellWrites(t.Context(), table.ID, 10))(t)
	if len(writes) != 1 || writes[0].Value != "c" || writes[0].Seen != "c" || writes[0].Undo {
		t.Fatalf("to be written: %+v", writes)
	}
	if w := must(s.Waiting(t.Context()))(t); !reflect.DeepEqual(w.Scan, []int64{table.ID}) {
		t.Errorf("waiting for a scan: %v", w.Scan)
	}
	check(t, s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 11, Field: "NAME", Value: 1.5, Undo: true}}))
	writes = must(s.CellWrites(t.Context(), table.ID, 10))(t)
	if len(writes) != 1 || writes[0].Value != 1.5 || !writes[0].Undo {
		t.Fatalf("the last one counts: %+v", writes)
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Written: writes}))
	if n := len(must(s.CellWrites(t.Context(), table.ID, 10))(t)); n != 0 {
		t.Errorf("%d are to be written again", n)
	}

	// An edit answers the question, or asks it anew.
	commit(t, s, table, edit(2, 11, "b", "c"))
	settle(t, s, table, func(c *sheet24.RowChange) { c.Status, c.Fields = sheet24.Asked, asked })
	commit(t, s, table, edit(2, 11, "c", "d"))
	if n := must(s.CountAsked(t.Context(), table.ID))(t); n != 0 {
		t.Errorf("%d questions are left", n)
	}
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(claimed) != 1 || len(claimed[0].Fields) != 2 || claimed[0].Fields["NAME"].CRM != "c" {
		t.Fatalf("claimed %+v", claimed)
	}
	commit(t, s, table, edit(2, 11, "d", "e")) // and while it is looked at
	claimed[0].Status = sheet24.Asked
	check(t, s.SettleChanges(t.Context(), claimed))
	if again := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(again) != 1 || again[0].Fields["EMAIL"].New != "e" {
		t.Errorf("claimed again: %+v", again)
	}
}

// deletions has a row that is gone and comes back, and one that does not.
func deletions(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	gone := func(id int64, status sheet24.Status) sheet24.RowChange {
		return sheet24.RowChange{EntityID: id, Row: 2, Action: sheet24.Delete, Status: status, Fields: map[string]sheet24.Change{"EMAIL": {Old: "a"}}}
	}
	snapshots := []sheet24.Snapshot{{EntityID: 11, Values: map[string]any{}}, {EntityID: 12, Values: map[string]any{}}}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{gone(11, sheet24.Pending), gone(12, sheet24.Asked)}, Snapshots: snapshots}))
	if got := must(s.Present(t.Context(), table.ID))(t); len(got) != 0 {
		t.Errorf("present = %v", got)
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Returned: []int64{12}, Snapshots: []sheet24.Snapshot{{EntityID: 12, Row: 4, Values: map[string]any{}}}}))
	settle(t, s, table, func(c *sheet24.RowChange) {
		if c.EntityID != 11 || c.Action != sheet24.Delete {
			t.Errorf("claimed %+v", c)
		}
	})
	if got := must(s.Snapshots(t.Context(), table.ID, []int64{11, 12}))(t); len(got) != 1 || got[12].Row != 4 {
		t.Errorf("snapshots = %+v", got)
	}
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 1 {
		t.Errorf("%d lines of history", n)
	}
	commit(t, s, table, edit(4, 12, "a", "b"))
	settle(t, s, table, func(c *sheet24.RowChange) { c.Forget = true })
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 1 {
		t.Errorf("%d lines of history after one was dropped", n)
	}
}

func comparisons(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	_, err := s.Comparison(t.Context(), table.ID)
	wantCode(t, err, sheet24.CodeComparisonUnknown)
	check(t, s.StartComparison(t.Context(), table.ID))
	c := must(s.Comparison(t.Context(), table.ID))(t)
	if w := must(s.Waiting(t.Context()))(t); c.State != sheet24.Comparing || !reflect.DeepEqual(w.Compare, []int64{table.ID}) {
		t.Fatalf("started: %+v, waiting %v", c, w.Compare)
	}
	check(t, s.PauseComparison(t.Context(), table.ID, true))
	if w := must(s.Waiting(t.Context()))(t); len(w.Compare) != 0 {
		t.Errorf("while it pauses, waiting: %v", w.Compare)
	}
	c.State, c.DoneRow, c.LastRow, c.Counts = sheet24.Compared, 100, 200, sheet24.ComparisonCounts{Same: 7, Update: 1}
	rows := []sheet24.RowDifference{{Row: 3, EntityID: 11, Kind: sheet24.WouldUpdate, Fields: map[string]sheet24.Change{"NAME": {Old: "a", New: "b"}}}, {Row: 9, Kind: sheet24.WouldFail, Message: "?"}}
	check(t, s.SaveCompared(t.Context(), c, sheet24.Comparing, rows, map[int64]sheet24.Known{11: {"NAME": {"a"}}}))
	check(t, s.SaveCompared(t.Context(), c, sheet24.Pushing, nil, nil)) // its state is another by now
	got := must(s.Comparison(t.Context(), table.ID))(t)
	if got.State != sheet24.Compared || got.DoneRow != 100 || got.LastRow != 200 || got.Counts != c.Counts {
		t.Errorf("saved: %+v", got)
	}
	if found := must(s.Differences(t.Context(), table.ID, 3, 10))(t); len(found) != 1 || found[0].Message != "?" {
		t.Errorf("below row 3: %+v", found)
	}
	if found := must(s.Differences(t.Context(), table.ID, 0, 1))(t); !reflect.DeepEqual(found, rows[:1]) {
		t.Errorf("the first: %+v", found)
	}
	if k := must(s.Known(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(k[11], sheet24.Known{"NAME": {"a"}}) {
		t.Errorf("seen: %+v", k)
	}
	check(t, s.SetComparisonState(t.Context(), table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	wantCode(t, s.SetComparisonState(t.Context(), table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Taking), sheet24.CodeComparisonState)
	wantCode(t, s.StartComparison(t.Context(), table.ID), sheet24.CodeComparisonRunning)
	check(t, s.SetComparisonState(t.Context(), table.ID, []sheet24.ComparisonState{sheet24.Comparing, sheet24.Pushing}, sheet24.Cancelled))
	check(t, s.StartComparison(t.Context(), table.ID))
	if found := must(s.Differences(t.Context(), table.ID, 0, 10))(t); len(found) != 0 {
		t.Errorf("of the comparison before: %+v", found)
	}
	commit(t, s, table, edit(2, 11, "a", "b"))
	if n := must(s.CountOpen(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d changes are open", n)
	}
}

// spans reads changes by their ids, records and times, and replays events.
func spans(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	for id := range int64(5) {
		commit(t, s, table, edit(2, 11+id, "a", "b"))
	}
	all := must(s.ChangesBetween(t.Context(), table.ID, time.Now().Add(-time.Minute), time.Now().Add(time.Minute), 10))(t)
	if len(all) != 5 || all[0].EntityID != 15 {
		t.Fatalf("changes = %+v", all)
	}
	if got := must(s.ChangesBetween(t.Context(), table.ID, time.Now().Add(time.Minute), time.Now().Add(2*time.Minute), 10))(t); len(got) != 0 {
		t.Errorf("of the future: %+v", got)
	}
	if got := must(s.Changes(t.Context(), table.ID, []int64{all[1].ID, all[2].ID, 1 << 40}))(t); len(got) != 2 || got[0].EntityID != 13 {
		t.Errorf("by id: %+v", got)
	}
	if got := must(s.ChangesSince(t.Context(), table.ID, all[2].ID, []int64{11, 14, 15}))(t); len(got) != 2 || got[0].EntityID != 14 {
		t.Errorf("since: %+v", got)
	}
	e := event(table, "once")
	check(t, s.AddEvent(t.Context(), e))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: []sheet24.Event{*e}}))
	if n := must(s.ReplayEvents(t.Context(), table.ID, time.Now().Add(-time.Minute), time.Now().Add(time.Minute)))(t); n != 1 || len(must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)) != 1 {
		t.Errorf("%d events replayed", n)
	}
}

// waitingTold tells the sheet once that a row waits, and then how it ended.
func waitingTold(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	told := 0
	for range 3 {
		settle(t, s, table, func(c *sheet24.RowChange) {
			c.Status, c.Error, c.NotBefore = sheet24.Pending, "503", time.Now().Add(-time.Second)
		})
		report := must(s.Unreported(t.Context(), table.ID, 10))(t)
		told += len(report)
		check(t, s.MarkReported(t.Context(), report))
	}
	if told != 1 {
		t.Errorf("told %d times that it waits", told)
	}
	report := must(s.Unreported(t.Context(), table.ID, 10))(t)
	settle(t, s, table, func(*sheet24.RowChange) {})
	check(t, s.MarkReported(t.Context(), report)) // of before
	if report := must(s.Unreported(t.Context(), table.ID, 10))(t); len(report) != 1 || report[0].Status != sheet24.Completed {
		t.Errorf("to be told: %+v", report)
	}
}

// gathering counts what waits and was not tried, and finds what was settled a moment ago.
func gathering(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	if rows, oldest, _, err := s.Gathering(t.Context(), table.PortalID); rows != 0 || !oldest.IsZero() || err != nil {
		t.Errorf("of nothing: %d since %v, %v", rows, oldest, err)
	}
	began := time.Now().Add(-time.Second)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	rows, oldest, latest, err := s.Gathering(t.Context(), table.PortalID)
	if rows != 2 || oldest.Before(began) || oldest.After(time.Now()) || latest.Before(oldest.Add(-time.Second)) || err != nil {
		t.Errorf("%d since %v, the last %v, %v", rows, oldest, latest, err)
	}
	settle(t, s, table, func(c *sheet24.RowChange) {
		if c.EntityID == 12 {
			c.Status, c.NotBefore = sheet24.Pending, time.Now().Add(-time.Second)
		}
	})
	if rows, _, _, err := s.Gathering(t.Context(), table.PortalID); rows != 0 || err != nil {
		t.Errorf("what was tried: %d, %v", rows, err)
	}
	if got := must(s.SettledSince(t.Context(), table.ID, began, []int64{11, 12, 13}))(t); len(got) != 1 || got[11].Before(began) {
		t.Errorf("settled: %v", got)
	}
	if got := must(s.SettledSince(t.Context(), table.ID, time.Now().Add(time.Second), []int64{11}))(t); len(got) != 0 {
		t.Errorf("settled in the future: %v", got)
	}
}
