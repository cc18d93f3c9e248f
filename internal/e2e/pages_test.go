package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// says requests a page and checks its status and that it says something.
func (v *visitor) says(method, address string, form url.Values, status int, text string) string {
	v.t.Helper()
	got, page, at := v.visit(method, address, form)
	if got != status || !strings.Contains(page, text) {
		v.t.Errorf("%s %s (at %s): HTTP %d; want %d and %q in:\n%.3000s", method, address, at, got, status, text, page)
	}
	return page
}

func TestPagesOfStrangers(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	v := newVisitor(t, ready.URL)
	for _, address := range []string{"/sheet-sync/new", "/sheet-sync/portal", "/sheet-sync/tables/1", "/sheet-sync/tables/1/history"} {
		v.says(http.MethodGet, address, nil, http.StatusUnauthorized, "Google Sheets ile Bağlan")
	}
	v.says(http.MethodPost, "/sheet-sync/tables/1/activate", nil, http.StatusUnauthorized, "Önce Google hesabınızla bağlanın.")
	v.says(http.MethodGet, "/nothing", nil, http.StatusNotFound, "Aradığınız sayfa yok.")
	v.says(http.MethodGet, "/sheet-sync/oauth/callback?code=x&state=y", nil, http.StatusBadRequest, "Giriş bağlantısının süresi doldu.")

	// Another user signs in: the first one's table does not exist for them.
	_, consent := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	form := url.Values{"account": {"mehmet@ornek.com.tr"}, "answer": {"allow"}}
	v.says(http.MethodPost, consent, form, http.StatusUnauthorized, "“spreadsheets” izni işaretlenmedi")
	_, consent = v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	v.says(http.MethodPost, consent, url.Values{"answer": {"deny"}}, http.StatusUnauthorized, "Google'da izin verilmedi.")
	page, consent := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	for _, m := range inputScope.FindAllStringSubmatch(page, -1) {
		form.Add("scope", m[1])
	}
	v.says(http.MethodPost, consent, form, http.StatusOK, "Bitrix24'ü bağlayın") // who has no portal is asked for it
	v.says(http.MethodGet, "/sheet-sync/tables/1", nil, http.StatusNotFound, "Böyle bir tablo yok.")
	v.says(http.MethodGet, "/sheet-sync/tables/x", nil, http.StatusNotFound, "Böyle bir tablo yok.")
	v.says(http.MethodPost, "/sheet-sync/tables/1/changes/1/retry", nil, http.StatusNotFound, "Böyle bir tablo yok.")
	v.says(http.MethodGet, "/sheet-sync/new/"+ready.SpreadsheetID, nil, http.StatusUnauthorized, "Google bu e-tabloya erişim vermiyor.")

	// A wrong webhook address is told, and stays in the field.
	for text, why := range map[string]string{
		"merhaba":                          "Bu bir gelen webhook adresi değil.",
		"https://evil.example/rest/1/abc/": "evil.example bir Bitrix24 bulut adresi değil.",
		ready.URL + "/rest/1/yanlis/":      "webhook geçersiz ya da silinmiş",
	} {
		v.says(http.MethodPost, "/sheet-sync/portal", url.Values{"webhook_url": {text}}, http.StatusUnprocessableEntity, why)
		v.says(http.MethodPost, "/sheet-sync/portal", url.Values{"webhook_url": {text}}, http.StatusUnprocessableEntity, `value="`+text+`"`)
	}
	v.connectPortal(ready.PortalWebhook)
	v.says(http.MethodGet, "/sheet-sync/new", nil, http.StatusOK, "Bütçe")
	v.says(http.MethodGet, "/sheet-sync/new?q=yok", nil, http.StatusOK, "Bu adda bir e-tablo bulunamadı.")
}

func TestMappingFormKeepsWhatWasChosen(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	v := newVisitor(t, ready.URL)
	v.signIn()
	address := "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping"
	form := func(pairs ...string) url.Values {
		f := url.Values{"gid": {"0"}, "entity": {"leads"}, "portal": {"1"}, "header": {"1"}, "new_rows": {"create"}, "color_header": {"#123456"}, "color_text": {"#ffffff"}, "color_accent": {"#1f7a5c"}, "color_row": {"#eef6f2"}}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	for why, f := range map[string]url.Values{
		"Bitrix24 ID sütunu seçilmedi.":   form("column_0", "NAME"),
		"En az bir sütunu":                form("column_7", "ID"),
		"alanı iki sütuna eşlendi":        form("column_7", "ID", "column_0", "NAME", "column_1", "NAME"),
		"“UYDURMA” alanı bu varlıkta yok": form("column_7", "ID", "column_0", "UYDURMA"),
		"“red;}</style>” bir renk değil":  form("column_7", "ID", "column_0", "NAME", "color_row", "red;}</style>"),
		"“uydurma” adında bir varlık yok": form("entity", "uydurma", "column_0", ""),
		"Bu sekme artık e-tabloda yok.":   form("gid", "77", "column_0", ""),
	} {
		_, page, _ := v.visit(http.MethodPost, address, f)
		if !strings.Contains(page, why) || strings.Contains(page, "red;}</style>:") {
			t.Errorf("%v: want %q in:\n%.2500s", f, why, page)
		}
		if f.Get("column_0") != "" && f.Get("column_0") != "UYDURMA" && f.Get("color_row") == "#eef6f2" {
			if !strings.Contains(page, `value="NAME" selected`) || !strings.Contains(page, `value="#123456"`) {
				t.Errorf("%s: what was chosen is gone", why)
			}
		}
	}
}

// TestContacts shows that the other entity and the other tab work as well.
func TestContacts(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	v := newVisitor(t, ready.URL)
	v.signIn()
	contacts := ready
	contacts.GID = 918273645
	table := v.activate(contacts, "contacts") // in the same spreadsheet, so by the same script
	edit(t, contacts, "D3", "kisi@ornek.com.tr")
	edit(t, ready, "C3", "aday@ornek.com.tr")
	eventually(t, waitForSync, "the contact", func() bool { return emailOf(t, ready, 3, 2) == "kisi@ornek.com.tr" })
	eventually(t, waitForSync, "the lead", func() bool { return emailOf(t, ready, 1, 2) == "aday@ornek.com.tr" })
	eventually(t, waitForSync, "its history", func() bool {
		page, _ := v.ok(http.MethodGet, table, nil)
		return strings.Contains(page, "kisi@ornek.com.tr") && !strings.Contains(page, "aday@ornek.com.tr")
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	resp, err := http.Get(ready.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("CSP %q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers: %v", resp.Header)
	}
	// Another site's form is refused.
	req, err := http.NewRequest(http.MethodPost, ready.URL+"/sheet-sync/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a cross-site form: HTTP %d", resp.StatusCode)
	}
}

// TestDemoKeepsItsData stops a demo with Ctrl-C and finds all of it again.
func TestDemoKeepsItsData(t *testing.T) {
	t.Parallel()
	data, listen := t.TempDir(), freeAddress(t)
	args := []string{"demo", "--json", "--activated", "--listen", listen, "--data", data}
	p, out := start(t, nil, args...)
	first := readyLine(t, out)
	edit(t, first, "C5", "kalici@ornek.com.tr")
	eventually(t, waitForSync, "the edit", synced(t, first, 4, "kalici@ornek.com.tr"))
	p.stop(t)

	_, out = start(t, nil, args...)
	second := readyLine(t, out)
	if second != first {
		t.Errorf("the demo came back as another:\n%+v\n%+v", first, second)
	}
	if emails(t, second, 4)[0] != "kalici@ornek.com.tr" || cells(t, second)[4][2] != "kalici@ornek.com.tr" {
		t.Error("what was edited is gone")
	}
	edit(t, second, "C6", "sonra@ornek.com.tr")
	eventually(t, waitForSync, "an edit after the restart", synced(t, second, 5, "sonra@ornek.com.tr"))
}

func TestDemoCleansUpAfterItself(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	p, out := start(t, append(os.Environ(), "TMPDIR="+temp), "demo", "--json", "--listen", "127.0.0.1:0")
	readyLine(t, out)
	p.stop(t)
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestServeSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	p, _ := start(t, []string{"PATH=" + os.Getenv("PATH")}, "serve", "--env-file", os.DevNull)
	if err := p.Wait(); err == nil {
		t.Error("serve without settings ended well")
	}
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "GOOGLE_CLIENT_ID: is missing") {
		t.Errorf("serve said:\n%s", p.stderr)
	}
}
