package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/app"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
)

// gate stands before the simulators and holds the requests to some of them.
type gate struct {
	next http.Handler

	mu   sync.Mutex
	hold string        // path prefix that is held; empty: none
	met  chan struct{} // closed when a request is held
}

func (g *gate) close(prefix string) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hold, g.met = prefix, make(chan struct{})
	return g.met
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hold = ""
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	held := g.hold != "" && strings.HasPrefix(r.URL.Path, g.hold)
	if held {
		select {
		case <-g.met:
		default:
			close(g.met)
		}
	}
	g.mu.Unlock()
	if held {
		io.Copy(io.Discard, r.Body) // without it the server does not see its client go
		<-r.Context().Done()
		return
	}
	g.next.ServeHTTP(w, r)
}

// TestKilledBetweenAnswerAndPush kills the service with -9 after the webhook was
// acknowledged and before the CRM was written; started again on the same data,
// the edit arrives.
func TestKilledBetweenAnswerAndPush(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held string // what the service waits for when it is killed
		left func(sheet24.Work) bool
	}{
		"before the sheet is read":  {"/v4/", func(w sheet24.Work) bool { return len(w.Scan) == 1 && len(w.Push) == 0 }},
		"before the CRM is written": {"/rest/", func(w sheet24.Work) bool { return len(w.Scan) == 0 && len(w.Push) == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := activated(t)
			s.rests(t)
			acknowledged := s.acknowledged()
			met := s.simulators.close(c.held)
			edit(t, s.ready, "C5", "dayanikli@ornek.com.tr")
			eventually(t, waitForSync, "the webhook is answered with 202", func() bool { return s.acknowledged() == acknowledged+1 })
			select {
			case <-met:
			case <-time.After(waitForSync):
				t.Fatal("the edit was not worked on")
			}
			if err := s.process.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.process.Wait()
			s.simulators.open()
			if got := emails(t, s.ready, 4); strings.Join(got, " ") != "mustafa.kaya4@ornek.com.tr" {
				t.Fatalf("the CRM was written before the kill: %q", got)
			}
			// The work stands in the database. Without this look, the one that the
			// service takes at every start would hide that an event was lost.
			if w := waiting(t, s.config); !c.left(w) {
				t.Errorf("waiting after the kill: %+v", w)
			}
			start(t, s.process.Env, "serve", "--env-file", os.DevNull)
			eventually(t, waitForSync, "the edit reaches the CRM after the restart", synced(t, s.ready, 4, "dayanikli@ornek.com.tr"))
			eventually(t, waitForSync, "the sheet says so", func() bool { return cells(t, s.ready)[4][6] == "✅ Senkronize" })
		})
	}
}

// rests waits until the comparison before the first run is over, and nothing else is to be
// done.
func (s *service) rests(t *testing.T) {
	t.Helper()
	eventually(t, waitForSync, "nothing is left to do", func() bool {
		w := waiting(t, s.config)
		return len(w.Compare)+len(w.Scan)+len(w.Push) == 0
	})
}

// TestKilledTwentyTimes kills the service with -9 again and again within a burst of
// edits: all that it acknowledged is there, at the end the CRM holds what the sheet
// does, and each new row has become one record.
func TestKilledTwentyTimes(t *testing.T) {
	t.Parallel()
	const edits, kills, newRows = 5000, 20, 25
	for name, database := range map[string]func(t *testing.T) string{
		"SQLite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db") },
		"PostgreSQL": func(t *testing.T) string {
			c, err := postgres()
			if err != nil {
				t.Fatal(err)
			}
			return c.Database(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := activatedOn(t, database(t))
			before := s.events(t)
			s.accepted.Store(0)
			store := openStore(t, s.config)
			err := store.SetPolicies(t.Context(), 1, sheet24.Policies{NewRows: sheet24.CreateNew})
			store.Close()
			if err != nil {
				t.Fatal(err)
			}
			last := map[int]string{}
			for n := range edits {
				if n%(edits/newRows) == 7 { // a new row, below the others
					row := 202 + n/(edits/newRows)
					edit(t, s.ready, fmt.Sprint("C", row), fmt.Sprintf("yeni%d@ornek.com.tr", row))
				}
				row := 2 + rand.IntN(150)
				last[row] = fmt.Sprintf("cokme%d@ornek.com.tr", n)
				edit(t, s.ready, fmt.Sprint("C", row), last[row])
				if n%(edits/kills) == edits/kills/2 {
					s.process.Process.Kill()
					s.process.Wait()
					s.process, _ = start(t, s.process.Env, "serve", "--env-file", os.DevNull)
				}
			}
			s.arrive(t, time.Minute, last)
			eventually(t, time.Minute, "every new row has its record's id", func() bool {
				rows := cells(t, s.ready)
				for row := 202; row < 202+newRows; row++ {
					if _, ok := rows[row-1][7].(float64); !ok {
						return false
					}
				}
				return true
			})
			all, created := allEmails(t, s.ready), map[string]int{}
			for id, emails := range all {
				if id > 200 {
					created[strings.Join(emails, " ")]++
				}
			}
			for email, n := range created {
				if n != 1 {
					t.Errorf("%s was created %d times", email, n)
				}
			}
			if len(created) != newRows {
				t.Errorf("%d records were created of %d rows", len(created), newRows)
			}
			eventually(t, time.Minute, "nothing is left to do", func() bool {
				w := waiting(t, s.config)
				return len(w.Scan)+len(w.Push)+len(w.Report) == 0
			})
			s.process.stop(t)
			stored, acknowledged := s.events(t)-before, int(s.acknowledged())
			if stored < acknowledged || acknowledged < edits/10 {
				t.Errorf("%d messages acknowledged, %d stored", acknowledged, stored)
			}
			t.Logf("%d edits, %d kills: %d messages acknowledged, %d stored", edits, kills, acknowledged, stored)
		})
	}
}

// events counts the nudges that a service has stored.
func (s *service) events(t *testing.T) (n int) {
	t.Helper()
	store := openStore(t, s.config)
	defer store.Close()
	if err := store.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM webhook_events WHERE event_type <> 'recheck'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func openStore(t *testing.T, c *app.Config) *sqlstore.Store {
	t.Helper()
	box, err := secret.New(c.SecretKey)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), c.DatabaseURL, box)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// waiting is the work that a stopped service left.
func waiting(t *testing.T, c *app.Config) sheet24.Work {
	t.Helper()
	store := openStore(t, c)
	defer store.Close()
	w, err := store.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// service is `serve` between the simulators and a front that counts what it
// acknowledges.
type service struct {
	process    *process
	config     *app.Config
	ready      app.Ready // of the simulators
	simulators *gate
	accepted   atomic.Int32
}

func (s *service) acknowledged() int32 { return s.accepted.Load() }

// proxyTo passes requests on; seen looks at each answer.
func proxyTo(t *testing.T, address string, seen func(*http.Response)) *httputil.ReverseProxy {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
		// Passed on while it comes in, a body may still be asked for its end when the
		// answer is there, which closes it, and the connection with it.
		if body, err := io.ReadAll(r.In.Body); err == nil {
			r.Out.Body = io.NopCloser(bytes.NewReader(body))
		}
	}}
	// A transport of its own: whenever another test closes an httptest.Server, that
	// closes connections of the default one.
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	p.Transport = transport
	said := &syncBuffer{} // a killed service refuses, which is the test: of use only if one fails
	p.ErrorLog = log.New(said, "", log.Lmicroseconds)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the proxy to %s said:\n%s", address, said)
		}
	})
	p.ModifyResponse = func(r *http.Response) error { seen(r); return nil }
	return p
}

// activated starts the simulators behind a gate, and `serve` with the leads
// connected, mapped and activated over HTTP alone, as a person would.
func activated(t *testing.T) *service {
	t.Helper()
	return activatedOn(t, "sqlite:"+filepath.Join(t.TempDir(), "sheet24.db"))
}

func activatedOn(t *testing.T, databaseURL string) *service {
	t.Helper()
	s := &service{}
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	s.ready = readyLine(t, out)
	s.simulators = &gate{next: proxyTo(t, s.ready.URL, func(*http.Response) {})}
	behind := httptest.NewServer(s.simulators)
	t.Cleanup(behind.Close)

	listen := freeAddress(t)
	front := httptest.NewServer(proxyTo(t, "http://"+listen, func(r *http.Response) {
		if r.Request.URL.Path == "/api/v1/sheet-sync/webhook" && r.StatusCode == http.StatusAccepted {
			s.accepted.Add(1)
		}
	}))
	t.Cleanup(front.Close)
	s.config = &app.Config{
		GoogleClientID: s.ready.GoogleClientID, GoogleClientSecret: s.ready.GoogleClientSecret, GoogleRedirectURI: front.URL + "/sheet-sync/oauth/callback",
		DatabaseURL: databaseURL, PublicURL: front.URL, SecretKey: secret.NewKey(),
		GooglePerMinute: 6000, // and no looks, which would hide a lost event
		Bitrix24Seconds: 6,    // what was under way when it was killed is repeated soon
		Listen:          listen, GoogleURL: behind.URL, Bitrix24Hosts: []string{strings.TrimPrefix(behind.URL, "http://")},
	}
	s.process, _ = start(t, s.config.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, front.URL)
	v := newVisitor(t, front.URL)
	v.signIn()
	v.connectPortal(strings.Replace(s.ready.PortalWebhook, s.ready.URL, behind.URL, 1))
	v.activate(s.ready, "leads")
	return s
}

// answers waits for a service to be up.
func answers(t *testing.T, address string) {
	t.Helper()
	eventually(t, waitForSync, "the service answers", func() bool {
		resp, err := http.Get(address + "/api/v1/health")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
}

// syncBuffer is a buffer that several may write to.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(data)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
