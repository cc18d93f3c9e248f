package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestHistorySearch looks for changes by what they say, by record and by state, in a real
// browser.
func TestHistorySearch(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	edit(t, ready, "A5", "ŞÜKRİYE")
	edit(t, ready, "E9", "Yok böyle")
	at(t, ready, 5, 6, "✅ Senkronize")
	at(t, ready, 9, 6, "❌")

	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	table := ready.URL + "/sheet-sync/tables/1"
	rows := func() string { return b.eval(`String(document.querySelectorAll("#history tbody tr").length)`) }

	b.open(table)
	b.click("#filter summary")
	b.eval(`document.querySelector("#filter input[name=q]").value = "şükriye"; ""`)
	b.submit("#search")
	b.see(`//ins[text()="ŞÜKRİYE"]`)
	if n := rows(); n != "1" {
		t.Errorf("%s changes say ŞÜKRİYE", n)
	}
	b.look("history-search")

	b.open(table + "?status=failed")
	b.see(`//ins[text()="Yok böyle"]`)
	if n := rows(); n != "1" {
		t.Errorf("%s changes failed", n)
	}
	b.open(table + "?record=4&field=NAME")
	b.see(`//ins[text()="ŞÜKRİYE"]`)
	b.open(table + "?q=hi%C3%A7bir")
	b.see(`//p[@id="history"][contains(., "böylesi yok")]`)
	b.look("history-search-none")
	b.open(table + "?record=x")
	b.see(`//p[@role="alert"][contains(., "“x” bir Bitrix24 ID'si değil")]`)
	b.submit("#filter-clear")
	b.do("all again", chromedp.WaitVisible(`//ins[text()="Yok böyle"]`))
}
