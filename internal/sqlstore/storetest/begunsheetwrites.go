package storetest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// begunWrites has writes of two stages begun, one of which cannot be read.
func begunWrites(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	s.SetClock(func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) })
	cells := []sheet24.BegunCell{
		{Row: 5, EntityID: -77, Column: "ID", Value: "⏳ abc", IsID: true, Held: map[string]any{"EMAIL": "a", "OPPORTUNITY": 1.5}},
		{Row: 6, EntityID: 11, Column: "Ad", Value: nil},
	}
	stood := []sheet24.StoodCell{{Value: 11.0, Held: map[string]any{"EMAIL": "b"}}, {Value: "Toplam"}}
	columns := []sheet24.BegunColumn{{Name: "ID", Cells: []any{"ID", 11.0, nil}}, {Name: "Ad", Cells: []any{"Ad", "", true}}}
	first := must(s.BeginSheetWrite(t.Context(), table, sheet24.BegunSheetWrite{Stage: sheet24.ScanStage, Cells: cells, Stood: stood, Columns: columns}))(t)
	second := must(s.BeginSheetWrite(t.Context(), table, sheet24.BegunSheetWrite{Stage: sheet24.ScanStage, Cells: cells[1:]}))(t)
	third := must(s.BeginSheetWrite(t.Context(), table, sheet24.BegunSheetWrite{Stage: sheet24.ReportStage, Cells: cells[1:]}))(t)
	_, err := s.DB().ExecContext(t.Context(), `UPDATE begun_sheet_writes SET cells = '{' WHERE id = $1`, second)
	check(t, err)

	got := must(s.BegunSheetWrites(t.Context(), table.ID, sheet24.ScanStage))(t)
	want := []sheet24.BegunSheetWrite{{ID: first, Stage: sheet24.ScanStage, Cells: cells, Stood: stood, Columns: columns}, {ID: second, Stage: sheet24.ScanStage}}
	for i := range got {
		if !got[i].At.Equal(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("begun at %v", got[i].At)
		}
		got[i].At = time.Time{}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("begun: %+v", got)
	}

	check(t, s.EndSheetWrites(t.Context(), nil))
	check(t, s.EndSheetWrites(t.Context(), []int64{first, second}))
	if left := must(s.BegunSheetWrites(t.Context(), table.ID, sheet24.ScanStage))(t); len(left) != 0 {
		t.Errorf("begun: %+v", left)
	}
	if left := must(s.BegunSheetWrites(t.Context(), table.ID, sheet24.ReportStage))(t); len(left) != 1 || left[0].ID != third {
		t.Errorf("begun: %+v", left)
	}

	// It is not exchanged before that has ended, unless nobody could look, and nothing is begun
	// for what it was.
	was := *table
	table.Entity = sheet24.Contacts
	for _, err := range []error{s.SaveTable(t.Context(), table, nil), s.CheckWritten(t.Context(), &was)} {
		if sheet24.AsError(err).Code != sheet24.CodeTableWritten {
			t.Errorf("exchanged, though it is being written: %v", err)
		}
	}
	check(t, s.SetProblem(t.Context(), table.ID, sheet24.CodeGoogleForbidden))
	check(t, s.SaveTable(t.Context(), table, nil))
	if left := must(s.BegunSheetWrites(t.Context(), table.ID, sheet24.ReportStage))(t); len(left) != 0 {
		t.Errorf("begun: %+v", left)
	}
	if _, err := s.BeginSheetWrite(t.Context(), &was, sheet24.BegunSheetWrite{Stage: sheet24.ScanStage}); sheet24.AsError(err).Code != sheet24.CodeTableExchanged {
		t.Errorf("begun for what it was: %v", err)
	}
}

// tellAgain has records say once more what became of their last changes.
func tellAgain(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"), edit(4, 13, "a", "b"))
	settle(t, s, table, func(*sheet24.RowChange) {})
	commit(t, s, table, edit(2, 11, "b", "c"))
	settle(t, s, table, func(*sheet24.RowChange) {})
	check(t, s.MarkReported(t.Context(), must(s.Unreported(t.Context(), table.ID, 10))(t)))

	if told := must(s.TellAgain(t.Context(), table.ID, []int64{11, 13, 99}))(t); !slices.Equal(told, []int64{11, 13}) {
		t.Errorf("told: %v", told)
	}
	var again []any
	for _, c := range must(s.Unreported(t.Context(), table.ID, 10))(t) {
		again = append(again, c.EntityID, c.Fields["EMAIL"].New)
	}
	if !reflect.DeepEqual(again, []any{int64(13), "b", int64(11), "c"}) {
		t.Errorf("told again: %v", again)
	}
}

// goneWhileCreated has rows go while their records are created: under way, and after an
// attempt whose answer was lost. Their records are followed, so that their deletion is
// noticed; of a row whose creation nobody began nothing is left.
func goneWhileCreated(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	for _, key := range []int64{-71, -72, -73} {
		row := edit(5, key, nil, "yeni")
		row.Action = sheet24.Create
		check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{row}, Snapshots: []sheet24.Snapshot{{EntityID: key, Row: 5, Values: map[string]any{"EMAIL": "yeni"}}}}))
		if key == -71 {
			c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
			c[0].Status, c[0].Known = sheet24.Pending, sheet24.Known{"EMAIL": {"yeni"}} // its answer was lost
			check(t, s.SettleChanges(t.Context(), c))
		}
		if key == -72 {
			must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
		}
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Dropped: []int64{-71, -72, -73}}))
	if got := must(s.Present(t.Context(), table.ID))(t); !reflect.DeepEqual(got, map[int64]int{-71: 5, -72: 5, 11: 2}) {
		t.Errorf("followed: %v", got)
	}
	open := append(must(s.Interrupted(t.Context(), table.PortalID))(t), must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)...)
	for i := range open {
		open[i].Status, open[i].Key, open[i].EntityID = sheet24.Completed, open[i].EntityID, -open[i].EntityID
	}
	check(t, s.SettleChanges(t.Context(), open))
	if got := must(s.Present(t.Context(), table.ID))(t); !reflect.DeepEqual(got, map[int64]int{71: 5, 72: 5, 11: 2}) {
		t.Errorf("followed: %v", got)
	}
}
