package storetest

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// unstorable tells what is wrong with a value from what is wrong with the database.
func unstorable(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	status := edit(2, 11, "a", "b")
	status.Status = "nonsense"
	orphan := *table
	orphan.UserID = "nobody"
	infinite := edit(2, -5, "a", math.Inf(1))
	infinite.Binding = table.Binding
	for name, err := range map[string]error{
		"no JSON":         s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{edit(2, 11, "a", math.NaN())}}),
		"a check":         s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{status}}),
		"a foreign key":   s.CommitScan(t.Context(), &orphan, sheet24.Scanned{Changes: []sheet24.RowChange{edit(2, 11, "a", "b")}}),
		"no JSON, linked": linkError(s.LinkRows(t.Context(), table.ID, []sheet24.RowLink{{Change: infinite, EntityID: 5}})),
		"no JSON, known":  s.CommitScan(t.Context(), table, sheet24.Scanned{Known: map[int64]sheet24.Known{11: {"EMAIL": {math.NaN()}}}}),
	} {
		if !errors.Is(err, sheet24.ErrData) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 0 {
		t.Errorf("%d changes are stored all the same", n)
	}

	// A text that one database takes and the other does not is stored, or is an ErrData.
	commit(t, s, table, edit(3, 12, "a", "b"))
	err := s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{edit(2, 11, "a", "\x00")}})
	if err != nil && !errors.Is(err, sheet24.ErrData) {
		t.Errorf("a zero: %v", err)
	}
	if s.Shared() == (err == nil) {
		t.Errorf("a zero: %v", err)
	}

	check(t, s.Close())
	if err := s.CommitScan(t.Context(), table, sheet24.Scanned{}); err == nil || errors.Is(err, sheet24.ErrData) {
		t.Errorf("of a database that is closed: %v", err)
	}
}

func linkError(_ []sheet24.Linked, err error) error { return err }

// failRow fails rows whose work cannot be done.
func failRow(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"), edit(4, 13, "a", "b"))
	open := claimed(t, s, table)
	commit(t, s, table, edit(3, 12, "b", "c"))
	fail := func(id, record int64, row int) {
		check(t, s.FailRow(t.Context(), table, sheet24.RowChange{ID: id, EntityID: record, Row: row, Error: "bizden"}))
	}
	fail(open[11].ID, 11, 2) // what is under way
	fail(0, 12, 3)           // what waits
	for range 3 {            // one that has neither; once is enough
		fail(0, 14, 5)
		fail(0, 0, 6)
		fail(0, 0, 7)
	}
	var got []string
	for _, c := range must(s.History(t.Context(), table.ID, 0, 20))(t) {
		got = append(got, string(c.Status)+c.Error)
		if c.EntityID == 11 && c.Fields["EMAIL"].New != "b" || c.EntityID == 14 && len(c.Fields) != 0 {
			t.Errorf("it holds %+v", c)
		}
	}
	want := []string{"failedbizden", "failedbizden", "failedbizden", "failedbizden", "syncing", "syncing", "failedbizden"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("history = %v; want %v", got, want)
	}
	if told := must(s.Unreported(t.Context(), table.ID, 20))(t); len(told) != 5 {
		t.Errorf("%d are told", len(told))
	}

	// The values of what waited go along with the next edit, whatever else fails of the row.
	settle(t, s, table, func(*sheet24.RowChange) {})
	check(t, s.FailRow(t.Context(), table, sheet24.RowChange{EntityID: 12, Row: 3, Error: "yine bizden"}))
	commit(t, s, table, edit(3, 12, "c", "d"))
	if c := claimed(t, s, table)[12]; !reflect.DeepEqual(c.Fields["EMAIL"], sheet24.Change{Old: "b", New: "d"}) {
		t.Errorf("after the next edit: %+v", c)
	}
}

// failedBeside fails a row while an earlier change of it is under way, and waits again
// then: trying all that failed again has both go on as one.
func failedBeside(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	open := claimed(t, s, table)
	check(t, s.FailRow(t.Context(), table, sheet24.RowChange{EntityID: 11, Row: 2, Error: "bizden"}))
	waits, fails := open[11], open[12]
	waits.Status, waits.Error, waits.NotBefore = sheet24.Pending, "503", time.Now().Add(-time.Second)
	fails.Status, fails.Error = sheet24.Failed, "no"
	check(t, s.SettleChanges(t.Context(), []sheet24.RowChange{waits, fails}))
	if n := must(s.RetryFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d are tried again", n)
	}
	if got := claimed(t, s, table); len(got) != 2 {
		t.Errorf("claimed %+v", got)
	}
}

// unreadable has a change whose fields cannot be read: it hides no other.
func unreadable(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	_, err := s.DB().ExecContext(t.Context(), `UPDATE reverse_sync_logs SET changed_fields = '[]' WHERE entity_id = 11`)
	check(t, err)
	if open := claimed(t, s, table); len(open) != 2 || !open[11].Unreadable || open[12].Unreadable {
		t.Errorf("claimed: %+v", open)
	}
	_, err = s.DB().ExecContext(t.Context(), `UPDATE row_snapshots SET row_values = '[]', crm_values = '[]' WHERE entity_id = 11`)
	check(t, err)
	if _, err := s.Snapshots(t.Context(), table.ID, []int64{11}); !errors.Is(err, sheet24.ErrData) {
		t.Errorf("snapshots: %v", err)
	}
	if _, err := s.Known(t.Context(), table.ID, []int64{11}); !errors.Is(err, sheet24.ErrData) {
		t.Errorf("known: %v", err)
	}
	check(t, s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 11, Field: "EMAIL", Value: "a"}, {EntityID: 12, Field: "EMAIL", Value: "a"}}))
	_, err = s.DB().ExecContext(t.Context(), `UPDATE cell_writes SET cell_value = '{' WHERE entity_id = 11`)
	if !s.Shared() { // there a column may hold what is no JSON
		check(t, err)
		if w := must(s.CellWrites(t.Context(), table.ID, 10))(t); len(w) != 2 || !w[0].Unreadable || w[1].Unreadable {
			t.Errorf("to be written: %+v", w)
		}
	}
	_, err = s.DB().ExecContext(t.Context(), `UPDATE sheet_sync_config SET policies = '[]'`)
	check(t, err)
	if _, err := s.Table(t.Context(), table.ID); !errors.Is(err, sheet24.ErrData) {
		t.Errorf("table: %v", err)
	}
}

// stageProblems counts stages that fail in a row, and tells of them from the third time on.
func stageProblems(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	other := *table
	other.GID = 8
	check(t, s.SaveTable(t.Context(), &other, nil))
	told := func(table *sheet24.Table, want ...sheet24.Stage) []sheet24.StageProblem {
		t.Helper()
		all := must(s.StageProblems(t.Context(), table))(t)
		var got []sheet24.Stage
		for _, p := range all {
			got = append(got, p.Stage)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("told of %v; want %v", got, want)
		}
		return all
	}
	began := time.Now().Add(-time.Second)
	for range sheet24.StageFailures - 1 {
		check(t, s.NoteStageFailure(t.Context(), sheet24.ScanStage, table.ID, errors.New("?")))
	}
	told(table)
	check(t, s.NoteStageFailure(t.Context(), sheet24.ScanStage, table.ID, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy, "a").Because(errors.New("503"))))
	problem := told(table, sheet24.ScanStage)[0]
	if problem.Times != 3 || problem.Since.Before(began) || problem.Err.Code != sheet24.CodeGoogleBusy || !reflect.DeepEqual(problem.Err.Args, []any{"a"}) {
		t.Errorf("told %+v, %+v", problem, problem.Err)
	}
	told(&other)

	for range sheet24.StageFailures {
		check(t, s.NoteStageFailure(t.Context(), sheet24.PushStage, table.PortalID, errors.New("?")))
		check(t, s.NoteStageFailure(t.Context(), sheet24.PushStage, table.PortalID+1, errors.New("?")))
		check(t, s.NoteStageFailure(t.Context(), sheet24.ReportStage, other.ID, errors.New("?")))
	}
	told(&other, sheet24.PushStage, sheet24.ReportStage)
	told(table, sheet24.ScanStage, sheet24.PushStage)
	check(t, s.ClearStageFailure(t.Context(), sheet24.ScanStage, table.ID))
	check(t, s.ClearStageFailure(t.Context(), sheet24.ScanStage, table.ID))
	told(table, sheet24.PushStage)
	check(t, s.ClearStageFailure(t.Context(), sheet24.PushStage, table.PortalID))
	told(table)
	check(t, s.NoteStageFailure(t.Context(), sheet24.ScanStage, table.ID, errors.New("?")))
	told(table) // it counts anew
}
