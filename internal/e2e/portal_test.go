package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPortalPages connects a portal by the application and by a webhook, in a
// real browser, and shows what the pages say of a portal that refuses.
func TestPortalPages(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	host := strings.TrimPrefix(ready.URL, "http://")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/portal")
	b.see(`//dd[contains(., "gelen webhook")]`)

	// A host that is none stays in its field, with the reason.
	b.click("input[name=host]")
	b.do("type", chromedp.KeyEvent("evil.example"))
	b.click(button("Bitrix24'te izin ver"))
	b.see(`//p[@role="alert"][contains(., "evil.example bir Bitrix24 bulut adresi değil")]`)
	b.eval(`document.querySelector("input[name=host]").select(); ""`)
	b.do("type", chromedp.KeyEvent(host))
	b.click(button("Bitrix24'te izin ver"))
	b.click(button("Reddet")) // the portal's own page
	b.see(`//p[@role="alert"][contains(., "Bitrix24'te izin verilmedi")]`)
	b.click("input[name=host]")
	b.do("type", chromedp.KeyEvent(host))
	b.click(button("Bitrix24'te izin ver"))
	b.click(button("İzin ver"))
	b.see(`//dd[contains(., "Bitrix24 uygulaması")]`)
	b.see(`//dd[contains(., "Ayşe Yılmaz")]`)
	b.see(`//dd[contains(., "saniyede 2 istek")]`)
	b.look("portals")
	b.submit(button("Tarife Enterprise: 5 kat hızlı"))
	b.see(`//dd[contains(., "saniyede 5 istek")]`)
	b.submit(button("Tarife Enterprise değil"))
	b.see(`//dd[contains(., "saniyede 2 istek")]`)

	// The table goes on through the application.
	edit(t, ready, "C5", "uygulama@ornek.com.tr")
	eventually(t, waitForSync, "an edit through the application", synced(t, ready, 4, "uygulama@ornek.com.tr"))

	// A portal whose plan ended pauses, says so, and goes on when it is checked.
	fault := func(list string) {
		t.Helper()
		resp, err := http.Post(ready.URL+"/sim/bitrix24/faults", "application/json", strings.NewReader(`{"faults":[`+list+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	fault(`{"kind":"error","status":403,"code":"ACCESS_DENIED","text":"REST is available only on commercial plans","times":1000}`)
	edit(t, ready, "C6", "bekler@ornek.com.tr")
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see(`//div[@class="why"][contains(., "tarifesi REST API'yi içermiyor")]`)
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see(`//p[@role="alert"][contains(., "Bekleyen değişiklikler kaybolmaz")]`)
	b.look("paused")
	b.click(`//p[@role="alert"]//a`)
	b.see(`//h2[contains(., "⏸")]`)
	b.submit(button("Bağlantıyı denetle"))
	b.see(`//section/p[@role="alert"][contains(., "tarifesi REST API'yi içermiyor")]`)
	b.look("portal-refused")
	b.open(ready.URL)
	b.see(`//p[@role="alert"][contains(., "tarifesi REST API'yi içermiyor")]`)
	b.look("home-paused")
	b.open(ready.URL + "/sheet-sync/portal")
	fault("")
	b.submit(button("Bağlantıyı denetle"))
	b.see(`//h2[contains(., "✅")]`)
	eventually(t, waitForSync, "what waited", synced(t, ready, 5, "bekler@ornek.com.tr"))

	// The wizard offers all that the portal has.
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID)
	b.see(`//label[contains(., "Projeler")]`)
	b.see(`//label[contains(., "Anlaşmalar (Deals)")]`)
	b.look("entities")
	b.open(ready.URL + "/crm/type/1/details/4/")
	b.see(`//ins[contains(., "uygulama@ornek.com.tr")]`)
	b.look("crm-record")
	b.open(ready.URL + "/crm/")
	b.look("crm")
}

// TestPortalsOfOthers cannot be looked at or changed.
func TestPortalsOfOthers(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	v := newVisitor(t, ready.URL)
	v.says(http.MethodPost, "/sheet-sync/portal/1/check", nil, http.StatusUnauthorized, "Önce Google hesabınızla bağlanın.")
	page, consent := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	form := url.Values{"account": {"mehmet@ornek.com.tr"}, "answer": {"allow"}}
	for _, m := range inputScope.FindAllStringSubmatch(page, -1) {
		form.Add("scope", m[1])
	}
	v.ok(http.MethodPost, consent, form)
	v.says(http.MethodPost, "/sheet-sync/portal/1/check", nil, http.StatusNotFound, "Böyle bir Bitrix24 portalı bağlı değil.")
	v.says(http.MethodPost, "/sheet-sync/portal/1/plan", url.Values{"plan": {"enterprise"}}, http.StatusNotFound, "Böyle bir Bitrix24 portalı bağlı değil.")
	v.says(http.MethodGet, "/sheet-sync/portal/callback?code=x&state=y", nil, http.StatusUnprocessableEntity, "İzin bağlantısının süresi doldu.")
	v.connectPortal(ready.PortalWebhook)
	v.says(http.MethodPost, "/sheet-sync/portal/2/plan", url.Values{"plan": {"sınırsız"}}, http.StatusBadRequest, "“sınırsız” bir tarife değil")
	v.says(http.MethodPost, "/sheet-sync/portal/2/check", nil, http.StatusOK, "Ayşe Yılmaz")
}
