package bench

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/jobs"
	"sheet24/internal/pipeline"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore/storetest"
)

// Portals measures what a thousand portals with 20 edits each, all at once, take one
// process, beside what the same requests take with nothing around them.
func Portals(tb testing.TB) []Figure {
	tb.Helper()
	const portals, edits, workers = 1000, 20, 16
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
	crm := bitrix24.New(bitrix24.Options{Hosts: hosts})
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
	bare := bitrix24.New(bitrix24.Options{Hosts: hosts})
	began := time.Now()
	next := make(chan *sheet24.Portal)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for p := range next {
				_, err := bare.Fields(tb.Context(), p, sheet24.Leads)
				check(err)
				var refs []sheet24.ItemRef
				var writes []sheet24.ItemWrite
				for _, c := range changes[p.ID] {
					refs = append(refs, sheet24.ItemRef{Entity: sheet24.Leads, ID: c.EntityID})
					writes = append(writes, sheet24.ItemWrite{Entity: sheet24.Leads, ID: c.EntityID, Fields: map[string]any{"name": "ara"}})
				}
				bare.Items(tb.Context(), p, refs)
				for _, w := range bare.Write(tb.Context(), p, writes) {
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
	ideal := time.Since(began)
	for _, p := range all { // as they were
		for _, c := range changes[p.ID] {
			sim.Edit(1, c.EntityID, map[string]any{"name": "eski"})
		}
		check(store.CommitScan(tb.Context(), tables[p.ID], sheet24.Scanned{Changes: changes[p.ID]}))
	}
	sim.ResetStats()
	runner, err := jobs.New(tb.Context(), store, true, silent)
	check(err)
	work := &pipeline.Pipeline{Store: store, CRM: crm, Wake: runner, Now: time.Now, Log: silent}
	began = time.Now()
	check(runner.Start(tb.Context(), work))
	for waits := true; waits; time.Sleep(20 * time.Millisecond) {
		check(store.DB().QueryRowContext(tb.Context(), `SELECT EXISTS (SELECT 1 FROM reverse_sync_logs WHERE status IN ('pending', 'syncing'))`).Scan(&waits))
		if time.Since(began) > 5*time.Minute {
			tb.Fatal("it does not end")
		}
	}
	total := time.Since(began)
	check(runner.Stop(tb.Context()))
	wrong := 0
	for _, r := range sim.Records(1) {
		if !strings.HasPrefix(fmt.Sprint(r.Fields["name"]), "yeni") {
			wrong++
		}
	}
	ratio := float64(total) / float64(ideal)
	return []Figure{
		{"1,000 portals with 20 edits each ÷ their requests alone", fmt.Sprintf("%.2f (%v ÷ %v)", ratio, total.Round(10*time.Millisecond), ideal.Round(10*time.Millisecond)), "≤ 1.5", ratio <= 1.5},
		{"1,000 portals: wrong records", fmt.Sprint(wrong), "0", wrong == 0},
	}
}
