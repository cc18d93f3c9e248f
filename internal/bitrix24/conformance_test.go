package bitrix24_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bitrix24/officialtest"
	"sheet24/internal/sim/bitrixsim"
)

// extra are answers that other pages of the documentation describe: items and settings of
// user fields, what only companies, quotes and invoices have, and addresses, which
// crm.lead.fields, crm.contact.fields and crm.company.fields describe.
var extra = regexp.MustCompile(`\.items is not|\.settings\.|\.(address\w*|regAddress\w*|industry|employees|revenue|quoteNumber|dealId|accountNumber|xmlId|export|closed)\b`)

// TestConformance has the client make each of its calls, and holds every request,
// and every answer of the simulated portal, against the official descriptions.
func TestConformance(t *testing.T) {
	t.Parallel()
	describe := officialtest.Methods(t)
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 1000, Brim: 1000})
	log := &officialtest.Recorder{}
	server := httptest.NewServer(log.Around(sim.Handler()))
	t.Cleanup(server.Close)
	client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Plan: sheet24.Plan{Rate: 1000, Burst: 1000}})
	w := &world{Client: client, t: t, sim: sim, server: server}
	var err error
	w.portal, err = client.Connect(t.Context(), server.URL+sim.WebhookPath())
	w.check(err)
	_, err = w.Entities(t.Context(), w.portal)
	w.check(err)
	for _, e := range append(slices.Clone(sheet24.Entities), "spa:1036", "spa:1040") {
		w.fields(e)
	}
	contact := sim.Add(3, map[string]any{"name": "Ayşe", "lastName": "Yılmaz"})
	company := sim.Add(4, map[string]any{"title": "Ege"})
	lead := w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, Key: "1", Fields: map[string]any{"title": "a", "opportunity": 12.5, "birthdate": "2000-01-31", "opened": "N"},
		Multi: []sheet24.MultiValue{{Type: "PHONE", Kind: "WORK", Value: "1234"}}})[0].ID
	deal := w.wrote(sheet24.ItemWrite{Entity: sheet24.Deals, Key: "1", Fields: map[string]any{"title": "d"}})[0].ID
	r, _ := sim.Record(1, lead)
	w.wrote(
		sheet24.ItemWrite{Entity: sheet24.Leads, ID: lead, Fields: map[string]any{"title": "b", "opportunity": nil, "companyId": itoa(company), "assignedById": "2", "birthdate": nil, "sourceId": "CALL", "observers": []string{"1", "3"}},
			Multi: []sheet24.MultiValue{{ID: r.Multi[0].ID, Type: "PHONE", Kind: "WORK", Value: "5678"}}},
		sheet24.ItemWrite{Entity: sheet24.Deals, ID: deal, Fields: map[string]any{"stageId": "WON", "contactIds": []string{itoa(contact)}, "currencyId": "USD", "ufCrm_1700000105": "2026-12-31T10:00:00+03:00", "ufCrm_1700000102": []string{"61"}}},
	)
	_, unread := w.Items(t.Context(), w.portal, []sheet24.ItemRef{{Entity: sheet24.Leads, ID: lead}, {Entity: sheet24.Deals, ID: deal}})
	_, unfound := w.Resolve(t.Context(), w.portal, []sheet24.Link{{Entity: sheet24.Contacts, Text: "Ayşe Yılmaz"}, {Entity: sheet24.Companies, Text: "Ege"}})
	if len(unread)+len(unfound) > 0 {
		t.Fatal(unread, unfound)
	}
	if found, err := w.Find(t.Context(), w.portal, sheet24.Leads, "PHONE", []string{"56 78", "yok"}, ""); err != nil || !slices.Equal(found["56 78"], []int64{lead}) {
		t.Errorf("found: %v, %v", found, err)
	}
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, ID: lead, Delete: true})

	called := map[string]int{}
	said := map[string]bool{}
	for _, e := range log.Calls() {
		m, ok := describe[e.Method]
		if !ok {
			t.Fatalf("%s is called, but methods.json does not describe it", e.Method)
		}
		called[e.Method]++
		faults := m.Faults(e)
		if !e.Failed {
			faults = append(faults, officialtest.AnswerFaults("result", e.Result, m.Result)...)
		}
		for _, f := range faults {
			if line := e.Method + ": " + f; !extra.MatchString(f) && !said[line] {
				said[line] = true
				t.Error(line)
			}
		}
	}
	var unused []string
	for name := range describe {
		if called[name] == 0 {
			unused = append(unused, name)
		}
	}
	if sort.Strings(unused); len(unused) > 0 {
		t.Errorf("described but never called: %v", unused)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestConformanceSeesFaults makes sure that the checks above can fail.
func TestConformanceSeesFaults(t *testing.T) {
	t.Parallel()
	describe := officialtest.Methods(t)
	for what, e := range map[string]officialtest.Call{
		"unknown parameter": {Method: "crm.item.delete", Params: map[string]any{"entityTypeId": "1", "id": "2", "force": "Y"}},
		"missing":           {Method: "crm.item.delete", Params: map[string]any{"entityTypeId": "1"}},
		"wrong type":        {Method: "crm.item.delete", Params: map[string]any{"entityTypeId": "lead", "id": "2"}},
		"unknown field":     {Method: "crm.item.update", Params: map[string]any{"entityTypeId": "1", "id": "2", "fields": map[string]any{"TITLE": "x"}}},
		"field's type":      {Method: "crm.item.update", Params: map[string]any{"entityTypeId": "1", "id": "2", "fields": map[string]any{"opportunity": "1,5"}}},
	} {
		if len(describe[e.Method].Faults(e)) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
	sample := describe["crm.category.list"].Result
	for what, got := range map[string]any{
		"no object":   []any{1.0},
		"unknown key": map[string]any{"categories": []any{map[string]any{"uydurma": 1.0}}},
		"wrong type":  map[string]any{"categories": []any{map[string]any{"id": "9"}}},
	} {
		if len(officialtest.AnswerFaults("result", got, sample)) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
}
