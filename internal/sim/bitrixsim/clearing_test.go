package bitrixsim_test

import (
	"fmt"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// TestClearing has what empty values do, under each reading: what the answer shows, and what
// the record holds afterwards.
func TestClearing(t *testing.T) {
	t.Parallel()
	type outcome struct{ shown, held string } // shown "refused": HTTP 400
	deal := object{"title": "d", "stageId": "NEW", "categoryId": 0.0, "opportunity": 5.0, "companyId": 1.0, "contactIds": []any{1.0}, "contactId": 1.0, "observers": []any{1.0},
		"comments": "c", "ufCrm_1700000102": []any{61.0}, "ufCrm_1700000111": []any{"a"}, "ufCrm_1700000112": 7.0, "ufCrm_1700000103": "10|TRY", "closedate": "2026-01-02", "assignedById": 2.0}
	for _, c := range []struct {
		reading bitrixsim.Clearing
		method  string
		field   string
		value   any
		want    outcome
	}{
		{"", "item", "comments", "", outcome{"", "<nil>"}}, {"", "item", "closedate", "", outcome{"<nil>", "<nil>"}}, {"", "item", "ufCrm_1700000112", "", outcome{"<nil>", "<nil>"}},
		{"", "item", "ufCrm_1700000103", "", outcome{"<nil>", "<nil>"}}, {"", "item", "title", "", outcome{"d", "d"}}, {"", "item", "assignedById", "", outcome{"2", "2"}},
		{"", "item", "opportunity", "", outcome{"0", "5"}}, {"", "item", "opportunity", "0", outcome{"0", "0"}}, {"", "item", "companyId", "", outcome{"0", "1"}}, {"", "item", "companyId", 0, outcome{"0", "<nil>"}},
		{"", "item", "contactIds", "", outcome{"refused", "[1]"}}, {"", "item", "contactIds", []any{}, outcome{"[]", "<nil>"}}, {"", "item", "observers", []any{""}, outcome{"[]", "<nil>"}},
		{"", "item", "ufCrm_1700000102", "", outcome{"refused", "[61]"}}, {"", "item", "ufCrm_1700000102", []any{}, outcome{"[]", "[61]"}}, {"", "item", "ufCrm_1700000111", []any{}, outcome{"[]", "<nil>"}},
		{"", "own", "ufCrm_1700000102", "", outcome{"true", "[61]"}}, {"", "own", "ufCrm_1700000102", []any{}, outcome{"true", "<nil>"}}, {"", "own", "contactIds", []any{}, outcome{"true", "[1]"}},
		{"", "own", "companyId", "", outcome{"true", "<nil>"}}, {"", "own", "opportunity", "", outcome{"true", "<nil>"}},
		{"easily", "item", "contactIds", "", outcome{"[]", "<nil>"}}, {"easily", "item", "ufCrm_1700000102", "", outcome{"[]", "<nil>"}}, {"easily", "item", "companyId", "", outcome{"0", "<nil>"}},
		{"never", "item", "comments", "", outcome{"", "c"}}, {"never", "item", "companyId", 0, outcome{"0", "1"}}, {"never", "item", "contactIds", []any{}, outcome{"[]", "[1]"}}, {"never", "own", "comments", "", outcome{"true", "<nil>"}},
	} {
		p := portalWith(t, bitrixsim.Options{Clearing: c.reading})
		p.Add(3, object{"name": "Ayşe"})
		p.Add(4, object{"title": "Ege"})
		id := p.Add(2, deal)

		var status int
		var answer object
		got := outcome{shown: "refused"}
		if c.method == "own" {
			upper := map[string]string{"contactIds": "CONTACT_IDS", "companyId": "COMPANY_ID", "opportunity": "OPPORTUNITY", "comments": "COMMENTS", "ufCrm_1700000102": "UF_CRM_1700000102"}[c.field]
			status, answer = p.call("crm.deal.update", object{"id": id, "fields": object{upper: c.value}})
			got.shown = fmt.Sprint(answer["result"])
		} else if status, answer = p.call("crm.item.update", object{"entityTypeId": 2, "id": id, "fields": object{c.field: c.value}}); status == 200 {
			got.shown = fmt.Sprint(at(answer, "result", "item", c.field))
		}
		r, _ := p.Record(2, id)
		got.held = fmt.Sprint(r.Fields[c.field])
		if got != c.want {
			t.Errorf("%q, %s: %s = %v: HTTP %d, %+v; want %+v", c.reading, c.method, c.field, c.value, status, got, c.want)
		}
	}
}

// TestCompaniesKeep has a company's field, which crm.item.update may keep (source: issue 145 of
// the documentation's repository).
func TestCompaniesKeep(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(4, object{"title": "Ege", "comments": "c", "typeId": "CUSTOMER"})
	p.ok("crm.item.update", object{"entityTypeId": 4, "id": id, "fields": object{"comments": "", "typeId": ""}})
	if r, _ := p.Record(4, id); r.Fields["comments"] != "c" || r.Fields["typeId"] != "CUSTOMER" {
		t.Errorf("%v", r.Fields)
	}
	p.ok("crm.company.update", object{"id": id, "fields": object{"COMMENTS": "", "COMPANY_TYPE": ""}})
	if r, _ := p.Record(4, id); r.Fields["comments"] != nil || r.Fields["typeId"] != nil {
		t.Errorf("%v", r.Fields)
	}
}

// TestNames has a person, who keeps one of the names at least.
func TestNames(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{Language: "en"})
	id := p.Add(3, object{"name": "Ayşe", "lastName": "Yılmaz"})
	p.ok("crm.item.update", object{"entityTypeId": 3, "id": id, "fields": object{"lastName": ""}})
	if status, answer := p.call("crm.item.update", object{"entityTypeId": 3, "id": id, "fields": object{"name": ""}}); status != 400 || answer["error"] != "CRM_FIELD_ERROR_REQUIRED" {
		t.Errorf("HTTP %d %v", status, answer)
	}
}
