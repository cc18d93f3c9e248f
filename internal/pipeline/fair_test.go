package pipeline_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// TestEditsBesidePastes makes single edits in one table while 1,000 rows of another are
// pushed, at twice the standard pace: they take no longer than four requests of it,
// and the paste hardly longer than alone.
func TestEditsBesidePastes(t *testing.T) {
	t.Parallel()
	const rows, pace = 1000, 250 * time.Millisecond
	paste := func(beside bool) (took, p50, p99 time.Duration) {
		w := newPushWorld(t, bitrixsim.Options{Leak: 4, Brim: 6}, bitrix24.Options{Plan: sheet24.Plan{Rate: 4, Burst: 6}})
		other := w.newTable("s2", sheet24.Leads)
		singles := w.leads(400)
		var changes []sheet24.RowChange
		for _, id := range w.leads(rows) {
			changes = append(changes, titled(id, "yeni"))
		}
		w.found(w.table, changes...)
		w.start()

		began := time.Now()
		var mu sync.Mutex
		var all []time.Duration
		var edits sync.WaitGroup
		for n := 0; ; n++ {
			open, err := w.store.CountOpen(t.Context(), w.table.ID)
			w.check(err)
			if open == 0 {
				break
			}
			if beside && n < len(singles) {
				edits.Go(func() {
					title := fmt.Sprint("tek ", n)
					w.found(other, titled(singles[n], title))
					made := time.Now()
					w.eventually("the edit arrives", func() bool { r, _ := w.sim.Record(1, singles[n]); return r.Fields["title"] == title })
					mu.Lock()
					defer mu.Unlock()
					all = append(all, time.Since(made))
				})
			}
			time.Sleep(50 * time.Millisecond)
		}
		took = time.Since(began)
		edits.Wait()
		if s := w.sim.Stats(); len(s.Rejected) > 0 {
			t.Errorf("rejected: %v", s.Rejected)
		}
		if !beside {
			return took, 0, 0
		}
		slices.Sort(all)
		return took, all[len(all)/2], all[len(all)*99/100]
	}

	alone, _, _ := paste(false)
	beside, p50, p99 := paste(true)
	t.Logf("the paste took %v alone, %v beside edits; the edits took %v, %v at most", alone, beside, p50, p99)
	if p99 > 4*pace {
		t.Errorf("p99 of the edits beside it: %v; want %v", p99, 4*pace)
	}
	if beside > alone*11/10+2*pace {
		t.Errorf("the paste took %v beside edits, %v alone", beside, alone)
	}
}
