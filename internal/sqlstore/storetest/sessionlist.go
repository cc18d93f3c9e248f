package storetest

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"sheet24/internal/sqlstore"
)

// sessionsOf lists where somebody is signed in, and ends all of it at once.
func sessionsOf(t *testing.T, s *sqlstore.Store) {
	ayse := must(s.EnsureUser(t.Context(), "ayse@ornek.com.tr", "Ayşe", "tr"))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	began := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	begin := func(cookie, user string, seen time.Time) {
		t.Helper()
		expiry := time.Now().Add(time.Hour)
		data := must(scs.GobCodec{}.Encode(expiry, map[string]any{"user": user, "agent": "Firefox " + cookie, "began": began.UnixMicro(), "seen": seen.UnixMicro()}))(t)
		check(t, s.Sessions().Commit(cookie, data, expiry))
	}
	begin("a", ayse.ID, began)
	begin("b", ayse.ID, began.Add(time.Hour))
	begin("c", mehmet.ID, began)

	all := must(s.SessionsOf(t.Context(), ayse.ID))(t)
	if len(all) != 2 || all[0].Agent != "Firefox b" || !all[0].SeenAt.Equal(began.Add(time.Hour)) || !all[1].BeganAt.Equal(began) || all[0].ID == "b" {
		t.Fatalf("sessions = %+v", all)
	}

	check(t, s.SignOutEverywhere(t.Context(), ayse.ID))
	if all := must(s.SessionsOf(t.Context(), ayse.ID))(t); len(all) != 0 {
		t.Errorf("after signing out everywhere: %+v", all)
	}
	if u := must(s.User(t.Context(), ayse.ID))(t); time.Since(u.SignedOutAt).Abs() > time.Minute {
		t.Errorf("signed out at %v", u.SignedOutAt)
	}
	if all := must(s.SessionsOf(t.Context(), mehmet.ID))(t); len(all) != 1 {
		t.Errorf("another's sessions: %+v", all)
	}
}
