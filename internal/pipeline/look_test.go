package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
)

// clock makes a world's time a test's own, and switches looks on.
func (w *world) clock() (pass func(time.Duration)) {
	now := time.Now()
	w.Every = 15 * time.Second
	w.Now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

func (w *world) fresh() *sheet24.Table {
	w.t.Helper()
	t, err := w.store.Table(w.t.Context(), w.table.ID)
	w.check(err)
	return t
}

// TestEditsThatNobodyTellsOf reach the CRM by looks alone.
func TestEditsThatNobodyTellsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync() // the first look, which finds nothing
	w.edit("C3", []any{"sessiz@ornek.com.tr"})
	w.sync()
	expect(t, "before its time", w.lead(2), "Mehmet 2@ornek.com.tr NEW 200")
	pass(time.Minute)
	w.sync()
	expect(t, "record", w.lead(2), "Mehmet sessiz@ornek.com.tr NEW 200")
	expect(t, "status", w.status(3), any(ok))
	// Rows and columns moved, a row cleared but for its id.
	_, rows, _ := w.google.Cells(w.sheet, gid)
	rows[1], rows[4] = rows[4], rows[1]
	rows[2] = []any{rows[2][0]}
	w.edit("A1", rows...)
	w.edit("B3", []any{"", "", "", ""})
	pass(time.Minute)
	w.sync()
	expect(t, "after a sort", w.lead(1)+"|"+w.lead(4), "Ayşe 1@ornek.com.tr NEW 100|Ali 4@ornek.com.tr NEW 400")
	expect(t, "an emptied row", fmt.Sprint(w.status(3)), "❌ Durum: boş olamaz; bir değer yazın")
}

// TestLooksComeAsOftenAsTheyAreNeeded has a tab in use, one at rest, and one whose
// script tells of its edits.
func TestLooksComeAsOftenAsTheyAreNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	pass(time.Hour) // long after it was set up
	next := func() time.Duration { return w.fresh().Look.At.Sub(w.Now()).Round(time.Second) }
	w.sync()
	expect(t, "at rest", next(), time.Minute)
	w.edit("E2", []any{5.0})
	pass(time.Minute)
	w.sync()
	expect(t, "in use", next(), 15*time.Second)
	pass(11 * time.Minute)
	w.sync()
	expect(t, "at rest again", next(), time.Minute)
	w.check(w.store.SetRegistered(t.Context(), w.table.ID))
	pass(time.Minute)
	w.sync()
	expect(t, "told of its edits", next(), 5*time.Minute)

	// Three edits that the script does not tell of: it is silent.
	for n := range 3 {
		expect(t, "silent", w.fresh().Silent(), false)
		w.edit("E2", []any{float64(10 + n)})
		pass(5 * time.Minute)
		w.sync()
	}
	expect(t, "silent", w.fresh().Silent(), true)
	expect(t, "without the script", next(), 15*time.Second)
	w.nudge(2, 2)
	w.sync()
	expect(t, "heard of again", w.fresh().Silent(), false)
}

// TestLooksAreSharedAmongTables of one user: together they stay within half of
// what Google allows.
func TestLooksAreSharedAmongTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock()
	for n := range 40 {
		other := *w.fresh()
		other.SpreadsheetID = fmt.Sprint("baska-", n)
		w.check(w.store.SaveTable(t.Context(), &other, nil))
	}
	w.sync()
	expect(t, "one of 41 tables", w.fresh().Look.At.Sub(w.Now()).Round(time.Second), 82*time.Second)
}

// TestRandomEditsWithoutNudges makes a thousand edits that nobody tells of: two
// rounds of looks later the CRM holds what the sheet does, each written once or,
// where it was edited between the rounds, twice.
func TestRandomEditsWithoutNudges(t *testing.T) {
	t.Parallel()
	const rows = 100
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "EMAIL", 3: "OPPORTUNITY", 5: "COMMENTS"}, func(p *bitrixsim.Portal) [][]any {
		all := [][]any{{"ID", "Ad", "E-posta", "Tutar", "Serbest", "Not", "Senkronizasyon"}}
		for n := range rows {
			email := fmt.Sprintf("%d@ornek.com.tr", n)
			id := p.Add(1, map[string]any{"name": "Ad", "opportunity": 1.0, "stageId": "NEW"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email})
			all = append(all, []any{float64(id), "Ad", email, 1.0, "boş ver", ""})
		}
		return all
	})
	pass := w.clock()
	w.sync()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 2 {
		for n := range 500 {
			row := 2 + r.IntN(rows)
			switch r.IntN(4) {
			case 0:
				w.edit(fmt.Sprint("B", row), []any{fmt.Sprint("Ad ", round, n)})
			case 1:
				w.edit(fmt.Sprint("C", row), []any{fmt.Sprintf("e%d-%d@ornek.com.tr", round, n)})
			case 2:
				w.edit(fmt.Sprint("D", row), []any{float64(r.IntN(1000))})
			case 3:
				w.edit(fmt.Sprint("F", row), []any{[]string{"", "not"}[r.IntN(2)]})
			}
		}
		pass(time.Minute)
		w.sync()
	}
	_, cells, _ := w.google.Cells(w.sheet, gid)
	for _, row := range cells[1:] {
		id := int64(row[0].(float64))
		rec, _ := w.portal.Record(1, id)
		note := row[5]
		if note == "" {
			note = nil
		}
		want := fmt.Sprint(row[1], " ", row[2], " ", row[3], " ", note)
		if got := fmt.Sprint(rec.Fields["name"], " ", rec.FirstOf("EMAIL"), " ", rec.Fields["opportunity"], " ", rec.Fields["comments"]); got != want {
			t.Errorf("record %d: %s; the sheet says %s", id, got, want)
		}
		if rec.Changes > 2 || len(rec.Multi) != 1 {
			t.Errorf("record %d was written %d times and has %d e-mails", id, rec.Changes, len(rec.Multi))
		}
	}
}

// TestRowsThatMove are sorted, dragged, cut and pasted, and pushed down by others,
// and all of it undone: none of that changes a record.
func TestRowsThatMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	for _, e := range []googlesim.Edit{
		{Kind: "sort", Range: "A2:F5", Descending: true}, {Kind: "move_rows", Range: "2:2", To: "5"}, {Kind: "insert_rows", Range: "3:4"}, {Kind: "cut", Range: "A5:F5", To: "A9"},
		{Kind: "insert_columns", Range: "B:B"}, {Kind: "delete_columns", Range: "B:B"}, {Kind: "rename_tab", Title: "Adaylar"},
		{Kind: "undo"}, {Kind: "undo"}, {Kind: "undo"}, {Kind: "undo"},
	} {
		e.SpreadsheetID, e.GID = w.sheet, gid
		w.check(w.google.Edit(e))
		pass(time.Minute)
		w.sync()
		if n := w.writes(); n != 0 {
			t.Fatalf("%s wrote %d records", e.Kind, n)
		}
	}
	// And an edit finds its record wherever its row is by now.
	_, rows, _ := w.google.Cells(w.sheet, gid)
	for i, row := range rows {
		if len(row) > 0 && row[0] == 3.0 {
			w.edit(fmt.Sprint("B", i+1), []any{"Zeynep 2"})
		}
	}
	pass(time.Minute)
	w.sync()
	expect(t, "record", w.lead(3), "Zeynep 2 3@ornek.com.tr NEW 300")
	expect(t, "writes", w.writes(), 1)
}

// TestColumnsAreFollowed moves them, renames one and gives it back its name.
func TestColumnsAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	look := func() {
		t.Helper()
		pass(time.Minute)
		w.sync()
	}
	look()
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "insert_columns", Range: "B:B"}))
	w.edit("D2", []any{"tasindi@ornek.com.tr"})
	look()
	expect(t, "record", w.lead(1), "Ayşe tasindi@ornek.com.tr NEW 100")
	m, _ := w.fresh().Mapping("EMAIL")
	expect(t, "the e-mail's place", m.Column.Index, 3)

	w.edit("D1", []any{"Posta"})
	w.edit("D2", []any{"gorulmez@ornek.com.tr"})
	w.edit("F2", []any{555.0})
	look()
	expect(t, "record", w.lead(1), "Ayşe tasindi@ornek.com.tr NEW 555")
	expect(t, "lost", w.fresh().Lost, []string{"E-posta"})
	w.edit("H1", []any{"E-posta"}) // under its name stands another, empty column
	w.edit("H3", []any{"sekizinci@ornek.com.tr"})
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "undo"}))
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "undo"}))
	w.edit("D1", []any{"E-posta"})
	look()
	expect(t, "found again", w.lead(1), "Ayşe gorulmez@ornek.com.tr NEW 555")
	expect(t, "lost", w.fresh().Lost, []string{})
	if n := len(w.portal.Stats().Ignored); n > 0 {
		t.Errorf("%d fields sent in vain", n)
	}
}
