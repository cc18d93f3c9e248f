package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// TestGoogleAccount walks what can go wrong with a grant, in a real browser: a
// scope unticked, the grant revoked at Google, and disconnected here. Nothing that
// is edited meanwhile is lost.
func TestGoogleAccount(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.see("#allow")
	b.eval(`document.querySelector('input[name=scope][value$="drive.metadata.readonly"]').checked = false; ""`)
	b.click("#allow")
	b.see(`//p[@role="alert"][contains(., "“drive.metadata.readonly” izni işaretlenmedi")]`)
	b.look("scope-missing")
	b.click("#connect")
	b.click("#allow") // all of it, this time
	b.see(`//b[text()="Satış 2026"]`)

	// Revoked at Google: the next edit finds out, and waits.
	post(t, ready.URL+"/sim/google/revoke", map[string]any{"email": "ayse@ornek.com.tr"}, nil)
	edit(t, ready, "C5", "bekler@ornek.com.tr")
	eventually(t, waitForSync, "the page tells", func() bool {
		b.open(ready.URL)
		return b.eval(`document.querySelector("[role=alert]")?.textContent ?? ""`) != ""
	})
	b.see(`//section[@role="alert"][contains(., "Google bağlantısı sona ermiş")]`)
	b.look("reconnect")
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.click(`//section[@role="alert"]//button`)
	b.click("#allow")
	b.see(`//b[text()="Satış 2026"]`)
	eventually(t, waitForSync, "what waited", synced(t, ready, 4, "bekler@ornek.com.tr"))

	// Disconnected here.
	b.open(ready.URL + "/sheet-sync/google")
	b.see(`//dd[contains(., "spreadsheets")]`)
	b.look("google")
	b.submit("#disconnect")
	b.see(`//section[@role="alert"][contains(., "yeniden bağlanın")]`)
	edit(t, ready, "C6", "sonra@ornek.com.tr")
	b.click("#connect")
	b.see("#allow") // the grant is gone at Google too, so it asks
	b.click("#allow")
	b.see(`//b[text()="Satış 2026"]`)
	eventually(t, waitForSync, "what waited", synced(t, ready, 5, "sonra@ornek.com.tr"))

	// A link pasted into the search leads straight to its spreadsheet.
	b.open(ready.URL + "/sheet-sync/new")
	b.click("input[type=search]")
	b.do("paste", chromedp.KeyEvent(ready.URL+"/spreadsheets/d/"+ready.SpreadsheetID+"/edit#gid=0"))
	b.see(`//label[contains(., "Leads")]`)
}

// TestLinksInsteadOfDrive asks for no scope of Drive: users paste links.
func TestLinksInsteadOfDrive(t *testing.T) {
	t.Parallel()
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	google := readyLine(t, out)
	listen := freeAddress(t)
	c := app.Config{GoogleClientID: google.GoogleClientID, GoogleClientSecret: google.GoogleClientSecret, GoogleRedirectURI: "http://" + listen + "/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: "http://" + listen, SecretKey: secret.NewKey(), Listen: listen,
		GoogleURL: google.URL, GoogleAccess: "link", GooglePerMinute: 6000, Bitrix24Hosts: []string{strings.TrimPrefix(google.URL, "http://")}}
	start(t, c.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+listen)
	b := browse(t)
	b.open("http://" + listen)
	b.click("#connect")
	b.see("#allow")
	if boxes := b.eval(`[...document.querySelectorAll("input[name=scope]")].map((i) => i.value).join(" ")`); boxes == "" || strings.Contains(boxes, "drive") {
		t.Errorf("Google is asked for %s", boxes)
	}
	b.click("#allow")
	b.click("input[name=webhook_url]")
	b.do("type", chromedp.KeyEvent(google.PortalWebhook))
	b.click(button("Bağlantıyı denetle ve kaydet"))
	b.see(`//h2[contains(., "✅")]`)
	b.open("http://" + listen + "/sheet-sync/new")
	b.click("input[name=q]")
	b.do("type", chromedp.KeyEvent("Satış 2026"))
	b.click(button("Devam"))
	b.see(`//p[@role="alert"][contains(., "“Satış 2026” bir e-tablo bağlantısı değil")]`)
	b.look("link")
	b.eval(`document.querySelector("input[name=q]").select(); ""`)
	b.do("type", chromedp.KeyEvent(google.URL+"/spreadsheets/d/"+google.SpreadsheetID+"/edit"))
	b.click(button("Devam"))
	b.see(`//label[contains(., "Leads")]`)
}

// TestWithoutScript never allows the script: the table is synced all the same.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	ready := demo(t, "")
	b := browse(t)
	b.open(ready.URL)
	b.click("#connect")
	b.click("#allow")
	b.see(`//a[contains(., "Satış 2026")]`)
	b.open(ready.URL + "/sheet-sync/new/" + ready.SpreadsheetID + "/mapping?gid=0&entity=leads")
	b.click("#save")
	b.see("#review") // Google's page, which nobody answers
	b.open(ready.URL + "/sheet-sync/tables/1")
	b.see(`//p[contains(., "Eşitleme başladı")]`)
	b.look("without-script")
	edit(t, ready, "C5", "betiksiz@ornek.com.tr")
	eventually(t, waitForSync, "an edit that nobody tells of", synced(t, ready, 4, "betiksiz@ornek.com.tr"))
	b.see(`//span[text()="✅ Senkronize"]`)
}

// TestNudgesDoubledAndReordered edits twenty rows three hundred times, while every
// trigger runs twice and up to a third of a second late: each row's last value wins.
func TestNudgesDoubledAndReordered(t *testing.T) {
	t.Parallel()
	ready := demo(t, "", "--activated")
	post(t, ready.URL+"/sim/google/faults", map[string]any{"duplicate": 1, "delay_ms": 300}, nil)
	last := map[int]string{}
	for n := range 300 {
		row := 2 + rand.IntN(20)
		last[row] = fmt.Sprintf("son%d@ornek.com.tr", n)
		edit(t, ready, fmt.Sprint("C", row), last[row])
	}
	wrong := func() (rows []string) {
		all := allEmails(t, ready)
		for row, email := range last {
			if got := all[row-1]; len(got) != 1 || got[0] != email {
				rows = append(rows, fmt.Sprintf("row %d: %v; want %s", row, got, email))
			}
		}
		return rows
	}
	eventually(t, 3*waitForSync, "every row's last value", func() bool { return len(wrong()) == 0 })
	time.Sleep(time.Second) // what is still under way must not change it back
	if rows := wrong(); len(rows) > 0 {
		t.Error(strings.Join(rows, "\n"))
	}
}

// allEmails are the e-mail addresses of the leads, read beside the portal's API, so
// that its bucket is not filled by looking.
func allEmails(t *testing.T, ready app.Ready) map[int][]string {
	t.Helper()
	var body struct {
		Records []struct {
			ID     int
			Emails []string
		}
	}
	get(t, ready.URL+"/sim/bitrix24/records?entityTypeId=1", &body)
	all := map[int][]string{}
	for _, r := range body.Records {
		all[r.ID] = r.Emails
	}
	return all
}
