package bench

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/jobs"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/stages"
)

// Portals measures what a thousand portals with 20 edits each, all at once, take one
// process, beside what the same requests take with nothing around them: in turns, since a
// machine is not always equally fast.
func Portals(tb testing.TB) []Figure {
	tb.Helper()
	const portals, edits, workers, rounds = 1000, 20, 16, 3
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	// One simulator under a thousand names: each address of 127.0.0.0/8 is this machine.
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 1e6, Brim: 1e6})
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	check(err)
	server := &http.Server{Handler: sim.Handler()}
	go server.Serve(listener)
	tb.Cleanup(func() { server.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	var hosts bitrix24.Hosts
	for i := range portals {
		hosts = append(hosts, fmt.Sprintf("127.0.%d.%d:%d", 1+i/250, 1+i%250, port))
	}
	store := storetest.Open(tb)
	user, err := store.EnsureUser(tb.Context(), owner, "Ayşe", "tr")
	check(err)
	var all []*sheet24.Portal
	changes := map[int64][]sheet24.RowChange{}
	tables := map[int64]*sheet24.Table{}
	for i, host := range hosts {
		p := &sheet24.Portal{UserID: user.ID, Host: host, WebhookURL: "http://" + host + sim.WebhookPath()}
		check(store.SavePortal(tb.Context(), p))
		t := &sheet24.Table{UserID: user.ID, PortalID: p.ID, SpreadsheetID: fmt.Sprint("s", i), Entity: sheet24.Leads, HeaderRow: 1, Language: "tr", Enabled: true,
			Mappings: []sheet24.FieldMapping{{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: "ID"}, {Column: sheet24.Column{Index: 1, Name: "Ad"}, Field: "NAME", Updatable: true}}}
		check(store.SaveTable(tb.Context(), t, nil))
		for range edits {
			id := sim.Add(1, map[string]any{"name": "eski"})
			changes[p.ID] = append(changes[p.ID], sheet24.RowChange{EntityID: id, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"NAME": {Old: "eski", New: "yeni"}}})
		}
		all, tables[p.ID] = append(all, p), t
	}
	// What it takes at least: each portal's fields, records and writes, nothing stored.
	alone := func() time.Duration {
		crm := bitrix24.New(bitrix24.Options{Hosts: hosts})
		began := time.Now()
		next := make(chan *sheet24.Portal)
		var wait sync.WaitGroup
		for range workers {
			wait.Go(func() {
				for p := range next {
					_, err := crm.Fields(tb.Context(), p, sheet24.Leads)
					check(err)
					var refs []sheet24.ItemRef
					var writes []sheet24.ItemWrite
					for _, c := range changes[p.ID] {
						refs = append(refs, sheet24.ItemRef{Entity: sheet24.Leads, ID: c.EntityID})
						writes = append(writes, sheet24.ItemWrite{Entity: sheet24.Leads, ID: c.EntityID, Fields: map[string]any{"name": "ara"}})
					}
					crm.Items(tb.Context(), p, refs)
					turn, err := crm.Turn(tb.Context(), p)
					check(err)
					for _, w := range turn.Send(tb.Context(), sheet24.Request{Writes: writes}).Written {
						check(w.Err)
					}
				}
			})
		}
		for _, p := range all {
			next <- p
		}
		close(next)
		wait.Wait()
		return time.Since(began)
	}
	pushed := func() time.Duration {
		for _, p := range all {
			for _, c := range changes[p.ID] {
				sim.Edit(1, c.EntityID, map[string]any{"name": "eski"})
			}
			check(store.CommitScan(tb.Context(), tables[p.ID], sheet24.Scanned{Changes: changes[p.ID]}))
		}
		runner, err := jobs.New(tb.Context(), store, true, silent)
		check(err)
		work := stages.New(stages.Parts{Store: store, CRM: bitrix24.New(bitrix24.Options{Hosts: hosts, Buckets: store}), Now: time.Now, Log: silent})
		began := time.Now()
		check(runner.Start(tb.Context(), work))
		for waits := true; waits; time.Sleep(20 * time.Millisecond) {
			check(store.DB().QueryRowContext(tb.Context(), `SELECT EXISTS (SELECT 1 FROM reverse_sync_logs WHERE status IN ('pending', 'syncing'))`).Scan(&waits))
			if time.Since(began) > 5*time.Minute {
				tb.Fatal("it does not end")
			}
		}
		took := time.Since(began)
		check(runner.Stop(tb.Context()))
		return took
	}
	type round struct {
		ratio        float64
		total, ideal time.Duration
	}
	var measured []round
	wrong := 0
	for range rounds {
		ideal := alone()
		total := pushed()
		measured = append(measured, round{float64(total) / float64(ideal), total, ideal})
		for _, r := range sim.Records(1) {
			if !strings.HasPrefix(fmt.Sprint(r.Fields["name"]), "yeni") {
				wrong++
			}
		}
	}
	slices.SortFunc(measured, func(a, b round) int { return cmp.Compare(a.ratio, b.ratio) })
	m := measured[rounds/2]
	return []Figure{
		{"1,000 portals with 20 edits each ÷ their requests alone, median of 3", fmt.Sprintf("%.2f (%v ÷ %v; %.2f to %.2f)", m.ratio, m.total.Round(10*time.Millisecond), m.ideal.Round(10*time.Millisecond),
			measured[0].ratio, measured[rounds-1].ratio), "≤ 1.5", m.ratio <= 1.5},
		{"1,000 portals: wrong records", fmt.Sprint(wrong), "0", wrong == 0},
	}
}
