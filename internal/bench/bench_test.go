package bench_test

import (
	"os"
	"path/filepath"
	"testing"

	"sheet24/internal/bench"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
)

// BenchmarkTable measures all figures, and prints them as one table.
func BenchmarkTable(b *testing.B) {
	cluster, err := pgtest.Start()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Stop)
	open := func(url string) *sqlstore.Store {
		box, err := secret.New(secret.NewKey())
		if err != nil {
			b.Fatal(err)
		}
		s, err := sqlstore.Open(b.Context(), url, box)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
	sqlite := func() *sqlstore.Store { return open("sqlite:" + filepath.Join(b.TempDir(), "db")) }
	postgres := func() *sqlstore.Store { return open(cluster.Database(b)) }
	for b.Loop() {
		var all []bench.Figure
		all = append(all, bench.Webhooks(b, "SQLite", sqlite())...)
		all = append(all, bench.Webhooks(b, "PostgreSQL", postgres())...)
		all = append(all, bench.Edits(b)...)
		all = append(all, bench.Burst(b)...)
		all = append(all, bench.LargePush(b)...)
		all = append(all, bench.Portals(b)...)
		all = append(all, bench.Memory(b)...)
		all = append(all, bench.History(b, "SQLite", sqlite())...)
		all = append(all, bench.History(b, "PostgreSQL", postgres())...)
		bench.Print(os.Stdout, all)
	}
}
