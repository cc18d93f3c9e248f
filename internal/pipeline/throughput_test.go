package pipeline_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/pipeline"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore/storetest"
)

// throughput is what pushing many rows took of a portal's bucket.
type throughput struct {
	requests, ideal int
	rejected        int
	use             float64 // requests made ÷ what the bucket lets through from the first to the last
	wrong           int     // records that do not hold what their row does
}

// pushThousands changes an e-mail address in each of n records through a portal
// whose bucket lets 20 requests a second through.
func pushThousands(t testing.TB, n int) throughput {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	plan := sheet24.Plan{Rate: 20, Burst: 50}
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: plan.Rate, Brim: plan.Burst})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	store := storetest.Open(t)
	crm := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Plan: plan})
	user, err := store.EnsureUser(t.Context(), owner, "Ayşe", "tr")
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
	p := &pipeline.Pipeline{Store: store, CRM: crm, Wake: asleep{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	_, err = crm.Fields(t.Context(), portal, sheet24.Leads)
	check(err)

	time.Sleep(200 * time.Millisecond) // the bucket is empty again
	sim.ResetStats()
	for more := true; more; {
		more, err = p.Push(t.Context(), portal.ID)
		check(err)
	}
	s := sim.Stats()
	got := throughput{requests: s.Requests, ideal: (n+49)/50 + (n+2499)/2500, use: s.Use}
	for _, r := range s.Rejected {
		got.rejected += r
	}
	for i, r := range sim.Records(1) {
		if len(r.Multi) != 1 || r.FirstOf("EMAIL") != fmt.Sprintf("yeni%d@ornek.com.tr", i) {
			got.wrong++
		}
	}
	return got
}

// TestTenThousandUpdates holds the portal's limit: at it, and never over it.
func TestTenThousandUpdates(t *testing.T) {
	got := pushThousands(t, 10000)
	t.Logf("%+v", got)
	if ratio := float64(got.requests) / float64(got.ideal); ratio > 1.05 {
		t.Errorf("%d requests where %d would do: %.3f", got.requests, got.ideal, ratio)
	}
	if got.use < 0.95 && !raceDetector {
		t.Errorf("%.1f %% of the bucket was used", 100*got.use)
	}
	if got.rejected+got.wrong > 0 {
		t.Errorf("%d requests were rejected, %d records are wrong", got.rejected, got.wrong)
	}
}

func BenchmarkTenThousandUpdates(b *testing.B) {
	for b.Loop() {
		got := pushThousands(b, 10000)
		b.ReportMetric(float64(got.requests)/float64(got.ideal), "requests/ideal")
		b.ReportMetric(100*got.use, "%bucket")
		b.ReportMetric(float64(got.rejected), "rejected")
		b.ReportMetric(float64(got.wrong), "wrong")
	}
}
