package sync_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sync/stages"
	"sheet24/internal/sync/synctest"
)

// columnsWritten is the method that writes cells by their rows.
const columnsWritten = "sheets.spreadsheets.values.batchUpdateByDataFilter"

// endings are what keeps a process from seeing where it wrote to.
var endings = map[string]func(stop context.CancelFunc){
	"the process ends":   func(stop context.CancelFunc) { stop() },
	"the answer is lost": func(context.CancelFunc) { panic(http.ErrAbortHandler) },
}

// seen has the process go on, and see where it wrote to.
const seen = "it is seen"

// endsAtWrite runs a stage and has somebody edit just before cells are written by their
// rows; the process ends, or loses the answer, before it sees where they went. From then
// on another one works.
func (w *world) endsAtWrite(stage func(context.Context, int64) (bool, error), ending string, edits ...googlesim.Edit) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	var met atomic.Bool
	w.google.OnCall(func(method string, m googlesim.Moment) {
		switch {
		case method != columnsWritten || met.Load():
		case m == googlesim.BeforeEffect:
			for _, e := range edits {
				e.SpreadsheetID, e.GID = w.sheet, gid
				w.check(w.google.Edit(e))
			}
		default:
			met.Store(true)
			if end, ends := endings[ending]; ends {
				end(stop)
			}
		}
	})
	stage(ctx, w.table.ID)
	w.google.OnCall(nil)
	if !met.Load() {
		w.t.Fatal("nothing was written")
	}

	w.Rounds = synctest.New(stages.Parts{Store: w.Store, Sheets: w.Sheets, CRM: w.CRM, Now: w.Now, Log: w.Log})
}

// people are the leads of newWorld and those that tests add.
var people = map[string]int64{"Ayşe": 1, "Mehmet": 2, "Zeynep": 3, "Ali": 4, "Can": 5}

// checkPeople asks that each row shows its own record's id and that the record holds what
// the row does. edited has the names that rows got.
func (w *world) checkPeople(records int, edited map[string]string) {
	w.t.Helper()
	_, rows, _ := w.google.Cells(w.sheet, gid)
	stages := map[any]string{"Yeni": "NEW", "İşlemde": "IN_PROCESS"}
	for number, row := range rows[1:] {
		row = append(row, make([]any, 6-min(len(row), 6))...)
		if row[1] == nil || row[1] == "" {
			if slices.ContainsFunc(row, func(v any) bool { return v != nil && v != "" }) {
				w.t.Errorf("the empty row %d holds %v", number+2, row)
			}
			continue
		}
		name := fmt.Sprint(row[1])
		who := name
		if was, ok := edited[name]; ok {
			who = was
		}
		expect(w.t, "id of "+name, row[0], any(float64(people[who])))
		expect(w.t, "record of "+name, w.lead(people[who]), fmt.Sprint(name, " ", row[2], " ", stages[row[3]], " ", row[4]))
		if s := fmt.Sprint(row[5]); s != "<nil>" && s != "" && s != ok {
			w.t.Errorf("%s says %s", name, s)
		}
	}
	expect(w.t, "records", len(w.portal.Records(1)), records)
	if begun, err := w.store.BegunSheetWrites(w.t.Context(), w.table.ID, sheet24.ScanStage); err != nil || len(begun) > 0 {
		w.t.Errorf("begun: %+v, %v", begun, err)
	}
}

// looksAgain has the whole tab looked at until nothing changes.
func (w *world) looksAgain() {
	w.t.Helper()
	for range 4 {
		w.event(sheet24.Recheck, sheet24.Range{})
		for range 5 { // a tab that moves is looked at anew
			w.sync()
		}
		w.later(5 * time.Minute)
	}
}

// TestKeyOverAnID has the row of a record stand where a new row stood, once its key is
// written: the record's id is given back, though the row was edited before anybody looked.
func TestKeyOverAnID(t *testing.T) {
	t.Parallel()
	moves := map[string][]googlesim.Edit{
		"row inserted":     {{Kind: "insert_rows", Range: "3:3"}},
		"moved and sorted": {{Kind: "move_rows", Range: "6:6", To: "2"}, {Kind: "sort", Range: "A3:F6", Descending: true}},
		"row moved":        {{Kind: "move_rows", Range: "6:6", To: "2"}},
		"row deleted":      {{Kind: "delete_rows", Range: "3:3"}},
		"nothing at all":   nil,
	}
	for move, edits := range moves {
		for ending := range endings {
			for _, policy := range []sheet24.NewRows{sheet24.CreateNew, sheet24.ReviewNew} {
				t.Run(fmt.Sprint(move, " ", ending, " ", policy), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					w.policies(sheet24.Policies{NewRows: policy, Deleted: sheet24.DeleteRecord})
					w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
					w.notify(6, 6)
					w.endsAtWrite(w.Scan, ending, edits...)

					// Half of the row is edited that has no id any more.
					edited := map[string]string{}
					if number := w.rowNamed("Ali"); !strings.HasPrefix(fmt.Sprint(w.id(number)), "4") {
						edited["Ali Can"] = "Ali"
						w.edit(fmt.Sprint("B", number), []any{"Ali Can", "ali.can@ornek.com.tr"})
						w.notify(number, number)
					}
					w.looksAgain()
					records := 5
					if move == "row deleted" {
						records = 4
					}
					if policy == sheet24.ReviewNew {
						records--
						number := w.rowNamed("Can")
						if !strings.HasPrefix(fmt.Sprint(w.id(number)), "⏳") || w.status(number) == nil {
							t.Errorf("Can: %v, %v", w.id(number), w.status(number))
						}
						w.edit(fmt.Sprint("A", number), []any{"", "", "", "", "", ""})
					}
					w.checkPeople(records, edited)
				})
			}
		}
	}
}

// TestKeyOverAnotherText has a row stand where a new row stood, once its key is written,
// whose ID cell tells of no record, or of one that another row is: it gets back what stood
// there, and becomes no record.
func TestKeyOverAnotherText(t *testing.T) {
	t.Parallel()
	for name, row := range map[string][]any{
		"a copy":         {4.0, "Ali", "4@ornek.com.tr", "Yeni", 400.0},
		"an edited copy": {4.0, "Veli", "4@ornek.com.tr", "Yeni", 450.0},
		"a text":         {"abc", "Veli", "veli@ornek.com.tr", "Yeni", 450.0},
		"no whole id":    {12.5, "Veli", "veli@ornek.com.tr", "Yeni", 450.0},
		"a heading":      {"Kasım 2026"},
	} {
		for _, ending := range append(slices.Collect(maps.Keys(endings)), seen) {
			t.Run(name+" "+ending, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
				w.edit("A6", row)
				w.looksAgain()
				w.edit("B7", []any{"Can", "can@ornek.com.tr", "Yeni", 12.5})
				w.notify(7, 7)
				w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "insert_rows", Range: "3:3"})
				if ending != seen && !strings.HasPrefix(fmt.Sprint(w.id(7)), "⏳") {
					t.Fatalf("row 7 shows %v", w.id(7)) // the world is hostile indeed
				}
				if len(row) > 1 {
					w.edit("E7", []any{451.0})
				}
				w.looksAgain()
				expect(t, "its ID cell", w.id(7), row[0])
				expect(t, "the new row's", w.id(w.rowNamed("Can")), any(5.0))
				expect(t, "records", len(w.portal.Records(1)), 5)
				if said := fmt.Sprint(w.status(7)); len(row) > 1 && !strings.HasPrefix(said, "❌") {
					t.Errorf("row 7 says %s", said)
				}
			})
		}
	}
}

// rowNamed is the number of the row of a name.
func (w *world) rowNamed(name string) int {
	w.t.Helper()
	_, rows, _ := w.google.Cells(w.sheet, gid)
	i := slices.IndexFunc(rows, func(row []any) bool { return len(row) > 1 && row[1] == name })
	if i < 0 {
		w.t.Fatalf("no row of %s in %v", name, rows)
	}
	return i + 1
}

// TestKeysInEmptyRows has keys stand in rows that hold nothing else: nothing waits under
// them, or their row stands elsewhere with them.
func TestKeysInEmptyRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
	w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
	w.notify(6, 6)
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	key := fmt.Sprint(w.id(6))
	w.edit("A9", []any{key}, []any{"⏳ 3kbffmjqys"}, []any{"⏳ 2abcdefghi"}, []any{"⏳ 2abcdefghi"})
	w.event(sheet24.Recheck, sheet24.Range{})
	_, err = w.Scan(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "the key of the row that waits", w.id(6), any(key))
	w.looksAgain()
	w.checkPeople(5, nil)

	// Of a row that is a record by now.
	w.edit("A9", []any{key})
	w.looksAgain()
	w.checkPeople(5, nil)
}

// TestKeyOfAnEmptiedRow has a row emptied that waits for its record.
func TestKeyOfAnEmptiedRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
	w.notify(6, 6)
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.edit("B6", []any{"", "", "", ""})
	w.notify(6, 6)
	w.looksAgain()
	if id := w.id(6); id != nil && id != "" {
		t.Errorf("the empty row shows %v", id)
	}
	expect(t, "records", len(w.portal.Records(1)), 4)
}

// TestValueOverAnothers has rows exchanged while a change is taken back, and nobody sees
// where the value went: it is no edit of the row that got it.
func TestValueOverAnothers(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit("B3", []any{"Memo"})
			w.notify(3, 3)
			w.sync()
			expect(t, "record", w.lead(2), "Memo 2@ornek.com.tr NEW 200")
			_, err := w.Undo(t.Context(), w.table, w.history()[:1])
			w.check(err)
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "3:3", To: "6"})
			expect(t, "the cell of another", w.rowNamed("Mehmet"), 3) // the world is hostile indeed
			w.looksAgain()
			w.checkPeople(4, nil)
		})
	}
}

// TestValueOverARowWithoutAnID has a new row, which nobody has scanned yet, stand where a
// record's row stood while a change of that is taken back, and nobody sees where it went: the
// new row gets back what was typed into it.
func TestValueOverARowWithoutAnID(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
			w.edit("B5", []any{"Memo"})
			w.notify(5, 5)
			w.sync()
			_, err := w.Undo(t.Context(), w.table, w.history()[:1])
			w.check(err)
			w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "5:5", To: "7"})
			expect(t, "the cell of another", w.rowNamed("Ali"), 5) // the world is hostile indeed
			w.looksAgain()
			w.checkPeople(5, nil)
			expect(t, "the new record", w.lead(5), "Can can@ornek.com.tr IN_PROCESS 12.5")
		})
	}
}

// TestStatusOverAnothers has rows exchanged while "✅" is written, and nobody sees where it
// went: a row that failed says so again, and one of which nothing was said says nothing.
func TestStatusOverAnothers(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit("D4", []any{"Yenii"})
			w.notify(4, 4)
			w.sync()
			failed := w.status(4)
			if !strings.HasPrefix(fmt.Sprint(failed), "❌") {
				t.Fatalf("row 4 says %v", failed)
			}
			w.edit("E2", []any{111.0}, []any{222.0})
			w.notify(2, 3)
			for _, stage := range []func(context.Context, int64) (bool, error){w.Scan, w.Push} {
				_, err := stage(t.Context(), w.table.ID)
				w.check(err)
			}
			w.endsAtWrite(w.Report, ending, googlesim.Edit{Kind: "move_rows", Range: "2:3", To: "6"})
			expect(t, "what it says", w.status(w.rowNamed("Zeynep")), any(ok)) // the world is hostile indeed
			w.looksAgain()
			for name, want := range map[string]any{"Ayşe": ok, "Mehmet": ok, "Zeynep": failed, "Ali": nil} {
				if got := w.status(w.rowNamed(name)); got != want && !(want == nil && got == "") {
					t.Errorf("%s says %v", name, got)
				}
			}
		})
	}
}

// TestStatusOfARowWithoutAnID has a row moved that is told by its number: what it was to say
// stays neither in the empty row that stands there by then, nor in another's.
func TestStatusOfARowWithoutAnID(t *testing.T) {
	t.Parallel()
	insert := googlesim.Edit{Kind: "insert_rows", Range: "6:6"}
	for _, ending := range append(slices.Collect(maps.Keys(endings)), seen, "before it is read") {
		for move, edit := range map[string]googlesim.Edit{"row inserted": insert, "row moved": {Kind: "move_rows", Range: "6:6", To: "9"}} {
			t.Run(ending+" "+move, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
				w.notify(6, 6)
				_, err := w.Scan(t.Context(), w.table.ID)
				w.check(err)
				if ending == "before it is read" {
					edit.SpreadsheetID, edit.GID = w.sheet, gid
					w.check(w.google.Edit(edit))
					_, err = w.Report(t.Context(), w.table.ID)
					w.check(err)
				} else {
					w.endsAtWrite(w.Report, ending, edit)
				}
				w.looksAgain()
				if said := w.status(6); said != nil && said != "" {
					t.Errorf("the empty row 6 says %v", said)
				}
			})
		}
	}
}

// TestStatusOverAnEmptyRow has a row inserted while "✅" is written: the empty row does not
// say it, the record's row does.
func TestStatusOverAnEmptyRow(t *testing.T) {
	t.Parallel()
	for _, ending := range append(slices.Collect(maps.Keys(endings)), seen) {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit("E3", []any{222.0})
			w.notify(3, 3)
			for _, stage := range []func(context.Context, int64) (bool, error){w.Scan, w.Push} {
				_, err := stage(t.Context(), w.table.ID)
				w.check(err)
			}
			w.endsAtWrite(w.Report, ending, googlesim.Edit{Kind: "insert_rows", Range: "3:3"})
			w.looksAgain()
			w.checkPeople(4, nil)
			expect(t, "the row", w.status(4), any(ok))
		})
	}
}

// TestStatusOverACopy has a copied row stand where a record's row stood, once "✅" is
// written: it goes on saying what is wrong with it.
func TestStatusOverACopy(t *testing.T) {
	t.Parallel()
	for name, shows := range map[string]any{"a copy": 2.0, "a text": "abc"} {
		for _, ending := range append(slices.Collect(maps.Keys(endings)), seen) {
			t.Run(name+" "+ending, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.edit("A6", []any{shows, "Veli", "veli@ornek.com.tr", "Yeni", 50.0})
				w.looksAgain()
				failed := w.status(6)
				if !strings.HasPrefix(fmt.Sprint(failed), "❌") {
					t.Fatalf("row 6 says %v", failed)
				}
				w.edit("E5", []any{444.0})
				w.notify(5, 5)
				for _, stage := range []func(context.Context, int64) (bool, error){w.Scan, w.Push} {
					_, err := stage(t.Context(), w.table.ID)
					w.check(err)
				}
				w.endsAtWrite(w.Report, ending, googlesim.Edit{Kind: "move_rows", Range: "5:5", To: "7"})
				w.move("5:5", "7") // and where it was noted again
				w.looksAgain()
				expect(t, "the copy", w.status(w.rowNamed("Veli")), failed)
				expect(t, "the row", w.status(w.rowNamed("Ali")), any(ok))
			})
		}
	}
}

// TestStatusOfAnEmptiedRow has a row emptied of which nothing is left but its status; the
// process that takes it out ends, and rows were exchanged meanwhile.
func TestStatusOfAnEmptiedRow(t *testing.T) {
	t.Parallel()
	for _, ending := range append(slices.Collect(maps.Keys(endings)), seen) {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i := range 4 {
				w.change(i+2, "E", 11.0*float64(i+1))
			}
			w.settled()
			w.edit("A3", []any{"", "", "", "", ""})
			w.event(sheet24.Recheck, sheet24.Range{})
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "3:3", To: "6"})
			w.looksAgain()
			for number, want := range map[int]any{2: ok, 3: ok, 4: ok, 5: nil} {
				if got := w.status(number); got != want && !(want == nil && got == "") {
					t.Errorf("row %d says %v", number, got)
				}
			}
		})
	}
}

// TestTextOverAnID has something typed over a row's id: its record is not deleted, whether
// the row was moved or edited as well, and is once the row is.
func TestTextOverAnID(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(w *world){
		"nothing else":   func(*world) {},
		"edited":         func(w *world) { w.edit("B3", []any{"Memo", "memo@ornek.com.tr", "İşlemde", 999.0}) },
		"edited, sorted": func(w *world) { w.edit("B3", []any{"Memo", "memo@ornek.com.tr"}); w.move("3:3", "6") },
	} {
		for _, over := range []any{"abc", "#12", 3.0} {
			t.Run(fmt.Sprint(name, over), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
				w.edit("A3", []any{over})
				edit(w)
				w.looksAgain()
				if got := w.lead(2); got == "missing" {
					t.Fatalf("the record was deleted; history: %+v", w.history())
				}
				expect(t, "records", len(w.portal.Records(1)), 4)
				expect(t, "another", w.lead(3), "Zeynep 3@ornek.com.tr NEW 300")
			})
		}
	}
}

// move moves rows.
func (w *world) move(rows, to string) {
	w.t.Helper()
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "move_rows", Range: rows, To: to}))
}

// TestEmptiedIDOfARowThatMoved has an ID cell emptied, the row edited and moved, and nobody
// tells of it: it is the record's row still.
func TestEmptiedIDOfARowThatMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
	w.edit("A2", []any{""})
	w.edit("E2", []any{555.0})
	w.move("2:2", "6")
	w.looksAgain()
	w.checkPeople(4, nil)
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 555")
}

// TestAnothersIDOverAnEditedRow has a row get another's id and half of its cells edited at
// once, while its own id stands nowhere: nothing of it reaches the other's record.
func TestAnothersIDOverAnEditedRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
	w.edit("A2", []any{2.0}, []any{3.0})
	w.edit("B2", []any{"Ayşe Nur"})
	w.edit("E2", []any{555.0})
	w.looksAgain()
	expect(t, "the other", w.lead(2), "Mehmet 2@ornek.com.tr NEW 200")
	expect(t, "its own", w.lead(1), "Ayşe 1@ornek.com.tr NEW 100")
	if s := fmt.Sprint(w.status(2)); !strings.HasPrefix(s, "❌") {
		t.Errorf("the row says %s", s)
	}
}

// TestIDOverAnother has rows move while a row that lost its id gets that back: it does not
// stay in another's row, nor in an empty one.
func TestIDOverAnother(t *testing.T) {
	t.Parallel()
	for move, edits := range map[string][]googlesim.Edit{
		"row deleted":  {{Kind: "delete_rows", Range: "3:3"}},
		"row inserted": {{Kind: "insert_rows", Range: "3:3"}},
		"row moved":    {{Kind: "move_rows", Range: "5:5", To: "2"}},
	} {
		for ending := range endings {
			t.Run(move+" "+ending, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
				w.edit("A5", []any{""})
				w.event(sheet24.Recheck, sheet24.Range{})
				w.endsAtWrite(w.Scan, ending, edits...)
				w.looksAgain()
				w.checkPeople(4, nil)
			})
		}
	}
}

// TestValueOverARowWithAKey has a new row that got its key, and that no scan has stored yet,
// stand where a record's row stood while a change of that is taken back, and nobody sees where
// it went: the new row gets back what was typed into it.
func TestValueOverARowWithAKey(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
			w.edit("B5", []any{"Memo"})
			w.notify(5, 5)
			w.sync()
			w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
			w.notify(6, 6)
			w.endsAtWrite(w.Scan, "the process ends")
			if !strings.HasPrefix(fmt.Sprint(w.id(6)), "⏳") {
				t.Fatalf("row 6 shows %v", w.id(6))
			}
			_, err := w.Undo(t.Context(), w.table, w.history()[:1])
			w.check(err)
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "5:5", To: "7"})
			expect(t, "the cell of another", w.rowNamed("Ali"), 5) // the world is hostile indeed
			w.looksAgain()
			w.checkPeople(5, nil)
			expect(t, "the new record", w.lead(5), "Can can@ornek.com.tr IN_PROCESS 12.5")
		})
	}
}

// TestValueOverAnEmptyCell has a row without an id whose cell is empty stand where a record's
// row stood while a change of that is taken back: one that holds nothing else, one that
// somebody is typing, and a copy of another record's row.
func TestValueOverAnEmptyCell(t *testing.T) {
	t.Parallel()
	for name, row := range map[string][]any{
		"an empty row": {"", "", "", "", ""},
		"a new row":    {"", "", "can@ornek.com.tr", "İşlemde", 12.5},
		"a copy":       {3.0, "", "3@ornek.com.tr", "Yeni", 300.0},
	} {
		for ending := range endings {
			t.Run(name+" "+ending, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
				w.edit("B5", []any{"Memo"})
				w.notify(5, 5)
				w.sync()
				_, err := w.Undo(t.Context(), w.table, w.history()[:1])
				w.check(err)
				w.edit("A6", row)
				w.notify(6, 6)
				w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "5:5", To: "7"})
				expect(t, "the cell of another", w.rowNamed("Ali"), 5) // the world is hostile indeed
				w.looksAgain()
				expect(t, "the row", w.rowNamed("Ali"), 6)
				expect(t, "the cell", orNone(w.cell("B5")), any(""))
				expect(t, "the record", w.lead(4), "Ali 4@ornek.com.tr NEW 400")
				expect(t, "another", w.lead(3), "Zeynep 3@ornek.com.tr NEW 300")
				for _, r := range w.portal.Records(1)[4:] {
					expect(t, "the new record's name", orNone(r.Fields["name"]), any(""))
				}
			})
		}
	}
}

// TestValuesOverEachOther has two rows exchanged while changes of both are taken back: each
// gets what was its own.
func TestValuesOverEachOther(t *testing.T) {
	t.Parallel()
	for _, ending := range append(slices.Collect(maps.Keys(endings)), seen) {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit("B4", []any{"Zeyno"}, []any{"Memo"})
			w.notify(4, 5)
			w.sync()
			_, err := w.Undo(t.Context(), w.table, w.history()[:2])
			w.check(err)
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "4:4", To: "6"})
			w.looksAgain()
			w.checkPeople(4, nil)
			for _, c := range w.history()[:2] {
				if len(c.Fields) != 1 || !c.Fields["NAME"].Undo {
					t.Errorf("history: %+v", c)
				}
			}
		})
	}
}

// TestIDOverANewRow has a new row stand where a row stood that lost its id, once it gets that
// back: the new row does not become its record.
func TestIDOverANewRow(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		for name, edited := range map[string]any{"as it was": 400.0, "edited": 450.0} {
			t.Run(ending+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})
				w.edit("A5", []any{""})
				w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
				w.event(sheet24.Recheck, sheet24.Range{})
				w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "move_rows", Range: "5:5", To: "7"})
				expect(t, "the id of the new row", w.id(w.rowNamed("Can")), any(4.0)) // the world is hostile indeed
				w.edit("E6", []any{edited})
				w.looksAgain()
				w.checkPeople(5, nil)
			})
		}
	}
}
