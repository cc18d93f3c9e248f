package bench

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/stages"
	"sheet24/internal/sync/synctest"
)

// Throughput is what pushing many rows took of a portal's bucket.
type Throughput struct {
	Requests, Ideal int
	Rejected        int
	Use             float64 // requests made ÷ what the bucket lets through from the first to the last
	Wrong           int     // records that do not hold what their row does
}

// Push changes an e-mail address in each of n records through a portal of a plan.
func Push(t testing.TB, n int, plan sheet24.Plan) Throughput {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: plan.Rate, Brim: plan.Burst})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	store := storetest.Open(t)
	crm := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Plan: plan})
	user, err := store.EnsureUser(t.Context(), "ayse@ornek.com.tr", "Ayşe", "tr")
	check(err)
	portal, err := crm.Connect(t.Context(), server.URL+sim.WebhookPath())
	check(err)
	portal.UserID = user.ID
	check(store.SavePortal(t.Context(), portal))
	table := &sheet24.Table{UserID: user.ID, PortalID: portal.ID, SpreadsheetID: "s", Entity: sheet24.Leads, HeaderRow: 1, Language: "tr", TimeZone: "Europe/Istanbul", Enabled: true,
		Mappings: []sheet24.FieldMapping{{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: "ID"}, {Column: sheet24.Column{Index: 1, Name: "E-posta"}, Field: "EMAIL", Updatable: true}}}
	check(store.SaveTable(t.Context(), table, nil))
	var changes []sheet24.RowChange
	for i := range n {
		old := fmt.Sprintf("eski%d@ornek.com.tr", i)
		id := sim.Add(1, map[string]any{"title": fmt.Sprint("Aday ", i)}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: old})
		changes = append(changes, sheet24.RowChange{EntityID: id, Row: i + 2, Status: sheet24.Pending,
			Fields: map[string]sheet24.Change{"EMAIL": {Old: old, New: fmt.Sprintf("yeni%d@ornek.com.tr", i)}}})
	}
	check(store.CommitScan(t.Context(), table, sheet24.Scanned{Changes: changes}))
	p := synctest.New(stages.Parts{Store: store, CRM: crm, Now: time.Now, Log: silent})
	_, err = crm.Fields(t.Context(), portal, sheet24.Leads)
	check(err)

	time.Sleep(200 * time.Millisecond) // the bucket is empty again
	sim.ResetStats()
	for more := true; more; {
		more, err = p.Push(t.Context(), portal.ID)
		check(err)
	}
	s := sim.Stats()
	got := Throughput{Requests: s.Requests, Ideal: (n+49)/50 + (n+2499)/2500, Use: s.Use}
	for _, r := range s.Rejected {
		got.Rejected += r
	}
	for i, r := range sim.Records(1) {
		if len(r.Multi) != 1 || r.FirstOf("EMAIL") != fmt.Sprintf("yeni%d@ornek.com.tr", i) {
			got.Wrong++
		}
	}
	return got
}

// LargePush is a paste of a hundred thousand rows.
func LargePush(tb testing.TB) []Figure {
	tb.Helper()
	const rows = 100000
	got := Push(tb, rows, sheet24.Plan{Rate: 25, Burst: 50})
	ratio := float64(got.Requests) / (rows / 50)
	return []Figure{
		{"100,000 changed rows: requests ÷ (rows ÷ 50)", fmt.Sprintf("%.3f (%d)", ratio, got.Requests), "≤ 1.05", ratio <= 1.05},
		{"100,000 changed rows: share of the portal's limit", fmt.Sprintf("%.3f", got.Use), "≥ 0.95", got.Use >= 0.95},
		{"100,000 changed rows: rejected, wrong", fmt.Sprint(got.Rejected, ", ", got.Wrong), "0, 0", got.Rejected+got.Wrong == 0},
	}
}
