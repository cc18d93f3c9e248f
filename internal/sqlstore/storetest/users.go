package storetest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

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
	wantCode(t, err, sheet24.CodeUserUnknown)
}

func tokens(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.DeleteToken(t.Context(), table.UserID))
	_, err := s.Token(t.Context(), table.UserID)
	wantCode(t, err, sheet24.CodeGoogleNotConnected)
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
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "b"}}},
		{Row: 3, Status: sheet24.Failed, Fields: map[string]sheet24.Change{}, Error: "x"}}}))
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
	wantCode(t, err, sheet24.CodePortalUnknown)
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
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{change}}))
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalScope, Until: until}))
	p := must(s.Portal(t.Context(), table.PortalID))(t)
	if p.Paused == nil || p.Paused.Code != sheet24.CodePortalScope || !p.Paused.Until.Equal(until) {
		t.Fatalf("paused = %+v", p.Paused)
	}
	if w := must(s.Waiting(t.Context()))(t); len(w.Push) != 0 {
		t.Fatalf("a paused portal waits to be pushed: %v", w.Push)
	}
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 0 {
		t.Fatalf("claimed from a paused portal: %v", c)
	}
	// A pause that is over lets the next push through, which is the one to end it.
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalScope, Until: time.Now().Add(-time.Second)}))
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
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalScope, Until: until}))
	check(t, s.SavePortal(t.Context(), &sheet24.Portal{UserID: p.UserID, Host: p.Host, WebhookURL: p.WebhookURL}))
	if p = must(s.Portal(t.Context(), table.PortalID))(t); p.Paused != nil {
		t.Fatalf("connected again: %+v", p.Paused)
	}
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
