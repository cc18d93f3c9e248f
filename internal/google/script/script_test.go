package script_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/google/script"
	"sheet24/internal/pipeline"
	"sheet24/internal/sim/googlesim"
)

const owner = "ayse@ornek.com.tr"

// server is what the script talks to: it gives the key for the token "t", and
// checks and keeps what is posted.
type server struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	down   bool
	posted []map[string]any
	ids    map[string]bool
}

var key = []byte("0123456789abcdef0123456789abcdef")

func newServer(t *testing.T) *server {
	s := &server{t: t, ids: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/sheet-sync/activate", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Token, Version string }
		json.NewDecoder(r.Body).Decode(&in)
		if in.Token != "t" || in.Version != script.Version {
			w.WriteHeader(http.StatusNotFound)
			json.NewEncoder(w).Encode(map[string]string{"code": "activation_token", "message": "Bu bağlantı <eski>."})
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"gid": 0, "key": base64.StdEncoding.EncodeToString(key),
			"webhook_url": s.URL + "/hook", "table_url": s.URL + "/tables/1"})
	})
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		if r.Header.Get("webhook-signature") != pipeline.Sign(key, id, at, body) || s.ids[id] {
			t.Errorf("wrong signature or id: %v", r.Header)
		}
		s.ids[id] = true
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		s.posted = append(s.posted, m)
		w.WriteHeader(http.StatusAccepted)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) setDown(down bool) { s.mu.Lock(); s.down = down; s.mu.Unlock() }

// take waits for n messages, lets stragglers come, and returns them.
func (s *server) take(n int) []map[string]any {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		got := len(s.posted)
		s.mu.Unlock()
		if got >= n && n > 0 {
			break
		}
		if n == 0 && time.Until(end) < 4700*time.Millisecond {
			break
		}
	}
	time.Sleep(50 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.posted
	s.posted = nil
	if len(got) != n {
		s.t.Fatalf("posted %v; want %d messages", got, n)
	}
	return got
}

type oneToken struct{ t *sheet24.Token }

func (o oneToken) Token(context.Context, string) (*sheet24.Token, error) { return o.t, nil }
func (o oneToken) SaveToken(_ context.Context, t *sheet24.Token) error   { return nil }
func (o oneToken) EndToken(context.Context, string) error                { return nil }

// installed puts the script into a spreadsheet through the API.
func installed(t *testing.T, serverURL string) (g *googlesim.Google, sheet *googlesim.Spreadsheet, sc sheet24.Script, install func() sheet24.Script) {
	t.Helper()
	g = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: owner})
	t.Cleanup(g.Close)
	api := httptest.NewServer(g.Handler())
	t.Cleanup(api.Close)
	g.SetURL(api.URL)
	sheet = &googlesim.Spreadsheet{Title: "Satış", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 0, Title: "Leads"}, {GID: 5, Title: "Notlar"}}}
	g.AddSpreadsheet(sheet)
	access, refresh := g.Grant(owner, google.FullAccess.Scopes())
	client := google.New(google.Config{ClientID: "id", ClientSecret: "secret", BaseURL: api.URL},
		oneToken{&sheet24.Token{AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}})
	install = func() sheet24.Script {
		t.Helper()
		next, err := client.Install(t.Context(), "u", sheet.ID, serverURL, sc)
		if err != nil {
			t.Fatal(err)
		}
		sc = next
		return next
	}
	install()
	return g, sheet, sc, install
}

// open opens the web app in a browser without cookies, allowing it if asked.
func open(t *testing.T, sc sheet24.Script, token string) string {
	t.Helper()
	address := sc.WebAppURL + "?" + url.Values{"t": {token}}.Encode()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	// Who has not agreed sees a page, with HTTP 200 as at Google.
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(page), "Yetkilendirme gerekiyor") {
		t.Fatalf("a visitor who has not agreed sees HTTP %d: %s", resp.StatusCode, page)
	}
	allow := u.Scheme + "://" + u.Host + "/sim/google/authorize/" + sc.DeploymentID + "?" + url.Values{"continue": {u.RequestURI()}}.Encode()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err = client.PostForm(allow, url.Values{"account": {owner}, "answer": {"allow"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		req.AddCookie(c)
	}
	if resp, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ = io.ReadAll(resp.Body)
	return string(page)
}

func edit(t *testing.T, g *googlesim.Google, sheet *googlesim.Spreadsheet, gid int64, cell string, rows ...[]any) {
	t.Helper()
	if err := g.Edit(googlesim.Edit{SpreadsheetID: sheet.ID, GID: gid, Range: cell, Values: rows}); err != nil {
		t.Fatal(err)
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g, sheet, sc, install := installed(t, s.URL+"/")
	edit(t, g, sheet, 0, "A1", []any{"x"})
	s.take(0) // no trigger yet

	if page := open(t, sc, "wrong"); !strings.Contains(page, "❌ Webhook kurulamadı") || !strings.Contains(page, "Bu bağlantı &lt;eski>.") {
		t.Errorf("a wrong token: %s", page)
	}
	if n := g.Triggers(sheet.ID); len(n) != 0 {
		t.Errorf("triggers of a script without a key: %v", n)
	}
	if page := open(t, sc, "t"); !strings.Contains(page, "✅ Webhook kuruldu!") || !strings.Contains(page, s.URL+"/tables/1") {
		t.Fatalf("activation: %s", page)
	}
	if m := s.take(1)[0]; m["event"] != "ping" || m["sheet_id"] != sheet.ID || m["gid"] != 0.0 {
		t.Errorf("ping = %v", m)
	}

	// One edit is one message, which names rows and no values.
	edit(t, g, sheet, 0, "B3", []any{"ğüşİ"}, []any{"gizli"})
	if m := s.take(1)[0]; !reflect.DeepEqual(m, map[string]any{"v": 1.0, "event": "row_edited", "row_id": 3.0, "last_row_id": 4.0, "sheet_id": sheet.ID, "gid": 0.0}) {
		t.Errorf("edit = %v", m)
	}
	edit(t, g, sheet, 5, "A1", []any{"a tab that is not synced"})
	s.take(0)

	// What could not be sent goes along with the next edit.
	s.setDown(true)
	edit(t, g, sheet, 0, "A9", []any{"x"})
	time.Sleep(300 * time.Millisecond)
	edit(t, g, sheet, 0, "A7", []any{"x"})
	time.Sleep(300 * time.Millisecond)
	s.setDown(false)
	edit(t, g, sheet, 0, "A2", []any{"x"})
	if m := s.take(1)[0]; m["row_id"] != 2.0 || m["last_row_id"] != 9.0 {
		t.Errorf("after a failure: %v", m)
	}
	edit(t, g, sheet, 0, "A2", []any{"y"})
	if m := s.take(1)[0]; m["row_id"] != 2.0 || m["last_row_id"] != 2.0 {
		t.Errorf("after that: %v", m)
	}

	// Installed and opened again there is still one trigger of each, and one link.
	before := sc
	if sc = install(); sc != before {
		t.Errorf("the script moved: %+v, %+v", before, sc)
	}
	open(t, sc, "t")
	s.take(1)
	if n := g.Triggers(sheet.ID); !reflect.DeepEqual(n, []string{"sheet24Changed", "sheet24Edited"}) {
		t.Errorf("triggers: %v", n)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := script.Files(script.Settings{ServerURL: "https://sheet24.example/", SpreadsheetID: `x"</script>`})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.Name] = f.Source
	}
	var m struct {
		URLFetchWhitelist []string
		WebApp            struct{ ExecuteAs, Access string }
	}
	if err := json.Unmarshal([]byte(all["appsscript"]), &m); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.URLFetchWhitelist, []string{"https://sheet24.example/"}) || m.WebApp.ExecuteAs != "USER_ACCESSING" || m.WebApp.Access != "MYSELF" {
		t.Errorf("manifest: %s", all["appsscript"])
	}
	if strings.Contains(all["Config"], "</script>") || !strings.Contains(all["Config"], `"server":"https://sheet24.example"`) {
		t.Errorf("config: %s", all["Config"])
	}
}
