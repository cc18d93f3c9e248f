package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sync/receive"
)

// all runs the stages of some tables and their portals until nothing waits for a short
// time.
func (w *world) all(tables ...*sheet24.Table) {
	w.t.Helper()
	for range 4 {
		for _, t := range tables {
			for _, stage := range []func() (bool, error){
				func() (bool, error) { return w.Scan(w.t.Context(), t.ID) },
				func() (bool, error) { return w.Push(w.t.Context(), t.PortalID) },
				func() (bool, error) { return w.Report(w.t.Context(), t.ID) },
			} {
				for more := true; more; {
					var err error
					more, err = stage()
					w.check(err)
				}
			}
		}
		w.later(2 * time.Minute)
	}
}

// recheck has tables look at the whole tab.
func (w *world) recheck(tables ...*sheet24.Table) {
	w.t.Helper()
	for _, t := range tables {
		w.events++
		w.check(w.store.AddEvent(w.t.Context(), &sheet24.Event{TableID: t.ID, Type: sheet24.Recheck, MessageID: fmt.Sprint("m", w.events), Data: []byte("{}")}))
	}
}

// create is the policy of tables whose new rows become records.
var create = sheet24.Policies{NewRows: sheet24.CreateNew}

// TestOneTabFeedsTwoPortals: two people follow one tab with two portals. Each row is a
// record of each portal, under ids of its own; a row that one of them makes a record of
// touches no record of the other's.
func TestOneTabFeedsTwoPortals(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(1, map[string]any{"name": "Ayşe", "stageId": "NEW"})
		return [][]any{{"ID", "Ad", "Senkronizasyon"}, {float64(id), "Ayşe"}}
	})
	w.policies(create)
	second, portal := w.secondPortal()
	for n := range 9 {
		second.Add(1, map[string]any{"name": fmt.Sprint("Yabancı ", n), "stageId": "NEW"})
	}
	mehmet := w.colleague()
	portal = &sheet24.Portal{UserID: mehmet.ID, Host: portal.Host, WebhookURL: portal.WebhookURL}
	w.check(w.store.SavePortal(t.Context(), portal))
	choice := setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Colors: sheet24.DefaultColors, Policies: create, AddID: true, AddStatus: true, Fields: map[int]string{0: "ID", 1: "NAME"}}
	_, _, err := w.setup.Save(t.Context(), mehmet, choice)
	expect(t, "the other's ID column", sheet24.AsError(err).Code, sheet24.CodeIDColumnOthers)
	choice.Fields = map[int]string{1: "NAME"}
	others, _, err := w.setup.Save(t.Context(), mehmet, choice)
	w.check(err)

	mine := w.fresh()
	w.edit("B3", []any{"Yeni biri"})
	w.edit("B2", []any{"Ayşe Yılmaz"})
	w.recheck(mine, others)
	w.all(mine, others)
	w.recheck(others, mine)
	w.all(others, mine)

	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "the rows", fmt.Sprint(rows[1:]), "[[1 Ayşe Yılmaz ✅ Senkronize 10 ✅ Senkronize] [2 Yeni biri ✅ Senkronize 11 ✅ Senkronize]]")
	expect(t, "leads of the first portal", fmt.Sprint(len(w.portal.Records(1)), w.names(1, "name", "Yeni biri")), "2 1")
	for n, r := range second.Records(1) {
		want := append(make([]string, 9), "Ayşe Yılmaz", "Yeni biri")[n]
		if n < 9 {
			want = fmt.Sprint("Yabancı ", n)
		}
		expect(t, "a lead of the second portal", r.Fields["name"], any(want))
	}
}

// colleague is another user, who may edit the spreadsheet.
func (w *world) colleague() *sheet24.User {
	w.t.Helper()
	w.google.Share(w.sheet, colleague)
	user, err := w.store.EnsureUser(w.t.Context(), colleague, "Mehmet", "tr")
	w.check(err)
	access, refresh := w.google.Grant(colleague, google.FullAccess.Scopes())
	w.check(w.store.SaveToken(w.t.Context(), &sheet24.Token{UserID: user.ID, Email: colleague, AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}))
	return user
}

// TestOneTabFeedsSeveralEntities: a row of deals and their companies is a record of each,
// and the script's word of one edit reaches both tables.
func TestOneTabFeedsSeveralEntities(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Deals, map[int]string{0: "ID", 1: "TITLE"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(2, map[string]any{"title": "Anlaşma"})
		return [][]any{{"ID", "Anlaşma", "Firma", "Senkronizasyon"}, {float64(id), "Anlaşma", "Örnek A.Ş."}}
	})
	w.policies(create)
	w.portal.Add(4, map[string]any{"title": "Örnek A.Ş."})
	companies, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Companies, Colors: sheet24.DefaultColors,
		Policies: create, AddID: true, AddStatus: true, Beside: true, Fields: map[int]string{2: "TITLE"}})
	w.check(err)
	deals := w.fresh()

	w.edit("B2", []any{"Anlaşma 1", "Örnek Ltd."}, []any{"Anlaşma 2", "Yeni A.Ş."})
	w.told(deals, 2, 3)
	w.all(deals, companies)
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "the rows", fmt.Sprint(rows[1:]), "[[1 Anlaşma 1 Örnek Ltd. ✅ Senkronize 1 ✅ Senkronize] [2 Anlaşma 2 Yeni A.Ş. ✅ Senkronize 2 ✅ Senkronize]]")
	for typeID, want := range map[int]string{2: "Anlaşma 1,Anlaşma 2", 4: "Örnek Ltd.,Yeni A.Ş."} {
		var titles []string
		for _, r := range w.portal.Records(typeID) {
			titles = append(titles, r.Fields["title"].(string))
		}
		expect(t, "records", strings.Join(titles, ","), want)
	}
}

// told has a nudge received that is signed with a table's key.
func (w *world) told(t *sheet24.Table, first, last int) {
	w.t.Helper()
	w.events++
	id, at := fmt.Sprint("told-", w.events), fmt.Sprint(w.Now().Unix())
	body := fmt.Appendf(nil, `{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":%d,"last_row_id":%d}`, t.SpreadsheetID, t.GID, first, last)
	w.check(w.Receive(w.t.Context(), receive.Signature{ID: id, Timestamp: at, Value: receive.Sign(t.Key, id, at, body)}, body))
}

// TestNudgeForTwoTablesIsTriedAgain: one of the tables has it already.
func TestNudgeForTwoTablesIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := fiftyLeads(t)
	companies, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Companies, Colors: sheet24.DefaultColors, AddID: true, Beside: true, Fields: map[int]string{1: "TITLE"}})
	w.check(err)
	w.check(w.store.AddEvent(t.Context(), &sheet24.Event{TableID: companies.ID, Type: sheet24.RowEdited, MessageID: "told-1", Rows: sheet24.Rows(2, 2), Data: []byte("{}")}))
	w.told(w.fresh(), 2, 2)
	events, err := w.store.UnprocessedEvents(t.Context(), w.table.ID, 10)
	w.check(err)
	expect(t, "events of the signer", len(events), 1)
	w.told(companies, 2, 2)
	events, err = w.store.UnprocessedEvents(t.Context(), w.table.ID, 10)
	w.check(err)
	expect(t, "events of the other by its key", len(events), 2)
}

// TestSharedIDColumnIsLeftAlone: a table finds its ids in an older table's ID column, as
// two that were set up at once do. It writes nothing there, sends nothing, and says why.
func TestSharedIDColumnIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(create)
	w.Every = time.Minute
	younger := *w.fresh()
	younger.Entity = sheet24.Contacts
	w.check(w.store.AddTable(t.Context(), &younger, nil))
	w.check(w.store.StartComparison(t.Context(), younger.ID))
	w.edit("B6", []any{"Can"})
	w.edit("B2", []any{"Başka"})
	w.recheck(&younger)
	_, err := w.Scan(t.Context(), younger.ID)
	w.check(err)
	expect(t, "the ID cell of a new row", w.id(6), nil)
	history, err := w.store.History(t.Context(), younger.ID, 0, 10)
	w.check(err)
	expect(t, "changes", len(history), 0)
	stored, err := w.store.Table(t.Context(), younger.ID)
	w.check(err)
	expect(t, "its page says", stored.Problem, sheet24.CodeIDColumnShared)
	_, err = w.Compare(t.Context(), younger.ID)
	expect(t, "comparing it", sheet24.AsError(err).Code, sheet24.CodeIDColumnShared)

	// The older one goes on; with a column of its own the younger one does.
	w.recheck(w.fresh())
	w.all(w.fresh())
	expect(t, "the older one's new row", w.id(6), any(5.0))
	again, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Contacts, Colors: sheet24.DefaultColors, AddID: true, Fields: map[int]string{1: "NAME"}})
	w.check(err)
	w.recheck(again)
	w.all(again)
	stored, err = w.store.Table(t.Context(), again.ID)
	w.check(err)
	expect(t, "the table", stored.ID, younger.ID)
	expect(t, "its problem then", stored.Problem, "")
}
