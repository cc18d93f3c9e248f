package bitrix24_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// portal starts a simulated portal and a client that may call it.
func portal(t *testing.T) (*bitrixsim.Portal, *bitrix24.Client, *sheet24.Portal) {
	t.Helper()
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	client := bitrix24.New(bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")})
	p, err := client.Connect(t.Context(), server.URL+sim.WebhookPath())
	if err != nil {
		t.Fatal(err)
	}
	return sim, client, p
}

func lead(sim *bitrixsim.Portal, email string) int64 {
	return sim.Add(1, map[string]any{"title": "Ayşe Yılmaz", "name": "Ayşe", "stageId": "NEW", "opportunity": 1500.5},
		bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email},
		bitrixsim.Multi{TypeID: "PHONE", ValueType: "MOBILE", Value: "+905321234567"})
}

func TestFields(t *testing.T) {
	t.Parallel()
	_, client, p := portal(t)
	fields, err := client.Fields(t.Context(), p, sheet24.Leads)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]sheet24.Field{}
	for _, f := range fields {
		byName[f.Name] = f
	}
	if f := byName["STATUS_ID"]; f.APIName != "stageId" || len(f.Choices) != 5 || f.Choices[0] != (sheet24.Choice{ID: "NEW", Label: "Yeni"}) {
		t.Errorf("STATUS_ID = %+v", f)
	}
	if f := byName["EMAIL"]; f.APIName != "fm" || !f.Multiple {
		t.Errorf("EMAIL = %+v", f)
	}
	if !byName["ID"].ReadOnly {
		t.Error("ID can be written")
	}
	if _, ok := byName["FM"]; ok {
		t.Error("fm is a field of its own")
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	sim, client, p := portal(t)
	var ids []int64
	for range 120 { // three lists of one batch
		ids = append(ids, lead(sim, "a@x.tr"))
	}
	items, err := client.Items(t.Context(), p, sheet24.Leads, append(ids, 9999))
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 120 {
		t.Fatalf("%d items", len(items))
	}
	it := items[ids[119]]
	if it.Values["STATUS_ID"] != "NEW" || it.Values["OPPORTUNITY"] != 1500.5 {
		t.Errorf("values = %v", it.Values)
	}
	if len(it.Multi) != 2 || it.Multi[0].Value != "a@x.tr" || it.Multi[0].ID == 0 || it.Multi[1].Kind != "MOBILE" {
		t.Errorf("multi = %+v", it.Multi)
	}
	if n := sim.Calls()["batch"]; n != 2 { // one for the status lists, one for the records
		t.Errorf("%d batches", n)
	}
}

func TestUpdateReplacesAMultiValue(t *testing.T) {
	t.Parallel()
	sim, client, p := portal(t)
	id := lead(sim, "eski@x.tr")
	before, _ := sim.Record(1, id)
	errs := client.Update(t.Context(), p, []sheet24.ItemUpdate{
		{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"stageId": "IN_PROCESS", "opportunity": 1e7, "name": nil},
			Multi: []sheet24.MultiValue{{ID: before.Multi[0].ID, Type: "EMAIL", Kind: "WORK", Value: "yeni@x.tr"}}},
		{Entity: sheet24.Leads, ID: 9999, Fields: map[string]any{"title": "x"}},
		{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"stageId": "NONSENSE"}},
	})
	if errs[0] != nil || !sheet24.IsKind(errs[1], sheet24.NotFound) || !sheet24.IsKind(errs[2], sheet24.Invalid) {
		t.Fatalf("errors = %v", errs)
	}
	after, _ := sim.Record(1, id)
	if len(after.Multi) != 2 || after.FirstOf("EMAIL") != "yeni@x.tr" || after.FirstOf("PHONE") != "+905321234567" {
		t.Errorf("multi = %+v", after.Multi)
	}
	if after.Fields["stageId"] != "IN_PROCESS" || after.Fields["opportunity"] != 1e7 || after.Fields["name"] != nil {
		t.Errorf("fields = %v", after.Fields)
	}
}

func TestWebhookURL(t *testing.T) {
	t.Parallel()
	hosts := bitrix24.Hosts{"127.0.0.1:3000", "crm.firma.local"}
	for _, c := range []struct{ in, want, code string }{
		{"https://firma.bitrix24.com.tr/rest/1/abc123/", "https://firma.bitrix24.com.tr/rest/1/abc123/", ""},
		{"  https://Firma.bitrix24.com/rest/12/abc123/crm.lead.list.json?x=1", "https://firma.bitrix24.com/rest/12/abc123/", ""},
		{"http://127.0.0.1:3000/rest/1/abc", "http://127.0.0.1:3000/rest/1/abc/", ""},
		{"https://crm.firma.local/rest/1/abc", "https://crm.firma.local/rest/1/abc/", ""},
		{"http://firma.bitrix24.com/rest/1/abc", "", "portal_https"},
		{"https://firma.bitrix24.com.evil.example/rest/1/abc", "", "portal_host"},
		{"https://169.254.169.254/rest/1/abc", "", "portal_host"},
		{"https://u:p@firma.bitrix24.com/rest/1/abc", "", "portal_url"},
		{"https://firma.bitrix24.com/", "", "portal_url"},
		{"https://firma.bitrix24.com/rest/../x/1", "", "portal_url"},
		{"firma.bitrix24.com", "", "portal_url"},
		{"", "", "portal_url"},
	} {
		u, err := hosts.Webhook(c.in)
		if c.code != "" {
			if err == nil || sheet24.AsError(err).Code != c.code {
				t.Errorf("Webhook(%q) = %v, %v; want %s", c.in, u, err, c.code)
			}
		} else if err != nil || u.String() != c.want {
			t.Errorf("Webhook(%q) = %v, %v; want %s", c.in, u, err, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status       int
		body, code   string
		kind         sheet24.Kind
		locationHost string
	}{
		{503, `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}`, "portal_busy", sheet24.Unavailable, ""},
		{429, `{"error":"OPERATION_TIME_LIMIT","error_description":"x"}`, "portal_busy", sheet24.Unavailable, ""},
		{401, `{"error":"NO_AUTH_FOUND","error_description":"Wrong authorization data"}`, "portal_webhook_invalid", sheet24.Unauthorized, ""},
		{403, `{"error":"insufficient_scope","error_description":"x"}`, "portal_scope", sheet24.Unauthorized, ""},
		{400, `{"error":0,"error_description":"Başlık gerekli"}`, "portal_refused", sheet24.Invalid, ""},
		{502, `<html>Bad Gateway</html>`, "portal_unreachable", sheet24.Unavailable, ""},
		{404, `<html>nothing here</html>`, "portal_not_bitrix24", sheet24.Invalid, ""},
		{302, ``, "portal_not_bitrix24", sheet24.Invalid, "https://evil.example/"},
		{200, `{"result":["cr`, "portal_unreachable", sheet24.Unavailable, ""},
		{200, `{"result":"not a list","time":{}}`, "portal_answer", sheet24.Unavailable, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c.locationHost != "" {
				w.Header().Set("Location", c.locationHost)
			}
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}))
		client := bitrix24.New(bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")})
		_, err := client.Connect(t.Context(), server.URL+"/rest/1/cokgizli/")
		server.Close()
		e := sheet24.AsError(err)
		if err == nil || e.Code != c.code || e.Kind != c.kind {
			t.Errorf("%d %s: %v; want %s %s", c.status, c.body, err, c.kind, c.code)
		}
		if strings.Contains(err.Error(), "cokgizli") {
			t.Errorf("the secret is in the error: %v", err)
		}
	}
	client := bitrix24.New(bitrix24.Hosts{"127.0.0.1:1"})
	if _, err := client.Connect(t.Context(), "http://127.0.0.1:1/rest/1/cokgizli/"); !sheet24.IsKind(err, sheet24.Unavailable) || strings.Contains(err.Error(), "cokgizli") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestCallsKeepWithinTheBucket(t *testing.T) {
	t.Parallel()
	sim, client, p := portal(t)
	id := lead(sim, "a@x.tr")
	for range 51 { // with the calls before it more than the bucket holds: the client must wait
		if _, err := client.Items(t.Context(), p, sheet24.Leads, []int64{id}); err != nil {
			t.Fatal(err)
		}
	}
	if got := sim.Calls(); !reflect.DeepEqual(got["crm.item.list"], 51) {
		t.Errorf("calls = %v", got)
	}
}
