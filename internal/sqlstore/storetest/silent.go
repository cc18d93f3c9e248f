package storetest

import (
	"slices"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// silent pauses the portals of a host that does not answer, has them asked, and resumes
// them; what something else paused stays so.
func silent(t *testing.T, s *sqlstore.Store) {
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	table := Seed(t, s)
	host := must(s.Portal(t.Context(), table.PortalID))(t).Host
	var others []*sheet24.Portal
	for _, email := range []string{"mehmet@ornek.com.tr", "fatma@ornek.com.tr"} {
		u := must(s.EnsureUser(t.Context(), email, "", "tr"))(t)
		p := &sheet24.Portal{UserID: u.ID, Host: host, WebhookURL: "https://" + host + "/rest/2/gizli/"}
		check(t, s.SavePortal(t.Context(), p))
		others = append(others, p)
	}
	check(t, s.PausePortal(t.Context(), others[1].ID, sheet24.Pause{Code: sheet24.CodePortalScope, Until: now.Add(time.Hour)}))
	change := sheet24.RowChange{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "b"}}}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{change}}))
	check(t, s.StartComparison(t.Context(), table.ID))

	began := now
	check(t, s.Silent(t.Context(), host, now.Add(time.Minute), now.Add(10*time.Second)))
	paused := func(id int64) sheet24.Code {
		t.Helper()
		if p := must(s.Portal(t.Context(), id))(t); p.Paused != nil {
			return p.Paused.Code
		}
		return ""
	}
	if a, b, c := paused(table.PortalID), paused(others[0].ID), paused(others[1].ID); a != sheet24.CodePortalSilent || b != sheet24.CodePortalSilent || c != sheet24.CodePortalScope {
		t.Errorf("paused: %q, %q, %q", a, b, c)
	}
	if w := must(s.Waiting(t.Context()))(t); len(w.Push)+len(w.Compare) != 0 {
		t.Errorf("waiting for a silent portal: %+v", w)
	}

	// What waits is told once.
	if got := must(s.Untold(t.Context()))(t); !slices.Equal(got, []int64{table.ID}) {
		t.Errorf("untold: %v", got)
	}
	check(t, s.TellWaiting(t.Context(), table.ID, "sessiz"))
	if got := must(s.Untold(t.Context()))(t); len(got) != 0 {
		t.Errorf("untold afterwards: %v", got)
	}
	if got := must(s.Unreported(t.Context(), table.ID, 10))(t); len(got) != 1 || got[0].Error != "sessiz" || got[0].Status != sheet24.Pending {
		t.Errorf("unreported: %+v", got)
	}

	// A push that meets the silence does not end it sooner.
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalSilent, Until: now.Add(time.Second)}))
	if p := must(s.Portal(t.Context(), table.PortalID))(t); !p.Paused.Until.Equal(now.Add(time.Minute).UTC().Truncate(time.Microsecond)) {
		t.Errorf("paused until %v", p.Paused.Until)
	}

	// One of the host is to be asked, by one process at a time.
	due := func() []sheet24.Silence { t.Helper(); return must(s.AskDue(t.Context(), now.Add(30*time.Second)))(t) }
	if got := due(); len(got) != 0 {
		t.Errorf("to be asked at once: %v", got)
	}
	now = now.Add(11 * time.Second)
	if got := due(); len(got) != 1 || got[0].Portal.Host != host || got[0].Portal.WebhookURL == "" || got[0].Since.Sub(began).Abs() > time.Millisecond {
		t.Errorf("to be asked: %+v", got)
	}
	if got := due(); len(got) != 0 {
		t.Errorf("to be asked by two: %v", got)
	}
	now = now.Add(31 * time.Second)
	if got := due(); len(got) != 1 {
		t.Errorf("who was to ask is gone, and nobody else is to: %v", got)
	}

	// It is still silent: since then.
	check(t, s.Silent(t.Context(), host, now.Add(time.Minute), now))
	if got := due(); len(got) != 1 || got[0].Since.Sub(began).Abs() > time.Millisecond {
		t.Errorf("silent since: %+v", got)
	}

	check(t, s.Answers(t.Context(), host))
	if a, b, c := paused(table.PortalID), paused(others[0].ID), paused(others[1].ID); a != "" || b != "" || c != sheet24.CodePortalScope {
		t.Errorf("paused: %q, %q, %q", a, b, c)
	}
	if w := must(s.Waiting(t.Context()))(t); len(w.Push) != 1 || len(w.Compare) != 1 {
		t.Errorf("waiting for a portal that answers: %+v", w)
	}

	// A push may find it out alone; it is asked then, too.
	check(t, s.PausePortal(t.Context(), table.PortalID, sheet24.Pause{Code: sheet24.CodePortalSilent, Until: now.Add(time.Second)}))
	if got := due(); len(got) != 1 || !got[0].Since.Equal(now.UTC().Truncate(time.Microsecond)) {
		t.Errorf("paused by a push: %+v", got)
	}
}

// belongs says whose work tables and portals are.
func belongs(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	want := sheet24.Belongs{UserID: table.UserID, SpreadsheetID: "sheet-1", Host: "firma.bitrix24.com.tr"}
	if got := must(s.TableBelongs(t.Context(), table.ID))(t); got != want {
		t.Errorf("the table's: %+v", got)
	}
	want.SpreadsheetID = ""
	if got := must(s.PortalBelongs(t.Context(), table.PortalID))(t); got != want {
		t.Errorf("the portal's: %+v", got)
	}
	_, err := s.TableBelongs(t.Context(), 999)
	wantCode(t, err, sheet24.CodeTableUnknown)
	_, err = s.PortalBelongs(t.Context(), 999)
	wantCode(t, err, sheet24.CodePortalUnknown)
}

// worked tells of subjects that had a lease a while ago.
func worked(t *testing.T, s *sqlstore.Store) {
	had := func(within time.Duration) bool { t.Helper(); return must(s.Worked(t.Context(), "scan 7", within))(t) }
	if had(time.Minute) {
		t.Error("worked on by nobody")
	}
	must(s.Acquire(t.Context(), "scan 7", "a", time.Minute))(t)
	if !had(time.Second) {
		t.Error("it is worked on")
	}
	check(t, s.Release(t.Context(), "scan 7", "a", 0))
	time.Sleep(50 * time.Millisecond)
	if !had(time.Minute) || had(time.Millisecond) {
		t.Error("it was worked on a moment ago")
	}
}
