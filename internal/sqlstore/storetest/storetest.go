// Package storetest is the conformance suite of the store: what every database
// that sheet24 runs on must do.
package storetest

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
)

// Run runs the suite. open returns a new, empty store for each test.
func Run(t *testing.T, open func(t *testing.T) *sqlstore.Store) {
	for name, test := range map[string]func(*testing.T, *sqlstore.Store){
		"Users": users, "Teams": teams, "Owners": owners, "GivenTable": givenTable, "SharedPortal": sharedPortal, "InvitationsOnce": invitationsOnce, "AuditLog": auditLog, "DeletedUser": deletedUser, "SessionsOf": sessionsOf, "Tokens": tokens, "EndedGrant": endedGrant, "Looks": looks, "Columns": columns, "Portals": portals, "Grants": grants, "Pause": pause, "Corrections": corrections, "Tables": tables, "Activation": activation, "Scripts": scripts, "Channels": channels, "SheetState": sheetState, "SnapshotsAt": snapshotsAt, "Leases": leases, "Worked": worked, "Belongs": belongs, "Silent": silent, "Buckets": buckets, "Arrivals": arrivals,
		"Events": events, "Crowded": crowded, "Coalesce": coalesce, "Claim": claim, "Fair": fair, "Failures": failures, "Postpone": postpone, "Retry": retry, "Unsent": unsent,
		"Report": report, "Policies": policies, "RowKeys": rowKeys, "Known": known, "Questions": questions, "Deletions": deletions, "Comparisons": comparisons, "Spans": spans, "WaitingTold": waitingTold, "Gathering": gathering, "Exchanged": exchanged, "LateComers": lateComers, "Bindings": bindings, "Replaced": replaced, "SeveralTables": severalTables, "FormerIDColumns": formerIDColumns, "Retired": retired, "Paused": paused, "Appearance": appearance, "Deleted": deleted, "FindChanges": findChanges, "History": history, "Links": links, "LinksAfterALostAnswer": linksAfterALostAnswer, "LinksWithOpenEdits": linksWithOpenEdits, "CreatedBesideItsID": createdBesideItsID, "LeftRows": leftRows, "LostColumns": lostColumns,
		"Unstorable": unstorable, "FailRow": failRow, "FailClaimed": failClaimed, "TriedSince": triedSince, "FailedBeside": failedBeside, "Unreadable": unreadable, "StageProblems": stageProblems, "Waiting": waiting, "Sessions": sessions,
		"Elsewhere": elsewhere, "Begun": begun, "Holds": holds, "ScansBesidePushes": scansBesidePushes, "Entangled": entangled,
		"BegunWrites": begunWrites, "TellAgain": tellAgain, "GoneWhileCreated": goneWhileCreated,
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
	return OpenAt(t, "sqlite:"+filepath.Join(t.TempDir(), "sheet24.db"), secret.NewKey())
}

// OpenAt opens the store at a URL, with the key that seals its secrets; the test closes
// it.
func OpenAt(t testing.TB, url, key string) *sqlstore.Store {
	t.Helper()
	box, err := secret.New(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.Open(t.Context(), url, box)
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

func wantCode(t *testing.T, err error, code sheet24.Code) {
	t.Helper()
	e, ok := errors.AsType[*sheet24.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error = %v; want code %s", err, code)
	}
}
