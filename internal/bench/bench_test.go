package bench_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheet24/internal/bench"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
	"sheet24/internal/sqlstore/storetest"
)

// only names the figures to measure; empty: all.
var only = flag.String("figures", "", "webhooks, edits, burst, beside, push, portals, memory, scale, history")

// BenchmarkTable measures all figures, and prints them as one table.
func BenchmarkTable(b *testing.B) {
	cluster, err := pgtest.Start()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Stop)
	open := func(url string) *sqlstore.Store { return storetest.OpenAt(b, url, secret.NewKey()) }
	sqlite := func() *sqlstore.Store { return open("sqlite:" + filepath.Join(b.TempDir(), "db")) }
	postgres := func() *sqlstore.Store { return open(cluster.Database(b)) }
	measures := []struct {
		name    string
		figures func() []bench.Figure
	}{
		{"webhooks", func() []bench.Figure { return bench.Webhooks(b, "SQLite", sqlite()) }},
		{"webhooks", func() []bench.Figure { return bench.Webhooks(b, "PostgreSQL", postgres()) }},
		{"edits", func() []bench.Figure { return bench.Edits(b) }},
		{"burst", func() []bench.Figure { return bench.Burst(b) }},
		{"beside", func() []bench.Figure { return bench.Beside(b) }},
		{"push", func() []bench.Figure { return bench.LargePush(b) }},
		{"portals", func() []bench.Figure { return bench.Portals(b) }},
		{"memory", func() []bench.Figure { return bench.Memory(b) }},
		{"scale", func() []bench.Figure { return bench.Scale(b, cluster.Database(b)) }},
		{"history", func() []bench.Figure { return bench.History(b, "SQLite", sqlite()) }},
		{"history", func() []bench.Figure { return bench.History(b, "PostgreSQL", postgres()) }},
	}
	for b.Loop() {
		var all []bench.Figure
		for _, m := range measures {
			if *only == "" || strings.Contains(*only, m.name) {
				all = append(all, m.figures()...)
			}
		}
		bench.Print(os.Stdout, all)
	}
}
