package bitrix24_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// official is how the documentation describes a method; see testdata/methods.json.
type official struct {
	Params map[string]struct {
		Type     string
		Required bool
	}
	Fields map[string]string // of the parameter "fields": name → type
	Result any               // a sample
}

func readOfficial(t *testing.T) map[string]official {
	t.Helper()
	data, err := os.ReadFile("testdata/methods.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	all := map[string]official{}
	for name, text := range raw {
		var m official
		if !strings.HasPrefix(name, "$") {
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all[name] = m
		}
	}
	return all
}

// exchange is one call, alone or within a batch: what was sent and what came.
type exchange struct {
	method string
	params map[string]any
	result any
	failed bool
}

// recorder stands between a client and the portal and writes down every call.
type recorder struct {
	mu   sync.Mutex
	seen []exchange
}

func (r *recorder) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, req)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
		r.mu.Lock()
		defer r.mu.Unlock()
		r.note(req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:], body, answer.Body.Bytes())
	})
}

func (r *recorder) note(method string, body, answer []byte) {
	var params map[string]any
	var got struct{ Result any }
	json.Unmarshal(body, &params)
	json.Unmarshal(answer, &got)
	r.seen = append(r.seen, exchange{method, params, got.Result, got.Result == nil})
	if method != "batch" {
		return
	}
	result, _ := got.Result.(map[string]any)
	results, _ := result["result"].(map[string]any)
	for key, text := range params["cmd"].(map[string]any) {
		name, query, _ := strings.Cut(text.(string), "?")
		values, _ := url.ParseQuery(query)
		one, ok := results[key]
		r.seen = append(r.seen, exchange{name, nested(values), one, !ok})
	}
}

// nested is a query as PHP reads it.
func nested(values url.Values) map[string]any {
	root := map[string]any{}
	for key, list := range values {
		path := strings.Split(strings.TrimSuffix(strings.ReplaceAll(key, "]", ""), "]"), "[")
		at := root
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = list[0]
	}
	return root
}

// values that a parameter or a field of a type may have in a query; an empty text
// clears.
var textOf = map[string]*regexp.Regexp{
	"integer": regexp.MustCompile(`^-?\d*$`), "number": regexp.MustCompile(`^(-?\d+(\.\d+)?)?$`), "boolean": regexp.MustCompile(`^[YN]?$`),
	"date": regexp.MustCompile(`^(\d{4}-\d\d-\d\d)?$`), "datetime": regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d))?$`), "string": regexp.MustCompile(`(?s).*`),
}

func fits(kind string, v any) bool {
	switch kind {
	case "list":
		_, list := v.([]any)
		numbered, _ := v.(map[string]any)
		for i := range len(numbered) {
			if _, ok := numbered[strconv.Itoa(i)]; !ok {
				return false
			}
		}
		return list || len(numbered) > 0
	case "array", "object":
		_, list := v.([]any)
		_, object := v.(map[string]any)
		return list || object || v == ""
	}
	s, ok := v.(string)
	if n, number := v.(float64); number {
		s, ok = strconv.FormatFloat(n, 'f', -1, 64), true
	}
	return ok && textOf[kind] != nil && textOf[kind].MatchString(s)
}

var ownField = regexp.MustCompile(`^(ufCrm\d*_\w+|parentId\d+)$`)

// requestFaults says what in a call the documentation does not know.
func requestFaults(e exchange, m official) (faults []string) {
	for name, v := range e.params {
		p, ok := m.Params[name]
		if !ok {
			faults = append(faults, "unknown parameter "+name)
		} else if !fits(p.Type, v) {
			faults = append(faults, fmt.Sprintf("%s is no %s: %v", name, p.Type, v))
		}
	}
	for name, p := range m.Params {
		if _, ok := e.params[name]; p.Required && !ok {
			faults = append(faults, name+" is missing")
		}
	}
	fields, _ := e.params["fields"].(map[string]any)
	for name, v := range fields {
		kind, ok := m.Fields[name]
		if !ok && ownField.MatchString(name) {
			continue
		}
		if !ok {
			faults = append(faults, "unknown field "+name)
		} else if !fits(kind, v) {
			faults = append(faults, fmt.Sprintf("field %s is no %s: %v", name, kind, v))
		}
	}
	return faults
}

// answerFaults says where an answer has another shape than the sample of the
// documentation: a key that is not there, or a value of another type. Empty
// values say nothing: PHP writes all of them alike.
func answerFaults(path string, got, sample any) (faults []string) {
	if got == nil || sample == nil {
		return nil
	}
	switch s := sample.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if list, isList := got.([]any); isList && len(list) == 0 {
			return nil
		}
		if !ok {
			return []string{fmt.Sprintf("%s is no object: %v", path, got)}
		}
		for key, v := range object {
			like, known := s[key]
			if every, ok := s["*"]; ok {
				like, known = every, true
			}
			switch {
			case known:
				faults = append(faults, answerFaults(path+"."+key, v, like)...)
			case len(s) > 0 && !ownField.MatchString(key):
				faults = append(faults, path+"."+key+" is not in the documentation")
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok {
			if object, isObject := got.(map[string]any); isObject && len(s) == 0 {
				_ = object // a PHP array that was empty in the sample
				return nil
			}
			return []string{fmt.Sprintf("%s is no list: %v", path, got)}
		}
		for i, v := range list {
			if len(s) > 0 {
				faults = append(faults, answerFaults(fmt.Sprintf("%s[%d]", path, i), v, s[0])...)
			}
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", sample) {
			faults = append(faults, fmt.Sprintf("%s is %T, in the documentation %T", path, got, sample))
		}
	}
	return faults
}

// extra are answers that other pages of the documentation describe: items and settings of
// user fields, what only companies, quotes and invoices have, and addresses, which
// crm.lead.fields, crm.contact.fields and crm.company.fields describe.
var extra = regexp.MustCompile(`\.items is not|\.settings\.|\.(address\w*|regAddress\w*|industry|employees|revenue|quoteNumber|dealId|accountNumber|xmlId|export|closed)\b`)

// TestConformance has the client make each of its calls, and holds every request,
// and every answer of the simulated portal, against the official descriptions.
func TestConformance(t *testing.T) {
	t.Parallel()
	describe := readOfficial(t)
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 1000, Brim: 1000})
	log := &recorder{}
	server := httptest.NewServer(log.around(sim.Handler()))
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
	for _, e := range log.seen {
		m, ok := describe[e.method]
		if !ok {
			t.Fatalf("%s is called, but testdata/methods.json does not describe it", e.method)
		}
		called[e.method]++
		faults := requestFaults(e, m)
		if !e.failed {
			faults = append(faults, answerFaults("result", e.result, m.Result)...)
		}
		for _, f := range faults {
			if line := e.method + ": " + f; !extra.MatchString(f) && !said[line] {
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
	describe := readOfficial(t)
	for what, e := range map[string]exchange{
		"unknown parameter": {method: "crm.item.delete", params: map[string]any{"entityTypeId": "1", "id": "2", "force": "Y"}},
		"missing":           {method: "crm.item.delete", params: map[string]any{"entityTypeId": "1"}},
		"wrong type":        {method: "crm.item.delete", params: map[string]any{"entityTypeId": "lead", "id": "2"}},
		"unknown field":     {method: "crm.item.update", params: map[string]any{"entityTypeId": "1", "id": "2", "fields": map[string]any{"TITLE": "x"}}},
		"field's type":      {method: "crm.item.update", params: map[string]any{"entityTypeId": "1", "id": "2", "fields": map[string]any{"opportunity": "1,5"}}},
	} {
		if len(requestFaults(e, describe[e.method])) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
	sample := describe["crm.category.list"].Result
	for what, got := range map[string]any{
		"no object":   []any{1.0},
		"unknown key": map[string]any{"categories": []any{map[string]any{"uydurma": 1.0}}},
		"wrong type":  map[string]any{"categories": []any{map[string]any{"id": "9"}}},
	} {
		if len(answerFaults("result", got, sample)) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
}
