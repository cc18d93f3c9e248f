package google_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/sim/googlesim"
)

const owner = "ayse@ornek.com.tr"

// tokens keeps grants in memory.
type tokens struct {
	mu    sync.Mutex
	token *sheet24.Token
	saved int
}

func (s *tokens) Token(context.Context, string) (*sheet24.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := *s.token
	return &t, nil
}

func (s *tokens) SaveToken(_ context.Context, t *sheet24.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.saved = t, s.saved+1
	return nil
}

func (s *tokens) EndToken(context.Context, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.Ended = true
	return nil
}

// world is a simulated Google with one spreadsheet, and a client signed in to it.
type world struct {
	sim    *googlesim.Google
	url    string
	client *google.Client
	tokens *tokens
	sheet  string
	// intercept may answer a request in Google's place; it tells whether it did.
	intercept atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{tokens: &tokens{}}
	w.sim = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: owner, Name: "Ayşe"}, googlesim.Account{Email: "mehmet@ornek.com.tr"})
	t.Cleanup(w.sim.Close)
	handler := w.sim.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if f := w.intercept.Load(); f == nil || !(*f)(rw, r) {
			handler.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.sim.SetURL(server.URL)
	s := &googlesim.Spreadsheet{Title: "Satış 'özel' 2026", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{
		{GID: 0, Title: "Leads", Rows: [][]any{{"ID", "Ad"}, {1.0, "Ayşe"}, {2.0, nil, true}, {nil, nil}}},
		{GID: 99, Title: "Sayfa'm 2", Rows: [][]any{{"x"}}},
	}}
	w.sim.AddSpreadsheet(s)
	w.sheet = s.ID
	w.client = google.New(google.Config{ClientID: "id", ClientSecret: "secret", RedirectURL: "http://localhost/callback", PerMinute: 1e6, BaseURL: server.URL}, w.tokens)
	access, refresh := w.sim.Grant(owner, google.FullAccess.Scopes())
	w.tokens.token = &sheet24.Token{UserID: "u", AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}
	return w
}

func wantCode(t *testing.T, err error, code sheet24.Code) {
	t.Helper()
	if err == nil || sheet24.AsError(err).Code != code {
		t.Errorf("error = %v; want %s", err, code)
	}
}

// consent answers Google's consent page and returns what it redirects with.
func consent(t *testing.T, address string, form url.Values) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("HTTP %d: %v", resp.StatusCode, err)
	}
	return back.Query()
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	verifier := google.NewVerifier()
	address := w.client.ConsentURL("state-1", verifier, true)
	all := url.Values{"account": {owner}, "answer": {"allow"}, "scope": google.FullAccess.Scopes()}

	q := consent(t, address, all)
	if q.Get("state") != "state-1" {
		t.Fatalf("state = %q", q.Get("state"))
	}
	account, token, err := w.client.Exchange(t.Context(), q.Get("code"), verifier)
	if err != nil {
		t.Fatal(err)
	}
	if account != (google.Account{Email: owner, Name: "Ayşe"}) || token.RefreshToken == "" || !reflect.DeepEqual(token.Scopes, google.FullAccess.Scopes()) || time.Until(token.ExpiresAt) < 50*time.Minute {
		t.Fatalf("account %+v, token %+v", account, token)
	}
	_, _, err = w.client.Exchange(t.Context(), q.Get("code"), verifier)
	wantCode(t, err, sheet24.CodeGoogleSignIn) // a code is good once
	q = consent(t, address, all)
	_, _, err = w.client.Exchange(t.Context(), q.Get("code"), google.NewVerifier())
	wantCode(t, err, sheet24.CodeGoogleSignIn) // and with its verifier alone

	q = consent(t, address, url.Values{"account": {owner}, "answer": {"allow"}, "scope": {google.FullAccess.Scopes()[3], google.FullAccess.Scopes()[5]}})
	_, _, err = w.client.Exchange(t.Context(), q.Get("code"), verifier)
	wantCode(t, err, sheet24.CodeGoogleScope)
	if e := sheet24.AsError(err); !reflect.DeepEqual(e.Args, []any{"drive.metadata.readonly"}) {
		t.Errorf("the unticked scope: %v", e.Args)
	}
	if q = consent(t, address, url.Values{"answer": {"deny"}}); q.Get("error") != "access_denied" || q.Get("code") != "" {
		t.Errorf("denied: %v", q)
	}
}

func TestRefreshOnceForMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tokens.token.ExpiresAt = time.Now().Add(-time.Minute)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.client.Spreadsheet(t.Context(), "u", w.sheet); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if w.tokens.saved != 1 {
		t.Errorf("refreshed %d times", w.tokens.saved)
	}
	w.sim.RevokeAll(owner)
	w.tokens.token.ExpiresAt = time.Now().Add(-time.Minute)
	_, err := w.client.Spreadsheet(t.Context(), "u", w.sheet)
	wantCode(t, err, sheet24.CodeGoogleReconnect)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.client.Revoke(t.Context(), w.tokens.token); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.Spreadsheet(t.Context(), "u", w.sheet)
	wantCode(t, err, sheet24.CodeGoogleReconnect)
	if err := w.client.Revoke(t.Context(), w.tokens.token); err != nil {
		t.Errorf("revoking what is revoked: %v", err)
	}
}

func TestSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.AddSpreadsheet(&googlesim.Spreadsheet{Title: "Mehmet'in", Owner: "mehmet@ornek.com.tr", Sheets: []*googlesim.Sheet{{Title: "a"}}})
	for range 60 {
		w.sim.AddSpreadsheet(&googlesim.Spreadsheet{Title: "Çok", Owner: owner, Sheets: []*googlesim.Sheet{{Title: "a"}}})
	}
	files, next, err := w.client.Spreadsheets(t.Context(), "u", "", "")
	if err != nil || len(files) != 50 || next == "" {
		t.Fatalf("%d files, next %q, %v", len(files), next, err)
	}
	files, next, err = w.client.Spreadsheets(t.Context(), "u", "", next)
	if err != nil || len(files) != 11 || next != "" {
		t.Fatalf("page 2: %d files, next %q, %v", len(files), next, err)
	}
	files, _, err = w.client.Spreadsheets(t.Context(), "u", "'ÖZEL'", "")
	if err != nil || len(files) != 1 || files[0].ID != w.sheet || files[0].Modified.IsZero() {
		t.Fatalf("search: %+v, %v", files, err)
	}
	sp, err := w.client.Spreadsheet(t.Context(), "u", w.sheet)
	if err != nil || sp.TimeZone != "Europe/Istanbul" || len(sp.Tabs) != 2 || sp.Tabs[1] != (google.Tab{GID: 99, Title: "Sayfa'm 2", Rows: 1000, Columns: 26}) {
		t.Fatalf("spreadsheet: %+v, %v", sp, err)
	}
	_, err = w.client.Spreadsheet(t.Context(), "u", "nothing")
	wantCode(t, err, sheet24.CodeGoogleNotFound)
}

func TestReadAndWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := sheet24.Rows(1, 1)
	got, err := w.client.Read(t.Context(), "u", w.sheet, 0, []sheet24.Range{first, sheet24.Rows(2, 0), {FirstRow: 2, FirstColumn: 1, LastColumn: 1}, sheet24.Rows(50, 60), first})
	want := [][][]any{{{"ID", "Ad"}}, {{1.0, "Ayşe"}, {2.0, "", true}}, {{1.0}, {2.0}}, nil, {{"ID", "Ad"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("Read = %#v, %v", got, err)
	}
	err = w.client.Write(t.Context(), "u", w.sheet, 0, []sheet24.Cell{{Row: 3, Column: 2, Value: "=1+1"}, {Row: 9, Column: 4, Value: 7.0}})
	if err != nil {
		t.Fatal(err)
	}
	if _, rows, _ := w.sim.Cells(w.sheet, 0); rows[2][1] != "=1+1" || rows[8][3] != 7.0 {
		t.Errorf("cells: %v", rows)
	}
	if err := w.client.Write(t.Context(), "u", w.sheet, 0, nil); err != nil {
		t.Errorf("writing nothing: %v", err)
	}
	_, err = w.client.Read(t.Context(), "u", w.sheet, 12345, []sheet24.Range{first})
	wantCode(t, err, sheet24.CodeTabUnknown)
	for kind, cells := range map[string]string{"protect": "B2:B9", "merge": "C2:D3"} {
		if err := w.sim.Edit(googlesim.Edit{SpreadsheetID: w.sheet, Kind: kind, Range: cells}); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, w.client.Write(t.Context(), "u", w.sheet, 0, []sheet24.Cell{{Row: 3, Column: 2, Value: "x"}}), sheet24.CodeGoogleProtected)
	merged, err := w.client.Merged(t.Context(), "u", w.sheet, 0)
	if err != nil || !reflect.DeepEqual(merged, []sheet24.Range{{FirstRow: 2, LastRow: 3, FirstColumn: 3, LastColumn: 4}}) {
		t.Errorf("merged: %v, %v", merged, err)
	}
	access, _ := w.sim.Grant("mehmet@ornek.com.tr", google.FullAccess.Scopes())
	w.tokens.token.AccessToken = access
	_, err = w.client.Read(t.Context(), "u", w.sheet, 0, []sheet24.Range{first})
	wantCode(t, err, sheet24.CodeGoogleForbidden)
}

// TestZeroCharacters reads texts that hold characters of number 0 without them.
func TestZeroCharacters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.sim.Edit(googlesim.Edit{SpreadsheetID: w.sheet, Range: "B2", Values: [][]any{{"Ay\x00şe"}}}); err != nil {
		t.Fatal(err)
	}
	row := []sheet24.Range{sheet24.Rows(2, 2)}
	tab := sheet24.TabRef{UserID: "u", SpreadsheetID: w.sheet}
	got, err := w.client.Read(t.Context(), "u", w.sheet, 0, row)
	formatted, _, errFormatted := w.client.ReadFormatted(t.Context(), tab, row)
	columns, errColumns := w.client.ReadColumns(t.Context(), tab, 1, []sheet24.Column{{Index: 1, Name: "Ad"}})
	if err := errors.Join(err, errFormatted, errColumns); err != nil {
		t.Fatal(err)
	}
	for way, v := range map[string]any{"values": got[0][0][1], "formatted": formatted[0][0][1], "columns": columns[0][1]} {
		if v != "Ayşe" {
			t.Errorf("%s: %q", way, v)
		}
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var n atomic.Int32
	refuse := func(status int, times int32) {
		n.Store(0)
		f := func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" || n.Add(1) > times {
				return false
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			rw.Write([]byte(`{"error":{"message":"x","status":"X"}}`))
			return true
		}
		w.intercept.Store(&f)
	}
	read := func() error {
		_, err := w.client.Read(t.Context(), "u", w.sheet, 0, []sheet24.Range{sheet24.Rows(1, 1)})
		return err
	}
	refuse(429, 2)
	if err := read(); err != nil || n.Load() != 3 {
		t.Errorf("429 twice: %v after %d requests", err, n.Load())
	}
	refuse(503, 1)
	if err := read(); err != nil {
		t.Errorf("503 once: %v", err)
	}
	refuse(503, 1)
	_, err := w.client.Install(t.Context(), "u", w.sheet, "http://127.0.0.1:1", sheet24.Script{})
	wantCode(t, err, sheet24.CodeGoogleBusy) // creating is not repeated: it might create twice
	refuse(400, 9)
	if err := read(); err == nil || n.Load() != 2 { // the second asks how large the tab is
		t.Errorf("400: %v after %d requests", err, n.Load())
	}
}

// TestErrors has an answer of Google's for each thing that a user, or an
// administrator, can mend.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		status int
		body   string
		code   sheet24.Code
		args   []any
	}{
		{403, `{"error":{"code":403,"message":"User has not enabled the Apps Script API. Enable it by visiting https://script.google.com/home/usersettings then retry.","status":"PERMISSION_DENIED"}}`, sheet24.CodeGoogleScriptAPIOff, nil},
		{403, `{"error":{"code":403,"message":"Apps Script API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/script.googleapis.com/overview?project=1 then retry.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`,
			sheet24.CodeGoogleAPIDisabled, []any{"https://console.developers.google.com/apis/api/script.googleapis.com/overview?project=1"}},
		{403, `{"error":{"code":403,"message":"Request had insufficient authentication scopes.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}`, sheet24.CodeGoogleReconnect, nil},
		{403, `{"error":{"code":403,"message":"Kullanıcı Apps Script API'sini etkinleştirmemiş. https://script.google.com/home/usersettings adresini ziyaret edin.","status":"PERMISSION_DENIED"}}`, sheet24.CodeGoogleScriptAPIOff, nil},
		{403, `{"error":{"errors":[{"domain":"usageLimits","reason":"accessNotConfigured","message":"x"}],"code":403,"message":"Visit https://console.cloud.google.com/apis?p=1 now"}}`, sheet24.CodeGoogleAPIDisabled, []any{"https://console.cloud.google.com/apis?p=1"}},
		{403, `{"error":{"errors":[{"domain":"global","reason":"insufficientPermissions","message":"Insufficient Permission"}],"code":403,"message":"Insufficient Permission"}}`, sheet24.CodeGoogleReconnect, nil},
		{403, `{"error":{"errors":[{"domain":"global","reason":"insufficientFilePermissions","message":"x"}],"code":403,"message":"x"}}`, sheet24.CodeGoogleForbidden, nil},
		{403, `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`, sheet24.CodeGoogleForbidden, nil},
		{404, `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`, sheet24.CodeGoogleNotFound, nil},
		{400, `{"error":{"code":400,"message":"Invalid requests[0].addSheet","status":"INVALID_ARGUMENT"}}`, sheet24.CodeGoogleRefused, []any{"Invalid requests[0].addSheet"}},
		{400, `{"error":{"code":400,"message":"No grid with id: 7","status":"INVALID_ARGUMENT"}}`, sheet24.CodeTabUnknown, nil},
		{502, `<html>Bad gateway</html>`, sheet24.CodeGoogleBusy, nil},
		{200, `{"scriptId":`, sheet24.CodeGoogleUnreachable, nil},
	} {
		f := func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/v1/projects") {
				return false
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(c.status)
			rw.Write([]byte(c.body))
			return true
		}
		w.intercept.Store(&f)
		_, err := w.client.Install(t.Context(), "u", w.sheet, "http://127.0.0.1:1", sheet24.Script{})
		wantCode(t, err, c.code)
		if got := sheet24.AsError(err).Args; len(c.args) > 0 && !reflect.DeepEqual(got, c.args) {
			t.Errorf("%s: %v; want %v", c.code, got, c.args)
		}
	}
}

// TestDriveRateLimits are said with 403, and pass. Source: Drive's guide "Resolve errors".
func TestDriveRateLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func() error {
		_, _, err := w.client.Spreadsheets(t.Context(), "u", "", "")
		return err
	}
	for _, reason := range []string{"userRateLimitExceeded", "rateLimitExceeded", "sharingRateLimitExceeded"} {
		w.sim.Fail(googlesim.Faults{Calls: []googlesim.CallFault{{Method: "drive.files.list", Status: 403, Reason: reason, Times: 1}}})
		if err := list(); err != nil {
			t.Errorf("%s once: %v", reason, err)
		}
	}
	w.sim.Fail(googlesim.Faults{Calls: []googlesim.CallFault{{Method: "drive.files.list", Status: 403, Reason: "userRateLimitExceeded"}}})
	wantCode(t, list(), sheet24.CodeGoogleBusy)
	// Any other 403 is final.
	w.sim.Fail(googlesim.Faults{Calls: []googlesim.CallFault{{Method: "drive.files.list", Status: 403, Reason: "insufficientFilePermissions", Times: 1}}})
	wantCode(t, list(), sheet24.CodeGoogleForbidden)
}

// TestRefusedInTheUsersLanguage is told from what is there, not from words.
func TestRefusedInTheUsersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write := func(gid int64) error {
		return w.client.Write(t.Context(), "u", w.sheet, gid, []sheet24.Cell{{Row: 3, Column: 2, Value: "x"}})
	}
	for _, language := range []string{"", "tr", "ja"} {
		w.sim.Fail(googlesim.Faults{Language: language})
		if err := w.sim.Edit(googlesim.Edit{SpreadsheetID: w.sheet, Kind: "protect", Range: "B:B"}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, write(0), sheet24.CodeGoogleProtected)
		if err := w.sim.Edit(googlesim.Edit{SpreadsheetID: w.sheet, Kind: "unprotect"}); err != nil {
			t.Fatal(err)
		}
		if err := write(0); err != nil {
			t.Errorf("%q: %v", language, err)
		}
	}
	wantCode(t, write(12345), sheet24.CodeTabUnknown)
	// Refused for another reason, that stays the reason.
	wantCode(t, w.client.Write(t.Context(), "u", w.sheet, 0, []sheet24.Cell{{Row: 3, Column: 400, Value: "x"}}), sheet24.CodeGoogleRefused)
}

// TestSharedDrives lists what is in them, too.
func TestSharedDrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.AddSpreadsheet(&googlesim.Spreadsheet{Title: "Ekip satışı", Drive: "0ABC", Editors: []string{owner}})
	files, _, err := w.client.Spreadsheets(t.Context(), "u", "ekip", "")
	if err != nil || len(files) != 1 || files[0].Name != "Ekip satışı" {
		t.Errorf("files: %+v, %v", files, err)
	}
}
