package push_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bucket"
	"sheet24/internal/sim/bitrixsim"
)

// crmUser is somebody who edits records in the CRM, each once.
type crmUser struct {
	w    *pushWorld
	mu   sync.Mutex
	made map[int64]time.Time
}

func (c *crmUser) edit(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, done := c.made[id]; done {
		return
	}
	c.made[id] = time.Now()
	c.w.sim.Edit(1, id, map[string]any{"title": fmt.Sprint("meslektaş ", id)})
}

// unseen are how long before we overwrote them the edits were made of which the history
// says nothing.
func (c *crmUser) unseen() (ages []time.Duration) {
	c.w.t.Helper()
	told := map[int64]bool{}
	for _, change := range c.w.history(c.w.table) {
		f := change.Fields["TITLE"]
		if text := fmt.Sprint("meslektaş ", change.EntityID); f.Conflict && slices.Contains(append(f.Earlier, f.CRM), any(text)) || f.Old == any(text) {
			told[change.EntityID] = true
		}
	}
	for id, at := range c.made {
		r, _ := c.w.sim.Record(1, id)
		if strings.HasPrefix(fmt.Sprint(r.Fields["title"]), "meslektaş") || told[id] {
			continue
		}
		over := time.Time{}
		for _, e := range r.History {
			if e.At.After(at) && over.IsZero() {
				over = e.At
			}
		}
		ages = append(ages, over.Sub(at))
	}
	slices.Sort(ages)
	return ages
}

// TestColleagueDuringAPaste has somebody edit records all the while 1,200 rows are pushed
// as fast as the portal allows: what was there a request before it was written is noticed.
func TestColleagueDuringAPaste(t *testing.T) {
	t.Parallel()
	const rows, pace = 1200, 250 * time.Millisecond
	w := newPushWorld(t, bitrixsim.Options{Leak: 4, Brim: 6}, bitrix24.Options{Plan: sheet24.Plan{Rate: 4, Burst: 6}})
	ids := w.leads(rows)
	var changes []sheet24.RowChange
	for _, id := range ids {
		changes = append(changes, titled(id, "yeni"))
	}
	w.found(w.table, changes...)
	c := &crmUser{w: w, made: map[int64]time.Time{}}
	w.start()
	for open := rows; open > 0; time.Sleep(3 * time.Millisecond) {
		c.edit(ids[rand.IntN(rows)])
		var err error
		open, err = w.store.CountOpen(t.Context(), w.table.ID)
		w.check(err)
	}
	ages := c.unseen()
	t.Logf("%d edits, %d overwritten unseen: %v", len(c.made), len(ages), ages)
	// A request at its pace, and what a busy machine makes of that.
	for _, age := range ages {
		if age > pace+time.Second {
			t.Errorf("overwritten unseen %v after it was made", age)
		}
	}
}

// TestColleagueDuringAWait has somebody edit the records whose writes the portal turns
// away, or lets wait, while they wait.
func TestColleagueDuringAWait(t *testing.T) {
	t.Parallel()
	const rows = 40
	for name, c := range map[string]struct {
		client bitrix24.Options
		fault  *bitrixsim.Fault
		waits  time.Duration // after which the edits are made
	}{
		"no room in the bucket":  {fault: &bitrixsim.Fault{Kind: "503", Method: "crm.item.update"}},
		"a proxy that is down":   {fault: &bitrixsim.Fault{Kind: "502", Method: "crm.item.update"}},
		"no working time left":   {fault: &bitrixsim.Fault{Kind: "429", Method: "crm.item.update"}, client: bitrix24.Options{OperatingLimit: 16 * time.Second}},
		"a hang":                 {fault: &bitrixsim.Fault{Kind: "hang", Method: "crm.item.update"}, client: bitrix24.Options{RequestLimit: time.Second}},
		"a batch that is cut":    {fault: &bitrixsim.Fault{Kind: "partial", Method: "crm.item.update", After: 10}, client: bitrix24.Options{RequestLimit: time.Second}},
		"a batch that goes late": {fault: &bitrixsim.Fault{Kind: "late", Method: "crm.item.update", MS: 800}, client: bitrix24.Options{RequestLimit: time.Second}, waits: 1200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.client.Plan = sheet24.Plan{Rate: 1, Burst: 6} // so that nothing is repeated at once
			w := newPushWorld(t, bitrixsim.Options{Leak: 1, Brim: 6}, c.client)
			ids := w.leads(rows)
			for _, id := range ids {
				w.found(w.table, titled(id, "yeni"))
			}
			w.check(w.sim.Fail(*c.fault))
			somebody := &crmUser{w: w, made: map[int64]time.Time{}}
			w.start()
			w.eventually("it struck", func() bool { return w.sim.Stats().Faults[c.fault.Kind] > 0 })
			time.Sleep(c.waits)
			for _, id := range ids[rows/2:] {
				somebody.edit(id)
			}
			w.settled()
			if ages := somebody.unseen(); len(ages) > 0 {
				t.Errorf("%d of %d edits were overwritten unseen, up to %v after they were made", len(ages), len(somebody.made), ages[len(ages)-1])
			}
		})
	}
}

// TestColleagueWhileWorkingTimeIsUsedUp pushes more than the portal has working time for:
// what waits says so, and is read again before it is written.
func TestColleagueWhileWorkingTimeIsUsedUp(t *testing.T) {
	t.Parallel()
	const rows, limit, window = 200, 400 * time.Millisecond, 6 * time.Second
	w := newPushWorld(t, bitrixsim.Options{OperatingLimit: limit, OperatingWindow: window, Work: map[string]time.Duration{"crm.item.update": 4 * time.Millisecond}},
		bitrix24.Options{OperatingLimit: limit})
	ids := w.leads(rows)
	for _, id := range ids {
		w.found(w.table, titled(id, "yeni"))
	}
	somebody := &crmUser{w: w, made: map[int64]time.Time{}}
	w.start()
	waiting := func() (n int) {
		told, err := w.store.Unreported(t.Context(), w.table.ID, rows)
		w.check(err)
		for _, c := range told {
			if (c.Status == sheet24.Pending || c.Status == sheet24.Syncing) && strings.Contains(c.Error, "süre") {
				n++
			}
		}
		return n
	}
	w.eventually("rows say that they wait", func() bool { return waiting() > 0 })
	t.Logf("%d rows say that they wait", waiting())
	for _, id := range ids[rows/2:] {
		somebody.edit(id)
	}
	w.settled()
	if ages := somebody.unseen(); len(ages) > 0 {
		t.Errorf("%d of %d edits were overwritten unseen, up to %v after they were made", len(ages), len(somebody.made), ages[len(ages)-1])
	}
	if n := w.sim.Stats().Rejected; len(n) > 0 {
		t.Errorf("rejected: %v", n)
	}
}

// TestColleagueWhileOthersFillTheBucket has another application take most of what the
// portal lets through, so that requests are far apart: none is used to write what the one
// before it read.
func TestColleagueWhileOthersFillTheBucket(t *testing.T) {
	t.Parallel()
	const rows, apart = 120, 1500 * time.Millisecond
	plan := sheet24.Plan{Rate: 4, Burst: 6}
	buckets := bucket.NewMemory()
	w := newPushWorld(t, bitrixsim.Options{Leak: 1000, Brim: 1000}, bitrix24.Options{Buckets: buckets, Plan: plan})
	ids := w.leads(rows)
	for _, id := range ids {
		w.found(w.table, titled(id, "yeni"))
	}
	others := time.NewTicker(apart)
	defer others.Stop()
	host := "bitrix24 " + w.client.Hosts[0]
	w.check(buckets.Fill(t.Context(), host, plan.Burst+plan.Rate))
	somebody := &crmUser{w: w, made: map[int64]time.Time{}}
	began := time.Now()
	w.start()
	for open := rows; open > 0; time.Sleep(20 * time.Millisecond) {
		select {
		case <-others.C:
			_, err := buckets.Take(t.Context(), host, 5, plan.Rate)
			w.check(err)
		default:
		}
		somebody.edit(ids[rand.IntN(rows)])
		var err error
		open, err = w.store.CountOpen(t.Context(), w.table.ID)
		w.check(err)
	}
	ages := somebody.unseen()
	t.Logf("%d edits in %v, overwritten unseen: %v", len(somebody.made), time.Since(began), ages)
	if took := time.Since(began); took < 3*apart {
		t.Errorf("it took %v: nothing had to wait", took)
	}
	for _, age := range ages {
		if age > apart/2 {
			t.Errorf("overwritten unseen %v after it was made", age)
		}
	}
}
