package googlesim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sim is a simulated Google with one spreadsheet, and an account's token.
type sim struct {
	*Google
	t       *testing.T
	server  *httptest.Server
	token   string
	refresh string
	now     time.Time
}

func newSim(t *testing.T) *sim {
	t.Helper()
	s := &sim{Google: New(Client{ID: "id", Secret: "secret"}, Account{Email: "ayse@ornek.com.tr"}), t: t, now: time.Now()}
	s.Google.now = func() time.Time { return s.now }
	t.Cleanup(s.Close)
	s.server = httptest.NewServer(s.Handler())
	t.Cleanup(s.server.Close)
	s.SetURL(s.server.URL)
	s.AddSpreadsheet(&Spreadsheet{ID: "s", Title: "Satış", Owner: "ayse@ornek.com.tr", Locale: "tr_TR", Sheets: []*Sheet{{Title: "Leads"}}})
	var scopes []string
	for _, name := range []string{"spreadsheets", "drive.metadata.readonly", "script.projects", "script.deployments"} {
		scopes = append(scopes, scopePrefix+name)
	}
	s.token, s.refresh = s.Grant("ayse@ornek.com.tr", scopes)
	return s
}

// call calls an API and returns the status and the answer.
func (s *sim) call(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest(method, s.server.URL+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	json.NewDecoder(resp.Body).Decode(&answer)
	if resp.StatusCode == http.StatusOK {
		s.hold(method, path, body, answer)
	}
	return resp.StatusCode, answer
}

// must is call for what succeeds.
func (s *sim) must(method, path string, body any) map[string]any {
	s.t.Helper()
	status, answer := s.call(method, path, body)
	if status != http.StatusOK {
		s.t.Fatalf("%s %s: HTTP %d %v", method, path, status, answer)
	}
	return answer
}

// TestTestingStatus ends a grant some time after its consent, whether or not it is
// used, as for apps that are not published.
func TestTestingStatus(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.Fail(Faults{GrantSeconds: 7 * 24 * 3600})
	renew := func() (int, string) {
		t.Helper()
		resp, err := http.PostForm(s.server.URL+"/token", url.Values{"client_id": {"id"}, "client_secret": {"secret"}, "grant_type": {"refresh_token"}, "refresh_token": {s.refresh}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body struct{ Error string }
		json.NewDecoder(resp.Body).Decode(&body)
		return resp.StatusCode, body.Error
	}
	for range 6 {
		s.now = s.now.Add(24 * time.Hour)
		if status, code := renew(); status != http.StatusOK {
			t.Fatalf("within a week: HTTP %d %s", status, code)
		}
	}
	s.now = s.now.Add(25 * time.Hour)
	if status, code := renew(); status != http.StatusBadRequest || code != "invalid_grant" {
		t.Errorf("after a week: HTTP %d %s", status, code)
	}
}

// TestScriptLimits meets what a script, and the account that runs it, may have.
func TestScriptLimits(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.Fail(Faults{NotFound: 2})
	id := s.must(http.MethodPost, "/v1/projects", map[string]any{"title": "x", "parentId": "s"})["scriptId"].(string)
	files := map[string]any{"files": []any{
		map[string]any{"name": "appsscript", "type": "JSON", "source": `{"oauthScopes":["https://www.googleapis.com/auth/script.scriptapp","https://www.googleapis.com/auth/spreadsheets.currentonly"],"webapp":{"executeAs":"USER_DEPLOYING","access":"ANYONE"}}`},
		map[string]any{"name": "Code", "type": "SERVER_JS", "source": `
			function add() { for (var i = 0; i < 21; i++) ScriptApp.newTrigger("add").forSpreadsheet("s").onEdit().create(); }
			function doGet() { return HtmlService.createHtmlOutput("merhaba"); }
			function onEdit(e) { SpreadsheetApp.getActive().getId(); ScriptApp.newTrigger("x").forSpreadsheet("s").onEdit().create(); }`}}}
	for n, want := range []int{404, 404, 200} {
		if status, _ := s.call(http.MethodPut, "/v1/projects/"+id+"/content", files); status != want {
			t.Errorf("attempt %d at a project that was just made: HTTP %d; want %d", n+1, status, want)
		}
	}
	for range maxVersions {
		s.must(http.MethodPost, "/v1/projects/"+id+"/versions", map[string]any{})
	}
	if status, _ := s.call(http.MethodPost, "/v1/projects/"+id+"/versions", map[string]any{}); status != http.StatusBadRequest {
		t.Errorf("version 201: HTTP %d", status)
	}

	// A web app that runs as its owner asks no visitor for the owner's consent.
	d := s.must(http.MethodPost, "/v1/projects/"+id+"/deployments", map[string]any{"versionNumber": 200})["deploymentId"].(string)
	resp, err := http.Get(s.server.URL + "/macros/s/" + d + "/exec")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("as its owner, who did not agree: HTTP %d", resp.StatusCode)
	}
	p, _ := s.project(id)
	m, _ := manifestOf(p.Files)
	s.grants.ScriptConsents["ayse@ornek.com.tr "+id] = scriptConsent{Asked: m.OAuthScopes, Granted: m.OAuthScopes}
	if _, err := s.execution(p, p.Files, "ayse@ornek.com.tr").call(t.Context(), "add", func() any { return nil }); err == nil || !strings.Contains(err.Error(), "too many triggers") {
		t.Errorf("trigger 21: %v", err)
	}
	if n := len(s.Triggers("s")); n != maxTriggers {
		t.Errorf("%d triggers", n)
	}

	// A simple trigger has nobody's consent.
	x := s.execution(p, p.Files, "ayse@ornek.com.tr")
	x.limited = true
	if _, err := x.call(t.Context(), "onEdit", func() any { return nil }); err == nil || !strings.Contains(err.Error(), "You do not have permission to call ScriptApp.newTrigger") {
		t.Errorf("a simple trigger: %v", err)
	}
}

// TestCellsThatAreNoValues are formulas, errors, and what may not be written.
func TestCellsThatAreNoValues(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	edit := func(e Edit) {
		t.Helper()
		e.SpreadsheetID = "s"
		if err := s.Edit(e); err != nil {
			t.Fatal(err)
		}
	}
	edit(Edit{Range: "A1", Values: [][]any{{"2", "=A1*3", `="no " & A1`, "=B1+B1/4", "=E1", "=1/0", "=YOK(1)", "'=metin", "=F1"}}})
	edit(Edit{Kind: "recalculate", Range: "E1", Values: [][]any{{"uzaktan"}}})
	get := func(render string) any {
		t.Helper()
		return s.must(http.MethodGet, "/v4/spreadsheets/s/values/A1:I1?valueRenderOption="+render, nil)["values"].([]any)[0]
	}
	if got, want := get("UNFORMATTED_VALUE"), []any{2.0, 6.0, "no 2", 7.5, "uzaktan", "#DIV/0!", "#NAME?", "=metin", "#DIV/0!"}; !reflect.DeepEqual(got, want) {
		t.Errorf("values: %v; want %v", got, want)
	}
	if got, want := get("FORMATTED_VALUE"), []any{"2", "6", "no 2", "7,5", "uzaktan", "#DIV/0!", "#NAME?", "=metin", "#DIV/0!"}; !reflect.DeepEqual(got, want) {
		t.Errorf("shown: %v; want %v", got, want)
	}
	if got, want := get("FORMULA"), []any{2.0, "=A1*3", `="no " & A1`, "=B1+B1/4", "=E1", "=1/0", "=YOK(1)", "=metin", "=F1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("formulas: %v; want %v", got, want)
	}
	edit(Edit{Range: "A1", Values: [][]any{{4.0}}})
	if got := get("UNFORMATTED_VALUE").([]any); got[1] != 12.0 || got[3] != 15.0 {
		t.Errorf("after what they refer to changed: %v", got)
	}

	put := func(cell string) (int, string) {
		t.Helper()
		status, answer := s.call(http.MethodPut, "/v4/spreadsheets/s/values/"+cell+"?valueInputOption=RAW", map[string]any{"values": [][]any{{"x"}}})
		e, _ := answer["error"].(map[string]any)
		message, _ := e["message"].(string)
		return status, message
	}
	edit(Edit{Kind: "protect", Range: "C2:C9"})
	if status, message := put("C5"); status != http.StatusBadRequest || !strings.Contains(message, "protected cell") {
		t.Errorf("a protected cell: HTTP %d %s", status, message)
	}
	if status, message := put("AA1"); status != http.StatusBadRequest || message != "Range (Leads!AA1) exceeds grid limits. Max rows: 1000, max columns: 26" {
		t.Errorf("beyond the grid: HTTP %d %s", status, message)
	}
	s.must(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", map[string]any{"requests": []any{map[string]any{"appendDimension": map[string]any{"sheetId": 0, "dimension": "COLUMNS", "length": 1}}}})
	if status, message := put("AA1"); status != http.StatusOK {
		t.Errorf("within a grid that grew: HTTP %d %s", status, message)
	}
}

// TestQuotas are an account's, and those of all together.
func TestQuotas(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	read := func() (int, string) {
		t.Helper()
		status, answer := s.call(http.MethodGet, "/v4/spreadsheets/s/values/A1", nil)
		e, _ := answer["error"].(map[string]any)
		message, _ := e["message"].(string)
		return status, message
	}
	for whose, f := range map[string]Faults{"minute per user'": {PerMinute: 2}, "minute'": {AllPerMinute: 2}} {
		s.Fail(f)
		for range 2 {
			if status, message := read(); status != http.StatusOK {
				t.Errorf("within: HTTP %d %s", status, message)
			}
		}
		if status, message := read(); status != http.StatusTooManyRequests || !strings.Contains(message, "limit 'Read requests per "+whose) {
			t.Errorf("beyond: HTTP %d %s", status, message)
		}
		s.now = s.now.Add(time.Minute)
		if status, _ := read(); status != http.StatusOK {
			t.Errorf("a minute later: HTTP %d", status)
		}
	}
}
