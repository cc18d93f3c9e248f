package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	tracespb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes traces as OpenTelemetry's does.
type collector struct {
	mu    sync.Mutex
	spans map[string]map[string]bool // names of spans by their trace
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	data, err := io.ReadAll(body)
	var got tracespb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(data, &got)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, fmt.Sprint(r.URL.Path, err), http.StatusBadRequest)
		return
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range got.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				id := hex.EncodeToString(span.TraceId)
				if c.spans[id] == nil {
					c.spans[id] = map[string]bool{}
				}
				c.spans[id][span.Name] = true
			}
		}
	}
}

// whole reports whether one trace has all of these spans.
func (c *collector) whole(names ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, spans := range c.spans {
		all := true
		for _, name := range names {
			all = all && spans[name]
		}
		if all {
			return true
		}
	}
	return false
}

func page(t *testing.T, address string) (status int, text string, header http.Header) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

// TestObserved follows an edit as those who run the service see it: its trace leads from
// the webhook to the status cell, the numbers count it, and what is shown of an error is
// found in the log. A database that takes no writes is not well, and is again afterwards.
func TestObserved(t *testing.T) {
	t.Parallel()
	traces := &collector{spans: map[string]map[string]bool{}}
	takes := httptest.NewServer(traces)
	t.Cleanup(takes.Close)

	s := activated(t) // traces are off: nothing may come
	s.process.stop(t)
	if len(traces.spans) != 0 {
		t.Errorf("traces came unasked: %v", traces.spans)
	}
	s.config.MetricsListen = freeAddress(t)
	s.process, _ = start(t, append(s.config.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+takes.URL, "OTEL_BSP_SCHEDULE_DELAY=100"), "serve", "--env-file", os.DevNull)
	answers(t, s.config.PublicURL)

	edit(t, s.ready, "C2", "izlenen@ornek.com.tr")
	s.arrive(t, waitForSync, map[int]string{2: "izlenen@ornek.com.tr"})
	// The look that each start has may find an edit before its message comes; then the next
	// one has the trace.
	for n := range 5 {
		email := fmt.Sprintf("izlenen%d@ornek.com.tr", n)
		edit(t, s.ready, "C2", email)
		s.arrive(t, waitForSync, map[int]string{2: email})
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && !traces.whole("webhook", "scan", "push", "report"); {
			time.Sleep(50 * time.Millisecond)
		}
		if traces.whole("webhook", "scan", "push", "report") {
			break
		}
	}
	if !traces.whole("webhook", "scan", "push", "report") {
		t.Error("no trace leads from webhook to status cell")
	}

	metrics := "http://" + s.config.MetricsListen
	status, numbers, _ := page(t, metrics+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("metrics: HTTP %d", status)
	}
	for _, line := range []string{
		`sheet24_received_total{event="row_edited"} [1-9]`, `sheet24_scanned_total [1-9]`, `sheet24_pushed_total [1-9]`, `sheet24_failed_total 0`,
		`sheet24_edit_to_crm_seconds_count{source="script"} [1-9]`, `sheet24_edit_to_crm_seconds_bucket{source="script",le="10"} [1-9]`, `sheet24_queue_age_seconds{queue="changes"} 0`,
		`sheet24_bucket_level{bucket="bitrix24 [^"]+"} `, `sheet24_bucket_level{bucket="sheets read [^"]+"} `, `sheet24_river_jobs{queue="scan",state="completed"} [1-9]`,
		`sheet24_tables{state="active"} 1`, `sheet24_database_up 1`, `sheet24_stage_seconds_count{outcome="done",stage="push"} [1-9]`,
		`sheet24_http_request_seconds_count{handler="webhook",status="202"} [1-9]`,
	} {
		if !regexp.MustCompile(`(?m)^` + line).MatchString(numbers) {
			t.Errorf("no line %s", line)
		}
	}
	dashboardAsksFor(t, numbers)
	if status, _, _ := page(t, s.config.PublicURL+"/metrics"); status != http.StatusNotFound {
		t.Errorf("metrics for everybody: HTTP %d", status)
	}

	_, text, header := page(t, s.config.PublicURL+"/nowhere")
	if id := header.Get("X-Request-Id"); id == "" || !strings.Contains(text, id) {
		t.Errorf("the page of an error does not name its request %q", id)
	}

	for _, path := range []string{"/healthz", "/readyz"} {
		if status, text, _ := page(t, s.config.PublicURL+path); status != http.StatusOK || text != "ok\n" {
			t.Errorf("%s: HTTP %d %q", path, status, text)
		}
	}
	room := func(bytes uint64) {
		if err := unix.Prlimit(s.process.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	room(4096)
	eventually(t, waitForSync, "a database that takes no writes is not well", func() bool {
		status, _, _ := page(t, s.config.PublicURL+"/healthz")
		return status == http.StatusServiceUnavailable
	})
	room(unix.RLIM_INFINITY)
	answers(t, s.config.PublicURL)

	s.process.stop(t)
	named := false
	for line := range strings.Lines(s.process.stderr.String()) {
		var l struct {
			Level, Msg string
			RequestID  string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("not JSON: %s", line)
		}
		named = named || l.Msg == "health" && l.RequestID != ""
	}
	if !named {
		t.Errorf("the line of a request that failed does not name it:\n%s", s.process.stderr)
	}
}

// dashboardAsksFor holds what Grafana's dashboard asks for against what there is.
func dashboardAsksFor(t *testing.T, numbers string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(file) {
		t.Error("the dashboard is not JSON")
	}
	asked := regexp.MustCompile(`sheet24_[a-z_]+`).FindAll(file, -1)
	if len(asked) < 10 {
		t.Errorf("the dashboard asks for %d numbers", len(asked))
	}
	for _, name := range asked {
		if !bytes.Contains([]byte(numbers), append([]byte("\n"), name...)) {
			t.Errorf("the dashboard asks for %s, which is not there", name)
		}
	}
}
