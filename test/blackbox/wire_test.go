package blackbox_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"
)

// weather is what befalls requests on their way.
type weather struct {
	name        string
	least, most time.Duration // of each way
	refuse      float64       // share that is refused, or fails, before anything is done
	lose        float64       // share that is done, and whose answer never comes
	hang        float64       // share that is not done, and not answered for a long time
	slow        time.Duration // how much later, at most, what changes something is done, though its caller is gone
}

// longHang is how long a hanging request is held before its connection breaks.
const longHang = 12 * time.Second

// wire carries the service's requests to the simulators, as slow and as unsafe as the
// weather is. What it was sent it carries to its end, though the service was killed: so
// does a portal.
type wire struct {
	*httptest.Server
	target string
	client *http.Client

	mu     sync.Mutex
	crm    weather
	sheets map[string]weather  // by spreadsheet
	seen   map[string]*traffic // by spreadsheet
}

// traffic is what the service asked about one spreadsheet.
type traffic struct {
	reads, writes int       // answered
	written       time.Time // when the last write was answered
}

func newWire(target string) *wire {
	w := &wire{
		target: target, sheets: map[string]weather{}, seen: map[string]*traffic{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 2 * time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	w.Server = httptest.NewServer(w)
	return w
}

// over sets the weather over the CRM.
func (w *wire) overCRM(s weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crm = s
}

// overSheet sets the weather over a spreadsheet.
func (w *wire) overSheet(id string, s weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sheets[id] = s
}

// about is what was asked about a spreadsheet so far.
func (w *wire) about(id string) traffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.seen[id]; t != nil {
		return *t
	}
	return traffic{}
}

var spreadsheetPath = regexp.MustCompile(`^/v4/spreadsheets/([A-Za-z0-9_-]+)`)

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // its sender was killed while it wrote
	}
	sheet := ""
	if m := spreadsheetPath.FindStringSubmatch(r.URL.Path); m != nil {
		sheet = m[1]
	}
	crm := strings.HasPrefix(r.URL.Path, "/rest/")
	over := w.weatherOver(sheet, crm)

	over.travel()
	switch {
	case rand.Float64() < over.refuse:
		refuse(rw, crm)
		return
	case rand.Float64() < over.hang:
		select {
		case <-r.Context().Done():
		case <-time.After(longHang):
		}
		panic(http.ErrAbortHandler)
	case over.slow > 0 && (!crm || changesCRM(body)):
		time.Sleep(rand.N(over.slow))
	}

	answer, err := w.pass(r, body)
	if err != nil || rand.Float64() < over.lose {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}

	over.travel()
	for name, values := range answer.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.StatusCode)
	rw.Write(said)
	w.note(sheet, r, answer.StatusCode)
}

func (w *wire) weatherOver(sheet string, crm bool) weather {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case crm:
		return w.crm
	case sheet != "":
		return w.sheets[sheet]
	}
	return weather{}
}

// travel takes as long as one way does.
func (s weather) travel() {
	if s.most > 0 {
		time.Sleep(s.least + rand.N(s.most-s.least+1))
	}
}

// changesCRM reports whether a request to the portal changes anything.
func changesCRM(body []byte) bool {
	for _, method := range []string{"crm.item.add", "crm.item.update", "crm.item.delete"} {
		if bytes.Contains(body, []byte(method)) {
			return true
		}
	}
	return false
}

// pass brings a request to the simulators whatever becomes of who sent it.
func (w *wire) pass(r *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequest(r.Method, w.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.Host = r.Host
	return w.client.Do(out)
}

// note counts what was answered about a spreadsheet.
func (w *wire) note(sheet string, r *http.Request, status int) {
	if sheet == "" || status != http.StatusOK {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.seen[sheet]
	if t == nil {
		t = &traffic{}
		w.seen[sheet] = t
	}
	if r.Method == http.MethodPut || strings.Contains(r.URL.Path, "pdate") {
		t.writes++
		t.written = time.Now()
	} else {
		t.reads++
	}
}

// refuse answers as the two services do when they do not want to.
func refuse(rw http.ResponseWriter, crm bool) {
	if crm {
		switch rand.IntN(3) {
		case 0:
			answer(rw, http.StatusServiceUnavailable, "application/json", `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}`)
		case 1:
			answer(rw, http.StatusBadGateway, "text/html", "<html><head><title>502 Bad Gateway</title></head></html>")
		default:
			panic(http.ErrAbortHandler)
		}
		return
	}
	switch rand.IntN(3) {
	case 0:
		answer(rw, http.StatusTooManyRequests, "application/json", `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded for quota metric 'Read requests'"}}`)
	case 1:
		answer(rw, http.StatusServiceUnavailable, "application/json", `{"error":{"code":503,"status":"UNAVAILABLE","message":"The service is currently unavailable."}}`)
	default:
		answer(rw, http.StatusInternalServerError, "application/json", `{"error":{"code":500,"status":"INTERNAL","message":"Internal error encountered."}}`)
	}
}

func answer(rw http.ResponseWriter, status int, kind, text string) {
	rw.Header().Set("Content-Type", kind)
	rw.WriteHeader(status)
	fmt.Fprint(rw, text)
}
