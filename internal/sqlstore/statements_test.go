package sqlstore_test

import (
	"context"
	"path/filepath"
	"testing"

	"sheet24/internal/secret"
	"sheet24/internal/sqlstore/storetest"
)

// TestStatementsAreKept runs one statement while its own rows are read, after it failed,
// after it was cancelled, and after what it reads was changed.
func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	db := storetest.OpenAt(t, filepath.Join(t.TempDir(), "db"), secret.NewKey()).DB() // one connection
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE numbers (n INTEGER PRIMARY KEY CHECK (n < 100))`)
	for n := range 5 {
		exec(`INSERT INTO numbers (n) VALUES ($1)`, n)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const after = `SELECT * FROM numbers WHERE n > $1 ORDER BY n`
	outer, err := tx.QueryContext(t.Context(), after, 1)
	if err != nil {
		t.Fatal(err)
	}
	pairs := 0
	for outer.Next() {
		var a, b int
		if err := outer.Scan(&a); err != nil {
			t.Fatal(err)
		}
		inner, err := tx.QueryContext(t.Context(), after, a)
		if err != nil {
			t.Fatal(err)
		}
		for inner.Next() {
			if err := inner.Scan(&b); err != nil || b <= a {
				t.Fatalf("%d after %d, %v", b, a, err)
			}
			pairs++
		}
		if err := inner.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := outer.Err(); err != nil || pairs != 3 { // 2<3 2<4 3<4
		t.Errorf("%d pairs, %v", pairs, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO numbers (n) VALUES ($1)`, 100); err == nil {
		t.Error("a number that is not allowed")
	}
	exec(`INSERT INTO numbers (n) VALUES ($1)`, 5)
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := db.QueryContext(ctx, after, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	cancel()
	rows.Close()
	exec(`ALTER TABLE numbers ADD COLUMN name TEXT NOT NULL DEFAULT 'x'`)
	rows, err = db.QueryContext(t.Context(), after, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil || len(columns) != 2 || columns[1].DatabaseTypeName() != "TEXT" {
		t.Errorf("columns %v, %v", columns, err)
	}
	n := 0
	for rows.Next() {
		var a int
		var name string
		if err := rows.Scan(&a, &name); err != nil || name != "x" {
			t.Error(a, name, err)
		}
		n++
	}
	if err := rows.Err(); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}
