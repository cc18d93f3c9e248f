package bitrixsim_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// TestBatchInOrder has commands run in the order in which they are sent, whatever their names.
func TestBatchInOrder(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "0"})
	post := func(contentType, body string) object {
		resp, err := http.Post(p.url+p.WebhookPath()+"batch", contentType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		status, answer := p.answer(resp)
		if status != 200 {
			t.Fatalf("HTTP %d %v", status, answer)
		}
		return answer
	}
	update := func(title string) string {
		return fmt.Sprintf("crm.item.update?entityTypeId=1&id=%d&fields[title]=%s", id, title)
	}
	title := func() any {
		r, _ := p.Record(1, id)
		return r.Fields["title"]
	}

	post("application/json", fmt.Sprintf(`{"cmd":{"z":%q,"b":%q,"aa":%q}}`, update("1"), update("2"), update("3")))
	if title() != "3" {
		t.Errorf("an object: %v", title())
	}
	answer := post("application/json", fmt.Sprintf(`{"cmd":[%q,"scope",%q]}`, update("4"), update("5")))
	results, ok := at(answer, "result", "result").([]any)
	if title() != "5" || !ok || len(results) != 3 {
		t.Errorf("a list: %v, %v", title(), answer)
	}
	answer = post("application/json", `{"cmd":["scope","crm.item.get?entityTypeId=1&id=999","scope"]}`)
	if results, ok := at(answer, "result", "result").(object); !ok || len(results) != 2 || at(answer, "result", "result_error", "1", "error") != "NOT_FOUND" {
		t.Errorf("a list with a gap is an object, as PHP writes it: %v", answer)
	}
	answer = post("application/x-www-form-urlencoded", "cmd[z]="+strings.ReplaceAll(update("6"), "&", "%26")+"&cmd[a]="+strings.ReplaceAll(update("7"), "&", "%26"))
	if title() != "7" || at(answer, "result", "result", "a") == nil {
		t.Errorf("a form: %v, %v", title(), answer)
	}
}

// TestOrders sorts by several fields, the first one first, and by ID as well as id.
func TestOrders(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	for _, title := range []string{"b", "a", "b", "a"} {
		p.Add(1, object{"title": title})
	}
	resp, err := http.Post(p.url+p.WebhookPath()+"crm.item.list", "application/json", strings.NewReader(`{"entityTypeId":1,"select":["id"],"order":{"title":"ASC","ID":"DESC"},"filter":{">ID":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, answer := p.answer(resp)
	if got := fmt.Sprint(at(answer, "result", "items")); got != "[map[id:4] map[id:2] map[id:3]]" {
		t.Error(got)
	}
}

// TestReads calls each method that the documentation knows for reading.
func TestReads(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{Language: "en"})
	p.Add(1, object{"title": "x", "stageId": "NEW", "opportunity": 12.5})
	for _, c := range []struct {
		method string
		params object
		path   string
		want   string
	}{
		{"user.current", object{}, "ID", "1"}, {"user.get", object{"ID": 2}, "0.NAME", "Mehmet"}, {"user.get", object{"FILTER": object{"EMAIL": "can@ornek.com.tr"}}, "0.ID", "5"},
		{"user.get", object{"ID": 99}, "", "[]"}, {"user.search", object{"FILTER": object{"NAME": "Zeynep"}}, "0.ID", "3"}, {"user.fields", object{}, "EMAIL", "E-Mail"},
		{"crm.status.fields", object{}, "ENTITY_ID.isImmutable", "true"}, {"crm.status.entity.items", object{"entityId": "SOURCE"}, "0.STATUS_ID", "CALL"},
		{"crm.status.entity.types", object{}, "0.ID", "COMPANY_TYPE"}, {"crm.category.get", object{"entityTypeId": 2, "id": 9}, "category.name", "Export"},
		{"crm.category.fields", object{"entityTypeId": 2}, "fields.entityTypeId.isRequired", "true"}, {"crm.type.getByEntityTypeId", object{"entityTypeId": 1036}, "type.title", "Projects"},
		{"crm.type.get", object{"id": 7}, "type.entityTypeId", "1036"}, {"crm.type.fields", object{}, "fields.title.isRequired", "true"}, {"crm.currency.get", object{"id": "USD"}, "FULL_NAME", "US dollar"},
		{"crm.currency.base.get", object{}, "", "TRY"}, {"crm.currency.fields", object{}, "BASE.type", "char"}, {"crm.enum.ownertype", object{}, "0.SYMBOL_CODE", "LEAD"}, {"crm.enum.fields", object{}, "ID.type", "int"},
		{"method.get", object{"name": "crm.lead.update"}, "isAvailable", "true"}, {"method.get", object{"name": "crm.uydurma"}, "isExisting", "false"},
		{"methods", object{"scope": "user"}, "0", "user.current"}, {"events", object{"scope": "crm"}, "0", "ONCRMLEADADD"}, {"scope", object{}, "0", "crm"},
		{"crm.lead.get", object{"id": 1}, "OPPORTUNITY", "12.50"}, {"crm.lead.get", object{"ID": 1}, "STATUS_ID", "NEW"}, {"crm.lead.list", object{"filter": object{">OPPORTUNITY": 12}, "select": []any{"ID"}}, "0.ID", "1"},
		{"crm.lead.fields", object{}, "PHONE.isMultiple", "true"},
	} {
		got := p.ok(c.method, c.params)["result"]
		for part := range strings.SplitSeq(c.path, ".") {
			if list, ok := got.([]any); ok && part != "" {
				got = nil
				if len(list) > 0 {
					got = list[0]
				}
			} else if part != "" {
				got = at(got, part)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s %v: %s is %v; want %s", c.method, c.params, c.path, got, c.want)
		}
	}
}

// TestOwnMethods has the errors of crm.lead.* and its like, which have no code, and what they
// add, change and delete.
func TestOwnMethods(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.ok("crm.deal.add", object{"fields": object{"TITLE": "d", "OPPORTUNITY": "7", "uydurma": 1}})["result"]
	p.ok("crm.deal.update", object{"id": id, "fields": object{"TITLE": "e", "UF_CRM_1700000112": 5}})
	deal := p.ok("crm.deal.get", object{"id": id})["result"].(object)
	if deal["TITLE"] != "e" || deal["OPPORTUNITY"] != "7.00" || deal["UF_CRM_1700000112"] != "5" || deal["COMPANY_ID"] != nil || deal["BEGINDATE"] != "" {
		t.Errorf("%v", deal)
	}
	for _, c := range []struct {
		method string
		params object
		want   string
	}{
		{"crm.deal.get", object{"id": 99}, "Not found"}, {"crm.deal.get", object{}, "ID is not defined or invalid."}, {"crm.deal.update", object{"id": "x"}, "ID is not defined or invalid."},
		{"crm.deal.update", object{"id": id, "fields": "x"}, "Parameter 'fields' must be array."}, {"crm.deal.list", object{"filter": "x"}, "Parameter 'filter' must be array."},
		{"crm.status.get", object{"id": 1}, "Status is not found."}, {"crm.status.entity.items", object{}, "The parameter entityId is not defined or invalid."}, {"crm.currency.get", object{"id": "XXX"}, "Not found"},
	} {
		if status, answer := p.call(c.method, c.params); status != 400 || answer["error"] != "" || answer["error_description"] != c.want {
			t.Errorf("%s %v: HTTP %d %v", c.method, c.params, status, answer)
		}
	}
	p.ok("crm.deal.delete", object{"id": id})
	if _, there := p.Record(2, int64(id.(float64))); there {
		t.Error("not deleted")
	}
}

// TestErrorsOfLists has the texts that the page of crm.item.list lists.
func TestErrorsOfLists(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{Language: "ru"})
	for _, c := range []struct {
		params object
		want   string
	}{
		{object{"entityTypeId": 1, "filter": object{"uydurma": 1}}, "INVALID_ARG_VALUE Invalid filter: field 'uydurma' is not allowed in filter"},
		{object{"entityTypeId": 1, "order": object{"fm": "ASC"}}, "INVALID_ARG_VALUE Invalid order: field 'fm' is not allowed in order"},
		{object{"entityTypeId": 1, "order": object{"id": "UP"}}, "INVALID_ARG_VALUE Invalid order: allowed sort directions are `ASC, DESC`. But got 'UP' for field 'id'"},
		{object{"entityTypeId": 99}, "NOT_FOUND Смарт-процесс не найден"},
	} {
		if _, answer := p.call("crm.item.list", c.params); fmt.Sprint(answer["error"], " ", answer["error_description"]) != c.want {
			t.Errorf("%v: %v", c.params, answer)
		}
	}
}

// TestEmpties has what stands for nothing in the documentation's samples.
func TestEmpties(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "x"})
	lead := at(p.ok("crm.item.get", object{"entityTypeId": 1, "id": id}), "result", "item").(object)
	for name, want := range map[string]any{"companyId": 0.0, "contactId": 0.0, "webformId": 0.0, "opportunity": 0.0, "phoneMobile": "", "emailWork": "", "imol": "", "observers": []any{},
		"contactIds": []any{}, "utmSource": nil, "birthdate": nil, "originId": nil, "shortName": nil, "fm": []any{}, "entityTypeId": 1.0, "hasPhone": "N"} {
		if !reflect.DeepEqual(lead[name], want) {
			t.Errorf("%s is %v; want %v", name, lead[name], want)
		}
	}
}
