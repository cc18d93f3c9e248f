package bench

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"sheet24"
)

// Edits measures how soon single edits, five a second, are in the CRM: the webhook is
// stored, the sheet read, the CRM read and written.
func Edits(tb testing.TB) []Figure {
	tb.Helper()
	const edits = 100
	w := newWorld(tb, 200, 6000, sheet24.Plan{Rate: 100, Burst: 500})
	w.start()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / 5)
	defer tick.Stop()
	for i := range edits {
		<-tick.C
		all.Go(func() {
			name := fmt.Sprint("Yeni ad ", i)
			began := time.Now()
			w.edit(http.DefaultClient, i, name)
			w.wait(10*time.Second, "the edit arrives", func() bool { return w.holds(i, name) })
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
		})
	}
	all.Wait()
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	return []Figure{
		{"edit → CRM at 5 edits/s, p50", p50.Round(time.Millisecond).String(), "≤ 60ms", p50 <= 60*time.Millisecond},
		{"edit → CRM at 5 edits/s, p99", p99.Round(time.Millisecond).String(), "≤ 250ms", p99 <= 250*time.Millisecond},
	}
}

// Burst measures what 2,000 edits of 500 rows, as fast as they can be announced, cost a
// portal of the smallest plan.
func Burst(tb testing.TB) []Figure {
	tb.Helper()
	const edits, rows, connections = 2000, 500, 16
	w := newWorld(tb, rows, 60, sheet24.StandardPlan)
	w.start()
	w.wait(5*time.Second, "the service is up", func() bool {
		resp, err := http.Get(w.front.URL + "/api/v1/health")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	w.portal.ResetStats()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	began := time.Now()
	name := func(round, row int) string { return fmt.Sprintf("Tur %d satır %d", round, row) }
	for round := range edits / rows {
		var all sync.WaitGroup
		for c := range connections {
			all.Go(func() {
				for row := c; row < rows; row += connections {
					w.edit(client, row, name(round, row))
				}
			})
		}
		all.Wait()
	}
	announced := time.Since(began)
	last := edits/rows - 1
	w.wait(60*time.Second, "all edits arrive", func() bool {
		for row := range rows {
			if !w.holds(row, name(last, row)) {
				return false
			}
		}
		return true
	})
	all := time.Since(began)
	time.Sleep(2 * time.Second) // for what is sent too much
	s := w.portal.Stats()
	rejected, wrong := 0, 0
	for _, n := range s.Rejected {
		rejected += n
	}
	for row := range rows {
		if !w.holds(row, name(last, row)) {
			wrong++
		}
	}
	return []Figure{
		{fmt.Sprintf("2,000 edits of 500 rows (announced in %v, done in %v): requests", announced.Round(time.Millisecond), all.Round(time.Millisecond)), fmt.Sprint(s.Requests), "≤ 15", s.Requests <= 15},
		{"2,000 edits of 500 rows: rejected, wrong", fmt.Sprint(rejected, ", ", wrong), "0, 0", rejected+wrong == 0},
	}
}
