package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/pipeline"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
	"sheet24/internal/sqlstore/storetest"
)

// noDatabase takes events and forgets them.
type noDatabase struct {
	pipeline.Store
	table *sheet24.Table
}

func (s noDatabase) TablesOfTab(context.Context, string, int64) ([]*sheet24.Table, error) {
	return []*sheet24.Table{s.table}, nil
}
func (noDatabase) AddEvent(context.Context, *sheet24.Event) error { return nil }

// flood has connections post signed messages for a while. It returns how many were
// accepted a second, and what the slowest hundredth of them took at least.
func flood(tb testing.TB, store pipeline.Store, table *sheet24.Table, connections int, d time.Duration) (perSecond float64, p99 time.Duration) {
	tb.Helper()
	mux := http.NewServeMux()
	log := slog.New(slog.DiscardHandler)
	(&api.API{Receiver: &pipeline.Pipeline{Store: store, Wake: asleep{}, Now: time.Now, Log: log}, PublicURL: "https://sheet24.example", Log: log}).Register(mux)
	s := httptest.NewServer(mux)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":5}`, table.SpreadsheetID, table.GID)
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	began := time.Now()
	for c := range connections {
		all.Go(func() {
			var mine []time.Duration
			for n := 0; time.Since(began) < d; n++ {
				id, at := fmt.Sprint(c, "-", n), strconv.FormatInt(time.Now().Unix(), 10)
				req, err := http.NewRequest(http.MethodPost, s.URL+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
				if err != nil {
					tb.Error(err)
					return
				}
				req.Header.Set("webhook-id", id)
				req.Header.Set("webhook-timestamp", at)
				req.Header.Set("webhook-signature", pipeline.Sign(table.Key, id, at, []byte(body)))
				start := time.Now()
				resp, err := client.Do(req)
				if err != nil {
					tb.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					tb.Errorf("HTTP %d", resp.StatusCode)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	all.Wait()
	slices.Sort(took)
	return float64(len(took)) / time.Since(began).Seconds(), took[len(took)*99/100]
}

// BenchmarkWebhooks compares what is accepted durably with what the same handler
// accepts without a database.
func BenchmarkWebhooks(b *testing.B) {
	cluster, err := pgtest.Start()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Stop)
	for b.Loop() {
		const connections, each = 64, 3 * time.Second
		for name, url := range map[string]string{"SQLite": "sqlite:" + filepath.Join(b.TempDir(), "db"), "PostgreSQL": cluster.Database(b)} {
			box, err := secret.New(secret.NewKey())
			if err != nil {
				b.Fatal(err)
			}
			store, err := sqlstore.Open(b.Context(), url, box)
			if err != nil {
				b.Fatal(err)
			}
			table := storetest.Seed(b, store)
			base, _ := flood(b, noDatabase{table: table}, table, connections, each)
			got, p99 := flood(b, store, table, connections, each)
			store.Close()
			b.ReportMetric(got/base, name+"_ratio")
			b.ReportMetric(got, name+"/s")
			b.ReportMetric(float64(p99.Milliseconds()), name+"_p99_ms")
		}
	}
}
