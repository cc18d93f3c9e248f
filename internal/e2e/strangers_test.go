package e2e_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// routes are all that pages answer, as they stand in the code: a new one is walked, too.
func routes(t *testing.T) (all []string) {
	t.Helper()
	code, err := os.ReadFile("../web/web.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`mux\.HandleFunc\("([A-Z]+ /[^"]*)"`).FindAllStringSubmatch(string(code), -1) {
		all = append(all, m[1])
	}
	if len(all) < 30 {
		t.Fatalf("only %d routes found", len(all))
	}
	return append(all, "GET /sheet-sync/portal/callback", "GET /nothing", "POST /nothing", "GET /api/v1/health", "POST /api/v1/sheet-sync/webhook",
		"POST /api/v1/sync/webhook", "POST /api/v1/sheet-sync/activate", "POST /api/v1/sheet-sync/drive")
}

var inPath = regexp.MustCompile(`\{[^}]*\}`)

// TestStrangersWriteNothing walks every route as somebody who has not signed in, many
// times and with forms: the database stays as it was, byte for byte.
func TestStrangersWriteNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ready := demo(t, data)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "sheet24.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // data_version tells what others wrote since, to one connection

	// At rest: the demo has no table yet, so nothing of its own is written.
	version := func() (n int) {
		t.Helper()
		if err := db.QueryRow("PRAGMA data_version").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRow("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM users)").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	client := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	walk := func() {
		for _, route := range routes(t) {
			method, path, _ := strings.Cut(route, " ")
			path = inPath.ReplaceAllStringFunc(path, func(p string) string {
				if p == "{$}" {
					return ""
				}
				return "1"
			})
			req, err := http.NewRequest(method, ready.URL+path, strings.NewReader("state=x&code=y&webhook_url=https%3A%2F%2Ffirma.bitrix24.com.tr%2Frest%2F1%2Fx%2F"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Cookie", "sheet24=stranger; sheet24-sign-in=forged; sheet24-language=xx")
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode >= 500 || resp.StatusCode < 300 && method == http.MethodPost {
				t.Errorf("%s %s: HTTP %d", method, path, resp.StatusCode)
			}
		}
	}

	walk()
	before, kept := version(), count()
	for range 3 {
		walk()
	}
	if now := version(); now != before || count() != kept {
		// Jobs of the service itself may write at a moment like this: what strangers cause
		// does so each time.
		before = version()
		walk()
		if version() != before || count() != kept {
			t.Errorf("strangers wrote into the database: version %d, then %d; sessions and users %d, then %d", before, version(), kept, count())
		}
	}
}

// TestFormsAreForms sends what no page of ours does: files, JSON, more than any form holds.
func TestFormsAreForms(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	env := append(os.Environ(), "TMPDIR="+tmp)
	_, out := start(t, env, "demo", "--json", "--listen", "127.0.0.1:0", "--activated", "--data", t.TempDir())
	ready := readyLine(t, out)
	v := newVisitor(t, ready.URL)
	v.signIn()

	var files bytes.Buffer
	form := multipart.NewWriter(&files)
	part, err := form.CreateFormFile("webhook_url", "big")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(bytes.Repeat([]byte("x"), 40<<20)) // net/http keeps 32 MB in memory and the rest on disk
	form.Close()

	for name, c := range map[string]struct {
		kind   string
		body   io.Reader
		status int
	}{
		"files":              {form.FormDataContentType(), bytes.NewReader(files.Bytes()), http.StatusUnsupportedMediaType},
		"files, unannounced": {form.FormDataContentType(), io.MultiReader(bytes.NewReader(files.Bytes())), http.StatusUnsupportedMediaType},
		"JSON":               {"application/json", strings.NewReader(`{"webhook_url":"x"}`), http.StatusUnsupportedMediaType},
		"text":               {"text/plain", strings.NewReader("webhook_url=x"), http.StatusUnsupportedMediaType},
		"of no kind":         {"", strings.NewReader("webhook_url=x"), http.StatusUnsupportedMediaType},
		"2 MB":               {"application/x-www-form-urlencoded", strings.NewReader("webhook_url=" + strings.Repeat("x", 2<<20)), http.StatusRequestEntityTooLarge},
		"2 MB, unannounced":  {"application/x-www-form-urlencoded", io.MultiReader(strings.NewReader("webhook_url=" + strings.Repeat("x", 2<<20))), http.StatusRequestEntityTooLarge},
		"damaged":            {"application/x-www-form-urlencoded", strings.NewReader("webhook_url=%zz"), http.StatusBadRequest},
		"a form":             {"application/x-www-form-urlencoded", strings.NewReader("webhook_url=x"), http.StatusUnprocessableEntity},
	} {
		for _, path := range []string{"/sheet-sync/portal", "/language", "/sheet-sync/tables/1/settings"} {
			if _, err := c.body.(io.Seeker); path != "/sheet-sync/portal" && !err {
				continue // it is read
			}
			if s, ok := c.body.(io.Seeker); ok {
				s.Seek(0, io.SeekStart)
			}
			req, err := http.NewRequest(http.MethodPost, ready.URL+path, c.body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.kind)
			resp, err := v.client.Do(req)
			if err != nil {
				// A client that writes on after the answer may see the connection end first.
				if c.status == http.StatusUnprocessableEntity {
					t.Errorf("%s to %s: %v", name, path, err)
				}
				continue
			}
			resp.Body.Close()
			want := c.status
			if name == "a form" && path == "/sheet-sync/tables/1/settings" {
				want = http.StatusBadRequest // it does not say as what its reader saw the table
			}
			if resp.StatusCode != want && !(name == "a form" && path == "/language") {
				t.Errorf("%s to %s: HTTP %d; want %d", name, path, resp.StatusCode, want)
			}
		}
	}

	left, err := filepath.Glob(filepath.Join(tmp, "multipart-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWhoMaySignIn has three accounts at three services: one that names nobody, one that
// names an address, one that names an organisation.
func TestWhoMaySignIn(t *testing.T) {
	t.Parallel()
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	google := readyLine(t, out)
	const ayse, mehmet = "ayse@ornek.com.tr", "mehmet@ornek.com.tr"

	for _, c := range []struct {
		name              string
		emails, domains   []string
		says              string
		enters, entersNot []string // in this order
	}{
		{"nobody is named", nil, nil, "whoever does so first", []string{mehmet}, []string{ayse}},
		{"an address", []string{ayse}, nil, ayse, []string{ayse}, []string{mehmet}},
		{"an organisation", nil, []string{"ornek.com.tr"}, "everybody at ornek.com.tr", []string{ayse, mehmet}, nil},
		{"another organisation", []string{"biri@baska.com"}, []string{"baska.com"}, "everybody at baska.com", nil, []string{ayse, mehmet}},
	} {
		t.Run(c.name, func(t *testing.T) {
			listen := freeAddress(t)
			config := app.Config{GoogleClientID: google.GoogleClientID, GoogleClientSecret: google.GoogleClientSecret, GoogleRedirectURI: "http://" + listen + "/sheet-sync/oauth/callback",
				DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: "http://" + listen, SecretKey: secret.NewKey(), Listen: listen,
				GoogleURL: google.URL, GooglePerMinute: 6000, AllowedEmails: c.emails, AllowedDomains: c.domains}
			service, _ := start(t, config.Environ(), "serve", "--env-file", os.DevNull)
			answers(t, "http://"+listen)

			for _, email := range c.enters {
				if status, page := newVisitor(t, "http://"+listen).enter(email); status != http.StatusOK || !strings.Contains(page, email) {
					t.Errorf("%s: HTTP %d\n%s", email, status, page)
				}
			}
			for _, email := range c.entersNot {
				v := newVisitor(t, "http://"+listen)
				if status, page := v.enter(email); status != http.StatusForbidden || !strings.Contains(page, email+" burada oturum açamaz") {
					t.Errorf("%s: HTTP %d\n%s", email, status, page)
				}
				if status, _, _ := v.visit(http.MethodGet, "/sheet-sync/new", nil); status != http.StatusUnauthorized {
					t.Errorf("%s, refused, sees a page: HTTP %d", email, status)
				}
			}
			if len(c.entersNot) > 0 {
				db, err := sql.Open("sqlite", strings.TrimPrefix(config.DatabaseURL, "sqlite:"))
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				var users int
				if err := db.QueryRow("SELECT count(*) FROM users").Scan(&users); err != nil || users != len(c.enters) {
					t.Errorf("%d users are kept, %v; want %d", users, err, len(c.enters))
				}
			}

			service.stop(t)
			if said := service.stderr.String(); !strings.Contains(said, "who may sign in: ") || !strings.Contains(said, c.says) {
				t.Errorf("it does not say at the start who may sign in:\n%s", said)
			}
		})
	}
}

// TestTakenOffTheList: who may no longer sign in sees no page any more, though their
// session goes on.
func TestTakenOffTheList(t *testing.T) {
	t.Parallel()
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	google := readyLine(t, out)
	listen := freeAddress(t)
	config := app.Config{GoogleClientID: google.GoogleClientID, GoogleClientSecret: google.GoogleClientSecret, GoogleRedirectURI: "http://" + listen + "/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: "http://" + listen, SecretKey: secret.NewKey(), Listen: listen,
		GoogleURL: google.URL, GooglePerMinute: 6000, AllowedEmails: []string{"ayse@ornek.com.tr", "mehmet@ornek.com.tr"}}
	service, _ := start(t, config.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+listen)
	v := newVisitor(t, "http://"+listen)
	v.enter("mehmet@ornek.com.tr")
	v.ok(http.MethodGet, "/sheet-sync/new", nil)
	service.stop(t)

	config.AllowedEmails = config.AllowedEmails[:1]
	start(t, config.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+listen)
	if status, _, _ := v.visit(http.MethodGet, "/sheet-sync/new", nil); status != http.StatusUnauthorized {
		t.Errorf("HTTP %d", status)
	}
}

// TestSignInsOfSeveralTabs begins two in one browser; a stray callback ends neither, and
// both end well, the first one first.
func TestSignInsOfSeveralTabs(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	v := newVisitor(t, ready.URL)
	pageOne, one := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	pageTwo, two := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	if status, _, _ := v.visit(http.MethodGet, "/sheet-sync/oauth/callback?state=zzz&code=1", nil); status != http.StatusBadRequest {
		t.Errorf("a stray callback: HTTP %d", status)
	}

	for i, tab := range []struct{ page, at string }{{pageOne, one}, {pageTwo, two}} {
		form := url.Values{"account": {"ayse@ornek.com.tr"}, "answer": {"allow"}}
		for _, m := range inputScope.FindAllStringSubmatch(tab.page, -1) {
			form.Add("scope", m[1])
		}
		if status, _, at := v.visit(http.MethodPost, tab.at, form); status != http.StatusOK || !strings.HasPrefix(at, ready.URL) {
			t.Errorf("tab %d: HTTP %d at %s", i+1, status, at)
		}
	}
}

// TestIncompleteSetUp sends set-up forms without what says which tab and entity they are
// of: they are refused, and no other table is touched.
func TestIncompleteSetUp(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	v := newVisitor(t, ready.URL)
	v.signIn()
	before, _ := v.ok(http.MethodGet, "/sheet-sync/tables/1", nil)

	whole := url.Values{"gid": {"0"}, "entity": {"contacts"}, "portal": {"1"}, "header": {"1"}, "new_rows": {""}, "color_header": {"#1f5e4b"}, "color_text": {"#ffffff"}, "color_accent": {"#1f7a5c"}, "color_row": {"#eef6f2"},
		"column_0": {"NAME"}, "add_id": {"1"}, "add_status": {"1"}}
	for _, lacks := range []string{"gid", "entity", "portal", "header", "new_rows", "color_header", "column_0"} {
		form := maps.Clone(whole)
		delete(form, lacks)
		status, page, _ := v.visit(http.MethodPost, "/sheet-sync/new/"+ready.SpreadsheetID+"/mapping", form)
		if status < 400 || status >= 500 {
			t.Errorf("without %s: HTTP %d\n%.600s", lacks, status, page)
		}
		if lacks != "gid" && lacks != "entity" && !strings.Contains(page, "Form eksik geldi.") {
			t.Errorf("without %s the page says %.600s", lacks, page)
		}
	}
	if after, _ := v.ok(http.MethodGet, "/sheet-sync/tables/1", nil); !strings.Contains(after, "Leads") || strings.Contains(after, "Contacts") && !strings.Contains(before, "Contacts") {
		t.Error("the table has changed")
	}
	if header := cells(t, ready)[0]; strings.Contains(fmt.Sprint(header...), "Bitrix24 ID ·") {
		t.Errorf("the tab has got another column: %v", header)
	}
}

// TestIncompleteForms sends a table's forms without what says which table their reader saw, or
// with that alone: each is refused with a sentence, and nothing is changed.
func TestIncompleteForms(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	v := newVisitor(t, ready.URL)
	v.signIn()
	chosen := func() []string {
		page, _ := v.ok(http.MethodGet, "/sheet-sync/tables/1/settings", nil)
		return regexp.MustCompile(`<[^>]* (?:checked|selected|type="color")[^>]*>`).FindAllString(page, -1)
	}
	before := chosen()

	forms := map[string]url.Values{
		"settings":        {"new_rows": {"ask"}, "deleted": {"delete"}, "conflict": {"crm"}},
		"appearance":      {"name": {"x"}, "language": {"en"}, "color_header": {"#000000"}, "color_text": {"#ffffff"}, "color_accent": {"#000000"}, "color_row": {"#ffffff"}},
		"pause":           {},
		"resume":          {},
		"delete":          {},
		"comparison/push": {},
		"decide":          {"winner": {"crm"}},
	}
	for path, form := range forms {
		v.says(http.MethodPost, "/sheet-sync/tables/1/"+path, form, http.StatusBadRequest, "Form eksik geldi.")
		for lacks := range form {
			if lacks == "winner" {
				continue // what is not decided has a sentence of its own
			}
			part := maps.Clone(form)
			part.Set("binding", "1")
			delete(part, lacks)
			v.says(http.MethodPost, "/sheet-sync/tables/1/"+path, part, http.StatusUnprocessableEntity, "Form eksik geldi.")
		}
	}
	if after := chosen(); len(before) < 4 || !slices.Equal(before, after) {
		t.Errorf("the settings were %q, and are %q", before, after)
	}
}

// TestLanguageBeforeSigningIn chooses a language before signing in, as somebody who was there
// before: it stays.
func TestLanguageBeforeSigningIn(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	v := newVisitor(t, ready.URL)
	v.signIn()
	v.says(http.MethodGet, "/sheet-sync/tables/1", nil, http.StatusOK, `lang="tr"`)

	other := newVisitor(t, ready.URL)
	other.ok(http.MethodPost, "/language", nil)
	other.says(http.MethodGet, "/", nil, http.StatusOK, `lang="en"`)
	other.signIn()
	other.says(http.MethodGet, "/sheet-sync/tables/1", nil, http.StatusOK, `lang="en"`)

	// Who has chosen nothing reads what they chose elsewhere.
	third := newVisitor(t, ready.URL)
	third.signIn()
	third.says(http.MethodGet, "/sheet-sync/tables/1", nil, http.StatusOK, `lang="en"`)
}

// enter signs in with an account and returns the page that it ends at.
func (v *visitor) enter(email string) (status int, page string) {
	v.t.Helper()
	page, at := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	for range 2 { // consent is asked for twice where another service had it before
		form := url.Values{"account": {email}, "answer": {"allow"}}
		for _, m := range inputScope.FindAllStringSubmatch(page, -1) {
			form.Add("scope", m[1])
		}
		status, page, at = v.visit(http.MethodPost, at, form)
		if strings.HasPrefix(at, v.base) {
			return status, page
		}
	}
	v.t.Fatalf("still at %s:\n%s", at, page)
	return 0, ""
}
