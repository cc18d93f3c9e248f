package e2e_test

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is a tab of a real browser. A step that fails ends the test with what the
// page showed. Elements are named by CSS selector or XPath.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browse starts Chromium with an empty profile.
func browse(t *testing.T) tab {
	t.Helper()
	path := ""
	for _, p := range []string{os.Getenv("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(p); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium found; `make test` installs it, or set CHROMIUM to its path")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1440, 860), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := tab{t, ctx}
	b.do("start", chromedp.Navigate("about:blank")) // the browser lives as long as its first context
	return b
}

// stepTime is how long one step may take.
const stepTime = 20 * time.Second

func (b tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx := b.ctx
	if what != "start" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(b.ctx, stepTime)
		defer cancel()
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		at, _ := chromedp.Run(b.ctx, chromedp.Location())
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v\nat %s:\n%.2000s", what, err, at, text)
	}
}

func (b tab) open(url string)      { b.t.Helper(); b.do("open "+url, chromedp.Navigate(url)) }
func (b tab) see(element string)   { b.t.Helper(); b.do("see "+element, chromedp.WaitVisible(element)) }
func (b tab) click(element string) { b.t.Helper(); b.do("click "+element, chromedp.Click(element)) }

// submit clicks what leads to another page, and waits for that: the next may say
// the same as this one.
func (b tab) submit(element string) {
	b.t.Helper()
	b.eval(`document.documentElement.id = "left-behind"; ""`)
	b.click(element)
	b.do("wait for the next page", chromedp.WaitNotPresent("#left-behind"))
}

func (b tab) at() string {
	b.t.Helper()
	url, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return url
}

func (b tab) eval(js string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("…%s: %v", js[max(0, len(js)-300):], err)
	}
	return v
}

// axe is axe-core, which finds what keeps people with disabilities out.
//
//go:embed testdata/axe.min.js
var axe string

// accessible fails for what axe finds on the page, in light and in dark.
func (b tab) accessible(name string) {
	b.t.Helper()
	for _, scheme := range []string{"dark", "light"} {
		b.prefer(scheme)
		found := b.eval(axe + `;document.getAnimations().forEach((a) => a.cancel());
			axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.help + " " + v.nodes.map((n) => n.html).join(" ")).join("\n"))`)
		if found != "" {
			b.t.Errorf("%s, %s: %s", name, scheme, found)
		}
	}
}

// prefer sets the colour scheme that the reader prefers.
func (b tab) prefer(scheme string) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params); err != nil {
		b.t.Fatal(err)
	}
}

// look checks a page for all its readers and keeps pictures of it, light, dark and narrow, if
// SHEET24_SCREENSHOTS names a folder.
func (b tab) look(name string) {
	b.t.Helper()
	b.accessible(name)
	folder := os.Getenv("SHEET24_SCREENSHOTS")
	if folder == "" {
		return
	}
	for _, look := range []struct {
		suffix, scheme string
		width          int64
	}{{"", "light", 1440}, {"-dark", "dark", 1440}, {"-narrow", "light", 390}} {
		b.prefer(look.scheme)
		b.do("resize", chromedp.EmulateViewport(look.width, 860), chromedp.Sleep(500*time.Millisecond))
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name+look.suffix+".png"), png, 0o644)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.prefer("light")
	b.do("resize", chromedp.ResetViewport())
}

func button(text string) string { return fmt.Sprintf(`//button[normalize-space()=%q]`, text) }

// TestNewcomer walks all that the README promises a newcomer, in a real browser. It takes
// the time of an edit, and so runs beside no other test.
func TestNewcomer(t *testing.T) {
	ready := demo(t, "")
	b := browse(t)

	b.open(ready.URL)
	b.see(button("Google Sheets ile Bağlan"))
	b.look("welcome")
	b.click(button("Google Sheets ile Bağlan"))
	b.see("#allow")
	b.look("consent")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.look("spreadsheets")
	b.click("input[type=search]")
	b.do("search", chromedp.KeyEvent("yok böyle"))
	b.see(`//p[text()="Bu adda bir e-tablo bulunamadı."]`)
	b.eval(`document.querySelector("input[type=search]").select(); ""`)
	b.do("search", chromedp.KeyEvent("sATIŞ"))
	b.click(`//a[contains(., "Satış 2026")]`)
	b.see(`//label[contains(., "Leads")]`)
	b.look("tabs")
	b.click(`//fieldset[1]//label[contains(., "Leads")]`)
	b.click(`//fieldset[2]//label[contains(., "Leads")]`)
	b.click(button("Devam"))
	b.see("#save")
	for column, want := range map[string]string{"column_0": "NAME", "column_1": "LAST_NAME", "column_2": "EMAIL", "column_3": "PHONE",
		"column_4": "STATUS_ID", "column_5": "OPPORTUNITY", "column_7": "ID"} {
		if field := b.eval(`document.querySelector("select[name=` + column + `]").value`); field != want {
			t.Errorf("%s is mapped to %q; want %q", column, field, want)
		}
	}
	preview := b.eval(`const i = document.querySelector("input[name=color_header]"); i.value = "#7a1f5c";
		i.dispatchEvent(new Event("input", {bubbles: true})); getComputedStyle(document.querySelector("th")).backgroundColor`)
	if preview != "rgb(122, 31, 92)" {
		t.Errorf("the chosen colour is not shown: %s", preview)
	}
	b.look("mapping")
	b.click("#save")
	b.see("#review")
	b.look("authorize")
	b.click("#review")
	b.see("#allow")
	b.click("#allow")
	b.see(`//h1[contains(., "✅ Webhook kuruldu!")]`)
	b.click("#back")
	b.see(`//h2[contains(., "✅ Webhook kuruldu!")]`)
	tablePage := b.at()
	if header := b.eval(`getComputedStyle(document.documentElement).getPropertyValue("--table-header")`); header != "#7a1f5c" {
		t.Errorf("the table's colour is %q", header)
	}

	// Type a new e-mail address into the grid.
	b.open(ready.DemoURL)
	b.see(`td[data-cell="C5"]`)
	b.see("#record-4")
	start := time.Now()
	b.click(`td[data-cell="C5"]`)
	b.eval(`document.getSelection().selectAllChildren(document.activeElement); ""`)
	b.do("type", chromedp.KeyEvent("yepyeni@ornek.com.tr"+kb.Enter))
	b.see(`//td[@data-cell="G5"][text()="✅ Senkronize"]`)
	b.see(`//li[@id="record-4"][contains(., "yepyeni@ornek.com.tr")]`)
	took := time.Since(start)
	t.Logf("click, type, seen in the sheet and in the CRM: %v", took)
	if took > 3*time.Second { // a second for the edit; the typing, and a page that looks every 0.4 s
		t.Errorf("the edit took %v", took)
	}
	b.look("demo")
	if got := emails(t, ready, 4); strings.Join(got, " ") != "yepyeni@ornek.com.tr" {
		t.Errorf("e-mails of record 4: %q; the edit must replace, not add", got)
	}

	// The history shows it, and a wrong value, and the mended one, live.
	b.open(tablePage)
	b.see(`//ins[text()="yepyeni@ornek.com.tr"]`)
	b.see(`//span[text()="✅ Senkronize"]`)
	edit(t, ready, "E7", "Yenii")
	b.see(`//div[@class="why"][contains(., "“Yenii” yok; var olanlar: Yeni, İşlemde")]`)
	edit(t, ready, "E7", "Kazanıldı")
	b.see(`//tr[.//ins[text()="Kazanıldı"]]//span[text()="✅ Senkronize"]`)
	b.look("history")
	b.open(ready.URL)
	b.see(`//a[contains(., "Satış 2026")]`)
	b.look("home")
	b.click(button("English"))
	b.see(`//h1[text()="Tables"]`)
	b.click(button("Sign out"))
	b.see(button("Connect with Google Sheets"))
}

// TestPageThatWaitsForPermission shows what a user sees who left Google's page
// without allowing the script: the table's page waits, and goes on by itself.
func TestPageThatWaitsForPermission(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	b := browse(t)
	b.open(ready.URL + "/nothing")
	b.see(`//p[text()="Aradığınız sayfa yok."]`)
	b.look("error")
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/portal")
	b.see(`input[name=webhook_url]`)
	b.look("portal")
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=0&entity=leads")
	b.click("#save")
	b.see("#review")
	b.open(ready.URL + "/sheet-sync/tables/1") // instead of allowing it
	b.see(".waiting")
	b.look("waiting")
	// In another window the owner allows it after all, by the button's new link.
	v := newVisitor(t, ready.URL)
	v.signIn()
	v.allow(v.ok(http.MethodPost, "/sheet-sync/tables/1/activate", nil))
	b.see(`//h2[contains(., "✅ Webhook kuruldu!")]`)
	b.do("the waiting ends", chromedp.WaitNotPresent(".waiting"))

	// A change that failed is tried again by its button, once its cause is gone.
	edit(t, ready, "C202", "yeni1@ornek.com.tr")
	edit(t, ready, "H202", 201) // a record that does not exist, yet
	b.see(`//div[@class="why"][contains(., "Kayıt Bitrix24'te yok")]`)
	b.look("failed")
	post(t, ready.PortalWebhook+"crm.item.add", map[string]any{"entityTypeId": 1, "fields": map[string]any{"title": "Yeni"}}, nil)
	b.click(button("Yeniden dene"))
	b.see(`//span[text()="✅ Senkronize"]`)
	if got := emailOf(t, ready, 1, 201); got != "yeni1@ornek.com.tr" {
		t.Errorf("the record's e-mail after the retry: %q", got)
	}

	// Several that failed, all at once.
	for row, id := range map[string]int{"203": 202, "204": 203} {
		edit(t, ready, "C"+row, fmt.Sprintf("yeni%s@ornek.com.tr", row))
		edit(t, ready, "H"+row, id)
	}
	eventually(t, waitForSync, "both fail", func() bool {
		rows := cells(t, ready)
		return strings.HasPrefix(fmt.Sprint(rows[202][6]), "❌") && strings.HasPrefix(fmt.Sprint(rows[203][6]), "❌")
	})
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see("#retry-failed")
	b.look("failed-rows")
	for range 2 {
		post(t, ready.PortalWebhook+"crm.item.add", map[string]any{"entityTypeId": 1, "fields": map[string]any{"title": "Yeni"}}, nil)
	}
	b.submit("#retry-failed")
	eventually(t, waitForSync, "both are done", func() bool {
		rows := cells(t, ready)
		return rows[202][6] == "✅ Senkronize" && rows[203][6] == "✅ Senkronize"
	})
}
