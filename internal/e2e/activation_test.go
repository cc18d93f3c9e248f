package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestConsentRefused says no at Google, and meets an administrator who does.
func TestConsentRefused(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click(button("İptal"))
	b.see(`//p[@role="alert"][contains(., "Google'da izin verilmedi")]`)
	b.look("denied")
	post(t, ready.URL+"/sim/google/faults", map[string]any{"blocked": true}, nil)
	b.click("#connect")
	b.see(`//p[@role="alert"][contains(., "Google Workspace yöneticiniz bu uygulamaya izin vermiyor")]`)
	post(t, ready.URL+"/sim/google/faults", map[string]any{"unverified": true}, nil)
	b.click("#connect")
	b.click("#advanced")
	b.click("#unsafe")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
}

// TestObstacles meets all that keeps the script from being installed at once: the
// Apps Script API is switched off, the web app does not open because of several
// accounts, and the script is not verified. The sheet's own menu activates it.
func TestObstacles(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	post(t, ready.URL+"/sim/google/accounts", map[string]any{"email": "ayse@ornek.com.tr", "script_api": false}, nil)
	post(t, ready.URL+"/sim/google/faults", map[string]any{"script_api_delay_ms": 1000, "many_accounts": true, "unverified": true, "not_found": 2}, nil)
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#advanced")
	b.click("#unsafe")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=0&entity=leads")
	b.click("#save")
	b.see(`//section[@role="alert"][contains(., "Apps Script API kapalı")]`)
	b.look("api-off")
	settings := b.eval(`document.querySelector("#usersettings").href`)
	if settings != ready.URL+"/home/usersettings" {
		t.Errorf("the setting is at %s", settings)
	}
	other := browse(t) // the link opens a tab of its own
	other.open(settings)
	other.click("#on")
	other.see(`//b[text()="Açık"]`)

	// The page notices by itself, and goes on.
	b.see("#activate")
	b.see(`//p[contains(., "Eşitleme başladı")]`)
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.click("#obstacles summary")
	b.see(`//dd[contains(., "gizli pencerede")]`)
	b.look("obstacles")
	b.click("#code")
	b.see("code.code")
	b.look("code")
	code := b.eval(`document.querySelector("code.code").textContent`)
	editor := b.eval(`document.querySelector("#editor").href`)

	sheet := browse(t)
	sheet.open(b.eval(`document.querySelector("#sheet").href`))
	item := `//nav[@id="menu"]//button[contains(., "sheet24 ▸ Etkinleştir")]`
	sheet.click(item)
	sheet.click("#ok")
	sheet.click("#advanced")
	sheet.click("#unsafe")
	sheet.click("#allow")
	sheet.click(item) // after the consent the item has to be chosen again
	sheet.click("#answer")
	sheet.do("paste", chromedp.KeyEvent(code))
	sheet.click("#ok")
	sheet.see(`//p[@id="said"][contains(., "✅ Webhook kuruldu!")]`)
	sheet.look("sheet-menu")
	b.see(`//section[@role="status"]/h2[contains(., "Webhook")]`)
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see(`//section[@id="activation"]/h2[contains(., "✅")]`)
	sheet.open(editor)
	sheet.see("#run")
	edit(t, ready, "C5", "menuden@ornek.com.tr")
	eventually(t, waitForSync, "an edit", synced(t, ready, 4, "menuden@ornek.com.tr"))
}

// TestRowsWithoutIDs sets up a tab that has no column for ids: it gets one, after
// asking, and the rows' records are found.
func TestRowsWithoutIDs(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	post(t, ready.URL+"/sim/google/edits", map[string]any{"spreadsheet_id": ready.SpreadsheetID, "gid": ready.GID, "kind": "delete_columns", "range": "H:H"}, nil)
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=0&entity=leads")
	b.see(`//label[contains(., "Sekmede ID sütunu yok")]`)
	b.look("mapping-without-id")
	b.click("#save")
	b.see("#review")
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see(`//p[@id="notice"][contains(., "200 satırın hepsinin")]`)
	b.look("matched")
	edit(t, ready, "C5", "kimliksiz@ornek.com.tr")
	eventually(t, waitForSync, "an edit", synced(t, ready, 4, "kimliksiz@ornek.com.tr"))
}
