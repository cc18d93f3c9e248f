package blackbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// front is where browsers and scripts reach the service: it brings each request to one
// of the processes, and to the next if that one does not answer. On their way it loses,
// doubles and delays what scripts tell.
type front struct {
	*httptest.Server
	client *http.Client

	mu      sync.Mutex
	servers []string
	turn    int
	post    map[string]post // by spreadsheet
}

// post is what befalls the notifications of a spreadsheet's script.
type post struct {
	lose, double float64       // shares
	late         time.Duration // at most
}

func newFront() *front {
	f := &front{post: map[string]post{}, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	f.Server = httptest.NewServer(f)
	return f
}

func (f *front) setPost(spreadsheet string, p post) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.post[spreadsheet] = p
}

const webhookPath = "/api/v1/sheet-sync/webhook"

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	times := 1
	if r.URL.Path == webhookPath {
		var lost bool
		if times, lost = f.befalls(body); lost {
			w.WriteHeader(http.StatusAccepted) // so that the script does not tell of it again
			return
		}
	}

	var said *http.Response
	for range times {
		if said != nil {
			said.Body.Close()
		}
		if said = f.pass(r, body); said == nil {
			http.Error(w, "no server answers", http.StatusBadGateway)
			return
		}
	}
	defer said.Body.Close()
	for name, values := range said.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(said.StatusCode)
	io.Copy(w, said.Body)
}

// befalls tells how often a notification arrives, after it took its time.
func (f *front) befalls(body []byte) (times int, lost bool) {
	var told struct {
		Sheet string `json:"sheet_id"`
	}
	json.Unmarshal(body, &told) // what is no JSON is the service's to refuse
	f.mu.Lock()
	p := f.post[told.Sheet]
	f.mu.Unlock()

	if rand.Float64() < p.lose {
		return 0, true
	}
	if p.late > 0 {
		time.Sleep(rand.N(p.late))
	}
	if rand.Float64() < p.double {
		return 2, false
	}
	return 1, false
}

// pass brings a request to the first server that answers; nil if none does.
func (f *front) pass(r *http.Request, body []byte) *http.Response {
	f.mu.Lock()
	f.turn++
	first, servers := f.turn, f.servers
	f.mu.Unlock()

	for i := range servers {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+servers[(first+i)%len(servers)]+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			return nil
		}
		out.Header, out.Host = r.Header.Clone(), r.Host
		if said, err := f.client.Do(out); err == nil {
			return said
		}
	}
	return nil
}
