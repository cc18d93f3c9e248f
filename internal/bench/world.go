package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/app"
	"sheet24/internal/google"
	"sheet24/internal/secret"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sync/receive"
)

const (
	owner = "ayse@ornek.com.tr"
	gid   = 42
)

// world is the service between a simulated sheet of leads and a simulated portal, which
// answer at once.
type world struct {
	tb      testing.TB
	google  *googlesim.Google
	portal  *bitrixsim.Portal
	sheet   string
	config  *app.Config
	service *app.App
	table   *sheet24.Table
	front   *httptest.Server // of the service
	ids     []int64          // of the records, in the order of the rows
}

func (w *world) check(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

// newWorld has a tab of so many rows, whose names and amounts are synced, and which may be
// read so often a minute. The service
// has its table, and has not been started.
func newWorld(tb testing.TB, rows, perMinute int, plan sheet24.Plan) *world {
	tb.Helper()
	w := &world{tb: tb}
	w.google = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: owner, Name: "Ayşe"})
	tb.Cleanup(w.google.Close)
	googleServer := httptest.NewServer(w.google.Handler())
	tb.Cleanup(googleServer.Close)
	w.portal = bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: plan.Rate, Brim: plan.Burst})
	portalServer := httptest.NewServer(w.portal.Handler())
	tb.Cleanup(portalServer.Close)
	cells := [][]any{{"ID", "Ad", "Tutar", "Not", "Ek", "Senkronizasyon"}}
	var baseline []sheet24.Snapshot
	for i := range rows {
		name := fmt.Sprint("Aday ", i)
		id := w.portal.Add(1, map[string]any{"name": name, "stageId": "NEW", "opportunity": float64(i)})
		w.ids = append(w.ids, id)
		cells = append(cells, []any{float64(id), name, float64(i)})
		baseline = append(baseline, sheet24.Snapshot{EntityID: id, Row: i + 2, Values: map[string]any{"NAME": name, "OPPORTUNITY": float64(i)}})
	}
	s := &googlesim.Spreadsheet{Title: "Satış", Owner: owner, Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{{GID: gid, Title: "Leads", Rows: cells}}}
	w.google.AddSpreadsheet(s)
	w.sheet = s.ID
	w.config = &app.Config{GoogleClientID: "id", GoogleClientSecret: "secret", DatabaseURL: "sqlite:" + filepath.Join(tb.TempDir(), "sheet24.db"),
		PublicURL: "http://127.0.0.1:1", SecretKey: secret.NewKey(), GooglePerMinute: perMinute, GoogleURL: googleServer.URL, Listen: "127.0.0.1:0",
		GoogleRedirectURI: "http://127.0.0.1:1/sheet-sync/oauth/callback", GoogleAccess: string(google.FullAccess),
		Bitrix24Hosts: []string{strings.TrimPrefix(portalServer.URL, "http://")}}
	var err error
	w.service, err = app.New(tb.Context(), w.config, "bench", silent)
	w.check(err)
	store := w.service.Store
	user, err := store.EnsureUser(tb.Context(), owner, "Ayşe", "tr")
	w.check(err)
	access, refresh := w.google.Grant(owner, google.FullAccess.Scopes())
	w.check(store.SaveToken(tb.Context(), &sheet24.Token{UserID: user.ID, Email: owner, AccessToken: access, RefreshToken: refresh,
		ExpiresAt: time.Now().Add(time.Hour), Scopes: google.FullAccess.Scopes()}))
	portal := &sheet24.Portal{UserID: user.ID, Host: w.config.Bitrix24Hosts[0], WebhookURL: portalServer.URL + w.portal.WebhookPath(), Plan: plan}
	w.check(store.SavePortal(tb.Context(), portal))
	w.check(store.SavePlan(tb.Context(), portal.ID, plan))
	column := func(i int, field, kind string) sheet24.FieldMapping {
		return sheet24.FieldMapping{Column: sheet24.Column{Index: i, Name: cells[0][i].(string)}, Field: field, Type: kind, Updatable: field != sheet24.IDField}
	}
	w.table = &sheet24.Table{UserID: user.ID, PortalID: portal.ID, SpreadsheetID: w.sheet, SpreadsheetTitle: "Satış", GID: gid, Tab: "Leads", Entity: sheet24.Leads, HeaderRow: 1,
		StatusColumn: sheet24.Column{Index: 5, Name: "Senkronizasyon"}, Language: "tr", TimeZone: "Europe/Istanbul", Locale: "tr_TR", Key: []byte("key"), Enabled: true,
		Mappings: []sheet24.FieldMapping{column(0, sheet24.IDField, "integer"), column(1, "NAME", "string"), column(2, "OPPORTUNITY", "double")}}
	w.check(store.SaveTable(tb.Context(), w.table, baseline))
	return w
}

// start starts the service.
func (w *world) start() {
	w.tb.Helper()
	w.front = httptest.NewServer(w.service.Handler())
	w.tb.Cleanup(w.front.Close)
	w.check(w.service.Start(w.tb.Context()))
	w.tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		w.service.Close(ctx)
	})
}

// edit changes the name in a row, from 0, and announces it as the script does.
func (w *world) edit(client *http.Client, row int, name string) {
	w.tb.Helper()
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Range: fmt.Sprint("B", row+2), Values: [][]any{{name}}}))
	id, at := name, strconv.FormatInt(time.Now().Unix(), 10)
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":%d}`, w.sheet, gid, row+2)
	req, err := http.NewRequest(http.MethodPost, w.front.URL+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
	w.check(err)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	req.Header.Set("webhook-signature", receive.Sign(w.table.Key, id, at, []byte(body)))
	resp, err := client.Do(req)
	w.check(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		w.tb.Fatalf("webhook: HTTP %d", resp.StatusCode)
	}
}

// holds reports whether a row's record has a name.
func (w *world) holds(row int, name string) bool {
	r, _ := w.portal.Record(1, w.ids[row])
	return r.Fields["name"] == name
}

// wait waits until something holds.
func (w *world) wait(within time.Duration, what string, holds func() bool) {
	w.tb.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.tb.Fatalf("not within %v: %s", within, what)
		}
	}
}
