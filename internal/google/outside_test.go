package google

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
)

// place counts who is outside.
type place struct{ outside, left atomic.Int32 }

func (p *place) Leave()  { p.outside.Add(1); p.left.Add(1) }
func (p *place) Return() { p.outside.Add(-1) }

// TestPlaceIsLeftWhileGoogleIsWaitedFor looks where a request's round is while its answer
// is on the way, while that is read, and afterwards.
func TestPlaceIsLeftWhileGoogleIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := &place{}
	goOn := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if p.outside.Load() != 1 {
			t.Error("at work while the answer is waited for")
		}
		io.WriteString(w, "first half")
		w.(http.Flusher).Flush()
		<-goOn
		io.WriteString(w, " and second")
	}))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &outside{http.DefaultTransport}}
	req, err := http.NewRequestWithContext(sheet24.WithPlace(t.Context(), p), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if p.outside.Load() != 1 {
		t.Error("at work while half of the answer is waited for")
	}
	close(goOn)
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "first half and second" || p.outside.Load() != 0 {
		t.Errorf("%q, %v, %d outside", text, err, p.outside.Load())
	}
	resp.Body.Close()
	server.Close()
	if _, err := client.Do(req); err == nil || p.outside.Load() != 0 || p.left.Load() != 2 {
		t.Errorf("no answer: %v, %d outside, left %d times", err, p.outside.Load(), p.left.Load())
	}
}

// TestQuotaIsWaitedForOutside waits for the next read of a user whose quota is used up.
func TestQuotaIsWaitedForOutside(t *testing.T) {
	t.Parallel()
	q, p := newQuotas(2, nil), &place{} // one at once
	if err := q.read(t.Context(), "ayse"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(sheet24.WithPlace(t.Context(), p))
	done := make(chan error)
	go func() { done <- q.read(ctx, "ayse") }()
	for end := time.Now().Add(5 * time.Second); p.outside.Load() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it waits at work")
		}
	}
	cancel()
	if err := <-done; err == nil || p.outside.Load() != 0 {
		t.Errorf("%v, %d outside", err, p.outside.Load())
	}
}

// road passes TCP connections on, until those that are there are to be dead without a word.
type road struct {
	net.Listener
	to   string
	mu   sync.Mutex
	dead chan struct{}
}

func (r *road) pass() {
	for {
		from, err := r.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", r.to)
		if err != nil {
			from.Close()
			continue
		}
		r.mu.Lock()
		dead := r.dead
		r.mu.Unlock()
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			go func() {
				buffer := make([]byte, 32<<10)
				for {
					n, err := way[0].Read(buffer)
					select {
					case <-dead: // it takes what comes, and passes nothing on, not even the end
						if err != nil {
							return
						}
						continue
					default:
					}
					if err != nil {
						way[1].Close()
						return
					}
					way[1].Write(buffer[:n])
				}
			}()
		}
	}
}

func (r *road) die() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.dead)
	r.dead = make(chan struct{})
}

// TestDeadConnection has the one connection that all requests share die without a word:
// the next request does not wait for it long.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{Listener: listener, to: strings.TrimPrefix(server.URL, "https://"), dead: make(chan struct{})}
	t.Cleanup(func() { r.Close() })
	go r.pass()

	carrier := transport(200 * time.Millisecond)
	carrier.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	carrier.TLSClientConfig.NextProtos = nil
	client := &http.Client{Transport: carrier, Timeout: 25 * time.Second}
	get := func() error {
		resp, err := client.Get("https://" + listener.Addr().String())
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if proto, err := io.ReadAll(resp.Body); err != nil || string(proto) != "HTTP/2.0" {
			t.Errorf("%q, %v", proto, err)
		}
		return nil
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	r.die()
	began := time.Now()
	err = get() // it may be lost with its connection, or sent again over another
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if err := get(); err != nil {
		t.Errorf("the next: %v", err)
	}
}
