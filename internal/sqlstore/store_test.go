package sqlstore_test

import (
	"path/filepath"
	"testing"

	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *sqlstore.Store {
		box, err := secret.New(secret.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		s, err := sqlstore.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "sheet24.db"), box)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestOpenRefusesAnUnknownURL(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.Open(t.Context(), "mysql://root:secret@localhost/x", nil)
	if err == nil || err.Error() != `database URL "mysql://root:xxxxx@localhost/x": expected sqlite:PATH` {
		t.Fatalf("error = %v", err)
	}
}
