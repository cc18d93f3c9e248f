package push_test

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
// pushed: each is in the CRM a few requests later, and the paste takes hardly more requests
// than alone. (How long that takes is measured by package bench.)
func TestEditsBesidePastes(t *testing.T) {
	t.Parallel()
	const rows, edits = 1000, 60
	w := newPushWorld(t, bitrixsim.Options{Leak: 4, Brim: 6}, bitrix24.Options{Plan: sheet24.Plan{Rate: 4, Burst: 6}})
	other := w.newTable("s2", sheet24.Leads)
	singles := w.leads(edits)
	var changes []sheet24.RowChange
	for _, id := range w.leads(rows) {
		changes = append(changes, titled(id, "yeni"))
	}
	w.found(w.table, changes...)
	w.start()

	var mu sync.Mutex
	var took []int // requests
	var all sync.WaitGroup
	made := 0
	for open := rows; open > 0 && made < edits; made++ {
		id, title := singles[made], fmt.Sprint("tek ", made)
		all.Go(func() {
			w.found(other, titled(id, title))
			before := w.sim.Stats().Requests
			w.eventually("the edit arrives", func() bool { r, _ := w.sim.Record(1, id); return r.Fields["title"] == title })
			mu.Lock()
			defer mu.Unlock()
			took = append(took, w.sim.Stats().Requests-before)
		})
		time.Sleep(80 * time.Millisecond)
		var err error
		open, err = w.store.CountOpen(t.Context(), w.table.ID)
		w.check(err)
	}
	all.Wait()
	w.settled()

	// One may be under way; the next reads the record, and one after that writes it, where
	// a busy machine has several under way.
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	s := w.sim.Stats()
	t.Logf("%d edits arrived %d requests later, at most %d; %d requests in all", made, p50, p99, s.Requests)
	if p50 > 3 || p99 > 6 {
		t.Errorf("the edits arrived %d requests later, at most %d", p50, p99)
	}
	if least := (rows+made)/49 + 2; s.Requests > least*11/10+2 {
		t.Errorf("%d requests where %d would do", s.Requests, least)
	}
	if len(s.Rejected) > 0 {
		t.Errorf("rejected: %v", s.Rejected)
	}
}
