package sync_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sync/stages"
)

// fiftyLeads is a world whose tab has 50 leads; the portal has 47 contacts beside them,
// whose ids are those of leads.
func fiftyLeads(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad", "Not", "Senkronizasyon"}}
		for n := range 50 {
			id := p.Add(1, map[string]any{"name": fmt.Sprint("Aday ", n), "lastName": "Soyad", "stageId": "NEW"})
			rows = append(rows, []any{float64(id), fmt.Sprint("Aday ", n)})
			if n < 47 {
				p.Add(3, map[string]any{"name": fmt.Sprint("Kişi ", n)})
			}
		}
		return rows
	})
}

// rename gives so many of the tab's rows new names.
func (w *world) rename(rows int, name string) {
	w.t.Helper()
	var cells [][]any
	for n := range rows {
		cells = append(cells, []any{fmt.Sprint(name, " ", n)})
	}
	w.edit("B2", cells...)
	w.nudge(2, rows+1)
}

// exchange sets the table up anew, changed, with its rows as the sheet holds them.
func (w *world) exchange(change func(*sheet24.Table)) {
	w.t.Helper()
	t := *w.fresh()
	change(&t)
	var baseline []sheet24.Snapshot
	_, rows, _ := w.google.Cells(w.sheet, gid)
	for n, row := range rows[1:] {
		values := map[string]any{}
		for _, m := range t.Mappings {
			if m.Field != sheet24.IDField && m.Column.Index < len(row) && row[m.Column.Index] != "" {
				values[m.Field] = row[m.Column.Index]
			}
		}
		id, _ := row[0].(float64) // 0: a row without one
		baseline = append(baseline, sheet24.Snapshot{EntityID: int64(id), Row: n + 2, Values: values})
	}
	w.check(w.store.SaveTable(w.t.Context(), &t, baseline))
}

// names counts the records of an entity whose field holds a text that begins so.
func (w *world) names(typeID int, field, prefix string) (n int) {
	for _, r := range w.portal.Records(typeID) {
		if strings.HasPrefix(fmt.Sprint(r.Fields[field]), prefix) {
			n++
		}
	}
	return n
}

// outage has the portal away while the stages run.
func (w *world) outage() {
	w.t.Helper()
	w.down.Store(true)
	w.sync()
	w.down.Store(false)
	w.later(time.Hour)
}

// TestWaitingChangesStayWithTheirEntity: 50 leads' names wait when the tab is saved anew
// as contacts. No contact gets one, whatever is pressed afterwards.
func TestWaitingChangesStayWithTheirEntity(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.rename(50, "Yeni ad")
	w.outage()
	w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts })

	w.sync()
	_, err := w.store.RetryFailed(t.Context(), w.table.ID)
	w.check(err)
	for _, c := range w.history() {
		w.store.RetryChange(t.Context(), w.table.ID, c.ID) // it is refused, or does nothing
	}
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()

	expect(t, "contacts with leads' names", w.names(3, "name", "Yeni ad"), 0)
	expect(t, "leads with the new names", w.names(1, "name", "Yeni ad"), 0)
	history := w.history()
	expect(t, "changes", len(history), 50)
	for _, c := range history {
		if c.Status != sheet24.Failed || !strings.Contains(c.Error, "yeniden kuruldu") {
			t.Fatalf("a change of the former table: %+v", c)
		}
	}
}

// TestWaitingChangesStayWithTheirMapping: names wait when their field, or the ID, gets
// another column, or none.
func TestWaitingChangesStayWithTheirMapping(t *testing.T) {
	t.Parallel()
	id := sheet24.FieldMapping{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: sheet24.IDField, Type: "integer"}
	name := sheet24.FieldMapping{Column: sheet24.Column{Index: 1, Name: "Ad"}, Field: "NAME", Type: "string", Updatable: true}
	note := sheet24.FieldMapping{Column: sheet24.Column{Index: 2, Name: "Not"}, Field: "COMMENTS", Type: "string", Updatable: true}
	surname, fromNote := name, note
	surname.Field, fromNote.Field = "LAST_NAME", "NAME"
	for what, mappings := range map[string][]sheet24.FieldMapping{
		"another column": {id, fromNote},
		"another field":  {id, surname},
		"none":           {id, note},
		"one beside it":  {id, name, note},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := fiftyLeads(t)
			w.rename(5, "Yeni ad")
			w.outage()
			w.exchange(func(t *sheet24.Table) { t.Mappings = mappings })
			w.settled()
			expect(t, "new names", w.names(1, "name", "Yeni ad")+w.names(1, "lastName", "Yeni ad")+w.names(1, "comments", "Yeni ad"), 0)

			// From here on it is a table like any other.
			w.edit("B2", []any{"Can"})
			w.edit("C2", []any{"Can"})
			w.nudge(2, 2)
			w.settled()
			wrote := map[string]string{"name": "Aday 0", "lastName": "Soyad", "comments": ""}
			for _, m := range mappings[1:] {
				wrote[map[string]string{"NAME": "name", "LAST_NAME": "lastName", "COMMENTS": "comments"}[m.Field]] = "Can"
			}
			r, _ := w.portal.Record(1, 1)
			for field, want := range wrote {
				got, _ := r.Fields[field].(string)
				expect(t, field, got, want)
			}
		})
	}
}

// TestWaitingChangesStayWithTheirPortal: names wait for one portal when the tab is saved
// anew for another, which has records of the same ids.
func TestWaitingChangesStayWithTheirPortal(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	second, portal := w.secondPortal()
	for range 50 {
		second.Add(1, map[string]any{"name": "Yabancı", "stageId": "NEW"})
	}
	w.rename(50, "Yeni ad")
	w.outage()
	w.exchange(func(t *sheet24.Table) { t.PortalID = portal.ID })

	w.rename(1, "Başka ad")
	for range 3 {
		w.sync()
		_, err := w.Push(t.Context(), portal.ID)
		w.check(err)
		w.later(time.Hour)
	}
	expect(t, "leads with new names", w.names(1, "name", "Yeni ad"), 0)
	strangers := 0
	for _, r := range second.Records(1) {
		if r.Fields["name"] == "Yabancı" {
			strangers++
		}
	}
	expect(t, "strangers as they were", strangers, 49)
	r, _ := second.Record(1, 1)
	expect(t, "what was edited afterwards", r.Fields["name"], any("Başka ad 0"))
}

// secondPortal connects another portal to the table's user.
func (w *world) secondPortal() (*bitrixsim.Portal, *sheet24.Portal) {
	w.t.Helper()
	first, err := w.store.Portal(w.t.Context(), w.fresh().PortalID)
	w.check(err)
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	server := httptest.NewServer(sim.Handler())
	w.t.Cleanup(server.Close)
	portal := &sheet24.Portal{UserID: w.user.ID, Host: strings.TrimPrefix(server.URL, "http://"), WebhookURL: server.URL + sim.WebhookPath()}
	w.check(w.store.SavePortal(w.t.Context(), portal))
	w.CRM = bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{first.Host, portal.Host}, Pace: time.Millisecond, RequestLimit: 100 * time.Millisecond, Fresh: time.Millisecond})
	w.setup.CRM = w.CRM
	return sim, portal
}

// TestExchangeWhileChangesAreSent has a table exchanged at each request of a push that is
// under way in a process that knows it as it was. What is sent goes where it was meant to
// go, and the history says which.
func TestExchangeWhileChangesAreSent(t *testing.T) {
	t.Parallel()
	for request := range 2 { // the one that reads, and the one that writes
		t.Run(fmt.Sprint("request ", request), func(t *testing.T) {
			t.Parallel()
			w := fiftyLeads(t)
			w.rename(50, "Yeni ad")
			_, err := w.Scan(t.Context(), w.table.ID)
			w.check(err)
			w.atRequest(request, func() { w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts }) })
			_, err = w.Push(t.Context(), w.fresh().PortalID)
			w.check(err)
			w.settled()

			expect(t, "contacts with leads' names", w.names(3, "name", "Yeni ad"), 0)
			sent := 0
			for _, c := range w.history() {
				r, _ := w.portal.Record(1, c.EntityID)
				arrived := r.Fields["name"] == c.Fields["NAME"].New
				if arrived != (c.Status == sheet24.Completed) || !arrived && c.Status != sheet24.Failed {
					t.Errorf("record %d: %s (%s), and the lead is called %v", c.EntityID, c.Status, c.Error, r.Fields["name"])
				}
				if arrived {
					sent++
				}
			}
			t.Log(sent, "of 50 were sent")
			_, rows, _ := w.google.Cells(w.sheet, gid)
			for n, row := range rows[1:] {
				if len(row) > 3 && row[3] != "" {
					t.Errorf("row %d says %v", n+2, row[3])
				}
			}
		})
	}
}

// atRequest does something before the portal answers the request of that number, from 0.
func (w *world) atRequest(n int, f func()) {
	for range n {
		next := f
		f = func() { w.during.Store(&next) }
	}
	w.during.Store(&f)
}

// claiming is a store that something happens to after changes were claimed, once.
type claiming struct {
	stages.Store
	after func()
}

func (s *claiming) ClaimChanges(ctx context.Context, portalID int64, limit int) ([]sheet24.RowChange, error) {
	claimed, err := s.Store.ClaimChanges(ctx, portalID, limit)
	if f := s.after; f != nil {
		s.after = nil
		f()
	}
	return claimed, err
}

// TestExchangeAfterChangesWereClaimed has a table exchanged when a push has its changes,
// and has not read what the table is.
func TestExchangeAfterChangesWereClaimed(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.rename(50, "Yeni ad")
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.Store = &claiming{Store: w.Store, after: func() { w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts }) }}
	_, err = w.Push(t.Context(), w.fresh().PortalID)
	w.check(err)
	w.settled()
	expect(t, "contacts with leads' names", w.names(3, "name", "Yeni ad"), 0)
	for _, c := range w.history() {
		claimed := c.Error == "Gönderilmedi: bu değişiklik tablonun önceki kurulumuna ait."
		waited := strings.Contains(c.Error, "bu değişiklik öncekine aitti")
		if c.Status != sheet24.Failed || !claimed && !waited {
			t.Fatalf("a change of the former table: %+v", c)
		}
	}
}

// hooked is a sheet that something happens to after it was read, once.
type hooked struct {
	sheet24.Sheets
	after func()
}

func (s *hooked) Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([][][]any, error) {
	read, err := s.Sheets.Read(ctx, userID, spreadsheetID, gid, ranges)
	if f := s.after; f != nil {
		s.after = nil
		f()
	}
	return read, err
}

// TestExchangeWhileRowsAreRead has a table exchanged between a scan's reading and its
// storing: nothing of what it found is stored, nor written into the sheet.
func TestExchangeWhileRowsAreRead(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.rename(3, "Yeni ad")
	w.edit("B52", []any{"Yeni aday"})
	w.nudge(2, 52)
	w.Sheets = &hooked{Sheets: w.Sheets, after: func() {
		w.exchange(func(t *sheet24.Table) { t.Mappings[1].Field = "LAST_NAME" })
	}}
	more, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "there is more to scan", more, true)
	expect(t, "changes", len(w.history()), 0)
	expect(t, "the ID cell of the new row", w.id(52), nil)
	w.settled()
	expect(t, "new names", w.names(1, "name", "Yeni a")+w.names(1, "lastName", "Yeni a"), 0)
}

// placing is a sheet that something happens to after columns of it were read, once.
type placing struct {
	sheet24.Sheets
	after func()
}

func (s *placing) ReadColumns(ctx context.Context, tab sheet24.TabRef, headerRow int, columns []sheet24.Column) ([][]any, error) {
	read, err := s.Sheets.ReadColumns(ctx, tab, headerRow, columns)
	if f := s.after; f != nil {
		s.after = nil
		f()
	}
	return read, err
}

// TestExchangeWhileRowsAreTold has a table exchanged between a report's reading and its
// writing: rows say nothing of what the table was.
func TestExchangeWhileRowsAreTold(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.rename(2, "Yeni ad")
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	_, err = w.Push(t.Context(), w.fresh().PortalID)
	w.check(err)
	w.Sheets = &placing{Sheets: w.Sheets, after: func() { w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts }) }}

	more, err := w.Report(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "there is more to tell", more, true)
	w.settled()
	expect(t, "what was done for the former table", w.names(1, "name", "Yeni ad"), 2)
	for row := 2; row <= 3; row++ {
		if says := w.status(row); says != nil && says != "" {
			t.Errorf("row %d says %v", row, says)
		}
	}
}

// TestExchangeWhileComparing has a table exchanged while a page of it is compared: what
// was found of the one says nothing of the other.
func TestExchangeWhileComparing(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	f := func() {
		w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts })
		w.check(w.store.StartComparison(t.Context(), w.table.ID))
	}
	w.during.Store(&f)
	for range 3 {
		_, err := w.Compare(t.Context(), w.table.ID)
		w.check(err)
	}
	c, err := w.store.Comparison(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "counts", c.Counts, sheet24.ComparisonCounts{Update: 47, Problem: 3})
}

// TestUndoEndsWithItsTable has changes of a table as it was taken back, before and after
// it is exchanged.
func TestUndoEndsWithItsTable(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.rename(2, "Yeni ad")
	w.sync()
	before := w.history()
	expect(t, "done", before[0].Status, sheet24.Completed)
	_, err := w.Undo(t.Context(), w.fresh(), before[:1])
	w.check(err)
	stale := w.fresh()
	w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts })

	_, err = w.Undo(t.Context(), w.fresh(), before)
	expect(t, "undoing them", sheet24.AsError(err).Code, sheet24.CodeUndoFormer)
	_, err = w.Undo(t.Context(), stale, before)
	expect(t, "undoing them from a page that is out of date", sheet24.AsError(err).Code, sheet24.CodeTableExchanged)
	w.edit("B4", []any{"Kişi"})
	w.nudge(4, 4)
	w.settled()
	done, err := w.Undo(t.Context(), w.fresh(), w.history())
	w.check(err)
	expect(t, "undone", [2]int{done.Cells, done.Former}, [2]int{1, 3})
	expect(t, "the cells", fmt.Sprint(w.cell("B2"), w.cell("B3")), "Yeni ad 0Yeni ad 1")
	expect(t, "contacts with leads' names", w.names(3, "name", "Yeni ad")+w.names(3, "name", "Aday"), 0)
	last := w.history()[len(w.history())-3:]
	for _, c := range last {
		if c.Fields["NAME"].Undo && (c.Status != sheet24.Failed || !strings.Contains(c.Error, "yeniden kuruldu")) {
			t.Errorf("what was to be taken back: %+v", c)
		}
	}
}

// cell is what a cell of the tab shows.
func (w *world) cell(a1 string) any {
	var row int
	column := int(a1[0] - 'A')
	fmt.Sscan(a1[1:], &row)
	_, rows, _ := w.google.Cells(w.sheet, gid)
	return rows[row-1][column]
}

// TestQuestionsAndEventsEndWithTheirTable: what was asked about a table as it was cannot
// be decided any more, and looking into its events again finds nothing.
func TestQuestionsAndEventsEndWithTheirTable(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.policies(sheet24.Policies{Conflict: sheet24.Ask})
	w.portal.Edit(1, 1, map[string]any{"name": "CRM'deki ad"})
	w.rename(2, "Yeni ad")
	w.sync()
	asked, err := w.store.Asked(t.Context(), w.table.ID, 10)
	w.check(err)
	expect(t, "questions", len(asked), 1)
	w.exchange(func(t *sheet24.Table) { t.Entity = sheet24.Contacts })

	expect(t, "deciding", sheet24.AsError(w.store.Decide(t.Context(), w.table.ID, asked[0].ID, sheet24.SheetWins)).Code, sheet24.CodeChangeFormer)
	n, err := w.store.ReplayEvents(t.Context(), w.table.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	w.check(err)
	expect(t, "events looked into again", n, 1)
	w.settled()
	expect(t, "contacts with leads' names", w.names(3, "name", "Yeni ad"), 0)
	expect(t, "leads with the new names", w.names(1, "name", "Yeni ad"), 1)
}

// TestRowsThatWaitForRecordsAreLeft: a row waits under its key when the mapping is
// exchanged; it is left alone as it is, and becomes one record once it is edited.
func TestRowsThatWaitForRecordsAreLeft(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B52", []any{"Yeni aday"})
	w.nudge(52, 52)
	w.outage()
	_, isKey := w.id(52).(string)
	expect(t, "it waits under a key", isKey, true)
	_, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors,
		Fields: map[int]string{0: "ID", 1: "NAME", 2: "COMMENTS"}, Policies: sheet24.Policies{NewRows: sheet24.CreateNew}})
	w.check(err)
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()
	expect(t, "leads", len(w.portal.Records(1)), 50)

	w.edit("C52", []any{"aradı"})
	w.nudge(52, 52)
	w.settled()
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()
	expect(t, "leads after an edit", len(w.portal.Records(1)), 51)
	r, _ := w.portal.Record(1, 51)
	expect(t, "the new lead", fmt.Sprint(r.Fields["name"], " ", r.Fields["comments"]), "Yeni aday aradı")
	expect(t, "its id", w.id(52), any(51.0))
}

// TestSavedAnewAsItWas: in other colours the table goes on, with what waits and with
// edits that no scan has seen.
func TestSavedAnewAsItWas(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	w.rename(50, "Yeni ad")
	w.outage()
	w.edit("B2", []any{"Daha yeni"})
	colors := sheet24.DefaultColors
	colors.Header = "#000000"
	_, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: colors, Fields: map[int]string{0: "ID", 1: "NAME"}})
	w.check(err)
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()
	expect(t, "leads with the new names", w.names(1, "name", "Yeni ad")+w.names(1, "name", "Daha yeni"), 50)
	expect(t, "status", w.status(2), any(ok))
}

// TestExchangeWaitsForWhatIsWritten has a process end that took a value back, while rows were
// moved: the table is not exchanged, nor anything of the tab changed for it, before it was
// seen where that went.
func TestExchangeWaitsForWhatIsWritten(t *testing.T) {
	t.Parallel()
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
			w.edit("B3", []any{"Memo"})
			w.nudge(3, 3)
			w.sync()
			_, err := w.Undo(t.Context(), w.table, w.history()[:1])
			w.check(err)
			w.endsAtWrite(w.Scan, ending, googlesim.Edit{Kind: "insert_rows", Range: "3:3"})
			expect(t, "the value in the empty row", w.cell("B3"), any("Mehmet")) // the world is hostile indeed

			anew := *w.fresh()
			anew.Mappings = anew.Mappings[:3]
			err = w.store.SaveTable(t.Context(), &anew, nil)
			expect(t, "saving it anew", sheet24.AsError(err).Code, sheet24.CodeTableWritten)
			_, before, _ := w.google.Cells(w.sheet, gid)
			_, _, err = w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Contacts, Colors: sheet24.DefaultColors,
				Fields: map[int]string{1: "NAME"}, AddID: true, AddStatus: true})
			expect(t, "setting it up anew", sheet24.AsError(err).Code, sheet24.CodeTableWritten)
			_, after, _ := w.google.Cells(w.sheet, gid)
			expect(t, "the tab", fmt.Sprint(after), fmt.Sprint(before))

			w.looksAgain()
			w.checkPeople(4, nil)
			anew.Binding = w.fresh().Binding
			w.check(w.store.SaveTable(t.Context(), &anew, nil))
		})
	}
}

// TestSavedAnewAfterAColumnMoved: a column was moved, and no scan has followed it; saved anew
// as it was, the table goes on with what waits. One that merely got the name is not taken for
// it.
func TestSavedAnewAfterAColumnMoved(t *testing.T) {
	t.Parallel()
	for _, moved := range []bool{true, false} {
		t.Run(fmt.Sprint("moved ", moved), func(t *testing.T) {
			t.Parallel()
			w := fiftyLeads(t)
			w.rename(5, "Yeni ad")
			w.outage()
			if moved {
				w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "move_columns", Range: "B:B", To: "D"}))
			} else {
				w.edit("B1", []any{"Eski", "Ad"})
				w.edit("C2", []any{"Not 1"}, []any{"Not 2"})
			}
			_, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors,
				Fields: map[int]string{0: "ID", 2: "NAME"}})
			w.check(err)
			w.event(sheet24.Recheck, sheet24.Range{})
			w.settled()
			if moved {
				expect(t, "leads with the new names", w.names(1, "name", "Yeni ad"), 5)
			}
			expect(t, "leads that got another column's values", w.names(1, "name", "Not"), 0)
			expect(t, "leads that are called something", w.names(1, "name", ""), 50)
			expect(t, "leads with their names", w.names(1, "name", "Aday")+w.names(1, "name", "Yeni ad"), 50)
		})
	}
}
