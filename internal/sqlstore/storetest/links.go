package storetest

import (
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// newRow is a row that waits under a key, as a scan finds it.
func newRow(t *testing.T, s *sqlstore.Store, table *sheet24.Table, row int, key int64, value any) {
	t.Helper()
	c := edit(row, key, nil, value)
	c.Action = sheet24.Create
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{c},
		Snapshots: []sheet24.Snapshot{{EntityID: key, Row: row, Values: map[string]any{"EMAIL": value}}}}))
}

// claimed claims what a push begins with, by the records or keys that it is of: what an
// earlier one left, and what is due.
func claimed(t *testing.T, s *sqlstore.Store, table *sheet24.Table) map[int64]sheet24.RowChange {
	t.Helper()
	all := map[int64]sheet24.RowChange{}
	left := must(s.Interrupted(t.Context(), table.PortalID))(t)
	for _, c := range append(left, must(s.ClaimChanges(t.Context(), table.PortalID, 100))(t)...) {
		all[c.EntityID] = c
	}
	return all
}

// links has rows that turn out to be records: one whose row was deleted, one that another
// row is, one that is new to the table; all of them go on from there.
func links(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	settle1 := func(c sheet24.RowChange) { check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{c})) }
	commit(t, s, table, edit(2, 11, "a", "b"))
	settle(t, s, table, func(c *sheet24.RowChange) { c.LastKnown = sheet24.LastKnown{"EMAIL": {"b"}} })

	// The row of 11 is deleted, and typed again twice.
	gone := sheet24.RowChange{EntityID: 11, Row: 2, Action: sheet24.Delete, Status: sheet24.NeedsReview, Fields: map[string]sheet24.Change{"EMAIL": {Old: "b"}}}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{gone}, Snapshots: []sheet24.Snapshot{{EntityID: 11, Values: map[string]any{"EMAIL": "b"}}}}))
	newRow(t, s, table, 5, -5, "c")
	newRow(t, s, table, 6, -6, "d")
	newRow(t, s, table, 7, -7, "e")
	open := claimed(t, s, table)
	commit(t, s, table, edit(5, -5, "c", "c2")) // meanwhile
	got := must(s.LinkRows(t.Context(), table.ID, []sheet24.RowLink{{Change: open[-5], EntityID: 11, Note: "yine"}, {Change: open[-6], EntityID: 11, Note: "yine"}, {Change: open[-7], EntityID: 17, Note: "yine"}}))(t)
	if c := got[0].Change; got[0].Row != 0 || len(got[0].Joined) != 1 || c.EntityID != 11 || c.Key != -5 || c.Action != sheet24.Match || c.Note != "yine" || !reflect.DeepEqual(c.Fields, open[-5].Fields) {
		t.Errorf("typed again: %+v", got[0])
	}
	if got[1].Row != 5 || got[1].Change.EntityID != -6 {
		t.Errorf("typed twice: %+v", got[1])
	}
	if c := got[2].Change; got[2].Row != 0 || c.EntityID != 17 || c.Note != "" {
		t.Errorf("new to the table: %+v", got[2])
	}
	if n := must(s.CountNeedsReview(t.Context(), table.ID))(t); n != 0 {
		t.Errorf("%d deletions are asked about", n)
	}
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{11, 17, -5, -6}))(t); n[11].Row != 5 || n[11].Values["EMAIL"] != "c" || n[17].Row != 7 || n[-6].Row != 6 || len(n) != 3 {
		t.Errorf("snapshots: %+v", n)
	}
	if k := must(s.LastKnown(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(k[11], sheet24.LastKnown{"EMAIL": {"b"}}) {
		t.Errorf("known: %+v", k)
	}

	// All of that holds if the process ends here, and when it settles.
	again := claimed(t, s, table)
	if c := again[11]; c.ID != open[-5].ID || c.Note != "yine" || c.Action != sheet24.Match {
		t.Errorf("claimed again: %+v", c)
	}
	done := got[0].Change
	done.Status = sheet24.Completed
	settle1(done)
	next := claimed(t, s, table)[11]
	if !reflect.DeepEqual(next.Fields, map[string]sheet24.Change{"EMAIL": {Old: "c", New: "c2"}}) || next.Action != sheet24.Update {
		t.Errorf("what came meanwhile: %+v", next)
	}

	// The second waits for the first to be gone.
	second := got[1].Change
	second.Status, second.Error, second.TwinOf = sheet24.Failed, "zaten 5. satırda", 11
	settle1(second)
	if got := claimed(t, s, table); got[-6].ID != 0 {
		t.Errorf("claimed while the first is there: %+v", got)
	}
	next.Status = sheet24.Completed
	settle1(next)
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 11, Values: map[string]any{"EMAIL": "c2"}}}}))
	if c := claimed(t, s, table)[-6]; c.ID != second.ID || c.Error != "" || c.TwinOf != 0 {
		t.Errorf("claimed once the first is gone: %+v", c)
	}
}

// linksAfterALostAnswer has a row whose creation was sent: its record is found by its key.
func linksAfterALostAnswer(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	newRow(t, s, table, 5, -5, "a")
	c := claimed(t, s, table)[-5]
	c.Status, c.LastKnown, c.NotBefore = sheet24.Pending, sheet24.LastKnown{"EMAIL": {[]any{"a"}}}, time.Now().Add(-time.Second)
	check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{c}))
	got := must(s.LinkRows(t.Context(), table.ID, []sheet24.RowLink{{Change: claimed(t, s, table)[-5], EntityID: 31}}))(t)
	if got[0].Change.Action != sheet24.Create {
		t.Errorf("linked: %+v", got[0])
	}
	if k := must(s.LastKnown(t.Context(), table.ID, []int64{31}))(t); !reflect.DeepEqual(k[31], c.LastKnown) {
		t.Errorf("known: %+v", k)
	}
}

// linksWithOpenEdits has a record whose edit waits, and a question, when its row is
// deleted and typed again.
func linksWithOpenEdits(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	settle(t, s, table, func(c *sheet24.RowChange) {
		c.Review = map[string]sheet24.Change{"EMAIL": {Old: "a", New: "b", Conflict: true, CRM: "x", Seen: "x", Tried: true}}
	})
	waits := edit(2, 11, "b", "c")
	waits.Fields["NAME"] = sheet24.Change{Old: "n", New: "m"}
	commit(t, s, table, waits)
	claimed(t, s, table)
	commit(t, s, table, edit(2, 11, "c", "d"))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 11, Values: map[string]any{}}}}))
	newRow(t, s, table, 5, -5, "e")
	open := claimed(t, s, table)
	got := must(s.LinkRows(t.Context(), table.ID, []sheet24.RowLink{{Change: open[-5], EntityID: 11, Note: "yine"}}))(t)
	if c := got[0].Change; len(got[0].Joined) != 2 || c.Note != "" || c.Fields["EMAIL"].New != "e" || !c.Fields["EMAIL"].Tried || c.Fields["EMAIL"].CRM != "x" || c.Fields["NAME"].New != "m" {
		t.Errorf("linked: %+v", got[0])
	}
	if all := must(s.PendingChanges(t.Context(), table.ID, []int64{11, -5}))(t); len(all) != 1 || all[0].ID != open[-5].ID {
		t.Errorf("open: %+v", all)
	}
}

// createdBesideItsID has somebody write the id of a record into a row, before we hear that
// we created it for another.
func createdBesideItsID(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	newRow(t, s, table, 5, -5, "a")
	c := claimed(t, s, table)[-5]
	commit(t, s, table, edit(5, -5, "a", "b"))
	typed := edit(8, 31, nil, "c")
	typed.Fields["NAME"] = sheet24.Change{New: "n"}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{typed}, Snapshots: []sheet24.Snapshot{{EntityID: 31, Row: 8, Values: map[string]any{"EMAIL": "c"}}}}))
	c.Status, c.Key, c.EntityID = sheet24.Completed, -5, 31
	check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{c}))
	open := claimed(t, s, table)
	if len(open) != 1 || open[31].Fields["EMAIL"].New != "b" || open[31].Fields["NAME"].New != "n" {
		t.Errorf("what is open of both: %+v", open)
	}
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{31, -5}))(t); len(n) != 1 || n[31].Row != 8 {
		t.Errorf("snapshots: %+v", n)
	}
}

// leftRows has rows for which there is no record: they are left alone until they are
// edited, or the policies are others.
func leftRows(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.SetPolicies(t.Context(), table.ID, sheet24.Policies{Keys: []string{"EMAIL"}}))
	for key := int64(-7); key <= -5; key++ {
		newRow(t, s, table, int(-key), key, float64(key))
	}
	newRow(t, s, table, 9, -9, "eski") // of an earlier version: it kept its key
	open := claimed(t, s, table)
	commit(t, s, table, edit(7, -7, nil, "b")) // meanwhile
	var left []sheet24.RowChange
	for key, c := range open {
		c.Status, c.Ignored, c.Note = sheet24.Completed, true, "yok"
		if key == -6 {
			c.Fields["EMAIL"] = sheet24.Change{New: -6.0, Resolution: sheet24.CRMWins}
		}
		c.Discard = key == -9
		c.Ignored = !c.Discard
		left = append(left, c)
	}
	check(t, s.SettleChanges(t.Context(), left))

	if got := must(s.RecordsOf(t.Context(), table.ID, []int64{-5, -6, -7}))(t); !reflect.DeepEqual(got, map[int64]int64{-5: 0, -6: 0}) {
		t.Errorf("keys that mean nothing: %v", got)
	}
	rows := []map[string]any{{"EMAIL": -5.0}, {"EMAIL": -6.0}, {"EMAIL": -7.0}}
	if got := must(s.IgnoredRows(t.Context(), table.ID, rows))(t); !reflect.DeepEqual(got, map[int]bool{0: true, 1: true}) {
		t.Errorf("left alone: %v", got)
	}
	if got := must(s.RecordRows(t.Context(), table.ID))(t); !reflect.DeepEqual(got, map[int64]int{11: 2, -7: 7, -9: 9}) {
		t.Errorf("present: %v", got)
	}
	if h := must(s.History(t.Context(), table.ID, 0, 10))(t); len(h) != 3 || h[2].Note != "yok" {
		t.Errorf("history: %+v", h)
	}

	// A scan that read one of them before looks again.
	e := event(table, "once")
	check(t, s.AddEvent(t.Context(), e))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: []sheet24.Event{*e}, Changes: []sheet24.RowChange{edit(5, -5, nil, "b")},
		Snapshots: []sheet24.Snapshot{{EntityID: -5, Row: 5, Values: map[string]any{"EMAIL": "b"}}}}))
	if n := len(must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)); n != 1 || len(claimed(t, s, table)) != 1 {
		t.Errorf("%d events are to be looked at again", n)
	}

	check(t, s.SetPolicies(t.Context(), table.ID, sheet24.Policies{Keys: []string{"EMAIL"}, Conflict: sheet24.Ask}))
	if got := must(s.IgnoredRows(t.Context(), table.ID, rows))(t); len(got) != 2 {
		t.Errorf("left alone under another policy for conflicts: %v", got)
	}
	check(t, s.SetPolicies(t.Context(), table.ID, sheet24.Policies{NewRows: sheet24.CreateNew}))
	if got := must(s.IgnoredRows(t.Context(), table.ID, rows))(t); !reflect.DeepEqual(got, map[int]bool{1: true}) {
		t.Errorf("left alone once records are created: %v", got)
	}
	if n := must(s.CountRecordRows(t.Context(), table.ID))(t); n != 2 {
		t.Errorf("%d rows", n)
	}
	if got := must(s.RecordRows(t.Context(), table.ID))(t); !reflect.DeepEqual(got, map[int64]int{11: 2, -7: 7}) {
		t.Errorf("present once records are created: %v", got)
	}
}

// lostColumns has a change that failed on a column that is lost then.
func lostColumns(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{edit(2, 11, "a", "b"), edit(3, 12, "a", "b")},
		Snapshots: []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "b", "NAME": "n"}}}}))
	settle(t, s, table, func(c *sheet24.RowChange) {
		c.Status, c.Error = sheet24.Failed, "no"
		if c.EntityID == 12 {
			c.Fields = map[string]sheet24.Change{"NAME": {Old: "a", New: "b"}}
		}
	})
	check(t, s.SetColumns(t.Context(), table, table.Mappings[:1], table.Mappings[1:]))
	open := claimed(t, s, table)
	if len(open) != 1 || open[11].Error != "" {
		t.Fatalf("tried again: %+v", open)
	}
	c := open[11]
	c.Status, c.Note, c.Dropped, c.Fields = sheet24.Completed, "gönderilmedi", c.Fields, map[string]sheet24.Change{}
	check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{c}))
	h := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if last := h[len(h)-1]; last.Status != sheet24.Completed || last.Note != "gönderilmedi" || len(last.Fields) != 0 {
		t.Errorf("history: %+v", last)
	}
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(n[11].Values, map[string]any{"EMAIL": "a", "NAME": "n"}) {
		t.Errorf("should the column come back: %+v", n)
	}

	// One that was edited meanwhile is what it is by then.
	commit(t, s, table, edit(2, 11, "a", "b"))
	c = claimed(t, s, table)[11]
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{edit(2, 11, "b", "c")}, Snapshots: []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "c"}}}}))
	c.Status, c.Dropped, c.Fields, c.NotBefore = sheet24.Pending, c.Fields, map[string]sheet24.Change{}, time.Now()
	check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{c}))
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{11}))(t); n[11].Values["EMAIL"] != "c" {
		t.Errorf("edited meanwhile: %+v", n)
	}
}
