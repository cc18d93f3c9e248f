package sync_test

import (
	"fmt"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// compare runs the comparison until it has nothing to do, with the syncing that it asks
// for.
func (w *world) compare() *sheet24.Comparison {
	w.t.Helper()
	for range 100 {
		more, err := w.Compare(w.t.Context(), w.table.ID)
		w.check(err)
		w.sync()
		if !more {
			break
		}
	}
	c, err := w.store.Comparison(w.t.Context(), w.table.ID)
	w.check(err)
	return c
}

// newDifferences has four leads, of which the sheet shows the first as it is, the second
// with another name and no amount, the third with a stage that does not exist; a row
// without an id, and one whose record is gone.
func newDifferences(t *testing.T) *world {
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "EMAIL", 3: "STATUS_ID", 4: "OPPORTUNITY"}, func(portal *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad", "E-posta", "Durum", "Tutar", "Senkronizasyon"}}
		for i, name := range []string{"Ayşe", "Mehmet", "Zeynep", "Ali"} {
			email := fmt.Sprintf("%d@ornek.com.tr", i+1)
			id := portal.Add(1, map[string]any{"name": name, "stageId": "NEW", "opportunity": 100.0 * float64(i+1)}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email})
			rows = append(rows, []any{float64(id), name, email, "Yeni", 100.0 * float64(i+1)})
		}
		rows[2][4], rows[3][3], rows[4][4] = nil, "Yok böyle", nil
		return append(rows, []any{nil, "Yeni kişi", "yeni@ornek.com.tr"}, []any{999.0, "Silinmiş"}, []any{nil, "Toplam"})
	})
	w.portal.Edit(1, 2, map[string]any{"name": "CRM'deki"})
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	return w
}

func TestComparison(t *testing.T) {
	t.Parallel()
	w := newDifferences(t)
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	for range 3 { // a restart begins nothing anew
		_, err := w.Compare(t.Context(), w.table.ID)
		w.check(err)
	}
	c, err := w.store.Comparison(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "state", c.State, sheet24.Compared)
	expect(t, "counts", c.Counts, sheet24.ComparisonCounts{Same: 1, Update: 1, Fill: 1, Create: 1, Left: 1, Problem: 2})
	rows, err := w.store.Differences(t.Context(), w.table.ID, 0, 100)
	w.check(err)
	expect(t, "differences", fmt.Sprint(len(rows), rows[0].Row, rows[0].Fields["NAME"].Old, rows[0].Fields["NAME"].New, rows[0].Fields["OPPORTUNITY"].Old, rows[1].Message),
		"5 3CRM'dekiMehmet200Durum: “Yok böyle” yok; var olanlar: Yeni, İşlemde, Teklif verildi, Kazanıldı, Kaybedildi")
	expect(t, "writes", w.writes()+w.portal.Calls()["crm.item.add"], 0)
	_, cells, _ := w.google.Cells(w.sheet, gid)
	expect(t, "the sheet", cells[5][0], nil)
}

func TestComparisonIsPushed(t *testing.T) {
	t.Parallel()
	w := newDifferences(t)
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.compare()
	w.edit("B5", []any{"Ali 2"}) // edited since, and nobody told of it
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	expect(t, "state", w.compare().State, sheet24.Done)
	w.settled()
	expect(t, "updated", w.lead(2), "Mehmet 2@ornek.com.tr NEW 200")
	expect(t, "edited since", w.lead(4), "Ali 2 4@ornek.com.tr NEW 400")
	expect(t, "created", w.lead(5), "Yeni kişi yeni@ornek.com.tr NEW <nil>")
	expect(t, "records", len(w.portal.Records(1)), 5)
	for _, h := range w.history() {
		if h.EntityID == 2 && (h.Fields["NAME"].CRM != "CRM'deki" || h.Fields["NAME"].Old != "CRM'deki") {
			t.Errorf("what the CRM held is not logged: %+v", h.Fields)
		}
	}
	expect(t, "acted once", sheet24.AsError(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing)).Code, sheet24.CodeComparisonState)
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	expect(t, "again", w.compare().Counts, sheet24.ComparisonCounts{Same: 1, Fill: 3, Left: 1, Problem: 2})
}

// TestChangedAfterComparison changes a record in the CRM after its difference was shown.
func TestChangedAfterComparison(t *testing.T) {
	t.Parallel()
	w := newDifferences(t)
	w.policies(sheet24.Policies{Conflict: sheet24.Ask})
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.compare()
	w.portal.Edit(1, 2, map[string]any{"name": "Daha yeni"})
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	w.compare()
	w.settled()
	expect(t, "record", w.lead(2), "Daha yeni 2@ornek.com.tr NEW 200")
}

func TestComparisonIsTaken(t *testing.T) {
	t.Parallel()
	w := newDifferences(t)
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.compare()
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Taking))
	expect(t, "state", w.compare().State, sheet24.Done)
	_, cells, _ := w.google.Cells(w.sheet, gid)
	expect(t, "taken", fmt.Sprint(cells[2][1], cells[2][4], cells[4][4]), fmt.Sprint("CRM'deki", 200.0, 400.0))
	w.event(sheet24.Recheck, sheet24.Range{})
	w.sync()
	expect(t, "writes", w.writes(), 0)
	for _, h := range w.history() {
		if h.EntityID == 2 || h.EntityID == 4 {
			t.Errorf("what was taken is an edit: %+v", h)
		}
	}
}

// TestComparisonOfManyRows pauses, is stopped, and leaves room for edits.
func TestComparisonOfManyRows(t *testing.T) {
	t.Parallel()
	const n = 6000
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad"}}
		for i := range n {
			rows = append(rows, []any{float64(p.Add(1, map[string]any{"name": fmt.Sprint("CRM ", i), "stageId": "NEW"})), fmt.Sprint("Tablo ", i)})
		}
		return rows
	})
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	more, err := w.Compare(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "more", more, true)
	w.check(w.store.PauseComparison(t.Context(), w.table.ID, true))
	more, err = w.Compare(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "while it pauses", more, false)
	w.check(w.store.PauseComparison(t.Context(), w.table.ID, false))
	c := w.compare()
	expect(t, "counts", fmt.Sprint(c.Counts.Update, c.LastRow), fmt.Sprint(n, n+1))
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	for range 5 { // nothing of it is pushed yet
		_, err = w.Compare(t.Context(), w.table.ID)
		w.check(err)
	}
	open, err := w.store.CountOpen(t.Context(), w.table.ID)
	w.check(err)
	if open > 2000 {
		t.Errorf("%d changes wait before an edit would be its turn", open)
	}
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Pushing}, sheet24.Cancelled))
	w.compare()
	w.settled()
	got := 0
	for i, r := range w.portal.Records(1) {
		if r.Fields["name"] == fmt.Sprint("Tablo ", i) {
			got++
		}
	}
	expect(t, "pushed before it was cancelled", got, open)
}

func TestUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(2, "B", "Ayşe 2")
	w.change(2, "E", 150.0)
	w.change(3, "B", "Mehmet 2")
	w.change(2, "B", "Ayşe 3")
	w.change(4, "B", "Zeynep 2")
	span := func() []sheet24.RowChange {
		all, err := w.store.ChangesBetween(t.Context(), w.table.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 100)
		w.check(err)
		return all
	}
	changes := span() // newest first
	expect(t, "changes", len(changes), 5)

	// The first of two changes of a cell cannot be taken back alone.
	done, err := w.Undo(t.Context(), w.table, changes[4:])
	w.check(err)
	expect(t, "of one that was changed later", fmt.Sprint(done), "{0 1 0 0}")
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 3 1@ornek.com.tr NEW 150")

	// One that somebody types into meanwhile is left.
	done, err = w.Undo(t.Context(), w.table, changes)
	w.check(err)
	expect(t, "all", fmt.Sprint(done), "{4 0 0 0}")
	w.edit("B4", []any{"Elle"})
	w.nudge(4, 4)
	w.sync()
	_, cells, _ := w.google.Cells(w.sheet, gid)
	expect(t, "the sheet", fmt.Sprint(cells[1][1], cells[1][4], cells[2][1], cells[3][1]), fmt.Sprint("Ayşe", 100.0, "Mehmet", "Elle"))
	expect(t, "records", fmt.Sprint(w.lead(1), w.lead(2), w.lead(3)), "Ayşe 1@ornek.com.tr NEW 100Mehmet 2@ornek.com.tr NEW 200Elle 3@ornek.com.tr NEW 300")
	undone := 0
	for _, h := range span() {
		if h.Fields["NAME"].Undo {
			undone++
		}
	}
	expect(t, "logged as undone", undone, 2)

	// And back again.
	done, err = w.Undo(t.Context(), w.table, span()[:2])
	w.check(err)
	w.sync()
	w.sync()
	if done.Cells == 0 || w.lead(2) == "Mehmet 2@ornek.com.tr NEW 200" && w.lead(1) == "Ayşe 1@ornek.com.tr NEW 100" {
		t.Errorf("the undoing was not undone: %v, %s, %s", done, w.lead(1), w.lead(2))
	}
}

func TestEventsAreReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.nudge(2, 2)
	w.sync() // before the edit could be seen
	w.edit("B2", []any{"Ayşe 2"})
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 100")
	n, err := w.store.ReplayEvents(t.Context(), w.table.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	w.check(err)
	expect(t, "events", n, 1)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr NEW 100")
}
