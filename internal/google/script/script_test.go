package script_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/google/script"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sync/receive"
)

const (
	owner     = "ayse@ornek.com.tr"
	colleague = "mehmet@ornek.com.tr"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// rig is a simulated Google with the script in a spreadsheet, a browser, and the
// server that the script talks to. The server gives the key for the token "t", and
// checks and keeps what is posted.
type rig struct {
	t       *testing.T
	google  *googlesim.Google
	api     *httptest.Server
	client  *google.Client
	browser *http.Client
	sheet   *googlesim.Spreadsheet
	script  sheet24.Script
	server  *httptest.Server

	ahead  atomic.Int64 // of the real time, for the simulated Google
	mu     sync.Mutex
	answer func() (int, string) // of the webhook
	posted []map[string]any
	ids    map[string]bool
}

type oneToken struct{ t *sheet24.Token }

func (o oneToken) Token(context.Context, string) (*sheet24.Token, error) { return o.t, nil }
func (o oneToken) SaveToken(context.Context, *sheet24.Token) error       { return nil }
func (o oneToken) EndToken(context.Context, string) error                { return nil }

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, ids: map[string]bool{}, answer: accepted,
		google: googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: owner}, googlesim.Account{Email: colleague})}
	t.Cleanup(r.google.Close)
	r.google.SetClock(func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) })
	r.api = httptest.NewServer(r.google.Handler())
	t.Cleanup(r.api.Close)
	r.google.SetURL(r.api.URL)
	r.server = httptest.NewServer(r.routes())
	t.Cleanup(r.server.Close)
	r.sheet = &googlesim.Spreadsheet{Title: "Satış", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 0, Title: "Leads", Rows: [][]any{
		{"ID", "Ad"}, {1.0, "Ali"}, {2.0, "Veli"}, {3.0, "Can"}}}, {GID: 5, Title: "Notlar"}}}
	r.google.AddSpreadsheet(r.sheet)
	access, refresh := r.google.Grant(owner, google.FullAccess.Scopes())
	r.client = google.New(google.Config{ClientID: "id", ClientSecret: "secret", BaseURL: r.api.URL},
		oneToken{&sheet24.Token{AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour)}})
	r.install()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.browser = &http.Client{Jar: jar}
	return r
}

func accepted() (int, string) { return http.StatusAccepted, `{"status":"accepted"}` }

func (r *rig) install() {
	r.t.Helper()
	sc, err := r.client.Install(r.t.Context(), "u", r.sheet.ID, r.server.URL+"/", r.script)
	if err != nil {
		r.t.Fatal(err)
	}
	r.script = sc
}

func (r *rig) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/sheet-sync/activate", func(w http.ResponseWriter, req *http.Request) {
		var in struct{ Token, Version, Needs string }
		json.NewDecoder(req.Body).Decode(&in)
		switch {
		case in.Token != "t" || in.Version == "":
			w.WriteHeader(http.StatusNotFound)
			json.NewEncoder(w).Encode(map[string]string{"code": "activation_token", "message": "Bu bağlantı <eski>."})
		case in.Needs != "":
			r.script.Wide = true
			r.install()
			json.NewEncoder(w).Encode(map[string]any{"gid": 0, "again_url": r.script.WebAppURL + "?t=t"})
		default:
			json.NewEncoder(w).Encode(map[string]any{"gid": 0, "key": base64.StdEncoding.EncodeToString(key),
				"webhook_url": r.server.URL + "/hook", "table_url": r.server.URL + "/tables/1"})
		}
	})
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		answer := r.answer
		r.mu.Unlock()
		status, text := answer()
		r.mu.Lock()
		defer r.mu.Unlock()
		if status == http.StatusAccepted {
			body, _ := io.ReadAll(req.Body)
			id, at := req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp")
			if req.Header.Get("webhook-signature") != receive.Sign(key, id, at, body) || r.ids[id] {
				r.t.Errorf("wrong signature or id: %v", req.Header)
			}
			if u, err := uuid.Parse(id); err != nil || u.Version() != 7 {
				r.t.Errorf("id %q: %v", id, err)
			}
			r.ids[id] = true
			var m map[string]any
			if err := json.Unmarshal(body, &m); err != nil {
				r.t.Error(err)
			}
			if m["v"] != 1.0 || m["sheet_id"] != r.sheet.ID || m["gid"] != 0.0 {
				r.t.Errorf("posted %s", body)
			}
			for _, common := range []string{"v", "sheet_id", "gid"} {
				delete(m, common)
			}
			r.posted = append(r.posted, m)
		}
		w.WriteHeader(status)
		io.WriteString(w, text)
	})
	return mux
}

// answers sets what the webhook answers from now on.
func (r *rig) answers(f func() (int, string)) { r.mu.Lock(); r.answer = f; r.mu.Unlock() }

// take waits until the scripts have run and returns what they posted.
func (r *rig) take() []map[string]any {
	r.t.Helper()
	r.google.Settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.posted
	r.posted = nil
	return got
}

// wants takes what was posted and compares it.
func (r *rig) wants(what string, want ...map[string]any) {
	r.t.Helper()
	got := r.take()
	less := func(a, b map[string]any) int { return strings.Compare(text(a), text(b)) }
	slices.SortFunc(got, less)
	slices.SortFunc(want, less)
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		r.t.Errorf("%s: posted %v; want %v", what, got, want)
	}
}

func text(v any) string { b, _ := json.Marshal(v); return string(b) }

func edited(first, last float64) map[string]any {
	return map[string]any{"event": "row_edited", "row_id": first, "last_row_id": last}
}

var (
	ping   = map[string]any{"event": "ping"}
	wholly = map[string]any{"event": "structure_changed"}
)

// do is a request of the browser; it returns the page.
func (r *rig) do(method, address string, form url.Values) string {
	r.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = r.api.URL + address
	}
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := r.browser.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	// Whoever has not agreed sees a page, with HTTP 200 as at Google.
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: HTTP %d %s %v", address, resp.StatusCode, page, err)
	}
	return html.UnescapeString(string(page))
}

var review = regexp.MustCompile(`id="review" href="([^"]+)"`)

// open opens the web app, and agrees to what is asked but for the scopes that are
// unticked.
func (r *rig) open(token string, unticked ...string) string {
	r.t.Helper()
	return r.agree(r.do(http.MethodGet, r.script.WebAppURL+"?t="+token, nil), owner, unticked...)
}

func (r *rig) agree(page, account string, unticked ...string) string {
	r.t.Helper()
	m := review.FindStringSubmatch(page)
	if m == nil {
		return page
	}
	return r.consent(m[1], account, unticked...)
}

var scopeBox = regexp.MustCompile(`name="scope" value="([^"]+)"`)

func (r *rig) consent(address, account string, unticked ...string) string {
	r.t.Helper()
	form := url.Values{"account": {account}, "answer": {"allow"}, "boxes": {"1"}}
	for _, m := range scopeBox.FindAllStringSubmatch(r.do(http.MethodGet, address, nil), -1) {
		if !slices.ContainsFunc(unticked, func(u string) bool { return strings.HasSuffix(m[1], u) }) {
			form.Add("scope", m[1])
		}
	}
	return r.do(http.MethodPost, address, form)
}

// activated is a rig whose owner has let the script run.
func activated(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	if page := r.open("t"); !strings.Contains(page, "✅ Webhook kuruldu!") || !strings.Contains(page, r.server.URL+"/tables/1") {
		t.Fatalf("activation: %s", page)
	}
	r.wants("activation", ping)
	return r
}

func (r *rig) edit(e googlesim.Edit) {
	r.t.Helper()
	e.SpreadsheetID = r.sheet.ID
	if err := r.google.Edit(e); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) typed(cell string) {
	r.t.Helper()
	r.edit(googlesim.Edit{Range: cell, Values: [][]any{{"x"}}})
}

var both = []string{"sheet24Changed", "sheet24Edited"}

func (r *rig) wantTriggers(want ...string) {
	r.t.Helper()
	if got := r.google.Triggers(r.sheet.ID); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		r.t.Errorf("triggers: %v; want %v", got, want)
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.typed("A9")
	r.wants("an edit before the activation")
	if page := r.open("wrong"); !strings.Contains(page, "❌ Webhook kurulamadı") || !strings.Contains(page, "Bu bağlantı <eski>.") {
		t.Errorf("a wrong token: %s", page)
	}
	if page := r.open(""); !strings.Contains(page, "❌ Webhook kurulamadı") {
		t.Errorf("no token: %s", page)
	}
	r.wants("no token")
	r.open("t")
	r.wants("activation", ping)
	r.wantTriggers(both...)

	// Opened again, and installed again, there is still one trigger of each and one
	// link, and no version was made for nothing.
	before := r.script
	r.install()
	if r.script != before {
		t.Errorf("the script moved: %+v, %+v", before, r.script)
	}
	r.open("t")
	r.wants("activated again", ping)
	r.wantTriggers(both...)
	r.typed("A2")
	r.wants("an edit", edited(2, 2))
}

// TestEvents makes every kind of edit, and says what the server is told: rows, or to
// look at all of them, and no value ever.
func TestEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit googlesim.Edit
		want []map[string]any
	}{
		"a cell":         {googlesim.Edit{Range: "B3", Values: [][]any{{"ğüşİ"}}}, []map[string]any{edited(3, 3)}},
		"a block":        {googlesim.Edit{Range: "A3", Values: [][]any{{7.0, "gizli"}, {8.0, "gizli"}}}, []map[string]any{edited(3, 4)}},
		"another tab":    {googlesim.Edit{GID: 5, Range: "A1", Values: [][]any{{"x"}}}, nil},
		"the header":     {googlesim.Edit{Range: "B1", Values: [][]any{{"Adı"}}}, []map[string]any{edited(1, 1)}},
		"fill down":      {googlesim.Edit{Kind: "fill", Range: "B2:B4"}, []map[string]any{edited(3, 4)}},
		"clear":          {googlesim.Edit{Kind: "clear", Range: "B2:B4"}, []map[string]any{edited(2, 4)}},
		"cut":            {googlesim.Edit{Kind: "cut", Range: "A2:B2", To: "A9"}, []map[string]any{edited(9, 9)}},
		"insert rows":    {googlesim.Edit{Kind: "insert_rows", Range: "2:3"}, []map[string]any{wholly}},
		"delete rows":    {googlesim.Edit{Kind: "delete_rows", Range: "2:3"}, []map[string]any{wholly}},
		"move rows":      {googlesim.Edit{Kind: "move_rows", Range: "2:2", To: "4"}, []map[string]any{wholly}},
		"insert columns": {googlesim.Edit{Kind: "insert_columns", Range: "B:B"}, []map[string]any{wholly}},
		"delete columns": {googlesim.Edit{Kind: "delete_columns", Range: "B:B"}, []map[string]any{wholly}},
		"sort":           {googlesim.Edit{Kind: "sort", Range: "A2:B4", Descending: true}, []map[string]any{wholly}},
		"undo":           {googlesim.Edit{Kind: "undo"}, []map[string]any{wholly}},
		"rename the tab": {googlesim.Edit{Kind: "rename_tab", Title: "Adaylar"}, []map[string]any{wholly}},
		"delete a tab":   {googlesim.Edit{GID: 5, Kind: "delete_tab"}, []map[string]any{wholly}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := activated(t)
			if c.edit.Kind == "undo" {
				r.typed("B2")
				r.wants("what is undone", edited(2, 2))
			}
			r.edit(c.edit)
			r.wants(name, c.want...)
		})
	}
}

// TestUncertainEvents has Google tell of moved rows, and of what an API wrote, in each
// of the ways that people report.
func TestUncertainEvents(t *testing.T) {
	t.Parallel()
	r := activated(t)
	sort := googlesim.Edit{Kind: "sort", Range: "A2:B4"}
	r.google.Fail(googlesim.Faults{Structure: "edit"})
	r.edit(sort)
	r.wants("a sort that is an edit, too", edited(2, 4), wholly)
	r.google.Fail(googlesim.Faults{Structure: "none"})
	r.edit(sort)
	r.wants("a sort that is nothing")
	write := func() {
		t.Helper()
		if err := r.client.Write(t.Context(), "u", r.sheet.ID, 0, []sheet24.Cell{{Row: 2, Column: 3, Value: "✅"}}); err != nil {
			t.Fatal(err)
		}
	}
	write()
	r.wants("what an API wrote")
	r.google.Fail(googlesim.Faults{Writes: true})
	write()
	r.wants("what an API wrote, told of", wholly)
}

// TestNudgesAreKept has the server away in every manner; the next edit takes along
// what could not be sent.
func TestNudgesAreKept(t *testing.T) {
	t.Parallel()
	r := activated(t)
	r.answers(func() (int, string) { return http.StatusServiceUnavailable, "busy" })
	r.typed("A9")
	r.take()
	r.answers(func() (int, string) { return http.StatusBadGateway, "<html>nginx</html>" })
	r.typed("A7")
	r.take()
	r.answers(func() (int, string) { panic(http.ErrAbortHandler) }) // the connection breaks
	r.typed("A4")
	r.take()
	r.answers(accepted)
	r.typed("A5")
	r.wants("after failures", edited(4, 9))
	r.typed("A2")
	r.wants("after that", edited(2, 2))

	r.answers(func() (int, string) { return http.StatusInternalServerError, "" })
	r.edit(googlesim.Edit{Kind: "insert_rows", Range: "2:2"})
	r.take()
	r.answers(accepted)
	r.typed("A5")
	r.wants("after a structure change was lost", wholly)

	// A day's quota of requests used up: kept, too.
	r.google.Fail(googlesim.Faults{Fetches: 1})
	r.typed("A2")
	r.wants("the last request of the day", edited(2, 2))
	r.typed("A3")
	r.wants("over quota")
	r.google.Fail(googlesim.Faults{})
	r.typed("A4")
	r.wants("the next day", edited(3, 4))

	// Nobody follows the tab any more: the script stops to ask.
	r.answers(func() (int, string) { return http.StatusNotFound, `{"code":"webhook_table","message":"…"}` })
	r.typed("A2")
	r.take()
	asked := 0
	r.answers(func() (int, string) { asked++; return accepted() })
	r.typed("A2")
	r.take()
	if asked != 0 {
		t.Errorf("%d messages for a tab that nobody follows", asked)
	}
}

// TestTwoTriggersAtOnce have nothing of each other's lost: both fail at the same time, and
// the next edit takes both along.
func TestTwoTriggersAtOnce(t *testing.T) {
	t.Parallel()
	r := activated(t)
	var there sync.WaitGroup
	there.Add(2)
	r.answers(func() (int, string) {
		there.Done()
		there.Wait()
		return http.StatusServiceUnavailable, "busy"
	})
	r.typed("A9")
	r.typed("A3")
	r.take()
	r.answers(accepted)
	r.typed("A5")
	r.wants("after both failed", edited(3, 9))
	r.typed("A2")
	r.wants("after that", edited(2, 2))

	// Many at once, half of which fail: none is lost.
	var n atomic.Int32
	r.answers(func() (int, string) {
		if n.Add(1)%2 == 0 {
			return http.StatusServiceUnavailable, "busy"
		}
		return accepted()
	})
	for row := 10; row < 30; row++ {
		r.typed(fmt.Sprint("A", row))
	}
	got := r.take()
	r.answers(accepted)
	r.typed("A9")
	got = append(got, r.take()...)
	covered := map[float64]bool{}
	for _, m := range got {
		for row := m["row_id"].(float64); row <= m["last_row_id"].(float64); row++ {
			covered[row] = true
		}
	}
	for row := 9.0; row < 30; row++ {
		if !covered[row] {
			t.Errorf("row %v is lost", row)
		}
	}
}

// TestServerThatHangs takes the script's time only now and then: a day with an edit every
// five minutes costs less than what a day has, 90 minutes, though each request lasts until
// Google ends the run after six; and nothing is lost.
func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	r := activated(t)
	r.google.Fail(googlesim.Faults{MaxRunMS: 2000})
	var asked atomic.Int32
	hang := make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(hang) }))
	r.answers(func() (int, string) { asked.Add(1); <-hang; return http.StatusGatewayTimeout, "" })
	pass := func(d time.Duration) { r.ahead.Add(int64(d)) }

	var at []string
	for minute := 0; minute < 24*60; minute += 5 {
		before := asked.Load()
		r.typed(fmt.Sprint("A", 2+minute/5%50))
		r.take()
		if asked.Load() > before {
			at = append(at, (time.Duration(minute) * time.Minute).String())
		}
		pass(5 * time.Minute)
	}
	if spent := len(at) * 6; spent > 75 || len(at) < 6 {
		t.Errorf("%d minutes of 90 were spent, at %v", spent, at)
	}

	// It is there again: all goes along with the first edit after the rest.
	r.google.Fail(googlesim.Faults{})
	r.answers(accepted)
	pass(4 * time.Hour)
	r.typed("A3")
	r.wants("after a day", edited(2, 51))
	r.typed("A4")
	r.wants("after that", edited(4, 4))
}

// TestLateAnswer takes along what was noted while an answer was late, without waiting
// for another edit.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	r := activated(t)
	came, goOn := make(chan struct{}), make(chan struct{})
	r.answers(func() (int, string) {
		close(came)
		<-goOn
		return accepted()
	})
	r.typed("A9")
	<-came
	r.ahead.Add(int64(10 * time.Second))
	var asked atomic.Int32
	r.answers(func() (int, string) { asked.Add(1); return accepted() })
	r.typed("A3")
	r.typed("A5")
	deadline := time.Now().Add(time.Minute)
	for notes := 0; notes < 3; time.Sleep(10 * time.Millisecond) { // theirs, and of the one that is late
		notes = 0
		for name := range r.google.Properties(r.script.ProjectID) {
			if strings.HasPrefix(name, "unsent.0.") {
				notes++
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is noted")
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d messages while one is late", n)
	}
	close(goOn)
	r.wants("at last", edited(9, 9), edited(3, 5))
}

// menu is the caption of what the script put into the spreadsheet's menu, "" if it
// put nothing there.
func (r *rig) menu(spreadsheetID string) (project, function string) {
	r.t.Helper()
	items := r.google.Menu(r.t.Context(), spreadsheetID, owner)
	if len(items) == 0 {
		return "", ""
	}
	if len(items) != 1 || items[0].Menu != "sheet24" || items[0].Caption != "Etkinleştir · Activate" {
		r.t.Errorf("menu: %+v", items)
	}
	return items[0].Project, items[0].Function
}

// click chooses the item in the menu and answers what it asks.
func (r *rig) click(answer *string) (said, authorization string) {
	r.t.Helper()
	project, function := r.menu(r.sheet.ID)
	body, err := json.Marshal(map[string]any{"project": project, "function": function, "answer": answer})
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := r.browser.Post(r.api.URL+"/sim/google/menu", "application/json", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		Said          []string
		Authorization string
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(out.Said, "|"), out.Authorization
}

// agreeTo agrees to what a script asks for when it is started from a menu.
func (r *rig) agreeTo(address, account string) {
	r.t.Helper()
	resp, err := r.browser.PostForm(r.api.URL+address, url.Values{"account": {account}, "answer": {"allow"}})
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close() // it leads back to the spreadsheet
}

// TestMenu activates without the web app, which several accounts in one browser keep
// from opening.
func TestMenu(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.google.Fail(googlesim.Faults{ManyAccounts: true})
	if page := r.open("t"); !strings.Contains(page, "dosya şu anda açılamıyor") {
		t.Errorf("web app: %s", page)
	}
	code := "t"
	_, authorization := r.click(&code)
	if authorization == "" {
		t.Fatal("a script ran without its user's consent")
	}
	r.agreeTo(authorization, owner)
	if said, _ := r.click(nil); said != "" {
		t.Errorf("cancelled, and it says %q", said)
	}
	wrong := "yanlış"
	if said, _ := r.click(&wrong); !strings.Contains(said, "❌") || !strings.Contains(said, "Bu bağlantı <eski>.") {
		t.Errorf("a wrong code: %q", said)
	}
	code = " t\n" // as it is pasted
	if said, _ := r.click(&code); !strings.Contains(said, "✅ Webhook kuruldu!") {
		t.Errorf("the code: %q", said)
	}
	r.wants("activation", ping)
	r.typed("A2")
	r.wants("an edit", edited(2, 2))
}

// TestEditor is the last way: the function is run in the script editor.
func TestEditor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := "/d/" + r.script.ProjectID + "/edit"
	form := url.Values{"function": {"sheet24Activate"}, "answer": {"t"}}
	if page := r.do(http.MethodGet, path, nil); !strings.Contains(page, "<option>sheet24Activate</option>") {
		t.Errorf("editor: %s", page)
	}
	r.consent("/sim/google/authorize/"+r.script.ProjectID+"?continue="+path, owner)
	if page := r.do(http.MethodPost, path, form); !strings.Contains(page, "✅ Webhook kuruldu!") {
		t.Errorf("run: %s", page)
	}
	r.wants("activation", ping)
}

// TestCopy copies the spreadsheet: the script goes along, its key and triggers do
// not, and it offers nothing there.
func TestCopy(t *testing.T) {
	t.Parallel()
	r := activated(t)
	twin, ok := r.google.Copy(r.sheet.ID)
	if !ok {
		t.Fatal("no copy")
	}
	if err := r.google.Edit(googlesim.Edit{SpreadsheetID: twin.ID, Range: "A2", Values: [][]any{{"x"}}}); err != nil {
		t.Fatal(err)
	}
	r.wants("an edit of the copy")
	if _, function := r.menu(twin.ID); function != "" {
		t.Errorf("the copy offers %s", function)
	}
	r.typed("A2")
	r.wants("an edit of the original", edited(2, 2))
}

// TestUntickedScope is asked for once more, by Google itself.
func TestUntickedScope(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	page := r.open("t", "script.external_request")
	if !strings.Contains(page, "Yetkilendirme gerekiyor") {
		t.Fatalf("with a scope unticked: %s", page)
	}
	r.wantTriggers()
	if page = r.agree(page, owner); !strings.Contains(page, "✅") {
		t.Fatalf("with all of them: %s", page)
	}
	r.wants("activation", ping)
}

// TestWide has Google refuse triggers by a spreadsheet's id without the scope for all
// spreadsheets: the script asks for it then, and only then.
func TestWide(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"", "tr", "ja"} {
		askedForMore(t, language)
	}
}

func askedForMore(t *testing.T, language string) {
	t.Helper()
	r := newRig(t)
	r.google.Fail(googlesim.Faults{WideTriggers: true, Language: language})
	page := r.open("t")
	if !strings.Contains(page, "Bir izin daha gerekiyor") || !r.script.Wide {
		t.Fatalf("%q, first: %s", language, page)
	}
	r.wants("not yet activated")
	again := regexp.MustCompile(`id="back" target="_top" href="([^"]+)"`).FindStringSubmatch(page)[1]
	if page = r.agree(r.do(http.MethodGet, again, nil), owner); !strings.Contains(page, "✅") {
		t.Fatalf("again: %s", page)
	}
	r.wants("activation", ping)
	r.wantTriggers(both...)
}

// TestTwoPeople both activate: each has triggers, neither sees the other's, and the
// server is told twice, which is no harm.
func TestTwoPeople(t *testing.T) {
	t.Parallel()
	r := activated(t)
	r.google.Share(r.sheet.ID, colleague)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.browser = &http.Client{Jar: jar}
	_, at := r.menu(r.sheet.ID)
	r.agreeTo("/sim/google/authorize/"+r.script.ProjectID+"?continue=/home/usersettings", colleague)
	code := "t"
	if said, _ := r.click(&code); !strings.Contains(said, "✅") || at == "" {
		t.Fatalf("the colleague: %q", said)
	}
	r.wants("activation", ping)
	r.wantTriggers("sheet24Changed", "sheet24Changed", "sheet24Edited", "sheet24Edited")
	r.typed("A2")
	r.wants("an edit", edited(2, 2), edited(2, 2))
}

// TestRuntimeQuota uses up the day: the script is silent, which polling finds.
func TestRuntimeQuota(t *testing.T) {
	t.Parallel()
	r := activated(t)
	r.google.Fail(googlesim.Faults{RuntimeSeconds: 1})
	r.answers(func() (int, string) { time.Sleep(1200 * time.Millisecond); return accepted() })
	r.typed("A2")
	r.wants("the last of the day", edited(2, 2))
	r.typed("A3")
	r.wants("over quota")
}

func TestUninstall(t *testing.T) {
	t.Parallel()
	r := activated(t)
	if err := r.client.Uninstall(t.Context(), "u", r.script); err != nil {
		t.Fatal(err)
	}
	if page := r.open("t"); !strings.Contains(page, "dosya şu anda açılamıyor") {
		t.Errorf("the web app: %s", page)
	}
	if project, _ := r.menu(r.sheet.ID); project != "" {
		t.Error("the menu is still there")
	}
	r.typed("A2")
	r.wants("an edit")
	r.wantTriggers()
	if err := r.client.Uninstall(t.Context(), "u", r.script); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := r.client.Uninstall(t.Context(), "u", sheet24.Script{ProjectID: "gone"}); err != nil {
		t.Errorf("a script that its owner deleted: %v", err)
	}
	// Installed anew, in the project that is there.
	before := r.script.ProjectID
	r.install()
	if r.script.ProjectID != before {
		t.Error("another project was made")
	}
	if page := r.open("t"); !strings.Contains(page, "✅") {
		t.Errorf("activated again: %s", page)
	}
	r.wants("activation", ping)
}

func TestBuild(t *testing.T) {
	t.Parallel()
	build := func(s script.Settings) (script.Project, map[string]string) {
		t.Helper()
		p, err := script.Build(s)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, f := range p.Files {
			all[f.Name] = f.Source
		}
		return p, all
	}
	p, all := build(script.Settings{ServerURL: "https://sheet24.example/", SpreadsheetID: `x"</script>`})
	var m struct {
		URLFetchWhitelist, OAuthScopes []string
		WebApp                         struct{ ExecuteAs, Access string }
	}
	if err := json.Unmarshal([]byte(all["appsscript"]), &m); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.URLFetchWhitelist, []string{"https://sheet24.example/"}) || m.WebApp.ExecuteAs != "USER_ACCESSING" || m.WebApp.Access != "MYSELF" || len(m.OAuthScopes) != 3 {
		t.Errorf("manifest: %s", all["appsscript"])
	}
	if strings.Contains(all["Config"], "</script>") || !strings.Contains(all["Config"], `"server":"https://sheet24.example"`) {
		t.Errorf("config: %s", all["Config"])
	}
	moved, _ := build(script.Settings{ServerURL: "https://other.example", SpreadsheetID: `x"</script>`})
	if moved.Version == p.Version || !script.SameRights(moved.Version, p.Version) {
		t.Errorf("another server: %s, %s", p.Version, moved.Version)
	}
	wide, _ := build(script.Settings{ServerURL: "https://sheet24.example/", SpreadsheetID: `x"</script>`, Wide: true})
	if script.SameRights(wide.Version, p.Version) || script.SameRights("", p.Version) {
		t.Errorf("another scope: %s, %s", p.Version, wide.Version)
	}
}
