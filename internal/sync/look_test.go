package sync_test

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
	// One that had two rows taken for each other, and a new one each time.
	for _, seed := range []uint64{12922031983357680033, rand.Uint64()} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			randomEditsWithoutNudges(t, seed)
		})
	}
}

func randomEditsWithoutNudges(t *testing.T, seed uint64) {
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
		pass(15 * time.Second) // so much at once is looked at twice
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

// TestColumnsAreFollowed moves them and renames them; they are followed for as long as
// what they hold says which they are.
func TestColumnsAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	do := func(e googlesim.Edit) {
		t.Helper()
		e.SpreadsheetID, e.GID = w.sheet, gid
		w.check(w.google.Edit(e))
	}
	look := func() {
		t.Helper()
		pass(time.Minute)
		w.sync()
	}
	column := func(field string) sheet24.Column {
		t.Helper()
		m, _ := w.fresh().Mapping(field)
		return m.Column
	}
	look()
	do(googlesim.Edit{Kind: "insert_columns", Range: "B:B"})
	w.edit("D2", []any{"tasindi@ornek.com.tr"})
	look()
	expect(t, "record", w.lead(1), "Ayşe tasindi@ornek.com.tr NEW 100")
	expect(t, "the e-mail's place", column("EMAIL").Index, 3)

	// Renamed, and edited in the same breath.
	w.edit("D1", []any{"Posta"})
	w.edit("D2", []any{"yeni@ornek.com.tr"})
	w.edit("F2", []any{555.0})
	look()
	expect(t, "record", w.lead(1), "Ayşe yeni@ornek.com.tr NEW 555")
	expect(t, "the e-mail's column", column("EMAIL"), sheet24.Column{Index: 3, Name: "Posta"})
	w.edit("A1", []any{"Kayıt no"})
	w.edit("D2", []any{"yine@ornek.com.tr"})
	look()
	expect(t, "record", w.lead(1), "Ayşe yine@ornek.com.tr NEW 555")
	expect(t, "the ID's column", column("ID"), sheet24.Column{Index: 0, Name: "Kayıt no"})

	// Renamed and moved at once: not to be told, and its cells are left alone.
	w.edit("D1", []any{"İletişim"})
	do(googlesim.Edit{Kind: "insert_columns", Range: "B:B"})
	w.edit("E2", []any{"gorulmez@ornek.com.tr"})
	look()
	expect(t, "record", w.lead(1), "Ayşe yine@ornek.com.tr NEW 555")
	expect(t, "lost", w.fresh().Lost, []string{"Posta"})
	writes := w.writes()

	// Its name comes up over another column, which holds other things.
	w.edit("I1", []any{"Posta"}, []any{"x"}, []any{"y"}, []any{""}, []any{"z"})
	look()
	expect(t, "writes for another column of that name", w.writes(), writes)
	expect(t, "lost", w.fresh().Lost, []string{"Posta"})
	do(googlesim.Edit{Kind: "delete_columns", Range: "I:I"})
	w.edit("E1", []any{"Posta"}) // and now over its own
	look()
	expect(t, "found again", w.lead(1), "Ayşe gorulmez@ornek.com.tr NEW 555")
	expect(t, "lost", w.fresh().Lost, []string{})

	// Two headers change places over columns that do not.
	w.edit("C1", []any{"", "", "Tutar"})
	w.edit("C1", []any{"Durum"})
	w.edit("F1", []any{"Ad"})
	writes = w.writes()
	look()
	expect(t, "writes for names that changed places", w.writes(), writes)

	if n := len(w.portal.Stats().Ignored); n > 0 {
		t.Errorf("%d fields sent in vain", n)
	}
}

// TestEmptiedColumn empties a column, and gives its name to another: that one's values
// are not taken for it, nor its empty cells for cleared.
func TestEmptiedColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	w.edit("C1", []any{"Eski"}, []any{"eski1"}, []any{"eski2"}, []any{"eski3"}, []any{"eski4"})
	w.edit("H1", []any{"E-posta"}) // empty below
	pass(time.Minute)
	w.sync()
	expect(t, "writes", w.writes(), 0)
	expect(t, "lost", w.fresh().Lost, []string{"E-posta"})
}

// TestMergedCells merges cells, which hides values: the fields keep theirs.
func TestMergedCells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "merge", Range: "C2:C4"}))
	w.edit("C5", []any{""}) // a cell that is empty, beside those that only seem so
	pass(time.Minute)
	w.sync()
	for id, want := range map[int64]string{1: "Ayşe 1@ornek.com.tr NEW 100", 2: "Mehmet 2@ornek.com.tr NEW 200", 3: "Zeynep 3@ornek.com.tr NEW 300", 4: "Ali  NEW 400"} {
		expect(t, fmt.Sprint("record ", id), w.lead(id), want)
	}
	w.edit("C2", []any{"hepsi@ornek.com.tr"})
	pass(time.Minute)
	w.sync()
	expect(t, "the cell that is seen", w.lead(1)+"|"+w.lead(2), "Ayşe hepsi@ornek.com.tr NEW 100|Mehmet 2@ornek.com.tr NEW 200")
}

// TestFormulas are followed by their results, also where only these change; errors are
// never sent.
func TestFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	look := func() {
		t.Helper()
		pass(time.Minute)
		w.sync()
	}
	look()
	w.edit("E2", []any{"=H2*2"})
	w.edit("H2", []any{50.0})
	w.edit("B3", []any{`="Meh" & "met Ali"`})
	w.edit("E4", []any{"=IMPORTRANGE(1)"})
	look()
	expect(t, "records", w.lead(1)+"|"+w.lead(2)+"|"+w.lead(3), "Ayşe 1@ornek.com.tr NEW 100|Mehmet Ali 2@ornek.com.tr NEW 200|Zeynep 3@ornek.com.tr NEW 300")
	expect(t, "an error", fmt.Sprint(w.status(4)), "❌ Tutar: hücre bir hata gösteriyor (#NAME?)")
	w.edit("H2", []any{75.0})
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "recalculate", Range: "E4", Values: [][]any{{301.0}}}))
	look()
	expect(t, "records", w.lead(1)+"|"+w.lead(3), "Ayşe 1@ornek.com.tr NEW 150|Zeynep 3@ornek.com.tr NEW 301")
}

// TestCopiedRows copies rows with their ids: the record stays with its own row.
func TestCopiedRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	_, rows, _ := w.google.Cells(w.sheet, gid)
	w.edit("A9", rows[2]) // Mehmet
	w.nudge(9, 9)
	w.sync()
	expect(t, "the copy", fmt.Sprint(w.status(9)), "❌ ID 2 birden çok satırda var. Hangisinin doğru olduğunu bilemeyiz; birini silin.")
	w.edit("B9", []any{"Kopya"})
	w.edit("B3", []any{"Mehmet Can"})
	w.nudge(3, 9)
	w.sync()
	expect(t, "the record", w.lead(2), "Mehmet Can 2@ornek.com.tr NEW 200")

	// Rows inserted above push both down: what a row holds tells which it is.
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "insert_rows", Range: "2:3"}))
	pass(time.Minute)
	w.sync()
	w.edit("B5", []any{"Mehmet Ali"})
	w.nudge(5, 5)
	w.sync()
	expect(t, "the record", w.lead(2), "Mehmet Ali 2@ornek.com.tr NEW 200")

	// The copy moved to where the record's row was, and that away: neither is sure.
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "insert_rows", Range: "2:7"}))
	w.edit("B11", []any{"Biri"})
	writes := w.writes()
	pass(time.Minute)
	w.sync()
	expect(t, "writes while nobody can tell", w.writes(), writes)
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "clear", Range: "A17:F17"})) // the copy
	pass(time.Minute)
	w.sync()
	expect(t, "the record", w.lead(2), "Biri 2@ornek.com.tr NEW 200")
}

// TestSheetIsGone deletes the tab, and takes the user's access away, and gives all of
// it back: nothing is lost, and the table's page knows why it stands still.
func TestSheetIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	look := func() {
		t.Helper()
		pass(6 * time.Minute)
		w.sync()
	}
	w.google.Unshare(w.sheet, owner)
	w.edit("B2", []any{"Ayşe 2"})
	w.nudge(2, 2)
	look()
	expect(t, "problem", w.fresh().Problem, sheet24.CodeGoogleForbidden)
	expect(t, "writes", w.writes(), 0)
	w.google.Share(w.sheet, owner)
	look()
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr NEW 100")
	expect(t, "problem", w.fresh().Problem, "")

	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "rename_tab", Title: "Adaylar"}))
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	expect(t, "the tab's title", w.fresh().Tab, "Adaylar")
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "insert_tab", Title: "Boş"}))
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "delete_tab"}))
	look()
	expect(t, "problem", w.fresh().Problem, sheet24.CodeTabUnknown)
}

// TestStatusColumnCannotBeWritten protects it, moves it, and deletes it: rows are
// synced all the same.
func TestStatusColumnCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pass := w.clock()
	w.sync()
	protect := func(kind string) {
		t.Helper()
		w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: kind, Range: "F:F"}))
	}
	change := func(name string) {
		t.Helper()
		w.edit("B2", []any{name})
		pass(time.Minute)
		w.sync()
		expect(t, "record", w.lead(1), name+" 1@ornek.com.tr NEW 100")
	}
	protect("protect")
	change("Bir")
	expect(t, "problem", w.fresh().StatusProblem, sheet24.CodeGoogleProtected)
	protect("unprotect")
	change("İki")
	expect(t, "problem", w.fresh().StatusProblem, "")
	expect(t, "status", w.status(2), any(ok))
	protect("delete_columns")
	change("Üç")
	expect(t, "problem", w.fresh().StatusProblem, sheet24.CodeStatusLost)
	w.edit("J1", []any{"Senkronizasyon"}) // anywhere
	change("Dört")
	expect(t, "problem", w.fresh().StatusProblem, "")
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "status", rows[1][9], any(ok))
}

// TestTenMillionCells has a tab of 20,000 rows and 500 columns, of which four are
// mapped: no more of it is read than these.
func TestTenMillionCells(t *testing.T) {
	t.Parallel()
	const rows, columns = 20_000, 500
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 10: "NAME", 20: "LAST_NAME", 499: "OPPORTUNITY"}, func(p *bitrixsim.Portal) [][]any {
		all := make([][]any, rows+1)
		for i := range all {
			row := make([]any, columns)
			for j := range row {
				row[j] = "dolgu"
			}
			all[i] = row
		}
		for j := range columns {
			all[0][j] = fmt.Sprint("Sütun ", j)
		}
		for i := 1; i <= rows; i++ {
			all[i][0], all[i][499] = float64(i), float64(i)
		}
		p.Add(1, map[string]any{"name": "dolgu", "stageId": "NEW"})
		return all
	})
	w.clock()
	measured := func(what string, most int64) {
		t.Helper()
		got, asked := w.got.Swap(0), w.asked.Swap(0)
		if got > most {
			t.Errorf("%s: %d bytes in %d requests; at most %d", what, got, asked, most)
		}
		t.Logf("%s: %d bytes in %d requests", what, got, asked)
	}
	const mapped = rows * 4 * 14 // the mapped cells, with JSON around each
	measured("setting it up", mapped+columns*30*20)
	w.sync()
	measured("a look", mapped+columns*30)
	w.edit("K2", []any{"Ayşe"})
	w.nudge(2, 2)
	w.sync()
	measured("a nudge", 2*rows*12+columns*60) // the IDs, and one row
	expect(t, "record", w.lead(1), "Ayşe  NEW <nil>")
}

// TestBurstIsFollowedByALook makes sure that nothing was lost among many nudges.
func TestBurstIsFollowedByALook(t *testing.T) {
	t.Parallel()
	for nudges, within := range map[int]time.Duration{3: time.Hour, 60: 11 * time.Second} {
		w := newWorld(t)
		w.Every = 15 * time.Second
		w.check(w.store.SetRegistered(t.Context(), w.table.ID))
		w.sync() // the first look
		for range nudges {
			w.nudge(2, 2)
		}
		w.sync()
		table, err := w.store.Table(t.Context(), w.table.ID)
		w.check(err)
		wait := time.Until(table.Look.At)
		if wait > within || nudges < 50 && wait < 30*time.Second {
			t.Errorf("after %d nudges the next look comes in %v", nudges, wait)
		}
	}
}
