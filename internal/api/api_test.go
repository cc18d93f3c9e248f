package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/receive"
	"sheet24/internal/tab"
)

// widens widens the script of the token "narrow".
type widens struct{}

func (widens) Widen(_ context.Context, token string) (string, error) {
	if token != "narrow" {
		return "", sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleTriggers)
	}
	return "https://script.google.com/again", nil
}

// server serves the API over a store with one table, whose key is "key".
func server(t *testing.T) (*httptest.Server, *sqlstore.Store, *sheet24.Table) {
	t.Helper()
	store := storetest.Open(t)
	table := storetest.Seed(t, store)
	mux := http.NewServeMux()
	p := &receive.Receiver{Store: store, Followers: &tab.Followers{Store: store, Now: time.Now}, Now: time.Now}
	(&api.API{Receiver: p, Store: store, Scripts: widens{}, PublicURL: "https://sheet24.example", Version: "test", Log: slog.New(slog.DiscardHandler)}).Register(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, store, table
}

// send posts a body, signed with key unless it is empty.
func send(t *testing.T, url, body, key, id string, at time.Time) (status int, code string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "en")
	if key != "" {
		seconds := strconv.FormatInt(at.Unix(), 10)
		req.Header.Set("webhook-id", id)
		req.Header.Set("webhook-timestamp", seconds)
		req.Header.Set("webhook-signature", receive.Sign([]byte(key), id, seconds, []byte(body)))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Code, Message string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("the answer is not JSON: %v", err)
	}
	if resp.StatusCode >= 400 && (answer.Code == "" || !strings.HasSuffix(answer.Message, ".") && !strings.HasSuffix(answer.Message, ").")) {
		t.Errorf("HTTP %d without a code and a sentence: %+v", resp.StatusCode, answer)
	}
	return resp.StatusCode, answer.Code
}

const mission = `{"sheet_id":"sheet-1","gid":7,"event":"row_edited","row_id":5,"changes":{"Email":{"old":"a@x.tr","new":"b@x.tr"}}}`

func TestWebhook(t *testing.T) {
	t.Parallel()
	s, store, table := server(t)
	now := time.Now()
	for _, path := range []string{"/api/v1/sheet-sync/webhook", "/api/v1/sync/webhook"} {
		for name, c := range map[string]struct {
			body, key string
			at        time.Time
			status    int
			code      string
		}{
			"unsigned":       {mission, "", now, 401, "webhook_unsigned"},
			"forged":         {mission, "wrong", now, 401, "webhook_signature"},
			"old":            {mission, "key", now.Add(-6 * time.Minute), 401, "webhook_timestamp"},
			"from later":     {mission, "key", now.Add(6 * time.Minute), 401, "webhook_timestamp"},
			"not JSON":       {`{"sheet_id":`, "key", now, 400, "webhook_json"},
			"empty":          {``, "key", now, 400, "webhook_json"},
			"a list":         {`[]`, "key", now, 400, "webhook_json"},
			"two bodies":     {mission + mission, "key", now, 400, "webhook_json"},
			"no gid":         {`{"sheet_id":"sheet-1","event":"ping"}`, "key", now, 400, "webhook_json"},
			"unknown event":  {`{"sheet_id":"sheet-1","gid":7,"event":"dance"}`, "key", now, 400, "webhook_event"},
			"row 0":          {`{"sheet_id":"sheet-1","gid":7,"event":"row_edited","row_id":0}`, "key", now, 400, "webhook_row"},
			"unknown sheet":  {strings.Replace(mission, "sheet-1", "sheet-2", 1), "key", now, 404, "webhook_table"},
			"unknown tab":    {strings.Replace(mission, `"gid":7`, `"gid":8`, 1), "key", now, 404, "webhook_table"},
			"17 KiB":         {strings.Replace(mission, "a@x.tr", strings.Repeat("a", 17<<10), 1), "key", now, 413, "webhook_too_large"},
			"2 MiB":          {strings.Repeat(" ", 2<<20) + mission, "key", now, 413, "webhook_too_large"},
			"one byte above": {mission + strings.Repeat(" ", receive.MaxBody+1-len(mission)), "key", now, 413, "webhook_too_large"},
		} {
			if status, code := send(t, s.URL+path, c.body, c.key, "m", c.at); status != c.status || code != c.code {
				t.Errorf("%s: HTTP %d %s; want %d %s", name, status, code, c.status, c.code)
			}
		}
	}
	if e, err := store.UnprocessedEvents(t.Context(), table.ID, 10); err != nil || len(e) != 0 {
		t.Fatalf("something that was refused is stored: %+v, %v", e, err)
	}

	// What is right is stored before it is answered; a replay is refused.
	one := `{"event":"row_edited","row_id":5}`
	kept := []string{one, `{"event":"row_edited","row_id":5,"last_row_id":9}`, `{"event":"structure_changed"}`, one}
	for i, body := range []string{mission, `{"sheet_id":"sheet-1","gid":"7","event":"row_edited","row_id":"5","last_row_id":9,"v":1}`,
		`{"sheet_id":"sheet-1","gid":7,"event":"structure_changed"}`, mission + strings.Repeat(" ", receive.MaxBody-len(mission))} {
		id := "id-" + strconv.Itoa(i)
		if status, code := send(t, s.URL+"/api/v1/sheet-sync/webhook", body, "key", id, now); status != 202 {
			t.Errorf("%.80s: HTTP %d %s", body, status, code)
		}
		if e, err := store.UnprocessedEvents(t.Context(), table.ID, 10); err != nil || len(e) != i+1 || string(e[i].Data) != kept[i] {
			t.Errorf("after %.80s: %d events, %v; want %s kept", body, len(e), err, kept[i])
		}
		if status, code := send(t, s.URL+"/api/v1/sync/webhook", body, "key", id, now); status != 409 || code != "webhook_replayed" {
			t.Errorf("replay: HTTP %d %s", status, code)
		}
	}
	e, err := store.UnprocessedEvents(t.Context(), table.ID, 10)
	if err != nil || len(e) != 4 || e[0].Rows != sheet24.Rows(5, 5) || e[1].Rows != sheet24.Rows(5, 9) {
		t.Fatalf("events = %+v, %v", e, err)
	}
}

// TestHeadersBeforeBodies sends no body: who cannot sign, or announces too much, is answered
// all the same.
func TestHeadersBeforeBodies(t *testing.T) {
	t.Parallel()
	s, _, _ := server(t)
	now, old := strconv.FormatInt(time.Now().Unix(), 10), strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	for _, path := range []string{"/api/v1/sheet-sync/webhook", "/api/v1/sync/webhook"} {
		for name, c := range map[string]struct{ headers, status, code string }{
			"unsigned":           {"Content-Length: 16000\r\n", "401", "webhook_unsigned"},
			"unsigned, chunked":  {"Transfer-Encoding: chunked\r\n", "401", "webhook_unsigned"},
			"from an hour ago":   {"Content-Length: 16000\r\nwebhook-id: m\r\nwebhook-signature: v1,x\r\nwebhook-timestamp: " + old + "\r\n", "401", "webhook_timestamp"},
			"announces too much": {"Content-Length: 300000000\r\nwebhook-id: m\r\nwebhook-signature: v1,x\r\nwebhook-timestamp: " + now + "\r\n", "413", "webhook_too_large"},
		} {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(4 * time.Second)) // a body is waited for 5
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n", path, c.headers)
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+c.status) || !strings.Contains(string(answer), c.code) {
				t.Errorf("%s: %v, %.400s", name, err, answer)
			}
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s, store, table := server(t)
	const senders, each = 16, 20
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			for i := range each {
				id := strconv.Itoa(n) + "-" + strconv.Itoa(i)
				if status, code := send(t, s.URL+"/api/v1/sheet-sync/webhook", mission, "key", id, time.Now()); status != 202 {
					t.Errorf("HTTP %d %s", status, code)
				}
			}
		})
	}
	all.Wait()
	if e, err := store.UnprocessedEvents(t.Context(), table.ID, 1000); err != nil || len(e) != senders*each {
		t.Errorf("%d of %d events are stored, %v", len(e), senders*each, err)
	}
}

func TestPingRegisters(t *testing.T) {
	t.Parallel()
	s, store, table := server(t)
	ping := `{"sheet_id":"sheet-1","gid":7,"event":"ping"}`
	send(t, s.URL+"/api/v1/sheet-sync/webhook", ping, "wrong", "p0", time.Now())
	if got, err := store.Table(t.Context(), table.ID); err != nil || got.WebhookRegistered {
		t.Fatalf("a forged ping registered: %v", err)
	}
	if status, code := send(t, s.URL+"/api/v1/sheet-sync/webhook", ping, "key", "p1", time.Now()); status != 202 {
		t.Fatalf("HTTP %d %s", status, code)
	}
	if got, err := store.Table(t.Context(), table.ID); err != nil || !got.WebhookRegistered {
		t.Fatalf("not registered: %v", err)
	}
}

func TestActivate(t *testing.T) {
	t.Parallel()
	s, store, table := server(t)
	if err := store.SetScript(t.Context(), table.ID, sheet24.Script{}, "one-time"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body, code string
		status     int
	}{
		{`{"token":"wrong"}`, "activation_token", 404}, {`{}`, "request", 422}, {`x`, "request", 400},
		{`{"token":"narrow","needs":"spreadsheets"}`, "", 200}, {`{"token":"one-time","needs":"spreadsheets"}`, "google_triggers", 401},
		{`{"token":"one-time","needs":"everything"}`, "request", 422},
		{`{"token":"one-time"}`, "", 200}, {`{"token":"one-time"}`, "activation_token", 404},
	} {
		if status, code := send(t, s.URL+"/api/v1/sheet-sync/activate", c.body, "", "", time.Now()); status != c.status || code != c.code {
			t.Errorf("%s: HTTP %d %s; want %d %s", c.body, status, code, c.status, c.code)
		}
	}
}

// TestBusy is told when to come again.
func TestBusy(t *testing.T) {
	t.Parallel()
	s, store, table := server(t)
	store.Close()
	body := `{"sheet_id":"` + table.SpreadsheetID + `","gid":7,"event":"ping"}`
	req, err := http.NewRequest(http.MethodPost, s.URL+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header = http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"m"}, "Webhook-Timestamp": {now},
		"Webhook-Signature": {receive.Sign([]byte("key"), "m", now, []byte(body))}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var p struct{ Code string }
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "5" || p.Code != "database_busy" {
		t.Errorf("HTTP %d, Retry-After %q, %s", resp.StatusCode, resp.Header.Get("Retry-After"), p.Code)
	}
}

func TestHealthAndDescription(t *testing.T) {
	t.Parallel()
	s, store, _ := server(t)
	get := func(path string) (int, map[string]any) {
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var v map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, v
	}
	if status, v := get("/api/v1/health"); status != 200 || v["status"] != "ok" {
		t.Errorf("health: HTTP %d %v", status, v)
	}
	_, v := get("/api/v1/openapi.json")
	if paths, _ := v["paths"].(map[string]any); v["openapi"] != "3.1.0" || paths["/api/v1/sheet-sync/webhook"] == nil || paths["/api/v1/sync/webhook"] == nil {
		t.Errorf("openapi: %v", v["openapi"])
	}
	store.Close()
	time.Sleep(1100 * time.Millisecond) // for so long it is believed that it could be written
	if status, v := get("/api/v1/health"); status != 503 || v["code"] != "database_busy" {
		t.Errorf("health without a database: HTTP %d %v", status, v)
	}
	if status, code := send(t, s.URL+"/api/v1/sheet-sync/webhook", mission, "key", "x", time.Now()); status != 503 || code != "database_busy" {
		t.Errorf("webhook without a database: HTTP %d %s", status, code)
	}
}

// TestHealthTellsOfWorkThatNobodyTakesUp has work wait.
func TestHealthTellsOfWorkThatNobodyTakesUp(t *testing.T) {
	t.Parallel()
	var stalled []string
	mux := http.NewServeMux()
	(&api.API{Store: storetest.Open(t), Scripts: widens{}, Stalled: func() []string { return stalled }, PublicURL: "https://sheet24.example", Log: slog.New(slog.DiscardHandler)}).Register(mux)
	health := func() (int, string) {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/health", nil))
		return answer.Code, answer.Body.String()
	}
	if status, text := health(); status != http.StatusOK || !strings.Contains(text, `"ok"`) {
		t.Errorf("nothing waits: HTTP %d %s", status, text)
	}
	stalled = []string{"push", "scan"}
	if status, text := health(); status != http.StatusServiceUnavailable || !strings.Contains(text, "work_stalled") || !strings.Contains(text, "push, scan") {
		t.Errorf("work waits: HTTP %d %s", status, text)
	}
}
