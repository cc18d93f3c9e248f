package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sheet24/internal/app"
)

// nameOf is a lead's name in the CRM.
func nameOf(t *testing.T, ready app.Ready, id int) (name string) {
	t.Helper()
	var got struct {
		Result struct {
			Item struct {
				Name string `json:"name"`
			} `json:"item"`
		} `json:"result"`
	}
	post(t, ready.PortalWebhook+"crm.item.get", map[string]any{"entityTypeId": 1, "id": id}, &got)
	return got.Result.Item.Name
}

// rename changes a lead's name in the CRM, as a colleague does.
func rename(t *testing.T, ready app.Ready, id int, name string) {
	t.Helper()
	post(t, ready.PortalWebhook+"crm.item.update", map[string]any{"entityTypeId": 1, "id": id, "fields": map[string]any{"name": name}}, nil)
}

// at waits until a cell says something.
func at(t *testing.T, ready app.Ready, row, column int, text string) {
	t.Helper()
	got := ""
	defer func() {
		if t.Failed() {
			t.Logf("row %d, column %d says %q", row, column, got)
		}
	}()
	eventually(t, waitForSync, fmt.Sprintf("the cell in row %d says %s", row, text), func() bool {
		if rows := cells(t, ready); row <= len(rows) && column < len(rows[row-1]) {
			got = fmt.Sprint(rows[row-1][column])
		}
		return strings.Contains(got, text)
	})
}

// TestPolicies has a table's owner choose what becomes of new rows and of conflicts,
// decide about one, and take a change back.
func TestPolicies(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	table := ready.URL + "/sheet-sync/tables/1"
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(table)
	b.submit("#settings")
	b.see(`//h1[text()="Ayarlar"]`)
	b.look("settings")
	b.click(`//label[contains(., "Bitrix24'te kayıt aç")]`)
	b.click(`//label[normalize-space()="E-posta"]`)
	b.click(`//label[contains(., "Bana sor")]`)
	b.submit("#save")
	b.see("#saved")
	b.look("settings-saved")

	// A new row becomes a record, and one whose address is known is linked to it.
	edit(t, ready, "A202", "Can")
	edit(t, ready, "C202", "can@ornek.com.tr")
	at(t, ready, 202, 7, "201")
	at(t, ready, 202, 6, "✅ Senkronize")
	if name := nameOf(t, ready, 201); name != "Can" {
		t.Errorf("the new record is called %q", name)
	}

	// A colleague changes a name in the CRM while it is changed in the sheet.
	rename(t, ready, 4, "CRM'deki")
	edit(t, ready, "A5", "Tablodaki")
	at(t, ready, 5, 6, "⚠️ Çakışma: Ad: CRM'de “CRM'deki”, tabloda “Tablodaki”")
	b.open(table)
	b.see("#asked")
	b.look("asked")
	b.submit(`//tr[contains(., "Tablodaki")]//button[text()="CRM'deki"]`)
	at(t, ready, 5, 0, "CRM'deki")
	at(t, ready, 5, 6, "✅ Senkronize (CRM'deki değer kaldı: Ad)")

	// And a change is taken back, in the sheet and in the CRM.
	old := nameOf(t, ready, 9)
	edit(t, ready, "A10", "Yanlışlıkla")
	at(t, ready, 10, 6, "✅ Senkronize")
	b.open(table)
	b.submit("#undo")
	b.look("undo")
	b.click(`//tr[contains(., "Yanlışlıkla")]//input`)
	b.submit("#undo-chosen")
	b.see(`//p[@id="notice"][contains(., "1 hücre geri alınıyor")]`)
	at(t, ready, 10, 0, old)
	eventually(t, waitForSync, "the CRM follows", func() bool { return nameOf(t, ready, 9) == old })
	b.see(`//small[contains(., "geri alındı")]`)
	b.look("undone")
}

// TestFirstRun compares a tab with the CRM, shows what differs, and sends it.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	rename(t, ready, 4, "CRM'deki")
	rename(t, ready, 7, "=CRM'deki 2")
	edit(t, ready, "E9", "Yok böyle")
	edit(t, ready, "F10", nil)
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=0&entity=leads")
	b.click("#save")
	b.see("#review")
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see("#comparison-push")
	b.look("compared")
	b.submit("#differences")
	b.see(`//tr[contains(., "CRM'deki")]`)
	b.look("differences")
	v := newVisitor(t, ready.URL)
	v.signIn()
	_, file, _ := v.visit(http.MethodGet, "/sheet-sync/tables/1/comparison.csv", nil)
	for _, want := range []string{"\ufeff\"Satır\",\"Kayıt\",\"Tür\",\"Sütun\",\"CRM'de\",\"Tabloda\",\"Sorun\"\r\n", `"5","4","Farklı","Ad","CRM'deki",`, `"8","7","Farklı","Ad","'=CRM'deki 2",`,
		`"9","8","Sorunlu","","","","Durum: “Yok böyle” yok`, `"10","9","Tabloda boş","Tutar",`} {
		if !strings.Contains(file, want) {
			t.Errorf("the file lacks %q:\n%.800s", want, file)
		}
	}
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.submit("#comparison-push")
	b.see(`//h2[text()="Karşılaştırma bitti"]`)
	for id, row := range map[int]int{4: 5, 7: 8} {
		want := fmt.Sprint(cells(t, ready)[row-1][0])
		eventually(t, waitForSync, "the CRM holds what the sheet does", func() bool { return nameOf(t, ready, id) == want })
	}
	b.submit("#compare")
	b.see("#comparison-take")
	b.submit("#comparison-take")
	b.see(`//h2[text()="Karşılaştırma bitti"]`)
	if amount := cells(t, ready)[9][5]; amount == nil {
		t.Error("the CRM's amount was not taken into the empty cell")
	}
	b.look("compared-done")
}
