package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestMappingPage finds the mapping of sheets in three languages, says why, offers what is
// likely, names what is missing, and remembers a correction.
func TestMappingPage(t *testing.T) {
	t.Parallel()
	for language, c := range map[string]struct {
		header []string // of the columns A to F, and K
		likely string   // what is offered for the latter
		why    string   // the telephone number's is in column D
	}{
		"tr": {[]string{"Müşterinin Adı", "Müşterinin Soyadı", "E-posta adresiniz nedir?", "Cep Tel. No", "Son Durum", "Teklif Tutarı (KDV hariç)", "Meslek"}, "Pozisyon", "başlık: cep tel no · örnekler telefon gibi"},
		"en": {[]string{"First name", "Family name", "Your e-mail address", "Mobile no.", "Lead status", "Quote amount (excl. VAT)", "Occupation"}, "Position", "başlık: mobile no · örnekler telefon gibi"},
		"ru": {[]string{"Имя клиента", "Фамилия клиента", "Адрес эл. почты", "Моб. телефон", "Статус заявки", "Сумма без НДС", "Профессия"}, "Должность", "başlık: моб телефон · örnekler telefon gibi"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			ready := demo(t, "", "--language", language)
			for i, name := range c.header[:6] {
				edit(t, ready, string(rune('A'+i))+"1", name)
			}
			edit(t, ready, "K1", c.header[6])

			b := browse(t)
			b.open(ready.URL)
			b.submit(button("Google Sheets ile Bağlan"))
			b.see("#allow")
			b.click("#allow")
			b.see(`//a[contains(., "Satış 2026")]`)
			mapping := ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?entity=leads&gid=" + strconv.FormatInt(ready.GID, 10)
			b.open(mapping)
			b.see("#save")

			chosen := func(column int) string {
				return b.eval(`document.querySelector("select[name=column_` + strconv.Itoa(column) + `]").value`)
			}
			for i, want := range []string{"NAME", "LAST_NAME", "EMAIL", "PHONE", "STATUS_ID", "OPPORTUNITY", "", "ID", "SOURCE_ID", "COMPANY_TITLE", ""} {
				if i != 6 && chosen(i) != want { // the status is written to the sixth
					t.Errorf("column %d is mapped to %q; want %q", i, chosen(i), want)
				}
			}
			b.see(`//td[.//select[@name="column_3"]]//span[contains(., "` + c.why + `")]`)
			b.see(`//td[.//select[@name="column_7"]]//span[contains(., "bu ID’ler portalda var")]`)
			b.look("mapping-" + language)

			// What is likely is chosen by a button.
			b.click(`//button[@data-propose="column_10"][contains(., "Belki: ` + c.likely + `")]`)
			if chosen(10) != "POST" {
				t.Errorf("the likely field was not taken: %q", chosen(10))
			}

			// Several values of a column are shown, and a field that two feed is told at both.
			if n := b.eval(`String(document.querySelectorAll("tr:has([name=column_2]) .sample div").length)`); n != "3" {
				t.Errorf("%s samples are shown; want 3", n)
			}
			choose := func(column int, field string) {
				b.eval(fmt.Sprintf(`{ const s = document.querySelector("select[name=column_%d]"); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})) } ""`, column, field))
			}
			choose(1, "NAME")
			b.see(`[data-twice=column_0]`)
			b.see(`[data-twice=column_1]`)
			b.accessible("a field twice")
			choose(1, "LAST_NAME")
			b.do("the warning ends", chromedp.WaitNotVisible(`[data-twice=column_0]`))

			// A correction is remembered.
			b.eval(`document.querySelector("select[name=column_3]").value = "PHONE_WORK"; document.querySelector("select[name=column_5]").value = ""; ""`)
			b.submit("#save")
			b.open(mapping)
			b.see("#save")
			for column, want := range map[int]string{3: "PHONE_WORK", 5: "", 10: "POST", 2: "EMAIL"} {
				if chosen(column) != want {
					t.Errorf("column %d: %q is proposed after the correction; want %q", column, chosen(column), want)
				}
			}
			b.see(`//td[.//select[@name="column_3"]]//span[contains(., "geçen sefer siz seçtiniz")]`)

			// What a mapping lacks is named.
			b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?entity=companies&header=2&gid=" + strconv.FormatInt(ready.GID, 10))
			b.see(`//div[@id="missing"][contains(., "zorunlu")]`)
		})
	}
}

// TestIDsOfAnotherSystem are not taken for the portal's: they would change strangers'
// records.
func TestIDsOfAnotherSystem(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	v := newVisitor(t, ready.URL)
	v.signIn()
	address := "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?entity=leads&gid=" + strconv.FormatInt(ready.GID, 10)
	chosen := regexp.MustCompile(`(?s)<select name="column_7".*?value="ID" selected`)

	page, _ := v.ok(http.MethodGet, address, nil)
	if !chosen.MatchString(page) || !strings.Contains(page, "bu ID’ler portalda var") {
		t.Errorf("the portal's own ids are not taken:\n%.3000s", page)
	}
	for row := 2; row <= 40; row++ {
		edit(t, ready, "H"+strconv.Itoa(row), 900000+row)
	}
	page, _ = v.ok(http.MethodGet, address, nil)
	if chosen.MatchString(page) || !strings.Contains(page, "bu ID’ler portalda yok") || !strings.Contains(page, `name="add_id"`) {
		t.Errorf("another system's ids are taken:\n%.3000s", page)
	}
}
