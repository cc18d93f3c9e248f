package sync_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// clearable has a record of an entity with something in each field, and a column for each.
type clearable struct {
	entity  sheet24.Entity
	fields  map[int]string
	header  []any
	record  map[string]any // by API name
	cells   []any          // of the record, behind its id
	columns map[string]string
}

var clearables = []clearable{
	{sheet24.Deals, map[int]string{0: "ID", 1: "TITLE", 2: "OPPORTUNITY", 3: "COMPANY_ID", 4: "CONTACT_IDS", 5: "UF_CRM_1700000102", 6: "COMMENTS", 7: "UF_CRM_1700000111", 8: "PARENT_ID_1036"},
		[]any{"ID", "Ad", "Tutar", "Şirket", "Kişiler", "Gruplar", "Yorum", "Etiketler", "Proje", "Senkronizasyon"},
		map[string]any{"title": "d", "stageId": "NEW", "categoryId": 0.0, "opportunity": 5.0, "companyId": 1.0, "contactIds": []any{1.0}, "ufCrm_1700000102": []any{61.0}, "comments": "c", "ufCrm_1700000111": []any{"a"}, "parentId1036": 1.0},
		[]any{"d", 5.0, "Ege", "Ayşe", "Donanım", "c", "a", "P"},
		map[string]string{"title": "B", "opportunity": "C", "companyId": "D", "contactIds": "E", "ufCrm_1700000102": "F", "comments": "G", "ufCrm_1700000111": "H", "parentId1036": "I"}},
	{sheet24.Companies, map[int]string{0: "ID", 1: "TITLE", 2: "COMMENTS", 3: "TYPE_ID", 4: "REVENUE"},
		[]any{"ID", "Ad", "Yorum", "Tür", "Ciro", "Senkronizasyon"},
		map[string]any{"title": "Ege", "comments": "c", "typeId": "CUSTOMER", "revenue": 7.0}, []any{"Ege", "c", "Müşteri", 7.0},
		map[string]string{"comments": "C", "typeId": "D", "revenue": "E"}},
	{"spa:1036", map[int]string{0: "ID", 1: "TITLE", 2: "OPPORTUNITY", 3: "CONTACT_IDS", 4: "CLOSEDATE"},
		[]any{"ID", "Ad", "Tutar", "Kişiler", "Bitiş", "Senkronizasyon"},
		map[string]any{"title": "P", "categoryId": 12.0, "stageId": "DT1036_12:NEW", "opportunity": 5.0, "contactIds": []any{1.0}, "closedate": "2026-12-31"}, []any{"P", 5.0, "Ayşe", "31.12.2026"},
		map[string]string{"opportunity": "C", "contactIds": "D", "closedate": "E"}},
}

// TestEmptiedCells empties the cells of every kind, one after the other, on portals that take
// empty values in each way that is known. A row says that it is synced only if the record holds
// nothing by then; else that Bitrix24 keeps the value.
func TestEmptiedCells(t *testing.T) {
	t.Parallel()
	// What no portal of that kind empties.
	kept := map[bitrixsim.Clearing]string{
		bitrixsim.ClearsByTheBook: "deals.title",
		bitrixsim.ClearsEasily:    "deals.title",
		bitrixsim.ClearsNever:     "deals.title deals.contactIds spa:1036.contactIds spa:1036.closedate",
	}
	for _, clearing := range []bitrixsim.Clearing{bitrixsim.ClearsByTheBook, bitrixsim.ClearsEasily, bitrixsim.ClearsNever} {
		for _, c := range clearables {
			t.Run(fmt.Sprint(clearing, " ", c.entity), func(t *testing.T) {
				t.Parallel()
				w := newWorldOf(t, c.entity, c.fields, func(p *bitrixsim.Portal) [][]any {
					if c.entity != sheet24.Companies {
						p.Add(4, map[string]any{"title": "Ege"})
					}
					p.Add(3, map[string]any{"name": "Ayşe"})
					if c.entity == sheet24.Deals {
						p.Add(1036, map[string]any{"title": "P"})
					}
					id := p.Add(c.entity.TypeID(), c.record)
					p.SetClearing(clearing)
					return [][]any{c.header, append([]any{float64(id)}, c.cells...)}
				})
				for field, column := range c.columns {
					w.change(2, column, nil)
					r, _ := w.portal.Record(c.entity.TypeID(), 1)
					keeps := strings.Contains(kept[clearing]+" ", fmt.Sprint(c.entity, ".", field, " "))
					empty := r.Fields[field] == nil || r.Fields[field] == 0.0
					says := fmt.Sprint(w.status(2))
					if empty == keeps || strings.HasPrefix(says, "✅") != empty || !empty && !strings.Contains(says, "koruyor") {
						t.Errorf("%s: the record holds %v; the row says %s", field, r.Fields[field], says)
					}
					if keeps { // what is typed again is as it was
						w.change(2, column, c.cells[int(column[0]-'B')])
						if says := fmt.Sprint(w.status(2)); !strings.HasPrefix(says, "✅") {
							t.Errorf("%s, typed again: %s", field, says)
						}
					}
				}
			})
		}
	}
}

// TestEmptiedBesideOthers empties a cell that the portal keeps, and changes another one: that
// one is not lost, and is written once.
func TestEmptiedBesideOthers(t *testing.T) {
	t.Parallel()
	w := newDeals(t)
	row, id := w.rowOf(0)
	w.change(row, "H", "Donanım")
	w.edit(fmt.Sprint("B", row), []any{"yeni"})
	w.edit(fmt.Sprint("H", row), []any{nil})
	w.edit(fmt.Sprint("E", row), []any{"Ege Lojistik"})
	w.notify(row, row)
	w.sync()
	r, _ := w.portal.Record(2, id)
	if r.Fields["title"] != "yeni" || r.Fields["ufCrm_1700000102"] != nil || r.Fields["companyId"] != 1.0 || w.status(row) != any(ok) {
		t.Errorf("%v; the row says %v", r.Fields, w.status(row))
	}
	if r.Changes != 3 { // the list; all others of the second edit; the list again, by the deals' own method
		t.Errorf("%d changes", r.Changes)
	}
}

// TestWhatBitrix24PassesOver has a portal that takes a write and keeps a field as it was, or
// keeps something else: no row says that it is synced with what the record does not hold.
func TestWhatBitrix24PassesOver(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "TITLE", 2: "UTM_SOURCE", 3: "COMMENTS"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(1, map[string]any{"title": "a", "stageId": "NEW"})
		return [][]any{{"ID", "Ad", "Kaynak", "Yorum", "Senkronizasyon"}, {float64(id), "a", nil, nil}}
	})
	w.change(2, "D", "<b>acele</b> dönün")
	if r, _ := w.portal.Record(1, 1); r.Fields["comments"] != "acele dönün" || !strings.Contains(w.history()[0].Note, "acele dönün") {
		t.Errorf("%v; noted %q", r.Fields["comments"], w.history()[0].Note)
	}

	w.portal.IgnoreUTM(true)
	w.change(2, "C", "google")
	if says := fmt.Sprint(w.status(2)); !strings.HasPrefix(says, "❌ Kaynak: ") || !strings.Contains(says, "koruyor") {
		t.Errorf("the row says %s", says)
	}
	w.portal.IgnoreUTM(false)
	w.change(2, "C", "bing")
	if r, _ := w.portal.Record(1, 1); r.Fields["utmSource"] != "bing" || w.status(2) != any(ok) {
		t.Errorf("%v; the row says %v", r.Fields["utmSource"], w.status(2))
	}
}

// TestRefusedEmptiness empties what Bitrix24 refuses to empty: the row says what it said. Where
// the entity's own method is gone, the row says that the value is kept.
func TestRefusedEmptiness(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Contacts, map[int]string{0: "ID", 1: "NAME", 2: "POST", 3: "COMPANY_ID"}, func(p *bitrixsim.Portal) [][]any {
		p.Add(4, map[string]any{"title": "Ege"})
		id := p.Add(3, map[string]any{"name": "Ayşe", "post": "müdür", "companyId": 1.0, "companyIds": []any{1.0}})
		return [][]any{{"ID", "Ad", "Görev", "Şirket", "Senkronizasyon"}, {float64(id), "Ayşe", "müdür", "Ege"}}
	})
	w.change(2, "B", nil)
	if says := fmt.Sprint(w.status(2)); !strings.HasPrefix(says, "❌") || !strings.Contains(says, "doldurulmalıdır") {
		t.Errorf("the only name: the row says %s", says)
	}
	w.change(2, "B", "Ayşe")

	w.portal.SetClearing(bitrixsim.ClearsNever)
	w.check(w.portal.Fail(bitrixsim.Fault{Kind: "error", Method: "crm.contact.update", Status: 404, Code: "ERROR_METHOD_NOT_FOUND", Text: "Method not found!", Times: 9}))
	w.change(2, "C", nil)
	if says := fmt.Sprint(w.status(2)); !strings.HasPrefix(says, "❌ Görev: ") || !strings.Contains(says, "koruyor") {
		t.Errorf("without the method: the row says %s", says)
	}
	if r, _ := w.portal.Record(3, 1); r.Fields["post"] != "müdür" {
		t.Errorf("%v", r.Fields)
	}
}
