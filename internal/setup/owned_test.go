package setup_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/google"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

const gid = 42

// world is a tab of three leads that several people set up, each with a portal.
type world struct {
	t      *testing.T
	google *googlesim.Google
	client *google.Client
	store  *sqlstore.Store
	setup  *setup.Setup
	sheet  string
}

// person is one of them.
type person struct {
	*sheet24.User
	portal *sheet24.Portal
}

var people = []string{"ayse@ornek.com.tr", "mehmet@ornek.com.tr"}

// newWorld has two portals with leads and contacts of the same ids; the first person's is
// the first one, the second person's the second. share: both have the first.
func newWorld(t *testing.T, share bool) (*world, person, person) {
	t.Helper()
	w := &world{t: t, store: storetest.Open(t)}
	w.google = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: people[0], Name: "Ayşe"}, googlesim.Account{Email: people[1], Name: "Mehmet"})
	t.Cleanup(w.google.Close)
	googleServer := httptest.NewServer(w.google.Handler())
	t.Cleanup(googleServer.Close)
	rows := [][]any{{"ID", "Ad", "E-posta", "Senkronizasyon"}, {1.0, "Ayşe", "1@ornek.com.tr"}, {2.0, "Mehmet", "2@ornek.com.tr"}, {3.0, "Zeynep", "3@ornek.com.tr"}}
	s := &googlesim.Spreadsheet{Title: "Satış", Owner: people[0], Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{{GID: gid, Title: "Müşteriler", Rows: rows}}}
	w.google.AddSpreadsheet(s)
	w.google.Share(s.ID, people[1])
	w.sheet = s.ID

	var hosts bitrix24.Hosts
	var addresses []string
	for range 2 {
		p := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
		for n := range 3 {
			email := bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: fmt.Sprint(n+1, "@ornek.com.tr")}
			p.Add(1, map[string]any{"name": "Aday", "stageId": "NEW"}, email)
			p.Add(3, map[string]any{"name": "Kişi"}, email)
		}
		server := httptest.NewServer(p.Handler())
		t.Cleanup(server.Close)
		hosts, addresses = append(hosts, strings.TrimPrefix(server.URL, "http://")), append(addresses, server.URL+p.WebhookPath())
	}
	w.client = google.New(google.Config{ClientID: "id", ClientSecret: "secret", PerMinute: 1e6, BaseURL: googleServer.URL}, w.store)
	crm := bitrix24.New(bitrix24.Options{Hosts: hosts, Pace: time.Millisecond})
	w.setup = &setup.Setup{Store: w.store, Google: w.client, CRM: crm, PublicURL: "http://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)}

	var all []person
	for i, email := range people {
		u, err := w.store.EnsureUser(t.Context(), email, email, "tr")
		w.check(err)
		access, refresh := w.google.Grant(email, google.FullAccess.Scopes())
		w.check(w.store.SaveToken(t.Context(), &sheet24.Token{UserID: u.ID, Email: email, AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}))
		at := i
		if share {
			at = 0
		}
		all = append(all, person{u, w.connect(u, hosts[at], addresses[at])})
	}
	return w, all[0], all[1]
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// connect connects a user to a portal by a webhook.
func (w *world) connect(u *sheet24.User, host, webhook string) *sheet24.Portal {
	w.t.Helper()
	p := &sheet24.Portal{UserID: u.ID, Host: host, WebhookURL: webhook}
	w.check(w.store.SavePortal(w.t.Context(), p))
	return p
}

// withID maps the columns as they stand, the first one to the ID; without leaves the ID
// to a column that is added.
var withID, withoutID = map[int]string{0: "ID", 1: "NAME", 2: "EMAIL"}, map[int]string{1: "NAME", 2: "EMAIL"}

// save sets the tab up for a person, as change says.
func (w *world) save(p person, entity sheet24.Entity, fields map[int]string, change ...func(*setup.Choice)) (*sheet24.Table, error) {
	w.t.Helper()
	c := setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: entity, Fields: fields, AddID: true, AddStatus: true, Colors: sheet24.DefaultColors}
	for _, f := range change {
		f(&c)
	}
	t, _, err := w.setup.Save(w.t.Context(), p.User, c)
	return t, err
}

// saved is the table of a save that must succeed, as it is stored.
func (w *world) saved(t *sheet24.Table, err error) *sheet24.Table {
	w.t.Helper()
	w.check(err)
	stored, err := w.store.Table(w.t.Context(), t.ID)
	w.check(err)
	return stored
}

func beside(c *setup.Choice) { c.Beside = true }

// refused checks that a save is refused with a code, and that its sentence names texts.
func (w *world) refused(err error, code sheet24.Code, args ...any) {
	w.t.Helper()
	e, ok := errors.AsType[*sheet24.Error](err)
	if !ok || e.Code != code || len(args) > 0 && !reflect.DeepEqual(e.Args, args) {
		w.t.Errorf("error %v; want %s %v", err, code, args)
	}
}

// header is the row of the column names.
func (w *world) header() []any {
	_, rows, _ := w.google.Cells(w.sheet, gid)
	return rows[0]
}

// column is what a column of the tab holds below its header.
func (w *world) column(index int) (cells []any) {
	_, rows, _ := w.google.Cells(w.sheet, gid)
	for _, row := range rows[1:] {
		if index < len(row) {
			cells = append(cells, row[index])
		} else {
			cells = append(cells, nil)
		}
	}
	return cells
}

func (w *world) notes() map[int]string {
	w.t.Helper()
	notes, err := w.client.Notes(w.t.Context(), w.user(0), w.sheet, gid, 1)
	w.check(err)
	return notes
}

// user is the id of the person of that number.
func (w *world) user(n int) string {
	u, err := w.store.EnsureUser(w.t.Context(), people[n], "", "tr")
	w.check(err)
	return u.ID
}

func (w *world) edit(e googlesim.Edit) {
	w.t.Helper()
	e.SpreadsheetID, e.GID = w.sheet, gid
	w.check(w.google.Edit(e))
}

func (w *world) inspect(p person, entity sheet24.Entity) *setup.Draft {
	w.t.Helper()
	d, err := w.setup.Inspect(w.t.Context(), p.ID, setup.Place{SpreadsheetID: w.sheet, GID: gid, Entity: entity, Beside: true})
	w.check(err)
	return d
}

func expect[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

// mapped is where a table's, or a draft's, fields stand.
func mapped(all []sheet24.FieldMapping) map[string]int {
	at := map[string]int{}
	for _, m := range all {
		at[m.Field] = m.Column.Index
	}
	return at
}

// TestOneTabSeveralTables has a tab feed leads, their contacts, and another person's
// portal: each table has columns of its own, under names and notes that say whose.
func TestOneTabSeveralTables(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, false)
	leads := w.saved(w.save(ayse, sheet24.Leads, withID))
	contacts := w.saved(w.save(ayse, sheet24.Contacts, withoutID, beside))
	others := w.saved(w.save(mehmet, sheet24.Leads, withoutID))

	expect(t, "header", w.header(), []any{"ID", "Ad", "E-posta", "Senkronizasyon",
		"Bitrix24 ID · Kişiler (Contacts)", "Senkronizasyon · Kişiler (Contacts)", "Bitrix24 ID · Adaylar (Leads)", "Senkronizasyon · Adaylar (Leads)"})
	for i, table := range []*sheet24.Table{leads, contacts, others} {
		expect(t, "the ID column", mapped(table.Mappings)["ID"], []int{0, 4, 6}[i])
		expect(t, "the status column", table.StatusColumn.Index, []int{3, 5, 7}[i])
	}
	expect(t, "ids found for the contacts", w.column(4), []any{1.0, 2.0, 3.0})
	notes := w.notes()
	for column, line := range map[int]string{
		0: "sheet24 · " + ayse.portal.Host + " · leads\n", 3: "sheet24 · " + ayse.portal.Host + " · leads · status\n",
		4: "sheet24 · " + ayse.portal.Host + " · contacts\n", 6: "sheet24 · " + mehmet.portal.Host + " · leads\n",
	} {
		if !strings.HasPrefix(notes[column], line) {
			t.Errorf("note on column %d: %q; want %q", column, notes[column], line)
		}
	}

	// Set up anew, each finds its own columns; what is proposed to others has none of them.
	expect(t, "proposed for leads again", mapped(w.inspect(ayse, sheet24.Leads).Mappings), map[string]int{"ID": 0, "NAME": 1, "EMAIL": 2})
	d := w.inspect(ayse, sheet24.Contacts)
	expect(t, "proposed for contacts again", mapped(d.Mappings), map[string]int{"ID": 4, "NAME": 1, "EMAIL": 2})
	expect(t, "their status", d.Status.Index, 5)
	d = w.inspect(ayse, sheet24.Deals)
	expect(t, "an ID column is proposed for deals", d.HasID, false)
	expect(t, "a status column is", d.HasStatus, false)
	expect(t, "others' columns", len(d.Owned), 6)
	expect(t, "the same table", w.saved(w.save(ayse, sheet24.Contacts, map[int]string{1: "NAME", 2: "EMAIL", 4: "ID"}, beside)).ID, contacts.ID)
	expect(t, "the form as it was before there was an ID column", w.saved(w.save(ayse, sheet24.Contacts, map[int]string{1: "NAME", 2: "EMAIL"}, beside)).ID, contacts.ID)
	expect(t, "columns of the header", len(w.header()), 8)
}

// TestIDColumnsOfOthersAreRefused: the numbers in a column are records of one portal and
// entity, whoever asks, and after its table has got another column.
func TestIDColumnsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, false)
	leads := w.saved(w.save(ayse, sheet24.Leads, withID))
	refused := func(p person, entity sheet24.Entity, change ...func(*setup.Choice)) {
		t.Helper()
		_, err := w.save(p, entity, withID, change...)
		w.refused(err, sheet24.CodeIDColumnOthers, "ID", ayse.portal.Host, "Adaylar (Leads)")
	}
	refused(mehmet, sheet24.Leads)
	refused(ayse, sheet24.Contacts, beside)
	refused(ayse, sheet24.Contacts)
	now := w.saved(leads, nil)
	expect(t, "after all that the table is as it was", [2]any{now.Entity, now.Binding}, [2]any{sheet24.Leads, int64(1)})
	_, err := w.save(ayse, sheet24.Contacts, map[int]string{1: "NAME", 3: "COMMENTS"}, beside)
	w.refused(err, sheet24.CodeStatusColumnOthers, "Senkronizasyon", ayse.portal.Host, "Adaylar (Leads)")

	// The table becomes one of contacts, with another ID column; the first one stays what it
	// was, also under another name and at another place.
	contacts := w.saved(w.save(ayse, sheet24.Contacts, withoutID))
	expect(t, "the same table", contacts.ID, leads.ID)
	refused(mehmet, sheet24.Leads)
	w.edit(googlesim.Edit{Range: "A1", Values: [][]any{{"Müşteri no"}}})
	w.edit(googlesim.Edit{Kind: "insert_columns", Range: "A:A"})
	_, err = w.save(mehmet, sheet24.Leads, map[int]string{1: "ID", 2: "NAME"})
	w.refused(err, sheet24.CodeIDColumnOthers, "Müşteri no", ayse.portal.Host, "Adaylar (Leads)")

	// Its own may have it again, and the numbers themselves may be copied.
	again := w.saved(w.save(ayse, sheet24.Leads, map[int]string{1: "ID", 2: "NAME"}, beside))
	expect(t, "a table beside", again.ID != contacts.ID, true)
	w.edit(googlesim.Edit{Range: "H1", Values: [][]any{{"Numara"}, {1.0}, {2.0}, {3.0}}})
	copied := w.saved(w.save(mehmet, sheet24.Leads, map[int]string{7: "ID", 2: "NAME"}))
	expect(t, "the copied column", mapped(copied.Mappings)["ID"], 7)
}

// TestNotesOfOtherInstallations: the database knows nothing of the tab, a note does.
func TestNotesOfOtherInstallations(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, false)
	notes := map[int]string{0: "Elle girmeyin!\n\nsheet24 · baska.bitrix24.com · spa:1036\nNumbers of records.", 3: "sheet24 · baska.bitrix24.com · deals · status\n…"}
	w.check(w.client.SetNotes(t.Context(), ayse.ID, w.sheet, gid, 1, notes))
	_, err := w.save(mehmet, sheet24.Leads, withID)
	w.refused(err, sheet24.CodeIDColumnOthers, "ID", "baska.bitrix24.com", "spa:1036")
	d := w.inspect(mehmet, sheet24.Leads)
	expect(t, "proposed", mapped(d.Mappings), map[string]int{"NAME": 1, "EMAIL": 2})
	expect(t, "a status column is", d.HasStatus, false)

	// Of the same portal and entity the column goes on, and what people noted stays.
	notes = map[int]string{0: "sheet24 · " + mehmet.portal.Host + " · leads\nNumbers of records.\n\nElle girmeyin!"}
	w.check(w.client.SetNotes(t.Context(), ayse.ID, w.sheet, gid, 1, notes))
	expect(t, "the ID column", mapped(w.saved(w.save(mehmet, sheet24.Leads, withID)).Mappings)["ID"], 0)
	if note := w.notes()[0]; !strings.HasSuffix(note, "\n\nElle girmeyin!") || strings.Count(note, "sheet24 ·") != 1 || strings.Contains(note, "Numbers") {
		t.Errorf("note: %q", note)
	}
}

// TestProtectedHeaderCannotBeNoted: the database knows whose the column is all the same.
func TestProtectedHeaderCannotBeNoted(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, false)
	w.edit(googlesim.Edit{Kind: "protect", Range: "A1:A1"})
	w.saved(w.save(mehmet, sheet24.Leads, withID))
	expect(t, "notes", w.notes()[0], "")
	_, err := w.save(ayse, sheet24.Leads, withID)
	w.refused(err, sheet24.CodeIDColumnOthers, "ID", mehmet.portal.Host, "Adaylar (Leads)")
}

// TestTabOfAColleague: two tables of one tab, portal and entity would send everything
// twice; one whose user has gone can be taken over.
func TestTabOfAColleague(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, true)
	first := w.saved(w.save(ayse, sheet24.Leads, withID))
	for _, fields := range []map[int]string{withID, withoutID} {
		_, err := w.save(mehmet, sheet24.Leads, fields)
		w.refused(err, sheet24.CodeTabTaken)
	}
	expect(t, "it is said before anything is chosen", w.inspect(mehmet, sheet24.Leads).Taken, true)
	contacts := w.saved(w.save(mehmet, sheet24.Contacts, withoutID)) // other records of the same portal
	expect(t, "a table of contacts", contacts.Entity, sheet24.Contacts)

	w.check(w.store.CommitScan(t.Context(), first, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"NAME": {New: "Eski"}}}}}))
	w.check(w.store.EndToken(t.Context(), ayse.ID))
	second := w.saved(w.save(mehmet, sheet24.Leads, withID, beside))
	expect(t, "another table", second.ID != first.ID, true)
	first = w.saved(first, nil)
	expect(t, "the colleague's", [2]any{first.Enabled, first.Problem}, [2]any{false, sheet24.CodeTabTaken})
	history, err := w.store.History(t.Context(), first.ID, 0, 10)
	w.check(err)
	expect(t, "what waited for it", [2]any{len(history), history[0].Status}, [2]any{1, sheet24.Failed})
	w.check(w.store.SaveToken(t.Context(), &sheet24.Token{UserID: ayse.ID, AccessToken: "a", RefreshToken: "r", ExpiresAt: time.Now().Add(time.Hour)}))
	access, refresh := w.google.Grant(people[0], google.FullAccess.Scopes())
	w.check(w.store.SaveToken(t.Context(), &sheet24.Token{UserID: ayse.ID, AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}))
	_, err = w.save(ayse, sheet24.Leads, withID) // who comes back finds it taken
	w.refused(err, sheet24.CodeTabTaken)
}

// TestExchangedTableSaysNothingOfItsRows: statuses of what the table followed before would
// be read as those of what it follows now.
func TestExchangedTableSaysNothingOfItsRows(t *testing.T) {
	t.Parallel()
	w, ayse, _ := newWorld(t, false)
	w.saved(w.save(ayse, sheet24.Leads, withID))
	say := func() {
		w.edit(googlesim.Edit{Range: "D2:D4", Values: [][]any{{"✅ Senkronize"}, {"⏳ Bekliyor: portal yoğun"}, {"aradım"}}})
	}
	say()
	w.saved(w.save(ayse, sheet24.Leads, withID, func(c *setup.Choice) { c.Colors.Header = "#000000" }))
	expect(t, "saved as it was", w.column(3), []any{"✅ Senkronize", "⏳ Bekliyor: portal yoğun", "aradım"})
	w.saved(w.save(ayse, sheet24.Leads, map[int]string{0: "ID", 1: "LAST_NAME"}))
	expect(t, "with another mapping", w.column(3), []any{nil, nil, "aradım"})
	say()
	contacts := w.saved(w.save(ayse, sheet24.Contacts, withoutID))
	expect(t, "the status column stays", contacts.StatusColumn.Index, 3)
	expect(t, "as contacts", w.column(3), []any{nil, nil, "aradım"})
	if note := w.notes()[3]; !strings.Contains(note, "contacts · status") || strings.Contains(note, "leads") {
		t.Errorf("note: %q", note)
	}
}

// TestWhichTableIsReplaced has a tab with several tables of one user.
func TestWhichTableIsReplaced(t *testing.T) {
	t.Parallel()
	w, ayse, _ := newWorld(t, false)
	leads := w.saved(w.save(ayse, sheet24.Leads, withoutID))
	contacts := w.saved(w.save(ayse, sheet24.Contacts, withoutID, beside))
	deals := w.saved(w.save(ayse, sheet24.Deals, map[int]string{1: "TITLE"}, func(c *setup.Choice) { c.Replaces = contacts.ID }))
	expect(t, "the one that was chosen", deals.ID, contacts.ID)
	companies := w.saved(w.save(ayse, sheet24.Companies, map[int]string{1: "TITLE"}))
	expect(t, "of several none", slices.Contains([]int64{leads.ID, deals.ID}, companies.ID), false)
	_, err := w.save(ayse, sheet24.Leads, withoutID, func(c *setup.Choice) { c.PortalID = 999 })
	w.refused(err, sheet24.CodePortalUnknown)
}

// TestPortalIsChosen among those of a user; one whose host is another portal's by now is
// not offered, and its columns are not the new one's.
func TestPortalIsChosen(t *testing.T) {
	t.Parallel()
	w, ayse, mehmet := newWorld(t, false)
	second := w.connect(ayse.User, mehmet.portal.Host, mehmet.portal.WebhookURL)
	first := w.saved(w.save(ayse, sheet24.Leads, withID))
	expect(t, "the first one", first.PortalID, ayse.portal.ID)
	chosen := w.saved(w.save(ayse, sheet24.Leads, withoutID, beside, func(c *setup.Choice) { c.PortalID = second.ID }))
	expect(t, "the second one", chosen.PortalID, second.ID)
	_, err := w.save(ayse, sheet24.Leads, withoutID, func(c *setup.Choice) { c.PortalID = mehmet.portal.ID })
	w.refused(err, sheet24.CodePortalUnknown)

	w.check(w.store.PausePortal(t.Context(), ayse.portal.ID, sheet24.Pause{Code: sheet24.CodePortalDeleted, Until: time.Now()}))
	anew := w.connect(ayse.User, ayse.portal.Host, strings.TrimSuffix(ayse.portal.WebhookURL, "/"))
	expect(t, "connected anew it is another portal", anew.ID != ayse.portal.ID, true)
	portals, err := w.setup.Portals(t.Context(), ayse.ID)
	w.check(err)
	expect(t, "portals", [3]any{len(portals), portals[0].ID, portals[1].ID}, [3]any{2, second.ID, anew.ID})
	_, err = w.save(ayse, sheet24.Leads, withID, beside, func(c *setup.Choice) { c.PortalID = anew.ID })
	w.refused(err, sheet24.CodeIDColumnOthers, "ID", ayse.portal.Host, "Adaylar (Leads)")
}

// TestNotesThatAreOutOfDate: another header was written over a column that is still noted
// to be this table's status.
func TestNotesThatAreOutOfDate(t *testing.T) {
	t.Parallel()
	w, ayse, _ := newWorld(t, false)
	w.saved(w.save(ayse, sheet24.Leads, withID))
	w.edit(googlesim.Edit{Range: "D1", Values: [][]any{{"Not"}}})
	notes := w.notes()
	notes[3] += "\n\nElle girin."
	w.check(w.client.SetNotes(t.Context(), ayse.ID, w.sheet, gid, 1, notes))
	leads := w.saved(w.save(ayse, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 3: "COMMENTS"}))
	expect(t, "the status column", leads.StatusColumn.Index, 4)
	expect(t, "what is noted on the former one", w.notes()[3], "Elle girin.")

	w.check(w.client.SetNotes(t.Context(), ayse.ID, w.sheet, gid, 1, map[int]string{3: notes[3]}))
	contacts := w.saved(w.save(ayse, sheet24.Contacts, map[int]string{1: "NAME", 3: "COMMENTS"}))
	expect(t, "the status column of the table in its place", contacts.StatusColumn.Index, 4)
	expect(t, "what is noted then", w.notes()[3], "Elle girin.")
}
