package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// TestSecondTableOfATab sets a tab that feeds leads up for contacts too, in a real
// browser: beside the first table, and then, with another entity, in the place of one.
func TestSecondTableOfATab(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	mapping := ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=" + strconv.FormatInt(ready.GID, 10) + "&entity="

	// The leads' columns say whose they are, and are not chosen.
	b.open(mapping + "contacts")
	b.see(`//small[contains(., "Numaralar başka bir tablonun kayıtlarınındır")][contains(., "Adaylar (Leads)")]`)
	b.see(`//small[contains(., "Bu sütuna satırların")]`)
	b.see(`//label[contains(., "var olan tabloları kalsın")]/input[@checked]`)
	b.see(`//label[contains(., "şunun yerine geçsin: Adaylar (Leads)")]`)
	b.look("second-table")
	b.submit("#save")
	b.open(ready.URL)
	b.see(`//a[contains(., "Adaylar (Leads)")]`)
	b.see(`//a[contains(., "Kişiler (Contacts)")]`)
	eventually(t, waitForSync, "columns of its own", func() bool {
		header := cells(t, ready)[0]
		return header[len(header)-2] == "Bitrix24 ID · Kişiler (Contacts)" && header[len(header)-1] == "Senkronizasyon · Kişiler (Contacts)"
	})
	edit(t, ready, "C3", "ikisi@ornek.com.tr")
	eventually(t, waitForSync, "the lead", synced(t, ready, 2, "ikisi@ornek.com.tr"))

	// A third entity takes the place of the contacts.
	b.open(mapping + "companies")
	b.click(`//label[contains(., "şunun yerine geçsin: Kişiler (Contacts)")]`)
	b.submit("#save")
	b.open(ready.URL)
	b.see(`//a[contains(., "Şirketler (Companies)")]`)
	if n := b.eval(`String([...document.querySelectorAll("a")].filter((a) => a.innerText.includes("(Contacts)")).length)`); n != "0" {
		t.Errorf("%s tables of contacts are left", n)
	}

	// A page that shows the contacts still is not taken for one of the companies.
	v := newVisitor(t, ready.URL)
	v.signIn()
	v.says(http.MethodPost, "/sheet-sync/tables/2/settings", url.Values{"binding": {"1"}, "deleted": {"delete"}}, http.StatusConflict, "Tablo bu sırada yeniden kuruldu.")

	// A form that names the leads' ids all the same is refused with a sentence.
	form := url.Values{"gid": {strconv.FormatInt(ready.GID, 10)}, "entity": {"deals"}, "portal": {"1"}, "header": {"1"}, "new_rows": {""}, "table": {"beside"}, "column_7": {"ID"}, "column_0": {"TITLE"},
		"color_header": {"#1f5e4b"}, "color_text": {"#ffffff"}, "color_accent": {"#1f7a5c"}, "color_row": {"#eef6f2"}}
	v.says(http.MethodPost, "/sheet-sync/new/"+ready.SpreadsheetID+"/mapping", form, http.StatusUnprocessableEntity, "portalının kayıtlarınındır (Adaylar (Leads)); bu tablonun ID sütunu olamaz")
}

// TestPortalIsChosen connects two portals: which of them a table is for is asked.
func TestPortalIsChosen(t *testing.T) {
	t.Parallel()
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	outside := readyLine(t, out)
	listen, host := freeAddress(t), strings.TrimPrefix(outside.URL, "http://")
	second := strings.Replace(host, "127.0.0.1", "localhost", 1)
	c := app.Config{GoogleClientID: outside.GoogleClientID, GoogleClientSecret: outside.GoogleClientSecret, GoogleRedirectURI: "http://" + listen + "/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: "http://" + listen, SecretKey: secret.NewKey(), Listen: listen,
		GoogleURL: outside.URL, GoogleAccess: "full", GooglePerMinute: 6000, Bitrix24Hosts: []string{host, second}}
	start(t, c.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+listen)
	v := newVisitor(t, "http://"+listen)
	v.signIn()
	v.connectPortal(outside.PortalWebhook)
	tabs := "/sheet-sync/new/" + outside.SpreadsheetID
	if page, _ := v.ok(http.MethodGet, tabs, nil); strings.Contains(page, "choose-portal") {
		t.Error("one portal is to be chosen")
	}

	v.connectPortal(strings.Replace(outside.PortalWebhook, host, second, 1))
	page := v.says(http.MethodGet, tabs, nil, http.StatusOK, "choose-portal")
	if !strings.Contains(page, `value="1" checked`) || !strings.Contains(page, `type="hidden" name="portal" value="1"`) {
		t.Errorf("the first one is not proposed:\n%s", page)
	}
	v.says(http.MethodGet, tabs+"?portal=2", nil, http.StatusOK, `type="hidden" name="portal" value="2"`)
	v.says(http.MethodGet, tabs+"?portal=9", nil, http.StatusNotFound, "Böyle bir Bitrix24 portalı bağlı değil.")
	v.says(http.MethodGet, tabs+"/mapping?portal=2&gid=0&entity=leads", nil, http.StatusOK, " · "+second)
	v.says(http.MethodGet, tabs+"/mapping?gid=0&entity=leads", nil, http.StatusOK, " · "+host)
}
