package storetest

import (
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// byApp is a connection by the application to a portal that Bitrix24 calls member.
func byApp(userID, host, member string) *sheet24.Portal {
	return &sheet24.Portal{UserID: userID, Host: host, Plan: sheet24.Plan{Rate: 0.5, Burst: 10},
		Grant: &sheet24.Grant{MemberID: member, AccessToken: member, RefreshToken: member, Endpoint: "https://" + host + "/rest/"}}
}

// replaced has hosts that become other portals': what followed the former ones does not
// follow those.
func replaced(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	user := table.UserID
	connect := func(p *sheet24.Portal) int64 {
		t.Helper()
		check(t, s.SavePortal(t.Context(), p))
		return p.ID
	}
	first := connect(byApp(user, "a.bitrix24.com", "m1"))
	if p := must(s.Portal(t.Context(), first))(t); p.Plan.Rate != 0.5 {
		t.Errorf("plan: %+v", p.Plan)
	}
	second := connect(byApp(user, "a.bitrix24.com", "m2"))
	old, now := must(s.Portal(t.Context(), first))(t), must(s.Portal(t.Context(), second))(t)
	if first == second || old.Grant.MemberID != "m1" || !old.Replaced || old.Host != "a.bitrix24.com" || now.Grant.MemberID != "m2" || now.Replaced {
		t.Errorf("another portal at a host: %+v, before %+v", now, old)
	}

	// Looked at anew, each is the one it was.
	old.Account.Name = "Ali"
	connect(old)
	if p := must(s.Portal(t.Context(), first))(t); p.Account.Name != "Ali" || !p.Replaced {
		t.Errorf("looked at anew: %+v", p)
	}
	// The first one turns out to be called otherwise, by the next tokens or when it is connected again.
	renew := func(host string) {
		t.Helper()
		p := byApp(user, host, "m1")
		p.ID = first
		check(t, s.SaveGrant(t.Context(), p))
	}
	renew("a.bitrix24.com")
	if p := must(s.Portal(t.Context(), first))(t); !p.Replaced {
		t.Error("it took its host from the other")
	}
	renew("b.bitrix24.com")
	if p := must(s.Portal(t.Context(), first))(t); p.Replaced || p.Host != "b.bitrix24.com" {
		t.Errorf("renamed: %+v", p)
	}
	connect(byApp(user, "b.bitrix24.com", "m3"))
	if again := connect(byApp(user, "c.bitrix24.com", "m1")); again != first {
		t.Errorf("connected again under a third name, it is portal %d", again)
	}
	if p := must(s.Portal(t.Context(), first))(t); p.Replaced || p.Host != "c.bitrix24.com" {
		t.Errorf("connected again: %+v", p)
	}

	// By webhooks a portal is known by its host, unless it was deleted.
	webhook := func(secret string) *sheet24.Portal {
		return &sheet24.Portal{UserID: user, Host: "firma.bitrix24.com.tr", WebhookURL: "https://firma.bitrix24.com.tr/rest/1/" + secret + "/"}
	}
	deleted := sheet24.Pause{Code: sheet24.CodePortalDeleted, Until: time.Now().Add(time.Hour)}
	if id := connect(webhook("yeni")); id != table.PortalID {
		t.Errorf("with another webhook it is portal %d", id)
	}
	check(t, s.PausePortal(t.Context(), table.PortalID, deleted))
	check(t, s.ResumePortal(t.Context(), table.PortalID)) // it was restored
	if id := connect(webhook("daha yeni")); id != table.PortalID {
		t.Errorf("after it was restored it is portal %d", id)
	}
	check(t, s.PausePortal(t.Context(), table.PortalID, deleted))
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalNotBitrix24, Until: time.Now().Add(time.Hour)}))
	if id := connect(webhook("daha yeni")); id != table.PortalID {
		t.Errorf("by the webhook that it had it is portal %d", id)
	}
	check(t, s.PausePortal(t.Context(), table.PortalID, deleted))
	if id := connect(webhook("başka")); id == table.PortalID {
		t.Error("a portal that was deleted is another portal")
	}
	if p := must(s.Portal(t.Context(), table.PortalID))(t); !p.Replaced || p.Paused == nil {
		t.Errorf("the deleted one: %+v", p)
	}
}
