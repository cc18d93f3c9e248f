package bench

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/jobs"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/stages"
)

// Beside measures how long single edits of one table take while 2,000 rows of another are
// pasted to the same portal of the smallest plan, and how much longer the paste takes than
// alone.
func Beside(tb testing.TB) []Figure {
	tb.Helper()
	alone, _ := paste(tb, false)
	beside, edits := paste(tb, true)

	slices.Sort(edits)
	p50, p99 := edits[len(edits)/2], edits[len(edits)*99/100]
	ratio := float64(beside) / float64(alone)
	return []Figure{
		{fmt.Sprintf("edit → CRM beside a paste of 2,000 rows at 2 requests/s, p50 of %d", len(edits)), p50.Round(time.Millisecond).String(), "≤ 1.2s", p50 <= 1200*time.Millisecond},
		{"edit → CRM beside a paste of 2,000 rows at 2 requests/s, p99", p99.Round(time.Millisecond).String(), "≤ 2s", p99 <= 2*time.Second},
		{fmt.Sprintf("the paste beside edits ÷ alone (%v)", alone.Round(100*time.Millisecond)), fmt.Sprintf("%.3f", ratio), "≤ 1.1", ratio <= 1.1},
	}
}

// paste has 2,000 rows pushed, and tells how long that took, and how long each edit that
// was made meanwhile, if any are.
func paste(tb testing.TB, beside bool) (took time.Duration, edits []time.Duration) {
	tb.Helper()
	const rows, every = 2000, 300 * time.Millisecond
	plan := sheet24.Plan{Rate: 2, Burst: 10} // most of the bucket was used up before
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: plan.Rate, Brim: plan.Burst})
	server := httptest.NewServer(sim.Handler())
	tb.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	store := storetest.Open(tb)
	user, err := store.EnsureUser(tb.Context(), owner, "Ayşe", "tr")
	check(err)
	portal := &sheet24.Portal{UserID: user.ID, Host: host, WebhookURL: server.URL + sim.WebhookPath()}
	check(store.SavePortal(tb.Context(), portal))
	large, small := leadTable(tb, store, portal, "s1"), leadTable(tb, store, portal, "s2")

	runner, err := jobs.New(tb.Context(), store, true, silent)
	check(err)
	work := stages.New(stages.Parts{Store: store, CRM: bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{host}, Plan: plan, Buckets: store}),
		Debounce: time.Second, Now: time.Now, Log: silent})
	edit := func(table *sheet24.Table, ids ...int64) {
		var changes []sheet24.RowChange
		for _, id := range ids {
			changes = append(changes, sheet24.RowChange{EntityID: id, Row: int(id) + 1, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"NAME": {Old: "eski", New: "yeni"}}})
		}
		check(store.CommitScan(tb.Context(), table, sheet24.Scanned{Changes: changes}))
		runner.Push(tb.Context(), portal.ID)
	}
	lead := func() int64 { return sim.Add(1, map[string]any{"name": "eski"}) }
	done := func(id int64) bool { r, _ := sim.Record(1, id); return r.Fields["name"] == "yeni" }

	var ids []int64
	for range rows {
		ids = append(ids, lead())
	}
	check(runner.Start(tb.Context(), work))
	began := time.Now()
	edit(large, ids...)
	var mu sync.Mutex
	var all sync.WaitGroup
	tick := time.NewTicker(every)
	defer tick.Stop()
	for open := rows; open > 0; {
		<-tick.C
		if beside {
			all.Go(func() {
				id, made := lead(), time.Now()
				edit(small, id)
				for !done(id) && time.Since(made) < time.Minute {
					time.Sleep(5 * time.Millisecond)
				}
				mu.Lock()
				defer mu.Unlock()
				edits = append(edits, time.Since(made))
			})
		}
		open, err = store.CountOpen(tb.Context(), large.ID)
		check(err)
	}
	took = time.Since(began)
	all.Wait()
	check(runner.Stop(tb.Context()))
	return took, edits
}

// leadTable is a table of leads by their names.
func leadTable(tb testing.TB, store *sqlstore.Store, p *sheet24.Portal, spreadsheet string) *sheet24.Table {
	tb.Helper()
	t := &sheet24.Table{UserID: p.UserID, PortalID: p.ID, SpreadsheetID: spreadsheet, Entity: sheet24.Leads, HeaderRow: 1, Language: "tr", TimeZone: "Europe/Istanbul", Enabled: true,
		Mappings: []sheet24.FieldMapping{{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: "ID"}, {Column: sheet24.Column{Index: 1, Name: "Ad"}, Field: "NAME", Updatable: true}}}
	if err := store.SaveTable(tb.Context(), t, nil); err != nil {
		tb.Fatal(err)
	}
	return t
}
