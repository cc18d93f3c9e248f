package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"sheet24"
	"sheet24/internal/app"
	"sheet24/internal/google"
	"sheet24/internal/secret"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sync/receive"
)

// many is an installation with many users, each with some tables, whose scripts are active.
type many struct {
	tb      testing.TB
	google  *googlesim.Google
	portal  *bitrixsim.Portal
	config  *app.Config
	store   *sqlstore.Store
	tables  []*sheet24.Table
	records []int64 // of the one row of each table
	front   string
	pid     int
}

// Scale measures what 5,000 tables of 1,000 users take of one process and its PostgreSQL
// while nobody edits, and how soon edits arrive that are spread over them, one a second.
func Scale(tb testing.TB, databaseURL string) []Figure {
	tb.Helper()
	const users, each, mb = 1000, 5, 1 << 20
	m := newMany(tb, databaseURL, users, each)
	stop := m.start()
	defer stop()
	m.settle()

	const rest = 60 * time.Second
	cpu, transactions := m.cpu(), m.transactions()
	time.Sleep(rest)
	share := (m.cpu() - cpu).Seconds() / rest.Seconds()
	perSecond := float64(m.transactions()-transactions) / rest.Seconds()
	memory := resident(tb, m.pid, "VmRSS")

	took := m.edits(60)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	name := fmt.Sprintf("%d tables of %d users, PostgreSQL", users*each, users)
	return []Figure{
		{name + ", at rest: share of a core", fmt.Sprintf("%.3f", share), "≤ 0.1", share <= 0.1},
		{name + ", at rest: memory", fmt.Sprintf("%d MB", memory/mb), "≤ 300 MB", memory <= 300*mb},
		{name + ", at rest: transactions a second", fmt.Sprintf("%.0f", perSecond), "≤ 50", perSecond <= 50},
		{fmt.Sprintf("%s, one edit a second: edit → CRM, p50 of %d", name, len(took)), p50.Round(time.Millisecond).String(), "≤ 100ms", p50 <= 100*time.Millisecond},
		{name + ", one edit a second: edit → CRM, p99", p99.Round(time.Millisecond).String(), "≤ 250ms", p99 <= 250*time.Millisecond},
	}
}

func (m *many) check(err error) {
	m.tb.Helper()
	if err != nil {
		m.tb.Fatal(err)
	}
}

func newMany(tb testing.TB, databaseURL string, users, each int) *many {
	tb.Helper()
	m := &many{tb: tb}
	var accounts []googlesim.Account
	for u := range users {
		accounts = append(accounts, googlesim.Account{Email: fmt.Sprintf("u%d@ornek.com.tr", u), Name: fmt.Sprint("Kullanıcı ", u)})
	}
	m.google = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, accounts...)
	tb.Cleanup(m.google.Close)
	googleServer := httptest.NewServer(m.google.Handler())
	tb.Cleanup(googleServer.Close)
	plan := sheet24.Plan{Rate: 100, Burst: 500}
	m.portal = bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: plan.Rate, Brim: plan.Burst})
	portalServer := httptest.NewServer(m.portal.Handler())
	tb.Cleanup(portalServer.Close)

	host := strings.TrimPrefix(portalServer.URL, "http://")
	m.config = &app.Config{GoogleClientID: "id", GoogleClientSecret: "secret", DatabaseURL: databaseURL, PublicURL: "http://127.0.0.1:1", SecretKey: secret.NewKey(),
		GooglePerMinute: 60, PollSeconds: 15, GoogleURL: googleServer.URL, Listen: "127.0.0.1:0", GoogleRedirectURI: "http://127.0.0.1:1/sheet-sync/oauth/callback",
		GoogleAccess: string(google.FullAccess), Bitrix24Hosts: []string{host}}
	box, err := secret.New(m.config.SecretKey)
	m.check(err)
	m.store, err = sqlstore.Open(tb.Context(), databaseURL, box)
	m.check(err)
	tb.Cleanup(func() { m.store.Close() })
	for _, a := range accounts {
		m.user(a.Email, &sheet24.Portal{Host: host, WebhookURL: portalServer.URL + m.portal.WebhookPath(), Plan: plan}, each)
	}
	_, err = m.store.DB().ExecContext(tb.Context(), `ANALYZE`)
	m.check(err)
	return m
}

// user adds a user with a portal and tables of one row.
func (m *many) user(email string, portal *sheet24.Portal, tables int) {
	m.tb.Helper()
	ctx := m.tb.Context()
	user, err := m.store.EnsureUser(ctx, email, email, "tr")
	m.check(err)
	access, refresh := m.google.Grant(email, google.FullAccess.Scopes())
	m.check(m.store.SaveToken(ctx, &sheet24.Token{UserID: user.ID, Email: email, AccessToken: access, RefreshToken: refresh, ExpiresAt: time.Now().Add(time.Hour), Scopes: google.FullAccess.Scopes()}))
	portal.UserID = user.ID
	m.check(m.store.SavePortal(ctx, portal))
	m.check(m.store.SavePlan(ctx, portal.ID, portal.Plan))

	for range tables {
		id := m.portal.Add(1, map[string]any{"name": "Aday", "stageId": "NEW"})
		s := &googlesim.Spreadsheet{Title: "Satış", Owner: email, Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{{GID: gid, Title: "Leads",
			Rows: [][]any{{"ID", "Ad", "Senkronizasyon"}, {float64(id), "Aday", ""}}}}}
		m.google.AddSpreadsheet(s)
		t := &sheet24.Table{UserID: user.ID, PortalID: portal.ID, SpreadsheetID: s.ID, SpreadsheetTitle: "Satış", GID: gid, Tab: "Leads", Entity: sheet24.Leads, HeaderRow: 1,
			StatusColumn: sheet24.Column{Index: 2, Name: "Senkronizasyon"}, Language: "tr", TimeZone: "Europe/Istanbul", Locale: "tr_TR", Key: []byte("key"), Enabled: true,
			Mappings: []sheet24.FieldMapping{{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: sheet24.IDField, Type: "integer"},
				{Column: sheet24.Column{Index: 1, Name: "Ad"}, Field: "NAME", Type: "string", Updatable: true}}}
		m.check(m.store.SaveTable(ctx, t, []sheet24.Snapshot{{EntityID: id, Row: 2, Values: map[string]any{"NAME": "Aday"}}}))
		m.check(m.store.SetRegistered(ctx, t.ID))
		m.tables, m.records = append(m.tables, t), append(m.records, id)
	}
}

// start runs the program.
func (m *many) start() (stop func()) {
	m.tb.Helper()
	program := filepath.Join(m.tb.TempDir(), "sheet24")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "sheet24/cmd/sheet24").CombinedOutput(); err != nil {
		m.tb.Fatalf("build: %v\n%s", err, out)
	}
	server := httptest.NewUnstartedServer(nil) // for a port that is free
	m.config.Listen = server.Listener.Addr().String()
	server.Listener.Close()
	m.front = "http://" + m.config.Listen

	p := exec.Command(program, "serve", "--env-file", os.DevNull)
	p.Env = m.config.Environ()
	var said bytes.Buffer
	p.Stderr = &said
	m.check(p.Start())
	m.pid = p.Process.Pid
	m.wait(2*time.Minute, "the program is ready", func() bool {
		resp, err := http.Get(m.front + "/readyz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	return func() {
		p.Process.Kill()
		p.Wait()
	}
}

// settle waits until what every start looks at has been looked at.
func (m *many) settle() {
	m.tb.Helper()
	m.wait(8*time.Minute, "every tab was looked at", func() bool {
		time.Sleep(time.Second)
		all, err := m.store.Backlogs(m.tb.Context())
		m.check(err)
		return !slices.ContainsFunc(all, func(b sheet24.Backlog) bool { return b.Waiting > 0 })
	})
	time.Sleep(10 * time.Second)
}

func (m *many) wait(within time.Duration, what string, holds func() bool) {
	m.tb.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			m.tb.Fatalf("not within %v: %s", within, what)
		}
	}
}

// cpu is how long the program has worked.
func (m *many) cpu() time.Duration {
	m.tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.pid))
	m.check(err)
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond // proc(5); USER_HZ is 100
	var ticks int
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(fields[i])
		m.check(err)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// transactions is how many transactions the database has had, of which a statement by
// itself is one.
func (m *many) transactions() (n int64) {
	m.tb.Helper()
	m.check(m.store.DB().QueryRowContext(m.tb.Context(), `SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()`).Scan(&n))
	return n
}

// edits makes n edits, one a second, each in another table, and tells how long each took.
func (m *many) edits(n int) []time.Duration {
	m.tb.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		all.Go(func() {
			at := i * len(m.tables) / n
			name, began := fmt.Sprint("Yeni ", i), time.Now()
			m.edit(m.tables[at], name)
			m.wait(20*time.Second, "the edit arrives", func() bool {
				r, _ := m.portal.Record(1, m.records[at])
				return r.Fields["name"] == name
			})
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}

// edit changes the name in a table's row, and announces it as the script does.
func (m *many) edit(t *sheet24.Table, name string) {
	m.tb.Helper()
	m.check(m.google.Edit(googlesim.Edit{SpreadsheetID: t.SpreadsheetID, GID: gid, Range: "B2", Values: [][]any{{name}}}))
	id, at := uuid.Must(uuid.NewV7()).String(), strconv.FormatInt(time.Now().Unix(), 10)
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":2}`, t.SpreadsheetID, gid)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, m.front+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
	m.check(err)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	req.Header.Set("webhook-signature", receive.Sign(t.Key, id, at, []byte(body)))
	resp, err := http.DefaultClient.Do(req)
	m.check(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		m.tb.Fatalf("webhook: HTTP %d", resp.StatusCode)
	}
}
