package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/pipeline"
	"sheet24/internal/sqlstore"
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

// Flood has connections post signed messages for a while. It returns how many were
// accepted a second, and what the slowest hundredth of them took at least.
func Flood(tb testing.TB, store pipeline.Store, table *sheet24.Table, connections int, d time.Duration) (perSecond float64, p99 time.Duration) {
	tb.Helper()
	mux := http.NewServeMux()
	(&api.API{Receiver: &pipeline.Pipeline{Store: store, Wake: Asleep{}, Now: time.Now, Log: silent}, PublicURL: "https://sheet24.example", Log: silent}).Register(mux)
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

// Webhooks compares what is accepted durably with what the same handler accepts without
// a database.
func Webhooks(tb testing.TB, name string, store *sqlstore.Store) []Figure {
	tb.Helper()
	const connections, each = 64, 3 * time.Second
	table := storetest.Seed(tb, store)
	base, _ := Flood(tb, noDatabase{table: table}, table, connections, each)
	got, p99 := Flood(tb, store, table, connections, each)
	return []Figure{
		{"webhooks stored durably, " + name + " ÷ without a database", fmt.Sprintf("%.2f (%.0f/s ÷ %.0f/s)", got/base, got, base), "≥ 0.5", got >= base/2},
		{"the slowest hundredth of them, " + name, p99.Round(time.Millisecond).String(), "≤ 50ms", p99 <= 50*time.Millisecond},
	}
}
