package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sheet24/internal/app"
	"sheet24/internal/secret"
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
	for name, held := range map[string]string{"before the sheet is read": "/v4/", "before the CRM is written": "/rest/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, ready, simulators := activated(t)
			met := simulators.close(held)
			edit(t, ready, "C5", "dayanikli@ornek.com.tr")
			select {
			case <-met:
			case <-time.After(10 * time.Second):
				t.Fatal("the edit was not worked on")
			}
			if err := service.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			service.Wait()
			simulators.open()
			if got := emails(t, ready, 4); strings.Join(got, " ") != "mustafa.kaya4@ornek.com.tr" {
				t.Fatalf("the CRM was written before the kill: %q", got)
			}
			start(t, service.Env, "serve", "--env-file", os.DevNull)
			eventually(t, 10*time.Second, "the edit reaches the CRM after the restart", synced(t, ready, 4, "dayanikli@ornek.com.tr"))
			eventually(t, 5*time.Second, "the sheet says so", func() bool { return cells(t, ready)[4][6] == "✅ Senkronize" })
		})
	}
}

// activated starts the simulators behind a gate, and `serve` with the leads
// connected, mapped and activated over HTTP alone, as a person would.
func activated(t *testing.T) (*process, app.Ready, *gate) {
	t.Helper()
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	ready := readyLine(t, out)
	target, err := url.Parse(ready.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	simulators := &gate{next: proxy}
	front := httptest.NewServer(simulators)
	t.Cleanup(front.Close)

	listen := freeAddress(t)
	config := &app.Config{
		GoogleClientID: ready.GoogleClientID, GoogleClientSecret: ready.GoogleClientSecret, GoogleRedirectURI: "http://" + listen + "/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: "http://" + listen, SecretKey: secret.NewKey(),
		Listen: listen, GoogleURL: front.URL, Bitrix24Hosts: []string{strings.TrimPrefix(front.URL, "http://")},
	}
	service, _ := start(t, config.Environ(), "serve", "--env-file", os.DevNull)
	eventually(t, 10*time.Second, "the service answers", func() bool {
		resp, err := http.Get(config.PublicURL + "/api/v1/health")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	v := newVisitor(t, config.PublicURL)
	v.signIn()
	v.connectPortal(strings.Replace(ready.PortalWebhook, ready.URL, front.URL, 1))
	v.activate(ready, "leads")
	return service, ready, simulators
}
