package bitrixsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"sheet24/internal/sim/bitrixsim"
)

func portalWith(t *testing.T, o bitrixsim.Options) *portal {
	t.Helper()
	o.Secret = "gizli"
	if o.Brim == 0 {
		o.Leak, o.Brim = 1000, 1000
	}
	p := bitrixsim.New(o)
	s := httptest.NewServer(p.Handler())
	t.Cleanup(s.Close)
	return &portal{p, t, s.URL}
}

// TestValues has what fields of each type refuse and take.
func TestValues(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	p.Add(3, object{"name": "Ayşe"})
	id := p.Add(2, object{"title": "d", "stageId": "NEW", "categoryId": 0.0})
	for _, c := range []struct {
		field string
		value any
		want  string // of the answer; empty: refused
	}{
		{"opportunity", "12.5", "12.5"}, {"opportunity", "12,5", ""}, {"opportunity", []any{1}, ""}, {"probability", 1.5, ""}, {"probability", "7", "7"},
		{"assignedById", 2, "2"}, {"assignedById", 99, ""}, {"assignedById", "", "2"}, {"stageId", "EXECUTING", "EXECUTING"}, {"stageId", "C9:NEW", ""}, {"stageId", "", ""},
		{"contactIds", []any{1, "1"}, "[1 1]"}, {"contactIds", []any{5}, ""}, {"contactIds", []any{}, "[]"}, {"companyId", 9, ""}, {"companyId", 0, "0"}, {"parentId1036", 3, ""},
		{"closedate", "2026-12-31", "2026-12-31T03:00:00+03:00"}, {"closedate", "31.12.2026", ""}, {"ufCrm_1700000105", "2026-12-31T10:00:00+01:00", "2026-12-31T12:00:00+03:00"},
		{"ufCrm_1700000105", "2026-12-31T10:00:00", "2026-12-31T10:00:00+03:00"}, {"ufCrm_1700000105", "yarın", ""}, {"ufCrm_1700000101", 51, "51"}, {"ufCrm_1700000101", "Kargo", ""},
		{"ufCrm_1700000102", []any{61, 62}, "[61 62]"}, {"ufCrm_1700000103", "10|TRY", "10|TRY"}, {"ufCrm_1700000103", "10", "10|TRY"}, {"ufCrm_1700000103", "10|XXX", "10|XXX"}, {"ufCrm_1700000103", "|TRY", "<nil>"}, {"comments", "<b>a</b> <3 [b]c[/b]", "a <3 [b]c[/b]"},
		{"ufCrm_1700000106", "1", "Y"}, {"ufCrm_1700000106", "Evet", ""}, {"ufCrm_1700000107", 3, "3"}, {"ufCrm_1700000110", "a.pdf", ""}, {"ufCrm_1700000113", 1, "1"}, {"ufCrm_1700000113", 4, ""},
		{"currencyId", "USD", "USD"}, {"currencyId", "TL", ""}, {"UF_CRM_1700000112", 5, "5"},
	} {
		status, answer := p.call("crm.item.update", object{"entityTypeId": 2, "id": id, "fields": object{c.field: c.value}, "useOriginalUfNames": "Y"})
		name := c.field
		if strings.HasPrefix(name, "ufCrm_") {
			name = "UF_CRM_" + strings.TrimPrefix(name, "ufCrm_")
		}
		got := fmt.Sprint(at(answer, "result", "item", name))
		if c.want == "" && status == 200 || c.want != "" && got != c.want {
			t.Errorf("%s = %v: HTTP %d, %s %v; want %q", c.field, c.value, status, got, answer["error_description"], c.want)
		}
	}
	p.ok("crm.item.update", object{"entityTypeId": 2, "id": id, "fields": object{"uydurma": 1, "closed": "Y", "categoryId": 9, "title": "e"}})
	if got := p.Stats().Ignored; !reflect.DeepEqual(got, map[string]int{"uydurma": 1, "closed": 1, "categoryId": 1}) {
		t.Errorf("ignored: %v", got)
	}
}

func TestStagesAndFunnels(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{Language: "en"})
	id := at(p.ok("crm.item.add", object{"entityTypeId": 2, "fields": object{"categoryId": 9}}), "result", "item", "id")
	deal := func() object {
		return at(p.ok("crm.item.get", object{"entityTypeId": 2, "id": id}), "result", "item").(object)
	}
	if d := deal(); d["stageId"] != "C9:NEW" || d["title"] != fmt.Sprint("Deal #", id) || d["assignedById"] != 1.0 {
		t.Errorf("defaults: %v", d)
	}
	status, answer := p.call("crm.item.update", object{"entityTypeId": 2, "id": id, "fields": object{"stageId": "C9:LOSE"}})
	if status != 400 || answer["error"] != "CRM_FIELD_ERROR_REQUIRED" || answer["error_description"] != `Field "Reason for loss" is required` {
		t.Errorf("a stage that requires a field: HTTP %d %v", status, answer)
	}
	p.ok("crm.item.update", object{"entityTypeId": 2, "id": id, "fields": object{"stageId": "C9:LOSE", "ufCrm_1700000114": "price"}})
	if d := deal(); d["closed"] != "Y" {
		t.Errorf("closed: %v", d["closed"])
	}
	if status, answer = p.call("crm.item.add", object{"entityTypeId": 4, "fields": object{"comments": "x"}}); answer["error"] != "CRM_FIELD_ERROR_REQUIRED" {
		t.Errorf("a company without a title: HTTP %d %v", status, answer)
	}
	list := at(p.ok("crm.category.list", object{"entityTypeId": 2}), "result", "categories").([]any)
	if len(list) != 2 || at(list[1], "name") != "Export" {
		t.Errorf("funnels: %v", list)
	}
	if _, answer = p.call("crm.category.list", object{"entityTypeId": 1}); answer["error"] != "ENTITY_TYPE_NOT_SUPPORTED" {
		t.Errorf("funnels of leads: %v", answer)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	for n, title := range []string{"Ege Lojistik", "ege gıda", "Marmara Yapı", ""} {
		p.Add(2, object{"title": title, "opportunity": float64(n), "observers": []any{float64(n + 1), 7.0}})
	}
	for _, c := range []struct {
		filter object
		want   string
	}{
		{object{"=%title": "ege%"}, "1 2"}, {object{"%=title": "%yapı"}, "3"}, {object{"!%title": "ege"}, "3 4"}, {object{"=title": "EGE GIDA"}, ""}, {object{"title": "EGE LOJİSTİK"}, ""},
		{object{"=title": ""}, "4"}, {object{"!@id": []any{1, 2}}, "3 4"}, {object{"observers": 2}, "2"}, {object{"0": object{"logic": "OR", "0": object{"id": 1}, "1": object{">opportunity": 2}}}, "1 4"},
		{object{"0": object{"logic": "OR", "=id": 1, ">opportunity": 2}, "<id": 4}, "1"},
	} {
		var ids []string
		for _, it := range at(p.ok("crm.item.list", object{"entityTypeId": 2, "filter": c.filter, "order": object{"id": "asc"}}), "result", "items").([]any) {
			ids = append(ids, fmt.Sprint(at(it, "id")))
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%v: %q; want %q", c.filter, got, c.want)
		}
	}
	for _, bad := range []object{{"order": object{"id": "UP"}}, {"order": object{"uydurma": "ASC"}}, {"filter": object{"uydurma": 1}}, {"filter": object{"fm": 1}}} {
		bad["entityTypeId"] = 2
		if status, _ := p.call("crm.item.list", bad); status != 400 {
			t.Errorf("%v: HTTP %d", bad, status)
		}
	}
	items := at(p.ok("crm.item.list", object{"entityTypeId": 2, "select": []any{"title"}}), "result", "items").([]any)
	if len(items[0].(object)) != 2 { // and the id
		t.Errorf("selected: %v", items[0])
	}
}

func TestBatchReferencesAndHalt(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	p.Add(1, object{"title": "ilk"})
	answer := p.ok("batch", object{"cmd": object{
		"c0": "crm.item.list?entityTypeId=1&order[id]=ASC", "c1": "crm.item.get?entityTypeId=1&id=" + url.QueryEscape("$result[c0][items][0][id]"), "c2": "crm.item.get?entityTypeId=1&id=$result[c9][id]"}})
	if at(answer, "result", "result", "c1", "item", "title") != "ilk" || at(answer, "result", "result_error", "c2", "error") == nil {
		t.Errorf("references: %v", answer)
	}
	answer = p.ok("batch", object{"halt": 1, "cmd": object{"a": "crm.item.get?entityTypeId=1&id=9", "b": "scope"}})
	if at(answer, "result", "result_error", "a") == nil || at(answer, "result", "result", "b") != nil {
		t.Errorf("halt: %v", answer)
	}
	if time := at(p.ok("batch", object{"cmd": object{"b": "scope"}}), "result", "result_time", "b"); at(time, "operating") == nil || at(time, "operating_reset_at") == nil {
		t.Errorf("time: %v", time)
	}
}

// TestReferences has texts that a batch takes for references, each as the title of a lead
// beside a deal that came before.
func TestReferences(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	deal := p.Add(2, object{"title": "gizli", "opportunity": 12.5})
	const lost = "(lost)"
	for text, want := range map[string]any{
		"$result[d][item][title]": "gizli", "x $result[d][item][title]": "x gizli", "x$result[d][item][title]y z": "xgizli z",
		"$result[d][item][title] $result[d][item][opportunity]": "gizli 12.5", "$result[d][item][yok]": nil, "$result[d]": nil, "$result[yok]": nil,
		"x $result[d][item]": "x $result[d][item]", "$RESULT[d][item][title]": lost, "$total[l]": "1", "$result": "$result", "$result d": "$result d",
		"$ result[d]": "$ result[d]", "result[d][item]": "result[d][item]", "$other[d]": "$other[d]",
	} {
		lead := p.Add(1, object{"title": "önce"})
		p.ok("batch", object{"cmd": object{
			"d": fmt.Sprint("crm.item.get?entityTypeId=2&id=", deal), "l": "crm.item.list?entityTypeId=2",
			"z1": fmt.Sprint("crm.item.update?entityTypeId=1&id=", lead, "&fields[title]=", url.QueryEscape(text)),
			"z2": fmt.Sprint("crm.item.update?entityTypeId=1&id=", lead, "&fields[fm][n0][typeId]=IM&fields[fm][n0][value]=", url.QueryEscape(text)),
		}})

		r, _ := p.Record(1, lead)
		title := r.Fields["title"]
		switch {
		case want == nil && title != "önce": // what is no text is refused
			t.Errorf("%q became %v", text, title)
		case want == lost && title != "önce": // an empty title is not kept
			t.Errorf("%q became %v", text, title)
		case want != nil && want != lost && (title != want || r.FirstOf("IM") != want):
			t.Errorf("%q became %v, %v; want %v", text, title, r.FirstOf("IM"), want)
		}
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "x"})
	as := func(w bitrixsim.Webhook, method string, params object) (int, any) {
		body, _ := json.Marshal(params)
		resp, err := http.Post(p.url+p.AddWebhook(w)+method, "application/json", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		status, answer := p.answer(resp)
		return status, answer["error"]
	}
	for name, c := range map[string]struct {
		webhook bitrixsim.Webhook
		method  string
		params  object
		status  int
		code    any
	}{
		"scope":          {bitrixsim.Webhook{UserID: 1, Secret: "a", Scopes: []string{"user"}}, "crm.item.get", object{"entityTypeId": 1, "id": id}, 403, "insufficient_scope"},
		"another scope":  {bitrixsim.Webhook{UserID: 1, Secret: "b", Scopes: []string{"crm"}}, "user.get", object{}, 403, "insufficient_scope"},
		"may read":       {bitrixsim.Webhook{UserID: 5, Secret: "c", Scopes: []string{"crm"}}, "crm.item.get", object{"entityTypeId": 1, "id": id}, 200, nil},
		"may not write":  {bitrixsim.Webhook{UserID: 5, Secret: "d", Scopes: []string{"crm"}}, "crm.item.delete", object{"entityTypeId": 1, "id": id}, 400, "ACCESS_DENIED"},
		"has left":       {bitrixsim.Webhook{UserID: 4, Secret: "e", Scopes: []string{"crm"}}, "scope", object{}, 403, "user_access_error"},
		"no admin":       {bitrixsim.Webhook{UserID: 2, Secret: "f", Scopes: []string{"crm"}}, "crm.type.list", object{}, 400, "ACCESS_DENIED"},
		"no application": {bitrixsim.Webhook{UserID: 1, Secret: "g", Scopes: []string{"crm"}}, "app.info", object{}, 403, "ACCESS_DENIED"},
	} {
		if status, code := as(c.webhook, c.method, c.params); status != c.status || code != c.code {
			t.Errorf("%s: HTTP %d %v; want %d %v", name, status, code, c.status, c.code)
		}
	}
	if status, answer := p.call("scope", object{}); status != 200 {
		t.Errorf("HTTP %d %v", status, answer)
	}
	p.Delete()
	if status, answer := p.call("scope", object{}); status != 500 || answer["error"] != "PORTAL_DELETED" {
		t.Errorf("a deleted portal: HTTP %d %v", status, answer)
	}
}

// TestTokens has what the authorisation server refuses.
func TestTokens(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{App: bitrixsim.App{ID: "app", Secret: "s", Redirect: "http://x.example/"}, TokenLife: 50 * time.Millisecond})
	token := func(form url.Values) (int, object) {
		resp, err := http.PostForm(p.url+"/oauth/token/", form)
		if err != nil {
			t.Fatal(err)
		}
		return p.answer(resp)
	}
	call := func(auth string) (int, object) {
		resp, err := http.PostForm(p.url+"/rest/scope", url.Values{"auth": {auth}})
		if err != nil {
			t.Fatal(err)
		}
		return p.answer(resp)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(p.url+"/oauth/authorize/", url.Values{"client_id": {"app"}, "answer": {"allow"}, "state": {"st"}})
	if err != nil {
		t.Fatal(err)
	}
	back, _ := resp.Location()
	code := back.Query().Get("code")
	if back.Query().Get("member_id") == "" || back.Query().Get("state") != "st" {
		t.Errorf("sent back with %v", back.Query())
	}
	form := url.Values{"client_id": {"app"}, "client_secret": {"s"}, "grant_type": {"authorization_code"}, "code": {code}}
	wrong := url.Values{"client_id": {"app"}, "client_secret": {"x"}, "grant_type": {"authorization_code"}, "code": {code}}
	if status, answer := token(wrong); status != 401 || answer["error"] != "invalid_client" {
		t.Errorf("a wrong secret: HTTP %d %v", status, answer)
	}
	status, pair := token(form)
	if status != 200 {
		t.Fatalf("HTTP %d %v", status, pair)
	}
	if status, answer := token(form); status != 400 || answer["error"] != "invalid_grant" {
		t.Errorf("a code used twice: HTTP %d %v", status, answer)
	}
	if status, answer := call(pair["access_token"].(string)); status != 200 {
		t.Errorf("HTTP %d %v", status, answer)
	}
	time.Sleep(60 * time.Millisecond)
	if status, answer := call(pair["access_token"].(string)); status != 401 || answer["error"] != "expired_token" {
		t.Errorf("an old token: HTTP %d %v", status, answer)
	}
	refresh := url.Values{"client_id": {"app"}, "client_secret": {"s"}, "grant_type": {"refresh_token"}, "refresh_token": {pair["refresh_token"].(string)}}
	if status, next := token(refresh); status != 200 || next["refresh_token"] == pair["refresh_token"] {
		t.Errorf("refreshed: HTTP %d %v", status, next)
	}
	if status, answer := token(refresh); status != 400 || answer["error"] != "invalid_grant" {
		t.Errorf("a refresh token used twice: HTTP %d %v", status, answer)
	}
	if status, answer := call(""); status != 401 || answer["error"] != "NO_AUTH_FOUND" {
		t.Errorf("no token: HTTP %d %v", status, answer)
	}
}

func TestOperatingTime(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{OperatingLimit: 30 * time.Millisecond, OperatingWindow: 400 * time.Millisecond, Work: map[string]time.Duration{"crm.status.list": 20 * time.Millisecond}})
	var codes []any
	for range 3 {
		_, answer := p.call("crm.status.list", object{})
		codes = append(codes, answer["error"])
	}
	if !reflect.DeepEqual(codes, []any{nil, nil, "OPERATION_TIME_LIMIT"}) {
		t.Errorf("three calls: %v", codes)
	}
	if status, _ := p.call("crm.currency.list", object{}); status != 200 {
		t.Errorf("another method: HTTP %d", status)
	}
	time.Sleep(450 * time.Millisecond)
	if status, answer := p.call("crm.status.list", object{}); status != 200 {
		t.Errorf("later: HTTP %d %v", status, answer)
	}
	if got := p.Stats().Rejected; !reflect.DeepEqual(got, map[string]int{"OPERATION_TIME_LIMIT": 1}) {
		t.Errorf("rejected: %v", got)
	}
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{RequestLimit: 100 * time.Millisecond, Work: map[string]time.Duration{"crm.item.update": 15 * time.Millisecond}})
	cmd := object{}
	for n := range 20 {
		cmd[fmt.Sprintf("c%02d", n)] = fmt.Sprintf("crm.item.update?entityTypeId=1&id=%d&fields[title]=yeni", p.Add(1, object{"title": "eski"}))
	}
	body, _ := json.Marshal(object{"cmd": cmd})
	resp, err := http.Post(p.url+p.WebhookPath()+"batch", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	done := 0
	for _, r := range p.Records(1) {
		if r.Fields["title"] == "yeni" {
			done++
		}
	}
	if resp.StatusCode != 504 || !strings.Contains(string(page), "<html>") || done == 0 || done == 20 {
		t.Errorf("HTTP %d, %d of 20 done: %s", resp.StatusCode, done, page)
	}
}

// TestFaults sets each kind as a person would, over HTTP.
func TestFaults(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	set := func(body string) int {
		resp, err := http.Post(p.url+"/sim/bitrix24/faults", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	add := func() (int, string, error) {
		body := `{"cmd":{"a":"crm.item.add?entityTypeId=1&fields[title]=a","b":"crm.item.add?entityTypeId=1&fields[title]=b"}}`
		client := &http.Client{Timeout: time.Second}
		resp, err := client.Post(p.url+p.WebhookPath()+"batch", "application/json", strings.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text), err
	}
	for _, c := range []struct {
		fault  string
		status int
		says   string
		added  int
	}{
		{`{"kind":"503"}`, 503, "QUERY_LIMIT_EXCEEDED", 0}, {`{"kind":"429"}`, 429, "OPERATION_TIME_LIMIT", 0}, {`{"kind":"502"}`, 502, "<html>", 0},
		{`{"kind":"error","status":403,"code":"ACCESS_DENIED","text":"REST is available only on commercial plans"}`, 403, "commercial plans", 0},
		{`{"kind":"lost"}`, 0, "", 2}, {`{"kind":"truncated"}`, 200, `{"result"`, 2}, {`{"kind":"partial","after":1}`, 504, "<html>", 1}, {`{"kind":"slow","ms":30}`, 200, `"result"`, 2}, {`{"kind":"hang","ms":20}`, 0, "", 0},
		{`{"kind":"503","method":"crm.item.add"}`, 503, "QUERY", 0}, {`{"kind":"503","method":"crm.item.delete"}`, 200, "result", 2}, {`{"kind":"503","skip":1}`, 200, "result", 2},
	} {
		if status := set(`{"faults":[` + c.fault + `]}`); status != 200 {
			t.Fatalf("%s: HTTP %d", c.fault, status)
		}
		before := len(p.Records(1))
		status, text, _ := add()
		if added := len(p.Records(1)) - before; status != c.status || !strings.Contains(text, c.says) || added != c.added {
			t.Errorf("%s: HTTP %d %.80q, %d added; want %d %q, %d", c.fault, status, text, added, c.status, c.says, c.added)
		}
	}
	for _, bad := range []string{`{"faults":[{"kind":"uydurma"}]}`, `{"faults":[{"kind":"error"}]}`, `{"fault":1}`, `x`} {
		if status := set(bad); status != 400 {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
	resp, err := http.Get(p.url + "/sim/bitrix24/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s bitrixsim.Stats
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || s.Requests != 12 || s.Faults["503"] != 2 || s.Methods["crm.item.add"] == 0 || s.Highest == 0 {
		t.Errorf("stats: %+v, %v", s, err)
	}
}

// TestCRMPage shows a record, its history and who wrote it.
func TestCRMPage(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "Ayşe <b>", "stageId": "NEW", "assignedById": 2.0}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "a@x.tr"})
	p.ok("crm.item.update", object{"entityTypeId": 1, "id": id, "fields": object{"stageId": "IN_PROCESS"}})
	get := func(path string) (int, string) {
		resp, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	for path, says := range map[string][]string{
		"/crm/": {"Adaylar", "Anlaşmalar", "Projeler", "1 kayıt", "Ayşe &lt;b&gt;", "İşlemde", "a@x.tr", "Ayşe Yılmaz"},
		fmt.Sprintf("/crm/type/1/details/%d/", id): {"Geçmiş", "Mehmet Kaya", "webhook", "Aşama: <del>NEW</del> → <ins>IN_PROCESS</ins>"},
		"/crm/type/2/list/":                        {"Kayıt yok"}, "/crm/crm.css": {"body"},
	} {
		status, text := get(path)
		for _, s := range says {
			if status != 200 || !strings.Contains(text, s) {
				t.Errorf("%s: HTTP %d without %q", path, status, s)
			}
		}
	}
	for _, path := range []string{"/crm/type/99/list/", "/crm/type/1/details/99/"} {
		if status, _ := get(path); status != 404 {
			t.Errorf("%s: HTTP %d", path, status)
		}
	}
}

// TestCatalogue is whole in all languages.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"tr", "en", "ru"} {
		p := portalWith(t, bitrixsim.Options{Language: language})
		for _, id := range []int{1, 2, 3, 4, 7, 31, 1036, 1040} {
			fields := at(p.ok("crm.item.fields", object{"entityTypeId": id}), "result", "fields").(object)
			upper := map[any]string{}
			for name, f := range fields {
				if at(f, "title") == "" || at(f, "type") == "" {
					t.Errorf("%s %d: %s = %v", language, id, name, f)
				}
				if other, twice := upper[at(f, "upperName")]; twice {
					t.Errorf("%d: %s and %s are both %v", id, name, other, at(f, "upperName"))
				}
				upper[at(f, "upperName")] = name
				if list, ok := at(f, "statusType").(string); ok {
					if n := len(p.ok("crm.status.list", object{"filter": object{"ENTITY_ID": list}})["result"].([]any)); n == 0 {
						t.Errorf("%d: %s refers to the list %s, which is empty", id, name, list)
					}
				}
			}
		}
	}
}
