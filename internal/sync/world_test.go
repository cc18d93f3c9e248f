package sync_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bitrix24/officialtest"
	"sheet24/internal/google"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/stages"
	"sheet24/internal/sync/synctest"
	"sheet24/internal/undo"
)

const (
	owner     = "ayse@ornek.com.tr"
	colleague = "mehmet@ornek.com.tr"
	gid       = 42
)

// world is a table between a simulated sheet and a simulated portal. Stages run
// when a test says so, in the order of waking.
type world struct {
	*synctest.Rounds
	t      *testing.T
	google *googlesim.Google
	portal *bitrixsim.Portal
	down   atomic.Bool                           // the portal answers 503
	during atomic.Pointer[func()]                // done once, before the portal answers the next request
	lose   atomic.Pointer[string]                // a request that names this is done, not answered, and the portal is away
	record atomic.Pointer[officialtest.Recorder] // writes down what the portal is asked
	ahead  atomic.Int64                          // nanoseconds by which the clock is ahead
	got    atomic.Int64                          // bytes that Google answered
	asked  atomic.Int64                          // requests that it answered
	store  *sqlstore.Store
	setup  *setup.Setup
	user   *sheet24.User
	sheet  string
	table  *sheet24.Table
	events int

	afterScan string // SQL that is done once a scan is
}

// counted counts what Google answers.
type counted struct {
	http.ResponseWriter
	w *world
}

func (c *counted) WriteHeader(status int) { c.w.asked.Add(1); c.ResponseWriter.WriteHeader(status) }

func (c *counted) Write(data []byte) (int, error) {
	c.w.got.Add(int64(len(data)))
	return c.ResponseWriter.Write(data)
}

// newWorld has a tab with four leads.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "EMAIL", 3: "STATUS_ID", 4: "OPPORTUNITY"}, func(portal *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad", "E-posta", "Durum", "Tutar", "Senkronizasyon"}}
		for i, name := range []string{"Ayşe", "Mehmet", "Zeynep", "Ali"} {
			email := fmt.Sprintf("%d@ornek.com.tr", i+1)
			id := portal.Add(1, map[string]any{"name": name, "stageId": "NEW", "opportunity": 100.0 * float64(i+1)},
				bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "+90 212 000 00 00"})
			rows = append(rows, []any{float64(id), name, email, "Yeni", 100.0 * float64(i+1)})
		}
		return rows
	})
}

// newWorldOf has a tab with the rows that fill returns, the header first, synced
// with an entity by the fields given for its columns.
func newWorldOf(t *testing.T, entity sheet24.Entity, fields map[int]string, fill func(*bitrixsim.Portal) [][]any) *world {
	t.Helper()
	w := &world{t: t}
	account := googlesim.Account{Email: owner, Name: "Ayşe"}
	w.google = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, account, googlesim.Account{Email: colleague, Name: "Mehmet"})
	t.Cleanup(w.google.Close)
	sheets := w.google.Handler()
	googleServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sheets.ServeHTTP(&counted{rw, w}, r)
	}))
	t.Cleanup(googleServer.Close)
	w.portal = bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	rest := w.portal.Handler()
	portalServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if f := w.during.Swap(nil); f != nil {
			(*f)()
		}
		if w.down.Load() {
			http.Error(rw, "<html>Bad Gateway</html>", http.StatusBadGateway)
			return
		}
		if lose := w.lose.Load(); lose != nil {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(*lose)) {
				w.lose.Store(nil)
				w.down.Store(true)
				rest.ServeHTTP(httptest.NewRecorder(), r)
				http.Error(rw, "<html>Gateway Time-out</html>", http.StatusGatewayTimeout)
				return
			}
		}
		if record := w.record.Load(); record != nil {
			record.Around(rest).ServeHTTP(rw, r)
			return
		}
		rest.ServeHTTP(rw, r)
	}))
	t.Cleanup(portalServer.Close)

	s := &googlesim.Spreadsheet{Title: "Satış", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{GID: gid, Title: "Leads", Rows: fill(w.portal)}}}
	w.google.AddSpreadsheet(s)
	w.sheet = s.ID

	w.store = storetest.Open(t)
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	w.store.SetClock(now)
	client := google.New(google.Config{ClientID: "id", ClientSecret: "secret", PerMinute: 1e6, BaseURL: googleServer.URL}, w.store)
	crm := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(portalServer.URL, "http://")}, Pace: time.Millisecond, RequestLimit: 10 * time.Second, Fresh: time.Millisecond})
	w.Rounds = synctest.New(stages.Parts{Store: w.store, Sheets: client, CRM: crm, Now: now, Log: slog.New(slog.DiscardHandler)})

	user, err := w.store.EnsureUser(t.Context(), owner, "Ayşe", "tr")
	w.check(err)
	access, refresh := w.google.Grant(owner, google.FullAccess.Scopes())
	w.check(w.store.SaveToken(t.Context(), &sheet24.Token{UserID: user.ID, Email: owner, AccessToken: access, RefreshToken: refresh,
		ExpiresAt: time.Now().Add(time.Hour), Scopes: google.FullAccess.Scopes()}))
	portal, err := crm.Connect(t.Context(), portalServer.URL+w.portal.WebhookPath())
	w.check(err)
	portal.UserID = user.ID
	w.check(w.store.SavePortal(t.Context(), portal))
	w.user = user
	w.setup = &setup.Setup{Store: w.store, Google: client, CRM: crm, PublicURL: "http://127.0.0.1:1"}
	w.table, _, err = w.setup.Save(t.Context(), user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: entity, Colors: sheet24.DefaultColors, Fields: fields})
	w.check(err)
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// Undo takes changes back.
func (w *world) Undo(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) (undo.Undone, error) {
	return (&undo.Undo{Store: w.store}).Undo(ctx, t, changes)
}

// edit changes cells as a person would; nobody is told of it.
func (w *world) edit(a1 string, rows ...[]any) {
	w.t.Helper()
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Range: a1, Values: rows}))
}

// nudge stores an event, as receive does.
func (w *world) nudge(first, last int) {
	w.t.Helper()
	w.event(sheet24.RowEdited, sheet24.Rows(first, last))
}

func (w *world) event(kind sheet24.EventType, rows sheet24.Range) {
	w.t.Helper()
	w.events++
	w.check(w.store.AddEvent(w.t.Context(), &sheet24.Event{TableID: w.table.ID, Type: kind, MessageID: fmt.Sprint("m", w.events), Rows: rows, Data: []byte("{}")}))
}

// sync runs the stages until nothing waits.
func (w *world) sync() {
	w.t.Helper()
	for _, stage := range []func(context.Context, int64) (bool, error){w.Scan, w.Push, w.Report} {
		id := w.table.ID // which is also the portal's: there is one of each
		for more := true; more; {
			var err error
			more, err = stage(w.t.Context(), id)
			w.check(err)
		}
		if w.afterScan != "" {
			w.sql(w.afterScan)
			w.afterScan = ""
		}
	}
}

// lead is a record as the CRM holds it: name, e-mails, stage, amount.
func (w *world) lead(id int64) string {
	r, ok := w.portal.Record(1, id)
	if !ok {
		return "missing"
	}
	var emails []string
	for _, m := range r.Multi {
		if m.TypeID == "EMAIL" {
			emails = append(emails, m.Value)
		}
	}
	return fmt.Sprint(r.Fields["name"], " ", strings.Join(emails, ","), " ", r.Fields["stageId"], " ", r.Fields["opportunity"])
}

// status is what the status column says in a row.
func (w *world) status(row int) any {
	_, rows, _ := w.google.Cells(w.sheet, gid)
	i := slices.Index(rows[0], any("Senkronizasyon"))
	if row-1 >= len(rows) || i >= len(rows[row-1]) {
		return nil
	}
	return rows[row-1][i]
}

func (w *world) history() []sheet24.RowChange {
	w.t.Helper()
	h, err := w.store.History(w.t.Context(), w.table.ID, 0, 100)
	w.check(err)
	return h
}

func (w *world) writes() int { return w.portal.Calls()["crm.item.update"] }

func expect[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

const ok = "✅ Senkronize"

func TestEditReachesTheCRM(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("C3", []any{"yeni@ornek.com.tr"})
	w.nudge(3, 3)
	w.sync()
	expect(t, "record", w.lead(2), "Mehmet yeni@ornek.com.tr NEW 200")
	expect(t, "status", w.status(3), any(ok))
	expect(t, "the other rows' status", w.status(2), nil)
	h := w.history()
	if len(h) != 1 || h[0].Row != 3 || h[0].EntityID != 2 || h[0].Status != sheet24.Completed || h[0].SyncedAt.IsZero() {
		t.Fatalf("history = %+v", h)
	}
	expect(t, "change", h[0].Fields, map[string]sheet24.Change{"EMAIL": {Old: "2@ornek.com.tr", New: "yeni@ornek.com.tr"}})
}

func TestManyEditsAreOneWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		w.edit("E2", []any{float64(i)})
		w.nudge(2, 2)
		if i%3 == 0 {
			if _, err := w.Scan(t.Context(), w.table.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 9")
	expect(t, "writes", w.writes(), 1)
	expect(t, "changes", w.history()[0].Fields, map[string]sheet24.Change{"OPPORTUNITY": {Old: 100.0, New: 9.0}})
}

func TestNudgesThatSayNothingNewWriteNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("C3", []any{"yeni@ornek.com.tr"})
	w.nudge(3, 3)
	w.sync()
	w.nudge(3, 3)
	w.nudge(1, 5)
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	expect(t, "writes", w.writes(), 1)
	expect(t, "history", len(w.history()), 1)
}

func TestPasteOverManyRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("B2", []any{"A", "a@x.tr"}, []any{"B", "b@x.tr"}, []any{"C", "c@x.tr"})
	w.nudge(2, 4)
	before := w.portal.Calls()["batch"]
	w.sync()
	expect(t, "records", w.lead(1)+"|"+w.lead(2)+"|"+w.lead(3), "A a@x.tr NEW 100|B b@x.tr NEW 200|C c@x.tr NEW 300")
	expect(t, "batches for it", w.portal.Calls()["batch"]-before, 2) // read, write
}

func TestWrongValueFailsItsRowAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("D2", []any{"Yenii", 555.0})
	w.edit("E3", []any{777.0})
	w.nudge(2, 3)
	w.sync()
	sentence := "Durum: “Yenii” yok; var olanlar: Yeni, İşlemde, Teklif verildi, Kazanıldı, Kaybedildi. “Yeni” mi demek istediniz?"
	expect(t, "status", w.status(2), any("❌ "+sentence))
	expect(t, "the row is not written", w.lead(1), "Ayşe 1@ornek.com.tr NEW 100")
	expect(t, "the other row is", w.lead(2), "Mehmet 2@ornek.com.tr NEW 777")
	expect(t, "error", w.history()[1].Error, sentence)
	// The wrong cell is mended: the amount that was refused with it goes along.
	w.edit("D2", []any{"işlemde"})
	w.nudge(2, 2)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr IN_PROCESS 555")
	expect(t, "status", w.status(2), any(ok))
}

func TestClearedCellsClearFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("C2", []any{""})
	w.edit("E2", []any{""})
	w.nudge(2, 2)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe  NEW 0") // which is nothing
	if r, _ := w.portal.Record(1, 1); r.FirstOf("PHONE") == "" {
		t.Error("the phone was removed with the e-mail")
	}
}

func TestFormulaErrorsAreNotSynced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("B2", []any{"#REF!"})
	w.nudge(2, 2)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 100")
	expect(t, "status", w.status(2), any("❌ Ad: hücre bir hata gösteriyor (#REF!)"))
}

func TestSortedRowsKeepTheirRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, rows, _ := w.google.Cells(w.sheet, gid)
	slices.Reverse(rows[1:])
	for i := range rows[1:] {
		for len(rows[i+1]) < 6 {
			rows[i+1] = append(rows[i+1], "")
		}
	}
	w.edit("A2", rows[1:]...)
	w.edit("C5", []any{"ilk@ornek.com.tr"}) // Ayşe, who was first
	w.nudge(2, 5)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe ilk@ornek.com.tr NEW 100")
	expect(t, "the others", w.lead(4), "Ali 4@ornek.com.tr NEW 400")
	expect(t, "writes", w.writes(), 1)
	expect(t, "status", w.status(5), any(ok))
	expect(t, "status of the first row", w.status(2), nil)
}

func TestRowMovedBeforeTheReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0})
	w.nudge(2, 2)
	if _, err := w.Scan(t.Context(), w.table.ID); err != nil {
		t.Fatal(err)
	}
	w.edit("A2", []any{2.0, "Mehmet", "2@ornek.com.tr", "Yeni", 200.0}, []any{1.0, "Ayşe", "1@ornek.com.tr", "Yeni", 1.0})
	w.sync()
	expect(t, "status where the row is now", w.status(3), any(ok))
	expect(t, "status where it was", w.status(2), nil)
}

func TestMovedColumnsAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("A1", []any{"E-posta", "ID", "Durum", "Tutar", "Ad", "Senkronizasyon"},
		[]any{"tasindi@ornek.com.tr", 1.0, "Yeni", 100.0, "Ayşe", ""}, []any{"2@ornek.com.tr", 2.0, "Yeni", 200.0, "Mehmet", ""},
		[]any{"3@ornek.com.tr", 3.0, "Yeni", 300.0, "Zeynep", ""}, []any{"4@ornek.com.tr", 4.0, "Yeni", 400.0, "Ali", ""})
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe tasindi@ornek.com.tr NEW 100")
	expect(t, "writes", w.writes(), 1)
}

// TestLostColumnChangesNothing gives a column's name to nothing, and its place to other
// values: nobody can tell what became of it.
func TestLostColumnChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("B2", []any{"Ayşe Nur"})
	w.edit("C1", []any{"Not"}, []any{"a"}, []any{"b"}, []any{"c"}, []any{"d"})
	w.nudge(1, 5)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe Nur 1@ornek.com.tr NEW 100")
	expect(t, "writes", w.writes(), 1)
	w.edit("C1", []any{"E-posta"}, []any{"baska@ornek.com.tr"}, []any{"2@ornek.com.tr"}, []any{"3@ornek.com.tr"}, []any{"4@ornek.com.tr"}) // it comes back
	w.nudge(1, 2)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe Nur baska@ornek.com.tr NEW 100")
}

func TestRowsThatCannotBeTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cell, message string
		values        []any
		row           int
	}{
		"twice":   {"A3", "❌ ID 1 birden çok satırda var. Hangisinin doğru olduğunu bilemeyiz; birini silin.", []any{1.0, "Başkası"}, 3},
		"not one": {"A3", "❌ “bir” bir Bitrix24 ID'si değil; tam sayı olmalı.", []any{"bir"}, 3},
		"another": {"A3", "❌ Bu satırın kimliği 999, ama içeriği 2 numaralı kaydın satırında duruyordu. Hiçbiri gönderilmedi: doğru kimliği yazın ya da satırı düzeltin.", []any{999.0}, 3},
		"deleted": {"A3", "❌ Kayıt Bitrix24'te yok; silinmiş olabilir.", []any{999.0, "Başka", "baska@ornek.com.tr", "Yeni", 5.0}, 3},
		"new row": {"B6", "❌ Satırın ID hücresi boş. Kaydın Bitrix24 ID'sini yazın ya da tablonun ayarlarında yeni satırlardan kayıt açılmasını seçin.", []any{"Yeni kişi"}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit(c.cell, c.values)
			w.nudge(c.row, c.row)
			w.sync()
			expect(t, "status", w.status(c.row), any(c.message))
			expect(t, "writes", w.writes(), 0)
		})
	}
}

// TestLostIDs pastes over ids: a row that is otherwise as it was gets its own back, one
// that is not says what it lacks.
func TestLostIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("A2", []any{""}, []any{"", "Başkası"}, []any{""})
	w.nudge(2, 4)
	w.sync()
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "ids", fmt.Sprint(rows[1][0], rows[2][0], rows[3][0]), "1 <nil> 3")
	expect(t, "the changed row", w.status(3), any("❌ Satırın ID hücresi boş. Kaydın Bitrix24 ID'sini yazın ya da tablonun ayarlarında yeni satırlardan kayıt açılmasını seçin."))
	expect(t, "writes", w.writes(), 0)
	w.edit("B2", []any{"Ayşe 2"})
	w.nudge(2, 2)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr NEW 100")

	// A row pasted elsewhere with no id is nobody's.
	w.edit("A9", []any{"", "Zeynep", "3@ornek.com.tr", "Yeni", 300.0})
	w.nudge(9, 9)
	w.sync()
	expect(t, "a copy without an id", w.status(9), any("❌ Satırın ID hücresi boş. Kaydın Bitrix24 ID'sini yazın ya da tablonun ayarlarında yeni satırlardan kayıt açılmasını seçin."))
}

func TestWholeTabFindsWhatNobodyAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0})
	w.edit("E5", []any{4.0})
	w.edit("B9", []any{"Toplam"}) // a note below the rows is no record and no error
	w.event(sheet24.Recheck, sheet24.Range{})
	w.sync()
	expect(t, "records", w.lead(1)+"|"+w.lead(4), "Ayşe 1@ornek.com.tr NEW 1|Ali 4@ornek.com.tr NEW 4")
	expect(t, "history", len(w.history()), 2)
}

func TestPortalThatIsDownForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0})
	w.nudge(2, 2)
	w.down.Store(true)
	before := time.Now()
	w.sync()
	h := w.history()
	if h[0].Status != sheet24.Pending || h[0].NotBefore.Before(before.Add(500*time.Millisecond)) || !strings.Contains(h[0].Error, "ulaşılamıyor") {
		t.Fatalf("history = %+v", h[0])
	}
	w.Now = func() time.Time { return time.Now().Add(-time.Hour) } // so that "later" is over
	w.sync()
	w.down.Store(false)
	w.edit("E2", []any{2.0})
	w.nudge(2, 2)
	time.Sleep(time.Until(h[0].NotBefore))
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 2")
	h = w.history()
	if len(h) != 1 || h[0].Status != sheet24.Completed || h[0].Error != "" || !reflect.DeepEqual(h[0].Fields["OPPORTUNITY"], sheet24.Change{Old: 100.0, New: 2.0}) {
		t.Fatalf("history = %+v", h)
	}
	expect(t, "status", w.status(2), any(ok))
}

func TestGivesUpAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0})
	w.nudge(2, 2)
	w.down.Store(true)
	attempts := 0
	for ; w.lastStatus() != sheet24.Failed && attempts < 100; attempts++ {
		w.sync()
		w.later(15 * time.Minute)
	}
	h := w.history()
	if attempts < 90 || h[0].Status != sheet24.Failed || !strings.HasPrefix(h[0].Error, fmt.Sprint(h[0].Attempts, " denemede gönderilemedi")) {
		t.Fatalf("after %d attempts history = %+v", attempts, h[0])
	}

	// Tried anew by a person, it is tried for a day again.
	w.later(48 * time.Hour)
	w.check(w.store.RetryChange(t.Context(), w.table.ID, h[0].ID))
	w.sync()
	expect(t, "status", w.lastStatus(), sheet24.Pending)
	w.down.Store(false)
	w.later(15 * time.Minute)
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 1")
}

// lastStatus is how the newest change stands, "" if there is none.
func (w *world) lastStatus() sheet24.Status {
	w.t.Helper()
	if h := w.history(); len(h) > 0 {
		return h[0].Status
	}
	return ""
}

// TestWaitingIsNoReasonToGiveUp has what waits kept from being tried for more than a day: before
// its first attempt, and between two. It is tried for a day all the same.
func TestWaitingIsNoReasonToGiveUp(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]func(*world){
		"the portal is paused": func(w *world) {
			w.check(w.store.PausePortal(w.t.Context(), w.table.PortalID, sheet24.Pause{Code: sheet24.CodePortalPayment, Until: w.Now().Add(72 * time.Hour)}))
			w.later(71 * time.Hour)
			w.sync()
			w.later(2 * time.Hour)
		},
		"the table is paused": func(w *world) {
			w.check(w.store.SetEnabled(w.t.Context(), w.table.ID, false))
			w.later(72 * time.Hour)
			w.sync()
			w.check(w.store.SetEnabled(w.t.Context(), w.table.ID, true))
		},
		"nobody works": func(w *world) { w.later(72 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.down.Store(true)
			w.edit("E2", []any{1.0})
			w.nudge(2, 2)
			_, err := w.Scan(t.Context(), w.table.ID)
			w.check(err)
			for range 3 {
				keep(w)
				for range 20 {
					w.sync()
					expect(t, "status", w.lastStatus(), sheet24.Pending)
					w.later(15 * time.Minute)
				}
			}
			w.down.Store(false)
			w.sync()
			expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 1")
		})
	}
}

func TestRevokedGrantLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0})
	w.nudge(2, 2)
	w.google.RevokeAll(owner)
	if more, err := w.Scan(t.Context(), w.table.ID); more || err != nil {
		t.Fatalf("scan without a grant: %v, %v", more, err)
	}
	if work, err := w.store.Waiting(t.Context()); err != nil || len(work.Scan) != 0 {
		t.Fatalf("the sweeper would wake %v, %v", work.Scan, err)
	}
	access, refresh := w.google.Grant(owner, google.FullAccess.Scopes())
	w.check(w.store.SaveToken(t.Context(), &sheet24.Token{UserID: w.table.UserID, Email: owner, AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}))
	w.sync()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 1")
}

func TestStatusColumnIsAddedWhenAskedFor(t *testing.T) {
	t.Parallel()
	for _, add := range []bool{true, false} {
		w := newWorld(t)
		w.edit("F1", []any{""}) // the tab has none
		var err error
		w.table, _, err = w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors,
			AddStatus: add, Fields: map[int]string{0: "ID", 4: "OPPORTUNITY"}})
		w.check(err)
		w.edit("E2", []any{1.0})
		w.nudge(2, 2)
		w.sync()
		expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 1")
		_, rows, _ := w.google.Cells(w.sheet, gid)
		if add {
			expect(t, "header", rows[0][5], any("Senkronizasyon"))
			expect(t, "status", w.status(2), any(ok))
		} else if len(rows[1]) > 5 && rows[1][5] != nil {
			t.Errorf("something was written beside the table: %v", rows[1])
		}
	}
}

// TestIDColumnIsAddedWhenAskedFor finds the records of rows that have no ids: by their
// e-mail addresses and telephone numbers, if one record alone has them.
func TestIDColumnIsAddedWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	twin := func(name, email, phone string) int64 {
		return w.portal.Add(1, map[string]any{"name": name, "stageId": "NEW"},
			bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: phone})
	}
	twin("Can", "ortak@ornek.com.tr", "+90 532 000 00 01")
	second := twin("Canan", "ortak@ornek.com.tr", "+90 532 000 00 02")
	header := []any{"", "Ad", "E-posta", "Telefon"}
	for len(header) < 26 { // as wide as the grid
		header = append(header, "Not "+sheet24.ColumnLetter(len(header)))
	}
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "clear", Range: "A1:F9"}))
	w.edit("A1", header,
		[]any{"", "Ayşe", "1@ornek.com.tr; 1@baska.com"}, // one record, by the first of its addresses
		[]any{"", "Mehmet", "2@ORNEK.com.tr"},
		[]any{"", "Canan", "ortak@ornek.com.tr", "+905320000002"},                // two, of which the number tells one
		[]any{"", "Ortak", "ortak@ornek.com.tr"},                                 // two
		[]any{"", "Yok", "yok@ornek.com.tr"},                                     // none
		[]any{"", "Ali", "4@ornek.com.tr"}, []any{"", "Ali 2", "4@ornek.com.tr"}, // one, and two rows
		[]any{""}, []any{"", "Zeynep", "3@ornek.com.tr"})
	var matched setup.Matched
	var err error
	choice := setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors, AddStatus: true, Fields: map[int]string{1: "NAME", 2: "EMAIL", 3: "PHONE"}}
	if _, _, err = w.setup.Save(t.Context(), w.user, choice); sheet24.AsError(err).Code != sheet24.CodeMappingNoID {
		t.Errorf("without being asked for: %v", err)
	}
	choice.AddID = true
	w.table, matched, err = w.setup.Save(t.Context(), w.user, choice)
	w.check(err)
	expect(t, "matched", matched, setup.Matched{Rows: 8, Found: 4, Ambiguous: 3})
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "headers", fmt.Sprint(rows[0][26:]), "[Bitrix24 ID Senkronizasyon]")
	got := ""
	for _, row := range rows[1:] {
		if len(row) > 26 && row[26] != nil {
			got += fmt.Sprint(row[26], " ")
		} else {
			got += "- "
		}
	}
	expect(t, "ids", got, fmt.Sprintf("1 2 %d - - - - - 3 ", second))

	// Nothing was sent; an edit now is, and says so in the new column.
	w.edit("B3", []any{"Mehmet Can"})
	w.nudge(3, 3)
	w.sync()
	expect(t, "record", w.lead(2), "Mehmet Can 2@ornek.com.tr NEW 200")
	expect(t, "writes", w.writes(), 1)
	_, rows, _ = w.google.Cells(w.sheet, gid)
	expect(t, "status", rows[2][27], any(ok))
}

// TestIDsByTitle finds the records of entities that nobody is reached at.
func TestIDsByTitle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.portal.Add(2, map[string]any{"title": "Depo", "stageId": "NEW"})
	for range 2 {
		w.portal.Add(2, map[string]any{"title": "Çatı", "stageId": "NEW"})
	}
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Kind: "clear", Range: "A1:F9"}))
	w.edit("A1", []any{"Anlaşma"}, []any{"Depo"}, []any{"Çatı"}, []any{"Yok"})
	_, matched, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Deals, Colors: sheet24.DefaultColors, AddID: true, Fields: map[int]string{0: "TITLE"}})
	w.check(err)
	expect(t, "matched", matched, setup.Matched{Rows: 3, Found: 1, Ambiguous: 1})
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "id", rows[1][1], any(float64(first)))
}

func TestSetUpAgainTakesTheRowsAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("E2", []any{1.0}) // nobody announced it
	var err error
	w.table, _, err = w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors,
		Fields: map[int]string{0: "ID", 4: "OPPORTUNITY"}})
	w.check(err)
	w.event(sheet24.Recheck, sheet24.Range{})
	w.sync()
	expect(t, "writes", w.writes(), 0)
}

func TestStagesOfADeletedTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, stage := range []func(context.Context, int64) (bool, error){w.Scan, w.Push, w.Report} {
		if more, err := stage(t.Context(), 999); more || err != nil {
			t.Errorf("stage of nothing: %v, %v", more, err)
		}
	}
}
