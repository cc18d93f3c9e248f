package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTableLife names a table and paints it anew, has it stand still and go on in the midst
// of a burst, and deletes it, in a real browser.
func TestTableLife(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	table := ready.URL + "/sheet-sync/tables/1"

	// A name, other colours, and English in the sheet. A header that is hard to read is
	// warned of.
	b.open(table + "/settings")
	pick := func(name, color string) string {
		return b.eval(fmt.Sprintf(`{ const i = document.querySelector("input[name=color_%s]"); i.value = %q;
			i.dispatchEvent(new Event("input", {bubbles: true})) } String(document.getElementById("contrast").hidden)`, name, color))
	}
	if hidden := pick("header", "#dddddd"); hidden != "false" {
		t.Error("nobody warns of white on light grey")
	}
	if hidden := pick("header", "#7a1f5c"); hidden != "true" {
		t.Error("it warns of white on a dark colour")
	}
	b.eval(`document.querySelector("#appearance input[name=name]").value = "Müşterilerimiz";
		document.querySelector("#appearance select[name=language]").value = "en"; ""`)
	b.look("appearance")
	b.submit("#save-appearance")
	b.see("#saved")
	b.open(table)
	b.see(`//h1[text()="Müşterilerimiz"]`)
	if header := b.eval(`getComputedStyle(document.documentElement).getPropertyValue("--table-header")`); header != "#7a1f5c" {
		t.Errorf("the table's colour is %q", header)
	}
	edit(t, ready, "C5", "once@ornek.com.tr")
	at(t, ready, 5, 6, "✅ Synced")

	// Paused in the midst of a burst: what is on its way may arrive, nothing else does.
	for row := 10; row < 20; row++ {
		edit(t, ready, fmt.Sprintf("C%d", row), fmt.Sprintf("burst%d@ornek.com.tr", row))
	}
	b.open(table)
	b.submit("#pause")
	b.see("#paused")
	b.look("paused")
	if n := b.eval(`String(document.querySelectorAll("#compare").length)`); n != "0" {
		t.Error("a paused table offers a comparison, which would only wait")
	}
	edit(t, ready, "C30", "waits@ornek.com.tr")
	time.Sleep(5 * time.Second)
	if got := emailOf(t, ready, 1, 29); got == "waits@ornek.com.tr" {
		t.Error("an edit of a paused table was sent")
	}
	b.open(ready.URL)
	b.see(`//span[contains(., "Duraklatıldı")]`)
	b.look("home-paused")

	// It goes on, and nothing is lost.
	b.open(table)
	b.submit("#resume")
	b.see("#notice")
	for row := 10; row < 20; row++ {
		want := fmt.Sprintf("burst%d@ornek.com.tr", row)
		eventually(t, waitForSync, want, func() bool { return emailOf(t, ready, 1, row-1) == want })
	}
	eventually(t, waitForSync, "what was edited meanwhile", func() bool { return emailOf(t, ready, 1, 29) == "waits@ornek.com.tr" })
	at(t, ready, 30, 6, "✅ Synced")

	// Its page says what goes with it; then it is gone, and edits are nobody's.
	b.open(table + "/settings")
	b.submit("#delete")
	b.see(`//li[contains(., "betiği")]`)
	b.look("delete")
	b.submit("#delete-table")
	b.see(`//p[@id="notice"][contains(., "“Müşterilerimiz” silindi")]`)
	b.see(`//h2[text()="Henüz tablo yok."]`)
	edit(t, ready, "C40", "nobody@ornek.com.tr")
	time.Sleep(3 * time.Second)
	if got := emailOf(t, ready, 1, 39); got == "nobody@ornek.com.tr" {
		t.Error("an edit of a deleted table was sent")
	}
	if got := emailOf(t, ready, 1, 29); got != "waits@ornek.com.tr" {
		t.Errorf("a record went with its table: %q", got)
	}
	v := newVisitor(t, ready.URL)
	v.signIn()
	v.says(http.MethodGet, "/sheet-sync/tables/1", nil, http.StatusNotFound, "Böyle bir tablo yok.")

	// Set up again, the tab is found with its ID column and its records.
	page, _ := v.ok(http.MethodGet, "/sheet-sync/new/"+ready.SpreadsheetID+"/mapping?gid=0&entity=leads", nil)
	if !strings.Contains(page, `value="ID" selected`) {
		t.Error("the ID column is not known again")
	}
}
