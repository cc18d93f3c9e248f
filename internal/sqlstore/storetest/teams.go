package storetest

import (
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// teams share what their members have, and nobody else's is there for them.
func teams(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	ayse := must(s.User(t.Context(), table.UserID))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	if ayse.TeamID == "" || ayse.TeamID == mehmet.TeamID || ayse.Role != sheet24.RoleOwner || mehmet.Role != sheet24.RoleOwner {
		t.Fatalf("each has a team of their own: %+v, %+v", ayse, mehmet)
	}
	team, email, err := s.FirstTeam(t.Context())
	check(t, err)
	if team != ayse.TeamID || email != ayse.Email {
		t.Errorf("the first team is %s of %s", team, email)
	}

	sees := func(u *sheet24.User, want int) {
		t.Helper()
		if n := len(must(s.TablesIn(t.Context(), u.Scope()))(t)); n != want {
			t.Errorf("%s sees %d tables; want %d", u.Email, n, want)
		}
		if n := len(must(s.PortalsOf(t.Context(), u.ID))(t)); n != want {
			t.Errorf("%s sees %d portals; want %d", u.Email, n, want)
		}
		_, err := s.TableIn(t.Context(), u.Scope(), table.ID)
		_, err2 := s.PortalIn(t.Context(), u.Scope(), table.PortalID)
		if want == 0 {
			wantCode(t, err, sheet24.CodeTableUnknown)
			wantCode(t, err2, sheet24.CodePortalUnknown)
			return
		}
		check(t, err)
		check(t, err2)
	}
	sees(ayse, 1)
	sees(mehmet, 0)

	// Mehmet joins, and leaves again.
	check(t, s.Invite(t.Context(), ayse.Scope(), "secret", sheet24.RoleMember, time.Now().Add(time.Hour)))
	check(t, s.Join(t.Context(), mehmet, "secret"))
	mehmet = must(s.User(t.Context(), mehmet.ID))(t)
	if mehmet.TeamID != ayse.TeamID || mehmet.Role != sheet24.RoleMember {
		t.Fatalf("joined as %+v", mehmet)
	}
	sees(mehmet, 1)
	if n := len(must(s.Members(t.Context(), ayse.Scope()))(t)); n != 2 {
		t.Errorf("%d members", n)
	}
	check(t, s.Leave(t.Context(), ayse.Scope(), mehmet.ID))
	mehmet = must(s.User(t.Context(), mehmet.ID))(t)
	sees(mehmet, 0)
	if mehmet.SignedOutAt.IsZero() {
		t.Error("who was taken out is signed in")
	}
	_, err = s.MemberIn(t.Context(), ayse.Scope(), mehmet.ID)
	wantCode(t, err, sheet24.CodeMemberUnknown)
	wantCode(t, s.SetRole(t.Context(), ayse.Scope(), mehmet.ID, sheet24.RoleViewer), sheet24.CodeMemberUnknown)
	wantCode(t, s.Leave(t.Context(), ayse.Scope(), mehmet.ID), sheet24.CodeMemberUnknown)
}

// owners are never none.
func owners(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	ayse := must(s.User(t.Context(), table.UserID))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	check(t, s.Invite(t.Context(), ayse.Scope(), "secret", sheet24.RoleViewer, time.Now().Add(time.Hour)))
	check(t, s.Join(t.Context(), mehmet, "secret"))
	mehmet = must(s.User(t.Context(), mehmet.ID))(t)

	wantCode(t, s.SetRole(t.Context(), ayse.Scope(), ayse.ID, sheet24.RoleMember), sheet24.CodeLastOwner)
	wantCode(t, s.Leave(t.Context(), ayse.Scope(), ayse.ID), sheet24.CodeMemberHasTables)
	wantCode(t, s.DeleteUser(t.Context(), ayse), sheet24.CodeLastOwner)
	if u := must(s.User(t.Context(), ayse.ID))(t); u.Role != sheet24.RoleOwner {
		t.Fatalf("a refusal left %+v", u)
	}

	// With another owner, who takes over what she has, she may go.
	check(t, s.SetRole(t.Context(), ayse.Scope(), mehmet.ID, sheet24.RoleOwner))
	check(t, s.GiveTable(t.Context(), must(s.Table(t.Context(), table.ID))(t), mehmet.ID))
	check(t, s.HandOverPortals(t.Context(), ayse, mehmet))
	check(t, s.Leave(t.Context(), ayse.Scope(), ayse.ID))

	got := must(s.TableIn(t.Context(), mehmet.Scope(), table.ID))(t)
	if got.UserID != mehmet.ID || string(got.Key) != "key" || got.WebhookRegistered || got.Script != (sheet24.Script{}) {
		t.Errorf("handed over as %+v", got)
	}
	if p := must(s.PortalIn(t.Context(), mehmet.Scope(), table.PortalID))(t); p.UserID != mehmet.ID || p.WebhookURL != "https://firma.bitrix24.com.tr/rest/1/gizli/" {
		t.Errorf("handed over as %+v", p)
	}
	_, err := s.TableIn(t.Context(), must(s.User(t.Context(), ayse.ID))(t).Scope(), table.ID)
	wantCode(t, err, sheet24.CodeTableUnknown)
}

// givenTable goes with its history, and not onto one that its new user has already.
func givenTable(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	twin := *table
	twin.UserID = mehmet.ID
	check(t, s.AddTable(t.Context(), &twin, nil))
	wantCode(t, s.GiveTable(t.Context(), table, mehmet.ID), sheet24.CodeTabTaken)

	check(t, s.DeleteTable(t.Context(), &twin))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 11, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "b"}}}}}))
	check(t, s.GiveTable(t.Context(), table, mehmet.ID))
	if changes := must(s.History(t.Context(), table.ID, 0, 10))(t); len(changes) != 1 || changes[0].UserID != mehmet.ID {
		t.Errorf("history = %+v", changes)
	}

	stale := *table
	stale.Binding--
	wantCode(t, s.GiveTable(t.Context(), &stale, mehmet.ID), sheet24.CodeTableExchanged)
}

// sharedPortal is renewed by whoever of the team connects it again, and stays whose it is.
func sharedPortal(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	ayse := must(s.User(t.Context(), table.UserID))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	check(t, s.Invite(t.Context(), ayse.Scope(), "secret", sheet24.RoleMember, time.Now().Add(time.Hour)))
	check(t, s.Join(t.Context(), mehmet, "secret"))

	p := &sheet24.Portal{UserID: mehmet.ID, Host: "firma.bitrix24.com.tr", WebhookURL: "https://firma.bitrix24.com.tr/rest/2/yeni/"}
	check(t, s.SavePortal(t.Context(), p))
	got := must(s.Portal(t.Context(), table.PortalID))(t)
	if p.ID != table.PortalID || got.UserID != ayse.ID || got.WebhookURL != p.WebhookURL {
		t.Errorf("renewed as %+v", got)
	}
}

// invitationsOnce are good once, until they expire, and for nobody who would lose something.
func invitationsOnce(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	ayse := must(s.User(t.Context(), table.UserID))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	can := must(s.EnsureUser(t.Context(), "can@ornek.com.tr", "Can", "tr"))(t)
	soon := time.Now().Add(time.Hour)
	check(t, s.Invite(t.Context(), ayse.Scope(), "one", sheet24.RoleViewer, soon))
	check(t, s.Invite(t.Context(), ayse.Scope(), "old", sheet24.RoleViewer, time.Now().Add(-time.Second)))
	check(t, s.Invite(t.Context(), mehmet.Scope(), "his", sheet24.RoleViewer, soon))

	open := must(s.Invitations(t.Context(), ayse.Scope()))(t)
	if len(open) != 1 || open[0].InvitedBy != ayse.Email || open[0].ID == "one" {
		t.Fatalf("invitations = %+v", open)
	}
	if i := must(s.Invitation(t.Context(), "one"))(t); i.TeamID != ayse.TeamID || i.Role != sheet24.RoleViewer {
		t.Errorf("invitation = %+v", i)
	}
	for _, token := range []string{"old", "", "none", open[0].ID} {
		_, err := s.Invitation(t.Context(), token)
		wantCode(t, err, sheet24.CodeInvitationUnknown)
		wantCode(t, s.Join(t.Context(), can, token), sheet24.CodeInvitationUnknown)
	}

	// She has a table, and is where his invitation is not from.
	wantCode(t, s.Join(t.Context(), ayse, "his"), sheet24.CodeMemberElsewhere)
	wantCode(t, s.Join(t.Context(), ayse, "one"), sheet24.CodeMemberAlready)
	wantCode(t, s.Uninvite(t.Context(), mehmet.Scope(), open[0].ID), sheet24.CodeInvitationUnknown)

	check(t, s.Join(t.Context(), can, "one"))
	wantCode(t, s.Join(t.Context(), mehmet, "one"), sheet24.CodeInvitationUnknown)
	can = must(s.User(t.Context(), can.ID))(t)
	wantCode(t, s.Join(t.Context(), can, "his"), sheet24.CodeMemberElsewhere)
}

// auditLog is a team's own.
func auditLog(t *testing.T, s *sqlstore.Store) {
	ayse := must(s.EnsureUser(t.Context(), "ayse@ornek.com.tr", "Ayşe", "tr"))(t)
	mehmet := must(s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr"))(t)
	for _, subject := range []string{"first", "second", "third"} {
		check(t, s.Audit(t.Context(), sheet24.AuditEntry{TeamID: ayse.TeamID, UserID: ayse.ID, Email: ayse.Email, Action: "paused", Subject: subject}))
	}
	page := must(s.AuditLog(t.Context(), ayse.Scope(), 0, 2))(t)
	if len(page) != 2 || page[0].Subject != "third" || page[0].At.IsZero() || page[0].Email != ayse.Email {
		t.Fatalf("log = %+v", page)
	}
	if page = must(s.AuditLog(t.Context(), ayse.Scope(), page[1].ID, 2))(t); len(page) != 1 || page[0].Subject != "first" {
		t.Errorf("older = %+v", page)
	}
	if page = must(s.AuditLog(t.Context(), mehmet.Scope(), 0, 2))(t); len(page) != 0 {
		t.Errorf("another team's log shows %+v", page)
	}
	check(t, s.Forget(t.Context(), time.Now().Add(time.Hour)))
	if page = must(s.AuditLog(t.Context(), ayse.Scope(), 0, 9))(t); len(page) != 0 {
		t.Errorf("after the time that history is kept: %+v", page)
	}
}

// deletedUser leaves nothing behind.
func deletedUser(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	ayse := must(s.User(t.Context(), table.UserID))(t)
	check(t, s.AddEvent(t.Context(), &sheet24.Event{TableID: table.ID, Type: sheet24.RowEdited, MessageID: "1", Rows: sheet24.Rows(2, 2), Data: []byte("{}")}))
	check(t, s.DeleteUser(t.Context(), ayse))
	for _, name := range []string{"users", "teams", "user_sheets_tokens", "portals", "sheet_sync_config", "field_mappings", "row_snapshots", "webhook_events"} {
		var n int
		check(t, s.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+name).Scan(&n))
		if n != 0 {
			t.Errorf("%s keeps %d rows", name, n)
		}
	}
}
