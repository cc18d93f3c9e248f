package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
)

// dealFields feed the columns of the deals that newDeals makes.
var dealFields = map[int]string{0: "ID", 1: "TITLE", 2: "STAGE_ID", 3: "OPPORTUNITY", 4: "COMPANY_ID", 5: "CONTACT_IDS", 6: "ASSIGNED_BY_ID", 7: "UF_CRM_1700000102", 8: "CLOSEDATE",
	9: "UF_CRM_1700000103", 10: "UF_CRM_1700000106", 11: "UF_CRM_1700000105"}

// newDeals has a tab with a deal in each of the two funnels.
func newDeals(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sheet24.Deals, dealFields, func(p *bitrixsim.Portal) [][]any {
		p.Add(4, map[string]any{"title": "Ege Lojistik"})
		p.Add(3, map[string]any{"name": "Ayşe", "lastName": "Yılmaz"})
		p.Add(3, map[string]any{"name": "Ali", "lastName": "Demir"})
		rows := [][]any{{"ID", "Anlaşma adı", "Aşama", "Tutar", "Şirket", "Kişiler", "Sorumlu", "Ürün grupları", "Bitiş", "Kapora", "Garantili", "Kurulum", "Senkronizasyon"}}
		for funnel, stage := range map[float64]string{0: "NEW", 9: "C9:NEW"} {
			p.Add(2, map[string]any{"title": fmt.Sprint("Anlaşma ", funnel), "categoryId": funnel, "stageId": stage, "currencyId": "TRY", "assignedById": 1.0})
		}
		for _, r := range p.Records(2) {
			rows = append(rows, []any{float64(r.ID), r.Fields["title"], "Yeni"})
		}
		return rows
	})
}

// rowOf is the row of the deal in a funnel.
func (w *world) rowOf(funnel float64) (row int, id int64) {
	for i, r := range w.portal.Records(2) {
		if r.Fields["categoryId"] == funnel {
			row, id = i+2, r.ID
		}
	}
	return row, id
}

// change sets cells of a row, and syncs.
func (w *world) change(row int, column string, value any) {
	w.t.Helper()
	w.edit(fmt.Sprint(column, row), []any{value})
	w.nudge(row, row)
	w.sync()
}

// TestDealsOfEveryType writes a value of each type of field by what a person
// would type.
func TestDealsOfEveryType(t *testing.T) {
	t.Parallel()
	w := newDeals(t)
	w.google.SetFormats(w.sheet, gid, map[int]string{8: "DATE"})
	row, id := w.rowOf(0)
	for _, c := range []struct {
		column string
		value  any
		field  string
		want   string
	}{
		{"C", "Yürütülüyor", "stageId", "EXECUTING"}, {"D", "1.234,56", "opportunity", "1234.56"}, {"E", "Ege Lojistik", "companyId", "1"}, {"F", "Ayşe Yılmaz; Ali Demir", "contactIds", "[1 2]"},
		{"G", "mehmet@ornek.com.tr", "assignedById", "2"}, {"H", "Donanım, Yazılım", "ufCrm_1700000102", "[61 62]"}, {"I", 46387.0, "closedate", "2026-12-31"},
		{"J", "250 USD", "ufCrm_1700000103", "250|USD"}, {"J", 300.0, "ufCrm_1700000103", "300|USD"}, {"K", true, "ufCrm_1700000106", "Y"},
		{"L", "31.12.2026 10:30", "ufCrm_1700000105", "2026-12-31T10:30:00+03:00"},
		{"F", "Ali Demir", "contactIds", "[2]"}, {"F", nil, "contactIds", "<nil>"}, {"E", nil, "companyId", "<nil>"}, {"H", "", "ufCrm_1700000102", "<nil>"}, {"K", nil, "ufCrm_1700000106", "N"},
	} {
		w.change(row, c.column, c.value)
		r, _ := w.portal.Record(2, id)
		if got := fmt.Sprint(r.Fields[c.field]); got != c.want || w.status(row) != any(ok) {
			t.Errorf("%s = %v: %s is %s, %v; want %s", c.column, c.value, c.field, got, w.status(row), c.want)
		}
	}
	if s := w.portal.Stats(); len(s.Ignored) > 0 || len(s.Rejected) > 0 {
		t.Errorf("ignored %v, rejected %v", s.Ignored, s.Rejected)
	}
}

// TestDealsOfBothFunnels has the same words for the stages of two funnels.
func TestDealsOfBothFunnels(t *testing.T) {
	t.Parallel()
	w := newDeals(t)
	for funnel, want := range map[float64]string{0: "WON", 9: "C9:WON"} {
		row, id := w.rowOf(funnel)
		w.change(row, "C", "Kazanıldı")
		r, _ := w.portal.Record(2, id)
		expect(t, fmt.Sprint("stage in funnel ", funnel), r.Fields["stageId"], any(want))
	}
	row, _ := w.rowOf(0)
	w.change(row, "C", "Gümrükte")
	expect(t, "a stage of another funnel", w.status(row), any("❌ Aşama: “Gümrükte” yok; var olanlar: Yeni, Hazırlık, Yürütülüyor, Kazanıldı, Kaybedildi"))
}

// TestWhatCannotBeWritten shows what the row says.
func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newDeals(t)
	row, _ := w.rowOf(0)
	for _, c := range []struct {
		column string
		value  any
		says   string
	}{
		{"E", "Yok AŞ", "Şirket: “Yok AŞ” adında bir kayıt yok"}, {"G", "Aişe Yılmaz", "Sorumlu: “Aişe Yılmaz” adında bir kullanıcı yok; “Ayşe Yılmaz” mi demek istediniz?"},
		{"G", "Elif Şahin", "Sorumlu: “Elif Şahin” birden çok kaydın adı (ID: 6, 7)"}, {"G", "", "Sorumlu: boş olamaz"}, {"D", "çok", "Tutar: “çok” bir sayı değil"},
		{"D", "100 GBP", "Tutar: “GBP” yok; var olanlar: TRY, USD, EUR"}, {"C", "Kaybedildi", "Bitrix24 reddetti: \"Kayıp nedeni\" alanı doldurulmalıdır"},
	} {
		w.change(row, c.column, c.value)
		if got := fmt.Sprint(w.status(row)); !strings.HasPrefix(got, "❌ "+c.says) {
			t.Errorf("%s = %v: the row says %q; want %q", c.column, c.value, got, c.says)
		}
		w.change(row, c.column, map[string]any{"C": "Yeni", "D": 5.0, "E": "", "G": "Ayşe Yılmaz"}[c.column])
		if got := w.status(row); got != any(ok) {
			t.Errorf("%s mended: %v", c.column, got)
		}
	}
}

// TestAmountsBringTheirCurrency has no column for it: the record follows.
func TestAmountsBringTheirCurrency(t *testing.T) {
	t.Parallel()
	w := newDeals(t)
	row, id := w.rowOf(0)
	w.change(row, "D", "$1,500.00")
	r, _ := w.portal.Record(2, id)
	expect(t, "deal", fmt.Sprint(r.Fields["opportunity"], " ", r.Fields["currencyId"]), "1500 USD")
	w.google.SetFormats(w.sheet, gid, map[int]string{3: "€0.00"})
	w.change(row, "D", 1234.567)
	r, _ = w.portal.Record(2, id)
	expect(t, "deal by its cell's format", fmt.Sprint(r.Fields["opportunity"], " ", r.Fields["currencyId"]), "1234.567 EUR")
}

// TestAmountWithoutACurrency has a column for it that is empty, in a new row: the amount
// says which.
func TestAmountWithoutACurrency(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Deals, map[int]string{0: "ID", 1: "TITLE", 2: "OPPORTUNITY", 3: "CURRENCY_ID"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(2, map[string]any{"title": "a", "opportunity": 1.0, "currencyId": "TRY", "stageId": "NEW"})
		return [][]any{{"ID", "Ad", "Tutar", "Para birimi", "Senkronizasyon"}, {float64(id), "a", 1.0, "TRY"}}
	})
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B3", []any{"yeni", "12.50 USD"})
	w.nudge(3, 3)
	w.settled()
	r, _ := w.portal.Record(2, 2)
	expect(t, "deal", fmt.Sprint(r.Fields["opportunity"], " ", r.Fields["currencyId"]), "12.5 USD")
}

func TestAmountAgainstItsCurrencyColumn(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Deals, map[int]string{0: "ID", 1: "OPPORTUNITY", 2: "CURRENCY_ID"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(2, map[string]any{"title": "a", "opportunity": 1.0, "currencyId": "TRY", "stageId": "NEW"})
		return [][]any{{"ID", "Tutar", "Para birimi", "Senkronizasyon"}, {float64(id), 1.0, "TRY"}}
	})
	w.change(2, "B", "5 USD")
	expect(t, "status", w.status(2), any("❌ Tutar: USD yazılmış, ama kaydın para birimi TRY; ikisi aynı olmalı"))
	w.change(2, "C", "Dolar")
	expect(t, "status", w.status(2), any("❌ Tutar: USD yazılmış, ama kaydın para birimi TRY; ikisi aynı olmalı · Para birimi: “Dolar” yok; var olanlar: TRY, USD, EUR"))
	w.change(2, "C", "$")
	expect(t, "status", w.status(2), any(ok))
	r, _ := w.portal.Record(2, 1)
	expect(t, "deal", fmt.Sprint(r.Fields["opportunity"], " ", r.Fields["currencyId"]), "5 USD")
}

// TestSmartProcess syncs the records of one, by the title it has in the portal.
func TestSmartProcess(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "spa:1036", map[int]string{0: "ID", 1: "TITLE", 2: "STAGE_ID", 3: "PARENT_ID_2"}, func(p *bitrixsim.Portal) [][]any {
		p.Add(2, map[string]any{"title": "Büyük anlaşma", "stageId": "NEW"})
		id := p.Add(1036, map[string]any{"title": "Depo", "categoryId": 14.0, "stageId": "DT1036_14:NEW"})
		return [][]any{{"ID", "Proje adı", "Aşama", "Anlaşma", "Senkronizasyon"}, {float64(id), "Depo", "Planlandı"}}
	})
	expect(t, "title", w.table.EntityTitle, "Projeler")
	w.edit("B2", []any{"Depo 2", "Tamamlandı", "Büyük anlaşma"})
	w.nudge(2, 2)
	w.sync()
	r, _ := w.portal.Record(1036, 1)
	expect(t, "project", fmt.Sprint(r.Fields["title"], "|", r.Fields["stageId"], "|", r.Fields["parentId2"], "|", w.status(2)), "Depo 2|DT1036_14:SUCCESS|1|"+ok)
}

// TestFunnelAndStageTogether moves a project to another funnel, to a stage there.
func TestFunnelAndStageTogether(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "spa:1036", map[int]string{0: "ID", 1: "CATEGORY_ID", 2: "STAGE_ID"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(1036, map[string]any{"title": "Depo", "categoryId": 12.0, "stageId": "DT1036_12:NEW"})
		return [][]any{{"ID", "Huni", "Aşama", "Senkronizasyon"}, {float64(id), "Uygulama", "Başlangıç"}}
	})
	w.edit("B2", []any{"Bakım", "Tamamlandı"})
	w.nudge(2, 2)
	w.sync()
	r, _ := w.portal.Record(1036, 1)
	expect(t, "project", fmt.Sprint(r.Fields["categoryId"], " ", r.Fields["stageId"], " ", w.status(2)), "14 DT1036_14:SUCCESS "+ok)
}

// TestWhatOneTableMayNotRead stops no other: here the connection lost its right to
// one smart process.
func TestWhatOneTableMayNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	project := w.portal.Add(1036, map[string]any{"title": "Eski", "categoryId": 12.0, "stageId": "DT1036_12:NEW"})
	other := &googlesim.Spreadsheet{Title: "Projeler", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{GID: 7, Title: "P", Rows: [][]any{{"ID", "Proje adı"}, {float64(project), "Eski"}}}}}
	w.google.AddSpreadsheet(other)
	projects, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: other.ID, GID: 7, Entity: "spa:1036", Colors: sheet24.DefaultColors, Fields: map[int]string{0: "ID", 1: "TITLE"}})
	w.check(err)
	w.portal.RemoveEntity(1036)
	for table, field := range map[*sheet24.Table]string{w.table: "NAME", projects: "TITLE"} {
		w.check(w.store.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{field: {New: "Yeni"}}}}}))
	}
	_, err = w.Push(t.Context(), w.table.PortalID)
	w.check(err)
	expect(t, "the lead", w.lead(1), "Yeni 1@ornek.com.tr NEW 100")
	h, err := w.store.History(t.Context(), projects.ID, 0, 1)
	w.check(err)
	expect(t, "the project", fmt.Sprint(h[0].Status, " ", h[0].Error), "failed “spa:1036” bu portalda artık yok; silinmiş olabilir. Tabloyu başka bir varlıkla kurun.")
}

// TestWhatIsNewInThePortal is a stage, and a colleague, that were not there when
// the descriptions were read.
func TestWhatIsNewInThePortal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(2, "D", "İşlemde")
	w.portal.AddStatus("STATUS", "VISITED", "Ziyaret edildi")
	time.Sleep(2 * time.Millisecond) // what was read a moment ago is not read again
	w.change(2, "D", "Ziyaret edildi")
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr VISITED 100")
}

// TestPausedPortal is one whose webhook lost its rights: nothing is lost, nothing
// is asked again and again, and it goes on when it is mended.
func TestPausedPortal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.portal.Fail(bitrixsim.Fault{Kind: "error", Status: 403, Code: "insufficient_scope", Times: 1000}))
	w.change(2, "E", 555.0)
	h := w.history()[0]
	if h.Status != sheet24.Pending || !strings.Contains(h.Error, "“CRM (crm)” izni yok") {
		t.Fatalf("change = %s %q", h.Status, h.Error)
	}
	p, err := w.store.Portal(t.Context(), w.table.PortalID)
	w.check(err)
	if p.Paused == nil || p.Paused.Code != sheet24.CodePortalScope {
		t.Fatalf("portal = %+v", p)
	}
	requests := w.portal.Stats().Requests
	w.change(3, "E", 777.0)
	w.sync()
	if n := w.portal.Stats().Requests - requests; n != 0 {
		t.Errorf("%d requests to a paused portal", n)
	}
	if work, err := w.store.Waiting(t.Context()); err != nil || len(work.Push) != 0 {
		t.Errorf("the sweeper would wake %v, %v", work.Push, err)
	}
	// Two days later, well beyond what any single change is tried for, the
	// pause is over and the scope is back.
	w.check(w.portal.Fail())
	w.check(w.store.PausePortal(t.Context(), p.ID, sheet24.Pause{Code: p.Paused.Code, Until: time.Now().Add(-time.Second)}))
	w.sync()
	expect(t, "records", w.lead(1)+"|"+w.lead(2), "Ayşe 1@ornek.com.tr NEW 555|Mehmet 2@ornek.com.tr NEW 777")
	if p, err = w.store.Portal(t.Context(), p.ID); err != nil || p.Paused != nil {
		t.Errorf("still paused: %+v, %v", p.Paused, err)
	}
}

// TestTwoTablesOfOneRecord push one after the other: the second sees what the
// first wrote.
func TestTwoTablesOfOneRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, rows, _ := w.google.Cells(w.sheet, gid)
	other := &googlesim.Spreadsheet{Title: "Kopya", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{{GID: 7, Title: "Leads", Rows: rows}}}
	w.google.AddSpreadsheet(other)
	second, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: other.ID, GID: 7, Entity: sheet24.Leads, Colors: sheet24.DefaultColors,
		Fields: map[int]string{0: "ID", 2: "EMAIL"}})
	w.check(err)
	for _, table := range []*sheet24.Table{w.table, second} {
		w.check(w.store.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending,
			Fields: map[string]sheet24.Change{"EMAIL": {Old: "1@ornek.com.tr", New: "1@ornek.com.tr, iki@ornek.com.tr"}}}}}))
	}
	_, err = w.Push(t.Context(), w.table.PortalID)
	w.check(err)
	expect(t, "e-mails", w.lead(1), "Ayşe 1@ornek.com.tr,iki@ornek.com.tr NEW 100")
}

// TestTablesShareTheirBatches has changes of two tables, of two entities: they are
// read in one request and written in another.
func TestTablesShareTheirBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deal := w.portal.Add(2, map[string]any{"title": "Eski", "stageId": "NEW"})
	other := &googlesim.Spreadsheet{Title: "Anlaşmalar", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{GID: 7, Title: "Deals", Rows: [][]any{{"ID", "Anlaşma adı"}, {float64(deal), "Eski"}}}}}
	w.google.AddSpreadsheet(other)
	deals, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: other.ID, GID: 7, Entity: sheet24.Deals, Colors: sheet24.DefaultColors,
		Fields: map[int]string{0: "ID", 1: "TITLE"}})
	w.check(err)
	for table, field := range map[*sheet24.Table]string{w.table: "NAME", deals: "TITLE"} {
		w.check(w.store.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending,
			Fields: map[string]sheet24.Change{field: {New: "Yeni"}}}}}))
	}
	w.portal.ResetStats()
	_, err = w.Push(t.Context(), w.table.PortalID)
	w.check(err)
	lead, _ := w.portal.Record(1, 1)
	d, _ := w.portal.Record(2, deal)
	expect(t, "names", fmt.Sprint(lead.Fields["name"], d.Fields["title"]), "YeniYeni")
	expect(t, "requests", w.portal.Stats().Requests, 2)
}

// TestEditBesideALargePaste pastes over a thousand rows of one table; an edit of another,
// which comes while that is being sent, does not wait for all of it.
func TestEditBesideALargePaste(t *testing.T) {
	t.Parallel()
	const rows = 1000
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		all := [][]any{{"ID", "Ad"}}
		for range rows {
			all = append(all, []any{float64(p.Add(1, map[string]any{"name": "a", "stageId": "NEW"})), "a"})
		}
		return all
	})
	deal := w.portal.Add(2, map[string]any{"title": "Eski", "stageId": "NEW"})
	other := &googlesim.Spreadsheet{Title: "Anlaşmalar", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 7, Title: "Deals", Rows: [][]any{{"ID", "Anlaşma adı"}, {float64(deal), "Eski"}}}}}
	w.google.AddSpreadsheet(other)
	deals, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: other.ID, GID: 7, Entity: sheet24.Deals, Colors: sheet24.DefaultColors, Fields: map[int]string{0: "ID", 1: "TITLE"}})
	w.check(err)
	var pasted []sheet24.RowChange
	for i := range rows {
		pasted = append(pasted, sheet24.RowChange{EntityID: int64(i + 1), Row: i + 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"NAME": {Old: "a", New: "b"}}})
	}
	w.check(w.store.CommitScan(t.Context(), w.table, sheet24.Scanned{Changes: pasted}))
	w.portal.ResetStats()
	comes := func() {
		w.check(w.store.CommitScan(t.Context(), deals, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: deal, Row: 2, Status: sheet24.Pending,
			Fields: map[string]sheet24.Change{"TITLE": {Old: "Eski", New: "Yeni"}}}}}))
	}
	before := -1 // rows of the paste that were written when the edit was
	var looks func()
	looks = func() {
		if r, _ := w.portal.Record(2, deal); before < 0 && r.Fields["title"] == "Yeni" {
			before = w.writes()
		}
		w.during.Store(&looks)
	}
	first := func() { comes(); looks() }
	w.during.Store(&first)
	for more := true; more; {
		more, err = w.Push(t.Context(), w.table.PortalID)
		w.check(err)
	}
	if before < 0 || before > rows/2 {
		t.Errorf("the edit came after %d of %d pasted rows", before, rows)
	}
	expect(t, "writes", w.writes(), rows+1)
}

// TestHeaderBelowATitle finds the column names in the fourth row.
func TestHeaderBelowATitle(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"Satış 2026", "", 12.0}, {"Güncel", 46387.0}, {}, {"ID", "Ad", "Senkronizasyon"}}
		for _, name := range []string{"Ayşe", "Mehmet"} {
			rows = append(rows, []any{float64(p.Add(1, map[string]any{"name": name, "stageId": "NEW"})), name})
		}
		return rows
	})
	expect(t, "header row", w.table.HeaderRow, 4)
	w.edit("B1", []any{"başlıkta", 13.0}) // above the header nothing is data
	w.nudge(1, 4)
	w.edit("B6", []any{"Memet"})
	w.nudge(6, 6)
	w.sync()
	a, _ := w.portal.Record(1, 1)
	b, _ := w.portal.Record(1, 2)
	expect(t, "names", fmt.Sprint(a.Fields["name"], " ", b.Fields["name"]), "Ayşe Memet")
	_, rows, _ := w.google.Cells(w.sheet, gid)
	expect(t, "status", rows[5][2], any(ok))
	expect(t, "history", len(w.history()), 1)
}

// TestTextFieldsTakeWhatIsShown: dates, percentages and numbers with leading zeros
// in columns that feed texts.
func TestTextFieldsTakeWhatIsShown(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "COMMENTS", 2: "PHONE", 3: "POST", 4: "BIRTHDATE", 5: "OPPORTUNITY"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Not", "Telefon", "Pozisyon", "Doğum tarihi", "Tutar", "Senkronizasyon"}}
		for range 3 {
			rows = append(rows, []any{float64(p.Add(1, map[string]any{"stageId": "NEW"}))})
		}
		return rows
	})
	w.google.SetFormats(w.sheet, gid, map[int]string{1: "DATE", 2: "00000000000", 3: "PERCENT", 4: "DATE", 5: "PERCENT"})
	for row := 2; row <= 4; row++ {
		w.edit(fmt.Sprint("B", row), []any{46387.0, 5321234567.0, 0.5, 46387.0, 0.25})
	}
	w.nudge(2, 4)
	w.sync()
	for id := int64(1); id <= 3; id++ {
		r, _ := w.portal.Record(1, id)
		expect(t, "record", fmt.Sprint(r.Fields["comments"], " ", r.FirstOf("PHONE"), " ", r.Fields["post"], " ", r.Fields["birthdate"], " ", r.Fields["opportunity"]),
			"31.12.2026 05321234567 %50 2026-12-31 25")
	}
	// The number changes, and so does what is shown of it.
	w.change(3, "C", 5551112233.0)
	r, _ := w.portal.Record(1, 2)
	expect(t, "phones", fmt.Sprint(len(r.Multi), " ", r.FirstOf("PHONE")), "1 05551112233")
}

func TestHeaderIsFormattedIfAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expect(t, "formats, not asked for", len(w.google.Formatted(w.sheet, gid)), 0)
	_, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: sheet24.Leads, Fields: map[int]string{0: "ID", 1: "NAME"},
		FormatHeader: true, Colors: sheet24.ColorScheme{Header: "#ff0000", Text: "#ffffff", Accent: "#1f7a5c", Row: "#eef6f2"}})
	w.check(err)
	f := w.google.Formatted(w.sheet, gid)
	if len(f) != 1 || f[0].Rows != [2]int{0, 1} || !strings.Contains(string(f[0].Cell), `"fontFamily":"Poppins"`) || !strings.Contains(string(f[0].Cell), `"backgroundColorStyle":{"rgbColor":{"red":1}}`) {
		t.Errorf("formats: %+v", f)
	}
}

// TestBurstIsGathered has 100 rows edited while the first of them are on their way, and
// one cell edited ten times within a second.
func TestBurstIsGathered(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad"}}
		for range 100 {
			rows = append(rows, []any{float64(p.Add(1, map[string]any{"name": "Ayşe", "stageId": "NEW"})), "Ayşe"})
		}
		return rows
	})
	w.Gather = time.Second
	began := time.Now() // time passes only when it is said to
	w.Now = func() time.Time { return began.Add(time.Duration(w.ahead.Load())) }
	w.store.SetClock(w.Now)
	for i := range 10 {
		w.change(2, "B", fmt.Sprint("Ayşe ", i))
		w.later(50 * time.Millisecond)
	}
	expect(t, "writes before a second is over", w.writes(), 1)
	w.later(time.Second)
	w.sync()
	expect(t, "writes", w.writes(), 2)
	h := w.history()
	expect(t, "changes", fmt.Sprint(len(h), h[0].Fields["NAME"].Old, h[0].Fields["NAME"].New), "2Ayşe 0Ayşe 9")

	w.later(2 * time.Second)
	before := w.portal.Calls()["batch"]
	for row := 2; row <= 101; row += 20 {
		for i := range 20 {
			w.edit(fmt.Sprint("B", row+i), []any{"Toplu"})
		}
		w.nudge(row, row+19)
		w.sync()
		w.later(100 * time.Millisecond)
	}
	expect(t, "requests before a second is over", w.portal.Calls()["batch"]-before, 0)
	w.later(time.Second)
	w.sync()
	if n := w.portal.Calls()["batch"] - before; n > 3 {
		t.Errorf("%d requests for 100 rows", n)
	}
	expect(t, "the last record", w.portal.Records(1)[99].Fields["name"], any("Toplu"))
}
