package storetest

import (
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

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
	check(t, s.SetColumns(t.Context(), table, []sheet24.FieldMapping{id, email}, nil))
	got := must(s.Table(t.Context(), table.ID))(t)
	if m, _ := got.Mapping("EMAIL"); m.Column.Index != 0 || len(got.Lost) != 0 {
		t.Fatalf("moved: %+v", got.Mappings)
	}
	id.Column.Index = 0
	check(t, s.SetColumns(t.Context(), table, []sheet24.FieldMapping{id}, []sheet24.FieldMapping{email}))
	got = must(s.Table(t.Context(), table.ID))(t)
	if m, _ := got.Mapping("EMAIL"); m.Column.Index >= 0 || m.Column.Name != "E-posta" || !reflect.DeepEqual(got.Lost, []string{"E-posta"}) {
		t.Fatalf("lost: %+v, %v", got.Mappings, got.Lost)
	}
	email.Column.Index = 5
	check(t, s.SetColumns(t.Context(), table, []sheet24.FieldMapping{id, email}, nil))
	if got = must(s.Table(t.Context(), table.ID))(t); len(got.Lost) != 0 || got.Mappings[1].Column.Index != 5 {
		t.Fatalf("found again: %+v, %v", got.Mappings, got.Lost)
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
	wantCode(t, err, sheet24.CodeTableUnknown)
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
	wantCode(t, err, sheet24.CodeActivationToken)
	if got := must(s.Activate(t.Context(), "one-time"))(t); got.ID != table.ID {
		t.Fatalf("activated table %d", got.ID)
	}
	_, err = s.Activate(t.Context(), "one-time")
	wantCode(t, err, sheet24.CodeActivationToken)
	_, err = s.Activate(t.Context(), "")
	wantCode(t, err, sheet24.CodeActivationToken)
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
		wantCode(t, err, sheet24.CodeActivationToken)
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
	wantCode(t, err, sheet24.CodeActivationToken)
}

func snapshotsAt(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 12, Row: 2, Values: map[string]any{"EMAIL": "b@x.tr"}}, {EntityID: 13, Row: 9}}}))
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
	check(t, s.SetProblem(t.Context(), table.ID, sheet24.CodeTabUnknown))
	check(t, s.SetStatusProblem(t.Context(), table.ID, sheet24.CodeStatusLost))
	got := must(s.Table(t.Context(), table.ID))(t)
	if got.SpreadsheetTitle != "Satış 2027" || got.Tab != "Adaylar" || got.Locale != "en_US" || got.TimeZone != "Europe/Berlin" || got.Problem != sheet24.CodeTabUnknown || got.StatusProblem != sheet24.CodeStatusLost {
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
	wantCode(t, err, sheet24.CodeDriveChannel)
	if got := must(s.Channel(t.Context(), "fresh"))(t); got.UserID != table.UserID || got.ResourceID != "r" {
		t.Errorf("channel: %+v", got)
	}
	check(t, s.EndToken(t.Context(), table.UserID))
	check(t, s.DeleteChannel(t.Context(), "fresh"))
	if unwatched() != 0 {
		t.Error("a user whose grant ended is to be watched")
	}
}

func corrections(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	kept := func(e sheet24.Entity) map[string]string {
		t.Helper()
		return must(s.Corrections(t.Context(), table.PortalID, e))(t)
	}
	if got := kept(sheet24.Leads); len(got) != 0 {
		t.Fatalf("corrections of nothing: %v", got)
	}

	check(t, s.SaveCorrections(t.Context(), table.PortalID, sheet24.Leads, map[string]string{"musteritel": "PHONE_WORK", "özelalan": ""}))
	check(t, s.SaveCorrections(t.Context(), table.PortalID, sheet24.Leads, map[string]string{"musteritel": "PHONE_HOME"}))
	check(t, s.SaveCorrections(t.Context(), table.PortalID, sheet24.Deals, map[string]string{"musteritel": ""}))
	check(t, s.SaveCorrections(t.Context(), table.PortalID, sheet24.Deals, nil))

	if got, want := kept(sheet24.Leads), map[string]string{"musteritel": "PHONE_HOME", "özelalan": ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("corrections = %v; want %v", got, want)
	}
	if got := kept(sheet24.Deals); len(got) != 1 {
		t.Errorf("of another entity: %v", got)
	}
	if got := must(s.Corrections(t.Context(), table.PortalID+1, sheet24.Leads))(t); len(got) != 0 {
		t.Errorf("of another portal: %v", got)
	}
}
