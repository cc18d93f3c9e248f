package bitrixsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// portal is a simulated portal called as any client would call it.
type portal struct {
	*bitrixsim.Portal
	t   *testing.T
	url string
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	p := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	s := httptest.NewServer(p.Handler())
	t.Cleanup(s.Close)
	return &portal{p, t, s.URL}
}

type object = map[string]any

// call posts JSON and returns the status and the answer.
func (p *portal) call(method string, params object) (int, object) {
	p.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.Post(p.url+p.WebhookPath()+method, "application/json", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answer(resp)
}

func (p *portal) answer(resp *http.Response) (int, object) {
	p.t.Helper()
	defer resp.Body.Close()
	var answer object
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func (p *portal) ok(method string, params object) object {
	p.t.Helper()
	status, answer := p.call(method, params)
	if status != http.StatusOK {
		p.t.Fatalf("%s: HTTP %d %v", method, status, answer)
	}
	return answer
}

// at digs into an answer: at(a, "result", "item", "id").
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := p.Add(1, object{"title": "x", "stageId": "NEW"})
	update := func(fields any) object { return object{"entityTypeId": 1, "id": id, "fields": fields} }
	for _, c := range []struct {
		method string
		params object
		status int
		code   string
	}{
		{"crm.dance", object{}, 404, "ERROR_METHOD_NOT_FOUND"},
		{"crm.item.get", object{"id": id}, 400, "100"},
		{"crm.item.get", object{"entityTypeId": 1}, 400, "100"},
		{"crm.item.get", object{"entityTypeId": "bir", "id": id}, 400, "100"},
		{"crm.item.get", object{"entityTypeId": 99, "id": id}, 400, "NOT_FOUND"},
		{"crm.item.get", object{"entityTypeId": 1, "id": 999}, 400, "NOT_FOUND"},
		{"crm.item.update", object{"entityTypeId": 1, "id": id}, 400, "100"},
		{"crm.item.update", update(object{"stageId": "UYDURMA"}), 400, "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
		{"crm.item.update", update(object{"opportunity": "çok"}), 400, "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
		{"crm.item.update", update(object{"birthdate": "31.12.2026"}), 400, "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
		{"crm.item.update", update(object{"opened": "Evet"}), 400, "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
		{"crm.item.update", update(object{"title": "y", "assignedById": "Ayşe"}), 400, "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
		{"crm.item.list", object{"entityTypeId": 1, "filter": object{"uydurma": 1}}, 400, "INVALID_ARG_VALUE"},
		{"crm.item.list", object{"entityTypeId": 1, "filter": object{"~id": 1}}, 400, "INVALID_ARG_VALUE"},
		{"crm.item.list", object{"entityTypeId": 1, "start": "x"}, 400, "100"},
		{"batch", object{}, 400, "ERROR_BATCH_EMPTY"},
	} {
		status, answer := p.call(c.method, c.params)
		if status != c.status || answer["error"] != c.code || answer["error_description"] == "" {
			t.Errorf("%s %v: HTTP %d %v; want %d %s", c.method, c.params, status, answer, c.status, c.code)
		}
	}
	if r, _ := p.Record(1, id); r.Fields["title"] != "x" || r.Changes != 0 {
		t.Errorf("a refused update changed the record: %+v", r)
	}
	resp, err := http.Get(p.url + "/rest/1/yanlis/scope")
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := p.answer(resp); status != 403 || answer["error"] != "INVALID_CREDENTIALS" {
		t.Errorf("a wrong secret: HTTP %d %v", status, answer)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	added := p.ok("crm.item.add", object{"entityTypeId": 1, "fields": object{"title": "x", "opportunity": "10.5",
		"fm": []any{object{"typeId": "EMAIL", "valueType": "HOME", "value": "a@x.tr"}}}})
	id := at(added, "result", "item", "id").(float64)
	// Unknown and read-only fields are ignored in silence; what does not change
	// anything is no change.
	p.ok("crm.item.update", object{"entityTypeId": 1, "id": id, "fields": object{"uydurma": 1, "id": 77, "opportunity": 10.5, "title": "x"}})
	if r, _ := p.Record(1, int64(id)); r.Changes != 0 {
		t.Errorf("changes = %d", r.Changes)
	}
	p.ok("crm.item.delete", object{"entityTypeId": 1, "id": id})
	if _, ok := p.Record(1, int64(id)); ok {
		t.Error("not deleted")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for n := range 120 {
		p.Add(1, object{"title": fmt.Sprint("Aday ", n), "opportunity": float64(n), "stageId": []string{"NEW", "JUNK"}[n%2]})
	}
	ids := func(params object) (list []int, answer object) {
		params["entityTypeId"] = 1
		answer = p.ok("crm.item.list", params)
		for _, it := range at(answer, "result", "items").([]any) {
			list = append(list, int(at(it, "id").(float64)))
		}
		return list, answer
	}
	list, answer := ids(object{})
	if len(list) != 50 || answer["total"] != 120.0 || answer["next"] != 50.0 || at(answer, "result", "items").([]any)[0].(object)["fm"] != nil {
		t.Errorf("page 1: %d items, total %v, next %v", len(list), answer["total"], answer["next"])
	}
	if list, answer = ids(object{"start": 100}); len(list) != 20 || answer["next"] != nil {
		t.Errorf("page 3: %d items, next %v", len(list), answer["next"])
	}
	if list, answer = ids(object{"start": -1, "order": object{"id": "ASC"}, "filter": object{">id": 100}}); len(list) != 20 || list[0] != 101 || answer["total"] != nil {
		t.Errorf("start=-1: %v, total %v", list, answer["total"])
	}
	for name, c := range map[string]struct {
		filter object
		want   []int
	}{
		"list of ids": {object{"@id": []any{3, "5", 999}}, []int{5, 3}},
		"equal":       {object{"opportunity": 7}, []int{8}},
		"between":     {object{">=opportunity": 10, "<opportunity": 12}, []int{12, 11}},
		"not":         {object{"!stageId": "NEW", "<=id": 4}, []int{4, 2}},
		"contains":    {object{"%title": "aday 11", "stageId": "JUNK"}, []int{120, 118, 116, 114, 112, 12}},
	} {
		if list, _ := ids(object{"filter": c.filter, "order": object{"id": "DESC"}}); !reflect.DeepEqual(list, c.want) {
			t.Errorf("%s: %v; want %v", name, list, c.want)
		}
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := p.Add(3, object{"name": "Ayşe"})
	answer := p.ok("batch", object{"halt": 0, "cmd": object{
		"ok":    "crm.item.update?entityTypeId=3&id=" + fmt.Sprint(id) + "&fields[name]=" + url.QueryEscape("Fatma & Ali") + "&fields[fm][0][typeId]=PHONE&fields[fm][0][value]=1",
		"wrong": "crm.item.get?entityTypeId=3&id=999",
		"inner": "batch?cmd[a]=scope",
	}})
	if at(answer, "result", "result", "ok") == nil || at(answer, "result", "result_error", "wrong", "error") != "NOT_FOUND" ||
		at(answer, "result", "result_error", "inner", "error") != "ERROR_BATCH_METHOD_NOT_ALLOWED" {
		t.Errorf("batch: %v", answer)
	}
	if r, _ := p.Record(3, id); r.Fields["name"] != "Fatma & Ali" || r.FirstOf("PHONE") != "1" {
		t.Errorf("record: %+v", r)
	}
	// PHP writes an empty object as a list.
	answer = p.ok("batch", object{"cmd": object{"a": "scope"}})
	if _, ok := at(answer, "result", "result_error").([]any); !ok {
		t.Errorf("no errors: %v", at(answer, "result", "result_error"))
	}
	cmd := object{}
	for n := range 51 {
		cmd[fmt.Sprint(n)] = "scope"
	}
	if status, answer := p.call("batch", object{"cmd": cmd}); status != 400 || answer["error"] != "ERROR_BATCH_LENGTH_EXCEEDED" {
		t.Errorf("51 commands: HTTP %d %v", status, answer)
	}
}

func TestBucketOverflows(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	refused := 0
	for range 60 {
		if status, answer := p.call("scope", object{}); status == 503 && answer["error"] == "QUERY_LIMIT_EXCEEDED" {
			refused++
		}
	}
	if refused < 8 || refused > 10 { // 50 fit, and a few leak out meanwhile
		t.Errorf("%d of 60 requests at once were refused", refused)
	}
}

func TestStateIsKept(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	var kept []byte
	p.Keep(func(data []byte) { kept = data })
	id := p.Add(1, object{"title": "x", "opportunity": 5.0}, bitrixsim.Multi{TypeID: "EMAIL", Value: "a@x.tr"})
	again := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	if err := again.Load(kept); err != nil {
		t.Fatal(err)
	}
	if r, ok := again.Record(1, id); !ok || r.FirstOf("EMAIL") != "a@x.tr" || r.Fields["opportunity"] != 5.0 {
		t.Errorf("record: %+v", r)
	}
	if next := again.Add(1, object{}); next != id+1 {
		t.Errorf("the next id is %d", next)
	}
}

// TestOverlaps has two change a record at once, and one after the other.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "eski"})
	other := p.Add(1, object{"title": "eski"})
	change := func(id int64) {
		p.call("crm.item.update", object{"entityTypeId": 1, "id": id, "fields": object{"title": "yeni"}})
	}
	p.Fail(bitrixsim.Fault{Kind: "slow", Method: "crm.item.update", MS: 200, Times: 2})
	var all sync.WaitGroup
	all.Go(func() { change(id) })
	all.Go(func() { change(other) })
	all.Wait()
	change(id)
	if n := p.Stats().Overlaps; n != 0 {
		t.Errorf("%d overlaps where there was none", n)
	}
	p.Fail(bitrixsim.Fault{Kind: "slow", Method: "crm.item.update", MS: 200, Times: 2})
	all.Go(func() { change(id) })
	all.Go(func() {
		p.call("batch", object{"cmd": object{"a": fmt.Sprintf("crm.item.update?entityTypeId=1&id=%d&fields[title]=başka", id), "b": fmt.Sprintf("crm.item.update?entityTypeId=1&id=%d&fields[title]=son", id)}})
	})
	all.Wait()
	if n := p.Stats().Overlaps; n != 1 {
		t.Errorf("%d overlaps; want 1", n)
	}
}
