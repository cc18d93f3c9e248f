package sqlstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
	"sheet24/internal/sqlstore/storetest"
)

// postgres is a cluster for this package's tests, started when one asks for it.
var postgres = sync.OnceValues(func() (*pgtest.Cluster, error) { started = true; return pgtest.Start() })
var started bool

func TestMain(m *testing.M) {
	code := m.Run()
	if started {
		if c, err := postgres(); err == nil {
			c.Stop()
		}
	}
	os.Exit(code)
}

func open(t *testing.T, url string) *sqlstore.Store {
	t.Helper()
	return storetest.OpenAt(t, url, secret.NewKey())
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *sqlstore.Store {
		return open(t, "sqlite:"+filepath.Join(t.TempDir(), "sheet24.db"))
	})
}

func TestFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sheet24.db")
	storetest.Seed(t, open(t, path))
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestPathsOfAnyCharacters: what means something in an address is a file's name like any
// other, and two files stay two.
func TestPathsOfAnyCharacters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a#1", "a#2", "a?mode=memory", "a%41", "a b", "müşteri.db", "a&b=c", "a+b"} {
		path := filepath.Join(dir, name)
		s := open(t, "sqlite:"+path)
		if _, err := s.EnsureUser(t.Context(), "ayse@ornek.com.tr", "Ayşe", "tr"); err != nil {
			t.Fatal(err)
		}

		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			t.Errorf("%s is not where the data is: %v, %v", name, info, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "a" || e.Name() == "aA" {
			t.Errorf("%s was made for another's name", e.Name())
		}
	}
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T) *sqlstore.Store { return open(t, c.Database(t)) })
}

// TestMigrate goes down to nothing and up again, a step at a time, on both databases.
func TestMigrate(t *testing.T) {
	t.Parallel()
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "db"), "PostgreSQL": c.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			applied := func(all []sqlstore.Migration, err error) (n int) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range all {
					if !m.Applied.IsZero() {
						n++
					}
				}
				return n
			}
			all, err := sqlstore.Migrations(t.Context(), url)
			if applied(all, err) != 0 || len(all) == 0 || all[0].Name != "first_light" {
				t.Fatalf("of a new database: %+v", all)
			}
			newest := len(all)
			if n := applied(sqlstore.Migrate(t.Context(), url, sqlstore.Newest)); n != newest {
				t.Fatalf("%d of %d steps up", n, newest)
			}
			storetest.Seed(t, open(t, url))
			versions := []int64{0} // which need not follow each other
			for _, m := range all {
				versions = append(versions, m.Version)
			}
			for left := newest - 1; left >= 0; left-- {
				if n := applied(sqlstore.Migrate(t.Context(), url, versions[left])); n != left {
					t.Fatalf("down to %d: %d steps are left", versions[left], n)
				}
			}
			for left := 1; left <= newest; left++ {
				if n := applied(sqlstore.Migrate(t.Context(), url, versions[left])); n != left {
					t.Fatalf("up to %d: %d steps", versions[left], n)
				}
			}
			storetest.Seed(t, open(t, url))
			if _, err := sqlstore.Migrate(t.Context(), url, 999); err == nil || !strings.Contains(err.Error(), "the newest is") {
				t.Errorf("a version that is not: %v", err)
			}
		})
	}
}

// TestMigrateTablesOfOneTab has tables of one tab from before each had an ID column of its
// own: the first one goes on, another portal's stops and says why. Down again, a user has
// one table of a tab.
func TestMigrateTablesOfOneTab(t *testing.T) {
	t.Parallel()
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "db"), "PostgreSQL": c.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			key := secret.NewKey()
			s := storetest.OpenAt(t, url, key)
			first := storetest.Seed(t, s)
			beside := *first
			beside.Entity = sheet24.Contacts
			check(s.AddTable(t.Context(), &beside, nil))

			// Somebody else's tables: one with the same ID column, one with its own.
			u, err := s.EnsureUser(t.Context(), "mehmet@ornek.com.tr", "Mehmet", "tr")
			check(err)
			portal := &sheet24.Portal{UserID: u.ID, Host: "firma2.bitrix24.com.tr", WebhookURL: "https://firma2.bitrix24.com.tr/rest/1/gizli/"}
			check(s.SavePortal(t.Context(), portal))
			sharing, own := *first, *first
			sharing.UserID, sharing.PortalID = u.ID, portal.ID
			check(s.AddTable(t.Context(), &sharing, nil))
			own.UserID, own.PortalID, own.GID = u.ID, portal.ID, first.GID+1
			check(s.AddTable(t.Context(), &own, nil))

			for _, version := range []int64{21, sqlstore.Newest} {
				_, err := sqlstore.Migrate(t.Context(), url, version)
				check(err)
			}
			s = storetest.OpenAt(t, url, key)
			for id, problem := range map[int64]sheet24.Code{first.ID: "", sharing.ID: sheet24.CodeIDColumnShared, own.ID: ""} {
				got, err := s.Table(t.Context(), id)
				check(err)
				if got.Problem != problem || got.Enabled != (problem == "") || got.GID == 0 || got.Binding != 1 {
					t.Errorf("table %d: enabled %v, problem %q, tab %d, binding %d", id, got.Enabled, got.Problem, got.GID, got.Binding)
				}
			}
			if _, err := s.Table(t.Context(), beside.ID); !sheet24.IsKind(err, sheet24.NotFound) {
				t.Errorf("a user's second table of a tab: %v", err)
			}
			check(s.AddTable(t.Context(), &beside, nil))
		})
	}
}

// TestMissionTables looks for the mission's tables and columns where a database
// tool would: on PostgreSQL in the schemas auth and bitrix.
func TestMissionTables(t *testing.T) {
	t.Parallel()
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	sqlite, pg := open(t, filepath.Join(t.TempDir(), "db")), open(t, c.Database(t))
	for table, columns := range map[string]string{
		"auth.user_sheets_tokens":  "user_id, user_email, access_token, refresh_token, token_expires_at",
		"bitrix.sheet_sync_config": "user_id, sheet_id, sheet_gid, sheet_name, entity_type, is_custom_view, color_scheme, webhook_url, webhook_registered, last_sync_at, enabled",
		"bitrix.field_mappings":    "config_id, sheet_column_index, sheet_column_name, bitrix_field, data_type, is_updatable",
		"bitrix.reverse_sync_logs": "config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, webhook_payload, synced_at",
		"bitrix.webhook_events":    "config_id, event_type, event_data, processed, processed_at, received_at",
	} {
		if _, err := pg.DB().ExecContext(t.Context(), fmt.Sprintf("SELECT %s FROM %s", columns, table)); err != nil {
			t.Errorf("PostgreSQL: %v", err)
		}
		if _, err := sqlite.DB().ExecContext(t.Context(), fmt.Sprintf("SELECT %s FROM %s", columns, filepath.Ext(table)[1:])); err != nil {
			t.Errorf("SQLite: %v", err)
		}
	}
}

func TestOpenRefusesAnUnknownURL(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.Open(t.Context(), "mysql://root:secret@localhost/x", nil)
	if err == nil || err.Error() != `database URL "mysql://root:xxxxx@localhost/x": expected sqlite:PATH or postgres://…` {
		t.Fatalf("error = %v", err)
	}
}
