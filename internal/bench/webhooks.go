package bench

import (
	"cmp"
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

	"github.com/google/uuid"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/receive"
	"sheet24/internal/tab"
)

// noDatabase takes events and forgets them.
type noDatabase struct {
	table *sheet24.Table
}

func (s noDatabase) TablesOfTab(context.Context, string, int64) ([]*sheet24.Table, error) {
	return []*sheet24.Table{s.table}, nil
}
func (noDatabase) AddEvent(context.Context, *sheet24.Event) error { return nil }
func (noDatabase) SetRegistered(context.Context, int64) error     { return nil }

// Notified is a database that takes notifications.
type Notified interface {
	receive.Store
	tab.Follows
}

// Flood has connections post signed messages for a while. It returns how many were
// accepted a second, and what the slowest hundredth of them took at least. Their ids are
// such as the script sends.
func Flood(tb testing.TB, store Notified, table *sheet24.Table, connections int, d time.Duration) (perSecond float64, p99 time.Duration) {
	tb.Helper()
	mux := http.NewServeMux()
	(&api.API{Receiver: &receive.Receiver{Store: store, Followers: &tab.Followers{Store: store, Now: time.Now}, Now: time.Now}, PublicURL: "https://sheet24.example", Log: silent}).Register(mux)
	s := httptest.NewServer(mux)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":5}`, table.SpreadsheetID, table.GID)
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	began := time.Now()
	for range connections {
		all.Go(func() {
			var mine []time.Duration
			for time.Since(began) < d {
				id, at := uuid.Must(uuid.NewV7()).String(), strconv.FormatInt(time.Now().Unix(), 10)
				req, err := http.NewRequest(http.MethodPost, s.URL+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
				if err != nil {
					tb.Error(err)
					return
				}
				req.Header.Set("webhook-id", id)
				req.Header.Set("webhook-timestamp", at)
				req.Header.Set("webhook-signature", receive.Sign(table.Key, id, at, []byte(body)))
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
// a database: in turns, since a machine is not always equally fast.
func Webhooks(tb testing.TB, name string, store *sqlstore.Store) []Figure {
	tb.Helper()
	const connections, rounds, each = 64, 5, 2 * time.Second
	table := storetest.Seed(tb, store)
	type round struct{ ratio, got, base float64 }
	var all []round
	var slowest time.Duration
	for range rounds {
		base, _ := Flood(tb, noDatabase{table: table}, table, connections, each)
		got, p99 := Flood(tb, store, table, connections, each)
		all = append(all, round{got / base, got, base})
		slowest = max(slowest, p99)
	}
	slices.SortFunc(all, func(a, b round) int { return cmp.Compare(a.ratio, b.ratio) })
	m := all[rounds/2]
	return []Figure{
		{"webhooks stored durably, " + name + " ÷ without a database, median of 5", fmt.Sprintf("%.2f (%.0f/s ÷ %.0f/s; %.2f to %.2f)", m.ratio, m.got, m.base, all[0].ratio, all[rounds-1].ratio), "≥ 0.5", m.ratio >= 0.5},
		{"the slowest hundredth of them, " + name, slowest.Round(time.Millisecond).String(), "≤ 50ms", slowest <= 50*time.Millisecond},
	}
}
