package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sheet24/internal/app"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore/pgtest"
)

// postgres is this package's PostgreSQL, started when a test asks for it.
var postgres = sync.OnceValues(func() (*pgtest.Cluster, error) { startedPostgres = true; return pgtest.Start() })
var startedPostgres bool

// balancer brings each request to one of several servers, and to the next if that one
// does not answer.
type balancer struct {
	servers []string
	client  *http.Client
	turn    atomic.Int64
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	first := int(b.turn.Add(1))
	for i := range b.servers {
		server := b.servers[(first+i)%len(b.servers)]
		out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+server+r.URL.RequestURI(), strings.NewReader(string(body)))
		if err != nil {
			break
		}
		out.Header, out.Host = r.Header, r.Host
		resp, err := b.client.Do(out)
		if err != nil {
			continue
		}
		defer resp.Body.Close()
		for name, values := range resp.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
		return
	}
	http.Error(w, "no server answers", http.StatusBadGateway)
}

// TestReplicas runs three processes on one PostgreSQL. In the middle of a burst of
// edits one is killed and one is frozen, and goes on much later: the third finishes,
// the portal's limit is kept throughout, what thaws changes nothing, and no record is ever written by two at once. All the while
// its user has the portal asked by whichever process serves the page. How often is counted, so
// it runs beside no other test.
func TestReplicas(t *testing.T) {
	cluster, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	sim := readyLine(t, out)
	b := &balancer{client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	front := httptest.NewServer(b)
	t.Cleanup(front.Close)
	c := app.Config{
		GoogleClientID: sim.GoogleClientID, GoogleClientSecret: sim.GoogleClientSecret, GoogleRedirectURI: front.URL + "/sheet-sync/oauth/callback",
		DatabaseURL: cluster.Database(t), PublicURL: front.URL, SecretKey: secret.NewKey(), GooglePerMinute: 6000, Bitrix24Seconds: 6, PollSeconds: 5,
		GoogleURL: sim.URL, Bitrix24Hosts: []string{strings.TrimPrefix(sim.URL, "http://")},
	}
	var processes []*process
	for i, role := range []string{"all", "worker", "all"} {
		c.Listen = freeAddress(t)
		p, _ := start(t, c.Environ(), "serve", "--env-file", os.DevNull, "--role", role)
		processes = append(processes, p)
		answers(t, "http://"+c.Listen)
		if i != 1 {
			b.servers = append(b.servers, c.Listen)
		}
	}
	v := newVisitor(t, front.URL)
	v.signIn()
	v.connectPortal(sim.PortalWebhook)
	v.activate(sim, "leads")
	// Who asks the portal fills its bucket, so the CRM is looked at beside its API.
	arrives := func(what, email string) {
		t.Helper()
		edit(t, sim, "C5", email)
		eventually(t, 2*waitForSync, what, func() bool { return strings.Join(allEmails(t, sim)[4], " ") == email })
	}
	arrives("an edit before the trouble", "bir@ornek.com.tr")
	b.client.Timeout = time.Second // from here on servers may not answer

	var checks, checked atomic.Int32
	edited := make(chan struct{})
	var user sync.WaitGroup
	user.Go(func() {
		for {
			select {
			case <-edited:
				return
			case <-time.After(30 * time.Millisecond):
			}
			checks.Add(1)
			if resp, err := v.client.Post(front.URL+"/sheet-sync/portal/1/check", "application/x-www-form-urlencoded", nil); err == nil {
				if resp.StatusCode == http.StatusOK {
					checked.Add(1)
				}
				resp.Body.Close()
			}
		}
	})
	// The portal takes its time, so that two could be seen at one record.
	post(t, sim.URL+"/sim/bitrix24/faults", map[string]any{"faults": []any{map[string]any{"kind": "slow", "method": "crm.item.update", "ms": 200, "times": 1000}}}, nil)
	last := map[int]string{}
	for n := range 300 {
		switch n {
		case 100:
			processes[1].Process.Signal(syscall.SIGSTOP)
		case 200:
			processes[0].Process.Kill()
			processes[0].Wait()
		}
		row := 2 + rand.IntN(150)
		last[row] = fmt.Sprintf("yedek%d@ornek.com.tr", n)
		edit(t, sim, fmt.Sprint("C", row), last[row])
		time.Sleep(40 * time.Millisecond) // the user asks the portal meanwhile, time and again
	}
	close(edited)
	user.Wait()
	if checked.Load() < 20 {
		t.Errorf("the user had the portal asked %d times, and saw it %d times", checks.Load(), checked.Load())
	}
	t.Logf("the portal was asked %d times beside, and answered %d times", checks.Load(), checked.Load())
	wrong := func() (rows []string) {
		all := allEmails(t, sim)
		for row, email := range last {
			if got := all[row-1]; len(got) != 1 || got[0] != email {
				rows = append(rows, fmt.Sprintf("row %d: %v; want %s", row, got, email))
			}
		}
		return rows
	}
	began := time.Now()
	for end := began.Add(40 * time.Second); len(wrong()) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the last process does not finish; waiting: %+v\n%s", waiting(t, &c), strings.Join(wrong(), "\n"))
		}
	}
	t.Logf("finished %v after the last edit", time.Since(began))

	processes[1].Process.Signal(syscall.SIGCONT)
	time.Sleep(3 * time.Second)
	if rows := wrong(); len(rows) > 0 {
		t.Errorf("after the frozen process thawed:\n%s", strings.Join(rows, "\n"))
	}
	arrives("an edit after the trouble", "son@ornek.com.tr")
	var stats struct {
		Requests, Overlaps int
		Rejected           map[string]int
	}
	get(t, sim.URL+"/sim/bitrix24/stats", &stats)
	if len(stats.Rejected) > 0 {
		t.Errorf("the portal refused %v of %d requests", stats.Rejected, stats.Requests)
	}
	if stats.Overlaps > 0 {
		t.Errorf("%d times a record was written by two at once", stats.Overlaps)
	}
}

// get reads JSON.
func get(t *testing.T, url string, answer any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}
