package e2e_test

import (
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheet24/internal/app"
)

// visitor walks pages over HTTP, with cookies and forms but without JavaScript:
// the pages must work so, too.
type visitor struct {
	t      *testing.T
	client *http.Client
	base   string
}

func newVisitor(t *testing.T, base string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar, Timeout: 20 * time.Second}, base}
}

// visit requests a page, following redirects, and returns it and its address.
func (v *visitor) visit(method, address string, form url.Values) (status int, page, at string) {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.base + address
	}
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(body)), resp.Request.URL.String()
}

// ok is visit for pages that must be found.
func (v *visitor) ok(method, address string, form url.Values) (page, at string) {
	v.t.Helper()
	status, page, at := v.visit(method, address, form)
	if status != http.StatusOK {
		v.t.Fatalf("%s %s: HTTP %d at %s:\n%s", method, address, status, at, page)
	}
	return page, at
}

var inputScope = regexp.MustCompile(`name="scope" value="([^"]+)"`)

func (v *visitor) signIn() {
	v.t.Helper()
	v.signInAs("ayse@ornek.com.tr")
}

func (v *visitor) signInAs(email string) {
	v.t.Helper()
	page, consent := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	v.consent(page, consent, email)
}

// consent allows all that Google's page asks for.
func (v *visitor) consent(page, address, email string) {
	v.t.Helper()
	form := url.Values{"account": {email}, "answer": {"allow"}}
	for _, m := range inputScope.FindAllStringSubmatch(page, -1) {
		form.Add("scope", m[1])
	}
	v.ok(http.MethodPost, address, form)
}

func (v *visitor) connectPortal(webhook string) {
	v.t.Helper()
	v.ok(http.MethodPost, "/sheet-sync/portal", url.Values{"webhook_url": {webhook}})
}

var (
	hidden   = regexp.MustCompile(`<input type="hidden" name="(portal|header)" value="(\d+)"`)
	selects  = regexp.MustCompile(`(?s)<select name="(column_\d+)".*?</select>`)
	selected = regexp.MustCompile(`value="([^"]*)" selected`)
	review   = regexp.MustCompile(`id="review" href="([^"]+)"`)
)

// activate saves the mapping as suggested and allows the script. It returns the
// address of the table's page.
func (v *visitor) activate(ready app.Ready, entity string) string {
	v.t.Helper()
	gid := strconv.FormatInt(ready.GID, 10)
	address := "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping"
	page, _ := v.ok(http.MethodGet, address+"?gid="+gid+"&entity="+entity, nil)
	form := url.Values{"gid": {gid}, "entity": {entity}, "new_rows": {""}, "color_header": {"#1f5e4b"}, "color_text": {"#ffffff"}, "color_accent": {"#1f7a5c"}, "color_row": {"#eef6f2"}}
	for _, m := range selects.FindAllStringSubmatch(page, -1) {
		if s := selected.FindStringSubmatch(m[0]); s != nil {
			form.Set(m[1], s[1])
		}
	}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	return v.allow(v.ok(http.MethodPost, address, form))
}

// allow goes on from Google's page that asks to allow the script, or from the
// script's own, if it is allowed already. It returns the address of the table's
// page.
func (v *visitor) allow(page, at string) string {
	v.t.Helper()
	if m := review.FindStringSubmatch(page); m != nil {
		from, err := url.Parse(at)
		if err != nil {
			v.t.Fatal(err)
		}
		next, err := from.Parse(m[1])
		if err != nil {
			v.t.Fatal(err)
		}
		page, _ = v.ok(http.MethodPost, next.String(), url.Values{"account": {"ayse@ornek.com.tr"}, "answer": {"allow"}})
	}
	if !strings.Contains(page, "✅ Webhook kuruldu!") {
		v.t.Fatalf("the script's page says:\n%s", page)
	}
	return regexp.MustCompile(`id="back" target="_top" href="([^"]+)"`).FindStringSubmatch(page)[1]
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
