// Package storetest is the conformance suite of the store: what every database
// that sheet24 runs on must do.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
)

// Run runs the suite. open returns a new, empty store for each test.
func Run(t *testing.T, open func(t *testing.T) *sqlstore.Store) {
	for name, test := range map[string]func(*testing.T, *sqlstore.Store){
		"Users": users, "Tokens": tokens, "EndedGrant": endedGrant, "Looks": looks, "Columns": columns, "Portals": portals, "Grants": grants, "Pause": pause, "Tables": tables, "Activation": activation, "Scripts": scripts, "Channels": channels, "SheetState": sheetState, "SnapshotsAt": snapshotsAt, "Leases": leases, "Arrivals": arrivals,
		"Events": events, "Coalesce": coalesce, "Claim": claim, "Fair": fair, "Failures": failures, "Postpone": postpone, "Retry": retry, "Unsent": unsent,
		"Report": report, "History": history, "Waiting": waiting, "Sessions": sessions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Open opens a new SQLite store that the test closes, for tests of what uses one.
func Open(t testing.TB) *sqlstore.Store {
	t.Helper()
	box, err := secret.New(secret.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "sheet24.db"), box)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Seed makes a user with a portal and a table, as most tests need them.
func Seed(t testing.TB, s *sqlstore.Store) *sheet24.Table {
	t.Helper()
	u := must(s.EnsureUser(t.Context(), "ayse@ornek.com.tr", "Ayşe", "tr"))(t)
	check(t, s.SaveToken(t.Context(), &sheet24.Token{UserID: u.ID, Email: u.Email, AccessToken: "a", RefreshToken: "r", ExpiresAt: time.Now().Add(time.Hour)}))
	p := &sheet24.Portal{UserID: u.ID, Host: "firma.bitrix24.com.tr", WebhookURL: "https://firma.bitrix24.com.tr/rest/1/gizli/"}
	check(t, s.SavePortal(t.Context(), p))
	table := &sheet24.Table{
		UserID: u.ID, PortalID: p.ID, SpreadsheetID: "sheet-1", SpreadsheetTitle: "Satış 2026", GID: 7, Tab: "Leads",
		Entity: sheet24.Leads, Colors: sheet24.DefaultColors, HeaderRow: 1, StatusColumn: sheet24.Column{Index: 9, Name: "Senkronizasyon"},
		Language: "tr", TimeZone: "Europe/Istanbul", WebhookURL: "http://127.0.0.1:3000/api/v1/sheet-sync/webhook",
		Key: []byte("key"), Enabled: true,
		Mappings: []sheet24.FieldMapping{
			{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: sheet24.IDField, Type: "integer"},
			{Column: sheet24.Column{Index: 3, Name: "E-posta"}, Field: "EMAIL", Type: "crm_multifield", Updatable: true},
		},
	}
	check(t, s.SaveTable(t.Context(), table, []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "a@x.tr"}}}))
	return table
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*sheet24.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error = %v; want code %s", err, code)
	}
}

func users(t *testing.T, s *sqlstore.Store) {
	a := must(s.EnsureUser(t.Context(), "Ayse@Ornek.com.tr", "Ayşe", "tr"))(t)
	b := must(s.EnsureUser(t.Context(), "ayse@ornek.com.tr", "", "en"))(t)
	if a.ID != b.ID || b.Name != "Ayşe" || b.Language != "tr" {
		t.Fatalf("the same address made another user: %+v, %+v", a, b)
	}
	check(t, s.SetLanguage(t.Context(), a.ID, "en"))
	if u := must(s.User(t.Context(), a.ID))(t); u.Language != "en" {
		t.Fatalf("language = %q", u.Language)
	}
	_, err := s.User(t.Context(), "nobody")
	wantCode(t, err, "user_unknown")
}

func tokens(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.DeleteToken(t.Context(), table.UserID))
	_, err := s.Token(t.Context(), table.UserID)
	wantCode(t, err, "google_not_connected")
	first := &sheet24.Token{UserID: table.UserID, Email: "ayse@ornek.com.tr", AccessToken: "access-1", RefreshToken: "refresh-1",
		ExpiresAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Scopes: []string{"openid", "email"}}
	check(t, s.SaveToken(t.Context(), first))
	again := *first
	again.AccessToken, again.RefreshToken = "access-2", ""
	check(t, s.SaveToken(t.Context(), &again))
	got := must(s.Token(t.Context(), table.UserID))(t)
	again.RefreshToken = "refresh-1" // a login without consent brings none and must not lose it
	if got.ExpiresAt = got.ExpiresAt.UTC(); !reflect.DeepEqual(got, &again) {
		t.Fatalf("token = %+v; want %+v", got, &again)
	}
	var inDatabase string
	check(t, s.DB().QueryRowContext(t.Context(), `SELECT access_token || refresh_token FROM user_sheets_tokens`).Scan(&inDatabase))
	if strings.Contains(inDatabase, "access-2") || strings.Contains(inDatabase, "refresh-1") {
		t.Fatal("tokens can be read in the database")
	}
}

// endedGrant stops the work that needs the sheet, loses none of it, and lets it go
// on; what is on its way to the CRM needs no sheet.
func endedGrant(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.AddEvent(t.Context(), &sheet24.Event{TableID: table.ID, Type: sheet24.RowEdited, MessageID: "1", Rows: sheet24.Rows(2, 2), Data: []byte("{}")}))
	check(t, s.CommitScan(t.Context(), table, nil, []sheet24.RowChange{{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "b"}}},
		{Row: 3, Status: sheet24.Failed, Fields: map[string]sheet24.Change{}, Error: "x"}}, nil))
	wants := func(scan, push, report int) {
		t.Helper()
		if w := must(s.Waiting(t.Context()))(t); len(w.Scan) != scan || len(w.Push) != push || len(w.Report) != report {
			t.Fatalf("waiting: %+v", w)
		}
	}
	wants(1, 1, 1)
	check(t, s.EndToken(t.Context(), table.UserID))
	if k := must(s.Token(t.Context(), table.UserID))(t); !k.Ended {
		t.Fatal("the grant has not ended")
	}
	wants(0, 1, 0)
	check(t, s.SaveToken(t.Context(), &sheet24.Token{UserID: table.UserID, Email: "e", AccessToken: "a", ExpiresAt: time.Now()}))
	if k := must(s.Token(t.Context(), table.UserID))(t); k.Ended || k.RefreshToken != "r" {
		t.Fatalf("connected again: %+v", k)
	}
	wants(1, 1, 1)
	check(t, s.DeleteToken(t.Context(), table.UserID))
	wants(0, 1, 0)
}

func looks(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	due := func(want int) {
		t.Helper()
		if w := must(s.Waiting(t.Context()))(t); len(w.Look) != want {
			t.Fatalf("to be looked at: %v", w.Look)
		}
	}
	due(1) // a new table, at once
	l := sheet24.Look{At: time.Now().Add(time.Hour).UTC().Truncate(time.Second), EditedAt: time.Now().UTC().Truncate(time.Second), Unannounced: 3}
	check(t, s.SetLook(t.Context(), table.ID, l))
	due(0)
	got := must(s.Table(t.Context(), table.ID))(t)
	got.WebhookRegistered = true
	if !got.Look.At.Equal(l.At) || !got.Look.EditedAt.Equal(l.EditedAt) || !got.Silent() {
		t.Fatalf("look = %+v", got.Look)
	}
	check(t, s.SetLook(t.Context(), table.ID, sheet24.Look{At: time.Now().Add(-time.Second)}))
	due(1)
	if n := must(s.CountTables(t.Context(), table.UserID))(t); n != 1 {
		t.Fatalf("%d tables", n)
	}
	check(t, s.EndToken(t.Context(), table.UserID))
	due(0)
}

func columns(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	id, email := table.Mappings[0], table.Mappings[1]
	id.Column.Index, email.Column.Index = email.Column.Index, id.Column.Index // they changed places
	check(t, s.SetColumns(t.Context(), table.ID, []sheet24.FieldMapping{id, email}, nil))
	got := must(s.Table(t.Context(), table.ID))(t)
	if m, _ := got.Mapping("EMAIL"); m.Column.Index != 0 || len(got.Lost) != 0 {
		t.Fatalf("moved: %+v", got.Mappings)
	}
	id.Column.Index = 0
	check(t, s.SetColumns(t.Context(), table.ID, []sheet24.FieldMapping{id}, []sheet24.FieldMapping{email}))
	got = must(s.Table(t.Context(), table.ID))(t)
	if m, _ := got.Mapping("EMAIL"); m.Column.Index >= 0 || m.Column.Name != "E-posta" || !reflect.DeepEqual(got.Lost, []string{"E-posta"}) {
		t.Fatalf("lost: %+v, %v", got.Mappings, got.Lost)
	}
	email.Column.Index = 5
	check(t, s.SetColumns(t.Context(), table.ID, []sheet24.FieldMapping{id, email}, nil))
	if got = must(s.Table(t.Context(), table.ID))(t); len(got.Lost) != 0 || got.Mappings[1].Column.Index != 5 {
		t.Fatalf("found again: %+v, %v", got.Mappings, got.Lost)
	}
}

func portals(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	p := must(s.Portal(t.Context(), table.PortalID))(t)
	if p.WebhookURL != "https://firma.bitrix24.com.tr/rest/1/gizli/" {
		t.Fatalf("webhook = %q", p.WebhookURL)
	}
	renewed := &sheet24.Portal{UserID: p.UserID, Host: p.Host, WebhookURL: "https://firma.bitrix24.com.tr/rest/1/yeni/"}
	check(t, s.SavePortal(t.Context(), renewed))
	if all := must(s.PortalsOf(t.Context(), p.UserID))(t); renewed.ID != p.ID || len(all) != 1 || all[0].WebhookURL != renewed.WebhookURL {
		t.Fatalf("a renewed webhook must not make a second portal: %+v", all)
	}
	var inDatabase string
	check(t, s.DB().QueryRowContext(t.Context(), `SELECT webhook_url FROM portals`).Scan(&inDatabase))
	if strings.Contains(inDatabase, "yeni") {
		t.Fatal("the webhook URL can be read in the database")
	}
	_, err := s.Portal(t.Context(), 999)
	wantCode(t, err, "portal_unknown")
}

func grants(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	p := &sheet24.Portal{UserID: table.UserID, Host: "eski.bitrix24.com", Plan: sheet24.EnterprisePlan,
		Account: sheet24.Account{UserID: 1, Name: "Ayşe Yılmaz", Admin: true, Scopes: []string{"crm", "user"}},
		Grant: &sheet24.Grant{MemberID: "m1", AccessToken: "erisim-1", RefreshToken: "yenileme-1", ExpiresAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
			Endpoint: "https://eski.bitrix24.com/rest/", AuthServer: "https://oauth.bitrix24.tech"}}
	check(t, s.SavePortal(t.Context(), p))
	got := must(s.Portal(t.Context(), p.ID))(t)
	if got.CreatedAt = p.CreatedAt; !reflect.DeepEqual(got, p) {
		t.Fatalf("portal = %+v\nwant     %+v", got, p)
	}
	// Renewed, and by then renamed.
	renewed := *p.Grant
	renewed.AccessToken, renewed.RefreshToken, renewed.Endpoint = "erisim-2", "yenileme-2", "https://yeni.bitrix24.com/rest/"
	check(t, s.SaveGrant(t.Context(), &sheet24.Portal{ID: p.ID, UserID: p.UserID, Host: "yeni.bitrix24.com", Grant: &renewed}))
	if got = must(s.Portal(t.Context(), p.ID))(t); got.Host != "yeni.bitrix24.com" || !reflect.DeepEqual(got.Grant, &renewed) || got.Account.Name != "Ayşe Yılmaz" {
		t.Fatalf("renewed: %+v, %+v", got, got.Grant)
	}
	// Connected again under a third name: still the same portal, and its plan stays.
	again := &sheet24.Portal{UserID: p.UserID, Host: "son.bitrix24.com", Grant: &renewed}
	check(t, s.SavePortal(t.Context(), again))
	if got = must(s.Portal(t.Context(), p.ID))(t); again.ID != p.ID || got.Host != "son.bitrix24.com" || got.Plan != sheet24.EnterprisePlan {
		t.Fatalf("connected again: %d, %+v", again.ID, got)
	}
	// A name that another of the user's portals has is not taken from it.
	check(t, s.SaveGrant(t.Context(), &sheet24.Portal{ID: p.ID, UserID: p.UserID, Host: "firma.bitrix24.com.tr", Grant: &renewed}))
	if got = must(s.Portal(t.Context(), p.ID))(t); got.Host != "son.bitrix24.com" {
		t.Fatalf("host = %s", got.Host)
	}
	check(t, s.SavePlan(t.Context(), p.ID, sheet24.StandardPlan))
	if got = must(s.Portal(t.Context(), p.ID))(t); got.Plan != sheet24.StandardPlan {
		t.Fatalf("plan = %+v", got.Plan)
	}
	var inDatabase string
	check(t, s.DB().QueryRowContext(t.Context(), `SELECT app_grant FROM portals WHERE id = $1`, p.ID).Scan(&inDatabase))
	if strings.Contains(inDatabase, "erisim") || strings.Contains(inDatabase, "yenileme") {
		t.Fatal("the grant can be read in the database")
	}
	// A webhook takes the place of the grant.
	check(t, s.SavePortal(t.Context(), &sheet24.Portal{UserID: p.UserID, Host: "son.bitrix24.com", WebhookURL: "https://son.bitrix24.com/rest/1/x/"}))
	if got = must(s.Portal(t.Context(), p.ID))(t); got.Grant != nil || got.WebhookURL != "https://son.bitrix24.com/rest/1/x/" {
		t.Fatalf("by webhook: %+v", got)
	}
}

func pause(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	change := sheet24.RowChange{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "b"}}}
	check(t, s.CommitScan(t.Context(), table, nil, []sheet24.RowChange{change}, nil))
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: "portal_scope", Until: until}))
	p := must(s.Portal(t.Context(), table.PortalID))(t)
	if p.Paused == nil || p.Paused.Code != "portal_scope" || !p.Paused.Until.Equal(until) {
		t.Fatalf("paused = %+v", p.Paused)
	}
	if w := must(s.Waiting(t.Context()))(t); len(w.Push) != 0 {
		t.Fatalf("a paused portal waits to be pushed: %v", w.Push)
	}
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 0 {
		t.Fatalf("claimed from a paused portal: %v", c)
	}
	// A pause that is over lets the next push through, which is the one to end it.
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: "portal_scope", Until: time.Now().Add(-time.Second)}))
	if w := must(s.Waiting(t.Context()))(t); len(w.Push) != 1 {
		t.Fatalf("after the pause: %v", w.Push)
	}
	check(t, s.ResumePortal(t.Context(), table.PortalID))
	if p = must(s.Portal(t.Context(), table.PortalID))(t); p.Paused != nil {
		t.Fatalf("paused = %+v", p.Paused)
	}
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 1 {
		t.Fatalf("claimed: %v", c)
	}
	// Connecting again ends a pause too.
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: "portal_scope", Until: until}))
	check(t, s.SavePortal(t.Context(), &sheet24.Portal{UserID: p.UserID, Host: p.Host, WebhookURL: p.WebhookURL}))
	if p = must(s.Portal(t.Context(), table.PortalID))(t); p.Paused != nil {
		t.Fatalf("connected again: %+v", p.Paused)
	}
}

func tables(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	got := must(s.Table(t.Context(), table.ID))(t)
	got.CreatedAt, table.CreatedAt, got.Lost = time.Time{}, time.Time{}, nil
	if !reflect.DeepEqual(got, table) {
		t.Fatalf("table = %+v\nwant    %+v", got, table)
	}
	table.Mappings = table.Mappings[:1]
	table.Tab = "Adaylar"
	check(t, s.SaveTable(t.Context(), table, nil))
	if all := must(s.TablesOf(t.Context(), table.UserID))(t); len(all) != 1 || all[0].Tab != "Adaylar" || len(all[0].Mappings) != 1 {
		t.Fatalf("setting a tab up again must replace it: %+v", all)
	}
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{11}))(t); len(n) != 0 {
		t.Fatalf("old snapshots stayed: %v", n)
	}
	if all := must(s.TablesOfTab(t.Context(), "sheet-1", 7))(t); len(all) != 1 {
		t.Fatalf("TablesOfTab = %v", all)
	}
	if all := must(s.TablesOfTab(t.Context(), "sheet-1", 8))(t); len(all) != 0 {
		t.Fatalf("another tab's tables: %v", all)
	}
	_, err := s.Table(t.Context(), 999)
	wantCode(t, err, "table_unknown")
}

func activation(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	if sc := must(s.ScriptOf(t.Context(), table.UserID, table.SpreadsheetID))(t); sc.ProjectID != "" {
		t.Fatalf("script before installation: %+v", sc)
	}
	want := sheet24.Script{ProjectID: "p", DeploymentID: "d", WebAppURL: "https://script.google.com/macros/s/d/exec"}
	check(t, s.SetScript(t.Context(), table.ID, want, "one-time"))
	if sc := must(s.ScriptOf(t.Context(), table.UserID, table.SpreadsheetID))(t); sc != want {
		t.Fatalf("script = %+v", sc)
	}
	_, err := s.Activate(t.Context(), "wrong")
	wantCode(t, err, "activation_token")
	if got := must(s.Activate(t.Context(), "one-time"))(t); got.ID != table.ID {
		t.Fatalf("activated table %d", got.ID)
	}
	_, err = s.Activate(t.Context(), "one-time")
	wantCode(t, err, "activation_token")
	_, err = s.Activate(t.Context(), "")
	wantCode(t, err, "activation_token")
	if all := must(s.ActiveTables(t.Context()))(t); len(all) != 0 {
		t.Fatalf("active before the ping: %+v", all)
	}
	check(t, s.SetRegistered(t.Context(), table.ID))
	if all := must(s.ActiveTables(t.Context()))(t); len(all) != 1 {
		t.Fatalf("active: %+v", all)
	}
	if !must(s.Table(t.Context(), table.ID))(t).WebhookRegistered {
		t.Fatal("not registered")
	}
}

// scripts: two tables of one spreadsheet share a script, a third has its own.
func scripts(t *testing.T, s *sqlstore.Store) {
	one := Seed(t, s)
	two, three := *one, *one
	two.GID, three.SpreadsheetID = 8, "sheet-2"
	check(t, s.SaveTable(t.Context(), &two, nil))
	check(t, s.SaveTable(t.Context(), &three, nil))
	script := sheet24.Script{ProjectID: "p", DeploymentID: "d", WebAppURL: "https://script.google.com/macros/s/d/exec", Version: "a-x"}
	check(t, s.SetScript(t.Context(), one.ID, script, "first"))
	check(t, s.SetScript(t.Context(), two.ID, script, "second"))
	check(t, s.SetScript(t.Context(), three.ID, sheet24.Script{ProjectID: "q", Version: "a-x"}, ""))
	if got := must(s.TableByToken(t.Context(), "second"))(t); got.ID != two.ID {
		t.Errorf("table of the token: %d", got.ID)
	}
	for _, token := range []string{"", "wrong"} {
		_, err := s.TableByToken(t.Context(), token)
		wantCode(t, err, "activation_token")
	}
	script.Version, script.Wide = "b-x", true
	check(t, s.UpdateScript(t.Context(), script))
	for id, want := range map[int64]sheet24.Script{one.ID: script, two.ID: script, three.ID: {ProjectID: "q", Version: "a-x"}} {
		if got := must(s.Table(t.Context(), id))(t).Script; got != want {
			t.Errorf("script of table %d: %+v; want %+v", id, got, want)
		}
	}
	check(t, s.SetRegistered(t.Context(), one.ID))
	check(t, s.SetRegistered(t.Context(), three.ID))
	check(t, s.RemoveScript(t.Context(), "p"))
	check(t, s.RemoveScript(t.Context(), "")) // of no table
	if all := must(s.ActiveTables(t.Context()))(t); len(all) != 1 || all[0].ID != three.ID {
		t.Errorf("active after the script was removed: %+v", all)
	}
	if got := must(s.Table(t.Context(), two.ID))(t).Script; got != (sheet24.Script{ProjectID: "p", Wide: true}) {
		t.Errorf("removed: %+v", got)
	}
	_, err := s.Activate(t.Context(), "second")
	wantCode(t, err, "activation_token")
}

// arrivals stores events from all sides at once, each twice, and some of a table that
// is not there.
func arrivals(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	var stored, doubled, refused atomic.Int32
	var all sync.WaitGroup
	for from := range 32 {
		all.Go(func() {
			for n := range 20 {
				e := event(table, fmt.Sprint(from/2, "-", n)) // two of one id each
				if n == 10 {
					e.TableID, e.MessageID = 9999, fmt.Sprint("gone", from)
				}
				err := s.AddEvent(t.Context(), e)
				switch {
				case err == nil:
					stored.Add(1)
				case sheet24.IsKind(err, sheet24.Conflict):
					doubled.Add(1)
				default:
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	if stored.Load() != 16*19 || doubled.Load() != 16*19 || refused.Load() != 32 {
		t.Errorf("%d stored, %d doubled, %d refused", stored.Load(), doubled.Load(), refused.Load())
	}
	got := must(s.UnprocessedEvents(t.Context(), table.ID, 1000))(t)
	ids := map[int64]bool{}
	for _, e := range got {
		ids[e.ID] = true
	}
	if len(got) != 16*19 || len(ids) != 16*19 {
		t.Errorf("%d events, %d ids", len(got), len(ids))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddEvent(ctx, event(table, "late")); err == nil {
		t.Log("stored before its sender went away")
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("from a sender who went away: %v", err)
	}
}

func leases(t *testing.T, s *sqlstore.Store) {
	acquire := func(owner string, d time.Duration) (string, bool, bool) {
		t.Helper()
		note, dirty, ok, err := s.Acquire(t.Context(), "scan 7", owner, d)
		check(t, err)
		return note, dirty, ok
	}
	want := func(what string, note string, dirty, ok bool, wantNote string, wantDirty, wantOK bool) {
		t.Helper()
		if note != wantNote || dirty != wantDirty || ok != wantOK {
			t.Errorf("%s: %q %v %v; want %q %v %v", what, note, dirty, ok, wantNote, wantDirty, wantOK)
		}
	}
	note, dirty, ok := acquire("a", time.Minute)
	want("first", note, dirty, ok, "", false, true)
	note, dirty, ok = acquire("b", time.Minute)
	want("while it is held", note, dirty, ok, "", false, false)
	if !must(s.Renew(t.Context(), "scan 7", "a", time.Minute))(t) || must(s.Renew(t.Context(), "scan 7", "b", time.Minute))(t) {
		t.Error("renewed by others, or not by its owner")
	}
	check(t, s.Release(t.Context(), "scan 7", "b", "not mine"))
	check(t, s.Release(t.Context(), "scan 7", "a", "47"))
	note, dirty, ok = acquire("b", 100*time.Millisecond)
	want("after its release", note, dirty, ok, "47", false, true)
	time.Sleep(150 * time.Millisecond)
	if must(s.Renew(t.Context(), "scan 7", "b", time.Minute))(t) {
		t.Error("renewed after it ran out")
	}
	note, dirty, ok = acquire("c", time.Minute)
	want("after it ran out", note, dirty, ok, "47", true, true)
	var wins atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, _, ok, err := s.Acquire(t.Context(), "push x", fmt.Sprint(i), time.Minute); err == nil && ok {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d owners at once", wins.Load())
	}
}

func snapshotsAt(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.CommitScan(t.Context(), table, nil, nil, []sheet24.Snapshot{{EntityID: 12, Row: 2, Values: map[string]any{"EMAIL": "b@x.tr"}}, {EntityID: 13, Row: 9}}))
	got := must(s.SnapshotsAt(t.Context(), table.ID, []int{2, 3}))(t)
	if len(got) != 1 || len(got[2]) != 2 {
		t.Errorf("seen in rows 2 and 3: %+v", got)
	}
	if got = must(s.SnapshotsAt(t.Context(), table.ID, nil))(t); len(got) != 0 {
		t.Errorf("seen nowhere: %+v", got)
	}
}

func sheetState(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	table.SpreadsheetTitle, table.Tab, table.Locale, table.TimeZone = "Satış 2027", "Adaylar", "en_US", "Europe/Berlin"
	check(t, s.SetSheet(t.Context(), table))
	check(t, s.SetProblem(t.Context(), table.ID, "tab_unknown"))
	check(t, s.SetStatusProblem(t.Context(), table.ID, "status_lost"))
	got := must(s.Table(t.Context(), table.ID))(t)
	if got.SpreadsheetTitle != "Satış 2027" || got.Tab != "Adaylar" || got.Locale != "en_US" || got.TimeZone != "Europe/Berlin" || got.Problem != "tab_unknown" || got.StatusProblem != "status_lost" {
		t.Errorf("table: %+v", got)
	}
	check(t, s.SaveTable(t.Context(), table, nil)) // set up anew, it has no problems
	if got = must(s.Table(t.Context(), table.ID))(t); got.Locale != "en_US" || got.Problem != "" || got.StatusProblem != "" {
		t.Errorf("set up anew: %+v", got)
	}
}

func channels(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	now := time.Now()
	unwatched := func() int { return len(must(s.Unwatched(t.Context(), now.Add(24*time.Hour)))(t)) }
	if unwatched() != 0 {
		t.Error("a grant without Drive's scope is to be watched")
	}
	grant := must(s.Token(t.Context(), table.UserID))(t)
	grant.Scopes = []string{"openid", "https://www.googleapis.com/auth/drive.metadata.readonly"}
	check(t, s.SaveToken(t.Context(), grant))
	if unwatched() != 1 {
		t.Error("a user with a table is not to be watched")
	}
	old := &sheet24.DriveChannel{ID: "old", UserID: table.UserID, ResourceID: "r", Token: "secret", PageToken: "7", ExpiresAt: now.Add(time.Hour)}
	check(t, s.SaveChannel(t.Context(), old))
	if unwatched() != 1 {
		t.Error("a channel that expires soon is enough")
	}
	fresh := *old
	fresh.ID, fresh.ExpiresAt = "fresh", now.Add(7*24*time.Hour)
	check(t, s.SaveChannel(t.Context(), &fresh))
	if unwatched() != 0 {
		t.Error("a fresh channel is not enough")
	}
	fresh.PageToken = "9"
	check(t, s.SaveChannel(t.Context(), &fresh))
	all := must(s.ChannelsOf(t.Context(), table.UserID))(t)
	if len(all) != 2 || all[0].ID != "fresh" || all[0].PageToken != "9" || all[0].Token != "secret" || !all[0].ExpiresAt.Equal(fresh.ExpiresAt.Truncate(time.Microsecond)) {
		t.Errorf("channels: %+v", all)
	}
	check(t, s.DeleteChannel(t.Context(), "old"))
	_, err := s.Channel(t.Context(), "old")
	wantCode(t, err, "drive_channel")
	if got := must(s.Channel(t.Context(), "fresh"))(t); got.UserID != table.UserID || got.ResourceID != "r" {
		t.Errorf("channel: %+v", got)
	}
	check(t, s.EndToken(t.Context(), table.UserID))
	check(t, s.DeleteChannel(t.Context(), "fresh"))
	if unwatched() != 0 {
		t.Error("a user whose grant ended is to be watched")
	}
}

func event(table *sheet24.Table, id string) *sheet24.Event {
	return &sheet24.Event{TableID: table.ID, Type: sheet24.RowEdited, MessageID: id, Rows: sheet24.Rows(5, 6), Data: []byte(`{"row_id":5}`)}
}

func events(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.AddEvent(t.Context(), event(table, "m1")))
	check(t, s.AddEvent(t.Context(), event(table, "m2")))
	wantCode(t, s.AddEvent(t.Context(), event(table, "m1")), "webhook_replayed")
	got := must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)
	if len(got) != 2 || got[0].Rows != sheet24.Rows(5, 6) || string(got[1].Data) != `{"row_id":5}` {
		t.Fatalf("events = %+v", got)
	}
	check(t, s.CommitScan(t.Context(), table, got[:1], nil, nil))
	if got := must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t); len(got) != 1 || got[0].MessageID != "m2" {
		t.Fatalf("after the scan: %+v", got)
	}
}

func edit(row int, entityID int64, before, after any) sheet24.RowChange {
	return sheet24.RowChange{EntityID: entityID, Row: row, Status: sheet24.Pending,
		Fields: map[string]sheet24.Change{"EMAIL": {Old: before, New: after}}}
}

func commit(t *testing.T, s *sqlstore.Store, table *sheet24.Table, changes ...sheet24.RowChange) {
	t.Helper()
	check(t, s.CommitScan(t.Context(), table, nil, changes, nil))
}

func coalesce(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	commit(t, s, table, edit(3, 11, "b", "c"), edit(4, 12, nil, 1.5))
	got := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(got) != 2 || got[1].Fields["EMAIL"] != (sheet24.Change{Old: "a", New: "c"}) || got[1].Row != 3 {
		t.Fatalf("history = %+v", got)
	}
	if got[0].Fields["EMAIL"] != (sheet24.Change{Old: nil, New: 1.5}) {
		t.Fatalf("values must keep their types: %+v", got[0].Fields)
	}
}

func claim(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"))
	first := must(s.ClaimChanges(t.Context(), table.PortalID, 1))(t)
	if len(first) != 1 || first[0].EntityID != 11 || first[0].Status != sheet24.Syncing || first[0].Attempts != 1 {
		t.Fatalf("claimed %+v", first)
	}
	commit(t, s, table, edit(2, 11, "b", "c"))
	// The crash: whoever claims next gets the unfinished change again, and not
	// the later one of the same row beside it.
	again := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(again) != 2 || again[0].ID != first[0].ID || again[0].Attempts != 2 || again[1].EntityID != 12 {
		t.Fatalf("claimed again %+v", again)
	}
	for i := range again {
		again[i].Status = sheet24.Completed
	}
	check(t, s.SettleChanges(t.Context(), again))
	rest := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if len(rest) != 1 || rest[0].Fields["EMAIL"] != (sheet24.Change{Old: "b", New: "c"}) {
		t.Fatalf("the rest: %+v", rest)
	}
	if got := must(s.ClaimChanges(t.Context(), table.PortalID+1, 10))(t); len(got) != 0 {
		t.Fatalf("another portal's changes: %+v", got)
	}
	if must(s.Table(t.Context(), table.ID))(t).LastSyncAt.IsZero() {
		t.Fatal("last_sync_at is not set")
	}
}

// fair has a paste of many rows in one table, and then an edit in another.
func fair(t *testing.T, s *sqlstore.Store) {
	large := Seed(t, s)
	small := *large
	small.GID = 8
	check(t, s.SaveTable(t.Context(), &small, nil))
	var many []sheet24.RowChange
	for row := 2; row < 102; row++ {
		many = append(many, edit(row, int64(row), "a", "b"))
	}
	commit(t, s, large, many...)
	if must(s.WaitingBeside(t.Context(), large.PortalID, []int64{large.ID}))(t) {
		t.Error("something waits beside the only table")
	}
	commit(t, s, &small, edit(5, 5, "a", "b"), edit(6, 6, "a", "b"))
	if !must(s.WaitingBeside(t.Context(), large.PortalID, []int64{large.ID}))(t) || must(s.WaitingBeside(t.Context(), large.PortalID, []int64{large.ID, small.ID}))(t) {
		t.Error("who waits beside whom is not told")
	}
	of := map[int64]int{}
	for _, c := range must(s.ClaimChanges(t.Context(), large.PortalID, 10))(t) {
		of[c.TableID]++
	}
	if of[large.ID] != 8 || of[small.ID] != 2 {
		t.Errorf("claimed by table: %v", of)
	}
}

func postpone(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	commit(t, s, table, edit(2, 11, "b", "c"))
	c[0].Status, c[0].Error, c[0].NotBefore = sheet24.Pending, "503", time.Now().Add(time.Hour)
	check(t, s.SettleChanges(t.Context(), c))
	got := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(got) != 1 || got[0].Fields["EMAIL"] != (sheet24.Change{Old: "a", New: "c"}) || got[0].Error != "503" {
		t.Fatalf("the postponed change and the newer one must become one: %+v", got)
	}
	if got := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(got) != 0 {
		t.Fatalf("claimed before its time: %+v", got)
	}
}

func retry(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	c[0].Status, c[0].Error = sheet24.Failed, "no"
	check(t, s.SettleChanges(t.Context(), c))
	check(t, s.RetryChange(t.Context(), table.ID, c[0].ID))
	if got := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(got) != 1 || got[0].Error != "" {
		t.Fatalf("after the retry: %+v", got)
	}
	wantCode(t, s.RetryChange(t.Context(), table.ID, c[0].ID), "change_not_retriable")
	wantCode(t, s.RetryChange(t.Context(), table.ID+1, c[0].ID), "change_not_retriable")
}

// failures has one row that failed and was mended, and one that was not.
func failures(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	failed := edit(2, 11, "a", "b")
	other := edit(3, 12, "a", "b")
	commit(t, s, table, failed, other)
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	for i := range claimed {
		claimed[i].Status, claimed[i].Error = sheet24.Failed, "wrong"
	}
	check(t, s.SettleChanges(t.Context(), claimed))
	if n := must(s.CountFailed(t.Context(), table.ID))(t); n != 2 {
		t.Errorf("%d failed", n)
	}
	commit(t, s, table, edit(2, 11, "b", "c")) // mended
	again := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	again[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), again))
	if n := must(s.CountFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d failed after one was mended", n)
	}

	// What is done is forgotten once it was told of; what is unsent stays.
	e := event(table, "old")
	check(t, s.AddEvent(t.Context(), e))
	check(t, s.CommitScan(t.Context(), table, []sheet24.Event{*e}, nil, nil))
	check(t, s.AddEvent(t.Context(), event(table, "waits")))
	later := time.Now().Add(time.Hour)
	check(t, s.Forget(t.Context(), later))
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 3 {
		t.Errorf("%d changes are left that nobody was told of", n)
	}
	check(t, s.MarkReported(t.Context(), must(s.Unreported(t.Context(), table.ID, 10))(t)))
	check(t, s.Forget(t.Context(), time.Now().Add(-time.Hour)))
	if n := len(must(s.History(t.Context(), table.ID, 0, 10))(t)); n != 3 {
		t.Errorf("%d changes are left of today", n)
	}
	check(t, s.Forget(t.Context(), later))
	left := must(s.History(t.Context(), table.ID, 0, 10))(t)
	if len(left) != 1 || left[0].EntityID != 12 {
		t.Errorf("left: %+v", left)
	}
	if n := len(must(s.UnprocessedEvents(t.Context(), table.ID, 10))(t)); n != 1 {
		t.Errorf("%d events wait", n)
	}

	if n := must(s.RetryFailed(t.Context(), table.ID))(t); n != 1 {
		t.Errorf("%d tried again", n)
	}
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 1 || c[0].EntityID != 12 || c[0].Error != "" {
		t.Errorf("tried again: %+v", c)
	}
}

func unsent(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	status := func(before, after any) sheet24.RowChange {
		return sheet24.RowChange{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"STATUS_ID": {Old: before, New: after}}}
	}
	both := status("Yeni", "Yenii")
	both.Fields["EMAIL"] = sheet24.Change{Old: "a", New: "b"}
	commit(t, s, table, both)
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	c[0].Status, c[0].Error = sheet24.Failed, "Yenii"
	check(t, s.SettleChanges(t.Context(), c))
	commit(t, s, table, status("Yenii", "İşlemde"))
	c = must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	want := map[string]sheet24.Change{"STATUS_ID": {Old: "Yeni", New: "İşlemde"}, "EMAIL": {Old: "a", New: "b"}}
	if len(c) != 1 || !reflect.DeepEqual(c[0].Fields, want) {
		t.Fatalf("after the mended cell: %+v; want %v", c, want)
	}
	c[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), c))
	commit(t, s, table, status("İşlemde", "Yeni"))
	if c = must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c[0].Fields) != 1 {
		t.Fatalf("what was sent is sent again: %+v", c)
	}
}

func report(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"),
		sheet24.RowChange{Row: 9, Status: sheet24.Failed, Error: "no id", Fields: map[string]sheet24.Change{}})
	got := must(s.Unreported(t.Context(), table.ID, 10))(t)
	if len(got) != 1 || got[0].Row != 9 || got[0].SyncedAt.IsZero() {
		t.Fatalf("unreported = %+v", got)
	}
	check(t, s.MarkReported(t.Context(), got))
	if got := must(s.Unreported(t.Context(), table.ID, 10))(t); len(got) != 0 {
		t.Fatalf("reported twice: %+v", got)
	}
}

func history(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	for id := range int64(5) {
		commit(t, s, table, edit(2, 11+id, "a", "b"))
	}
	page := must(s.History(t.Context(), table.ID, 0, 2))(t)
	next := must(s.History(t.Context(), table.ID, page[1].ID, 10))(t)
	if len(page) != 2 || len(next) != 3 || page[0].EntityID != 15 || next[0].EntityID != 13 {
		t.Fatalf("pages: %+v, %+v", page, next)
	}
}

func waiting(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	expect := func(scan, push, report int) {
		t.Helper()
		w := must(s.Waiting(t.Context()))(t)
		if len(w.Scan) != scan || len(w.Push) != push || len(w.Report) != report {
			t.Fatalf("waiting = %+v; want %d scans, %d pushes, %d reports", w, scan, push, report)
		}
	}
	expect(0, 0, 0)
	check(t, s.AddEvent(t.Context(), event(table, "m1")))
	expect(1, 0, 0)
	check(t, s.CommitScan(t.Context(), table, must(s.UnprocessedEvents(t.Context(), table.ID, 9))(t),
		[]sheet24.RowChange{edit(2, 11, "a", "b")}, nil))
	expect(0, 1, 0)
	c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	expect(0, 1, 0) // a push that died
	c[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), c))
	expect(0, 0, 1)
	check(t, s.MarkReported(t.Context(), c))
	expect(0, 0, 0)
}

func sessions(t *testing.T, s *sqlstore.Store) {
	ss := s.Sessions()
	check(t, ss.Commit("cookie", []byte("data"), time.Now().Add(time.Hour)))
	check(t, ss.Commit("old", []byte("data"), time.Now().Add(-time.Hour)))
	if data, ok, err := ss.Find("cookie"); err != nil || !ok || string(data) != "data" {
		t.Fatalf("Find = %q, %v, %v", data, ok, err)
	}
	if _, ok, err := ss.Find("old"); err != nil || ok {
		t.Fatalf("an expired session was found: %v", err)
	}
	check(t, ss.Delete("cookie"))
	if _, ok, err := ss.Find("cookie"); err != nil || ok {
		t.Fatalf("a deleted session was found: %v", err)
	}
}
