package storetest

import (
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

func edit(row int, entityID int64, before, after any) sheet24.RowChange {
	return sheet24.RowChange{EntityID: entityID, Row: row, Status: sheet24.Pending,
		Fields: map[string]sheet24.Change{"EMAIL": {Old: before, New: after}}}
}

func commit(t *testing.T, s *sqlstore.Store, table *sheet24.Table, changes ...sheet24.RowChange) {
	t.Helper()
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: changes}))
}

func coalesce(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	commit(t, s, table, edit(3, 11, "b", "c"), edit(4, 12, nil, 1.5))
	got := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(got) != 2 || !reflect.DeepEqual(got[1].Fields["EMAIL"], sheet24.Change{Old: "a", New: "c"}) || got[1].Row != 3 {
		t.Fatalf("history = %+v", got)
	}
	if !reflect.DeepEqual(got[0].Fields["EMAIL"], sheet24.Change{Old: nil, New: 1.5}) {
		t.Fatalf("values must keep their types: %+v", got[0].Fields)
	}
}

func claim(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	first := must(s.ClaimChanges(t.Context(), table.PortalID, 1))(t)
	if len(first) != 1 || first[0].EntityID != 11 || first[0].Status != sheet24.Syncing || first[0].Attempts != 1 {
		t.Fatalf("claimed %+v", first)
	}
	commit(t, s, table, edit(2, 11, "b", "c"))
	// The crash: whoever comes next takes the unfinished change again, and not
	// the later one of the same row beside it.
	again := must(s.Interrupted(t.Context(), table.PortalID))(t)
	if len(again) != 1 || again[0].ID != first[0].ID || again[0].Attempts != 2 {
		t.Fatalf("taken again: %+v", again)
	}
	more := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(more) != 1 || more[0].EntityID != 12 {
		t.Fatalf("claimed beside it: %+v", more)
	}
	if must(s.Due(t.Context(), table.PortalID))(t) {
		t.Error("what has an earlier change under way is due")
	}
	again = append(again, more...)
	for i := range again {
		again[i].Status = sheet24.Completed
	}
	check(t, s.SettleChanges(t.Context(), again))
	rest := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(rest) != 1 || !reflect.DeepEqual(rest[0].Fields["EMAIL"], sheet24.Change{Old: "b", New: "c"}) {
		t.Fatalf("the rest: %+v", rest)
	}
	if got := must(s.ClaimChanges(t.Context(), table.PortalID+1, 10))(t); len(got) != 0 {
		t.Fatalf("another portal's changes: %+v", got)
	}
	if must(s.Table(t.Context(), table.ID))(t).LastSyncAt.IsZero() {
		t.Fatal("last_sync_at is not set")
	}
}

// fair has a paste of many rows in one table, and then edits in others.
func fair(t *testing.T, s *sqlstore.Store) {
	large := Seed(t, s)
	small, single := *large, *large
	small.GID, single.GID = 8, 9
	check(t, s.SaveTable(t.Context(), &small, nil))
	check(t, s.SaveTable(t.Context(), &single, nil))
	var many []sheet24.RowChange
	for row := 2; row < 102; row++ {
		many = append(many, edit(row, int64(row), "a", "b"))
	}
	commit(t, s, large, many...)
	commit(t, s, &small, edit(5, 5, "a", "b"), edit(6, 6, "a", "b"))
	commit(t, s, &single, edit(5, 5, "a", "b"))

	of := func(changes []sheet24.RowChange) map[int64]int {
		of := map[int64]int{}
		for _, c := range changes {
			of[c.TableID]++
		}
		return of
	}
	if got := of(must(s.ClaimChanges(t.Context(), large.PortalID, 2))(t)); got[single.ID] != 1 || got[small.ID] != 1 {
		t.Errorf("of two: %v; want one of each small table", got)
	}
	if got := of(must(s.ClaimChanges(t.Context(), large.PortalID, 10))(t)); got[large.ID] != 9 || got[small.ID] != 1 {
		t.Errorf("of ten: %v", got)
	}

	// Rows that wait for their earlier changes bar no others' way.
	for row := 2; row < 11; row++ {
		many[row] = edit(row, int64(row), "b", "c")
	}
	commit(t, s, large, many[2:11]...)
	if got := must(s.ClaimChanges(t.Context(), large.PortalID, 5))(t); len(got) != 5 || got[0].EntityID != 11 {
		t.Errorf("beside rows that wait: %+v", got)
	}

	// One table alone.
	if got := of(must(s.ClaimOf(t.Context(), large.PortalID, large.ID, 7))(t)); got[large.ID] != 7 || len(got) != 1 {
		t.Errorf("of one table: %v", got)
	}
	if got := must(s.ClaimOf(t.Context(), large.PortalID+1, large.ID, 7))(t); len(got) != 0 {
		t.Errorf("of another portal's table: %+v", got)
	}
}

// elsewhere has a portal that two users connected.
func elsewhere(t *testing.T, s *sqlstore.Store) {
	mine := Seed(t, s)
	u := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	p := &sheet24.Portal{UserID: u.ID, Host: "firma.bitrix24.com.tr", WebhookURL: "https://firma.bitrix24.com.tr/rest/2/gizli/"}
	check(t, s.SavePortal(t.Context(), p))
	theirs := *mine
	theirs.UserID, theirs.PortalID, theirs.SpreadsheetID = u.ID, p.ID, "sheet-2"
	check(t, s.SaveTable(t.Context(), &theirs, nil))

	commit(t, s, mine, edit(2, 11, "a", "b"))
	if must(s.DueElsewhere(t.Context(), mine.PortalID))(t) || !must(s.DueElsewhere(t.Context(), theirs.PortalID))(t) {
		t.Error("who waits for the same portal is not told")
	}
	if !must(s.Due(t.Context(), mine.PortalID))(t) || must(s.Due(t.Context(), theirs.PortalID))(t) {
		t.Error("who waits is not told")
	}
}

// begun has writes that were sent, of which some are answered.
func begun(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"), sheet24.RowChange{EntityID: -77, Row: 4, Action: sheet24.Create, Status: sheet24.Pending, Fields: map[string]sheet24.Change{}})
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	at := time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	for i := range claimed {
		claimed[i].Begun = &sheet24.Begun{At: at, Together: 3, Write: sheet24.ItemWrite{Entity: sheet24.Leads, ID: max(claimed[i].EntityID, 0), Fields: map[string]any{"title": "b", "opportunity": 1.5, "name": nil},
			Multi: []sheet24.MultiValue{{ID: 7, Type: "PHONE", Kind: "WORK", Value: "1"}}}}
	}
	check(t, s.Begin(t.Context(), claimed))
	check(t, s.Begin(t.Context(), claimed)) // once more is once
	got := must(s.Begun(t.Context(), table.PortalID, time.Time{}))(t)
	if len(got) != 3 {
		t.Fatalf("begun: %+v", got)
	}
	for _, b := range got {
		if b.TableID != table.ID || b.Entity != sheet24.Leads || !b.At.Equal(at) || b.Together != 3 || !reflect.DeepEqual(b.Write, claimed[0].Begun.Write) && b.EntityID == 11 {
			t.Errorf("begun: %+v", b)
		}
	}

	// One is answered, the answer to another does not come, one becomes a record.
	claimed[0].Status, claimed[0].Begun = sheet24.Completed, nil
	later := *claimed[1].Begun
	later.At, later.Blind = at.Add(time.Second), true
	claimed[1].Status, claimed[1].Begun, claimed[1].NotBefore = sheet24.Pending, &later, time.Now()
	claimed[2].Status, claimed[2].Begun, claimed[2].Key, claimed[2].EntityID = sheet24.Completed, nil, -77, 31
	check(t, s.SettleChanges(t.Context(), claimed))
	got = must(s.Begun(t.Context(), table.PortalID, time.Time{}))(t)
	if len(got) != 1 || got[0].EntityID != 12 || !got[0].At.Equal(later.At) || !got[0].Blind {
		t.Fatalf("after two were answered: %+v", got)
	}

	// It is kept as long as its row waits, and then until the portal has given up.
	must(s.Begun(t.Context(), table.PortalID, time.Now()))(t)
	if got = must(s.Begun(t.Context(), table.PortalID, time.Time{}))(t); len(got) != 1 {
		t.Fatalf("its row waits: %+v", got)
	}
	settle(t, s, table, func(c *sheet24.RowChange) { c.Begun = &later })
	must(s.Begun(t.Context(), table.PortalID, at))(t)
	if got = must(s.Begun(t.Context(), table.PortalID, time.Now()))(t); len(got) != 1 {
		t.Fatalf("it may still be carried out: %+v", got)
	}
	if got = must(s.Begun(t.Context(), table.PortalID, time.Now()))(t); len(got) != 0 {
		t.Fatalf("long after: %+v", got)
	}
}

// holds has changes that wait for a portal, and say so.
func holds(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	deletion := edit(4, 13, "a", "b")
	deletion.Action = sheet24.Delete
	commit(t, s, table, edit(2, 11, "a", "b"), sheet24.RowChange{EntityID: -77, Row: 3, Action: sheet24.Create, Status: sheet24.Pending, Fields: map[string]sheet24.Change{}}, deletion)
	says := func(text string) func(string) string {
		return func(language string) string { return language + " " + text }
	}

	until := time.Now().Add(time.Hour)
	check(t, s.Hold(t.Context(), table.PortalID, sheet24.Creating, until, says("dolu")))
	told := must(s.Unreported(t.Context(), table.ID, 10))(t)
	if len(told) != 1 || told[0].EntityID != -77 || told[0].Error != "tr dolu" || told[0].Status != sheet24.Pending {
		t.Fatalf("told of: %+v", told)
	}
	check(t, s.MarkReported(t.Context(), told))
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(claimed) != 2 {
		t.Fatalf("claimed: %+v", claimed)
	}

	// Those that are under way say so too, once.
	check(t, s.Delayed(t.Context(), table.PortalID, says("yavaş")))
	told = must(s.Unreported(t.Context(), table.ID, 10))(t)
	if len(told) != 2 || told[0].Status != sheet24.Syncing || told[0].Error != "tr yavaş" {
		t.Fatalf("told of: %+v", told)
	}
	check(t, s.MarkReported(t.Context(), told))
	check(t, s.Delayed(t.Context(), table.PortalID, says("çok yavaş")))
	if told = must(s.Unreported(t.Context(), table.ID, 10))(t); len(told) != 0 {
		t.Fatalf("told again: %+v", told)
	}

	commit(t, s, table, edit(9, 19, "a", "b"))
	check(t, s.Hold(t.Context(), table.PortalID, "", until, says("kapalı")))
	if must(s.Due(t.Context(), table.PortalID))(t) {
		t.Error("something is due while all is held")
	}
}

func postpone(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	commit(t, s, table, edit(2, 11, "b", "c"))
	c[0].Status, c[0].Error, c[0].NotBefore = sheet24.Pending, "503", time.Now().Add(time.Hour)
	check(t, s.SettleChanges(t.Context(), c))
	got := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(got) != 1 || !reflect.DeepEqual(got[0].Fields["EMAIL"], sheet24.Change{Old: "a", New: "c"}) || got[0].Error != "503" {
		t.Fatalf("the postponed change and the newer one must become one: %+v", got)
	}
	if got := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(got) != 0 {
		t.Fatalf("claimed before its time: %+v", got)
	}
}

func retry(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	c[0].Status, c[0].Error = sheet24.Failed, "no"
	check(t, s.SettleChanges(t.Context(), c))
	check(t, s.RetryChange(t.Context(), table.ID, c[0].ID))
	if got := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(got) != 1 || got[0].Error != "" {
		t.Fatalf("after the retry: %+v", got)
	}
	wantCode(t, s.RetryChange(t.Context(), table.ID, c[0].ID), sheet24.CodeChangeNotRetriable)
	wantCode(t, s.RetryChange(t.Context(), table.ID+1, c[0].ID), sheet24.CodeChangeNotRetriable)
}

// failures has one row that failed and was mended, and one that was not.
func failures(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	failed := edit(2, 11, "a", "b")
	other := edit(3, 12, "a", "b")
	commit(t, s, table, failed, other)
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	for i := range claimed {
		claimed[i].Status, claimed[i].Error = sheet24.Failed, "wrong"
	}
	check(t, s.SettleChanges(t.Context(), claimed))
	if n := must(s.CountFailed(t.Context(), table.ID))(t); n != 2 {
		t.Errorf("%d failed", n)
	}
	commit(t, s, table, edit(2, 11, "b", "c")) // mended
	again := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	again[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), again))
	if n := must(s.CountFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d failed after one was mended", n)
	}

	// What is done is forgotten once it was told of; what is unsent stays.
	e := event(table, "old")
	check(t, s.AddEvent(t.Context(), e))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: []sheet24.Event{*e}}))
	check(t, s.AddEvent(t.Context(), event(table, "waits")))
	later := time.Now().Add(time.Hour)
	check(t, s.Forget(t.Context(), later))
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 3 {
		t.Errorf("%d changes are left that nobody was told of", n)
	}
	check(t, s.MarkReported(t.Context(), must(s.Unreported(t.Context(), table.ID, 10))(t)))
	check(t, s.Forget(t.Context(), time.Now().Add(-time.Hour)))
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 3 {
		t.Errorf("%d changes are left of today", n)
	}
	check(t, s.Forget(t.Context(), later))
	left := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(left) != 1 || left[0].EntityID != 12 {
		t.Errorf("left: %+v", left)
	}
	if n := len(must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)); n != 1 {
		t.Errorf("%d events wait", n)
	}

	if n := must(s.RetryFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d tried again", n)
	}
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 1 || c[0].EntityID != 12 || c[0].Error != "" {
		t.Errorf("tried again: %+v", c)
	}
}

func unsent(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	status := func(before, after any) sheet24.RowChange {
		return sheet24.RowChange{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"STATUS_ID": {Old: before, New: after}}}
	}
	both := status("Yeni", "Yenii")
	both.Fields["EMAIL"] = sheet24.Change{Old: "a", New: "b"}
	commit(t, s, table, both)
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	c[0].Status, c[0].Error = sheet24.Failed, "Yenii"
	check(t, s.SettleChanges(t.Context(), c))
	commit(t, s, table, status("Yenii", "İşlemde"))
	c = must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	want := map[string]sheet24.Change{"STATUS_ID": {Old: "Yeni", New: "İşlemde"}, "EMAIL": {Old: "a", New: "b"}}
	if len(c) != 1 || !reflect.DeepEqual(c[0].Fields, want) {
		t.Fatalf("after the mended cell: %+v; want %v", c, want)
	}
	c[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), c))
	commit(t, s, table, status("İşlemde", "Yeni"))
	if c = must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c[0].Fields) != 1 {
		t.Fatalf("what was sent is sent again: %+v", c)
	}
}

func report(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"),
		sheet24.RowChange{Row: 9, Status: sheet24.Failed, Error: "no id", Fields: map[string]sheet24.Change{}})
	got := must(s.Unreported(t.Context(), table.ID, 10))(t)
	if len(got) != 1 || got[0].Row != 9 || got[0].SyncedAt.IsZero() {
		t.Fatalf("unreported = %+v", got)
	}
	check(t, s.MarkReported(t.Context(), got))
	if got := must(s.Unreported(t.Context(), table.ID, 10))(t); len(got) != 0 {
		t.Fatalf("reported twice: %+v", got)
	}
}

func history(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	for id := range int64(5) {
		commit(t, s, table, edit(2, 11+id, "a", "b"))
	}
	page := must(s.History(t.Context(), table.ID, 0, 2))(t)
	next := must(s.History(t.Context(), table.ID, page[1].ID, 10))(t)
	if len(page) != 2 || len(next) != 3 || page[0].EntityID != 15 || next[0].EntityID != 13 {
		t.Fatalf("pages: %+v, %+v", page, next)
	}
}
