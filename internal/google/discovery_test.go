package google_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"sync"
	"testing"

	"sheet24"
	"sheet24/internal/google/discoverytest"
)

// TestDiscovery has the client make each of its calls, and holds the names of every
// request, and of every answer of the simulated Google, against Google's own
// descriptions.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	apis := discoverytest.Read(t)
	w := newWorld(t)
	handler := w.sim.Handler()
	var mu sync.Mutex
	called, said := map[string]bool{}, map[string]bool{}
	complain := func(what, fault string) {
		if line := what + ": " + fault; !said[line] {
			said[line] = true
			t.Error(line)
		}
	}
	look := func(rw http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			rw.Header()[name] = values
		}
		rw.WriteHeader(answer.Code)
		rw.Write(answer.Body.Bytes())
		mu.Lock()
		defer mu.Unlock()
		for _, api := range apis {
			m, ok := api.Match(r.Method, r.URL.Path)
			if !ok {
				continue
			}
			called[m.ID] = true
			for name, values := range r.URL.Query() {
				p, ok := m.Parameters[name]
				if _, common := api.Parameters[name]; !ok && !common {
					complain(m.ID, "unknown parameter "+name)
				} else if ok && len(p.Enum) > 0 && !slices.Contains(p.Enum, values[0]) {
					complain(m.ID, fmt.Sprintf("%s is %q, which is none of %v", name, values[0], p.Enum))
				}
			}
			for _, part := range []struct {
				what string
				data []byte
				s    discoverytest.Schema
			}{{"request", body, m.Request}, {"response", answer.Body.Bytes(), m.Response}} {
				var v any
				if len(part.data) == 0 || answer.Code != http.StatusOK {
					continue
				}
				if err := json.Unmarshal(part.data, &v); err != nil {
					complain(m.ID, part.what+" is not JSON")
				}
				for _, f := range api.Faults(part.what, v, part.s) {
					complain(m.ID, f)
				}
			}
			return true
		}
		if r.URL.Path != "/token" && r.URL.Path != "/revoke" {
			complain(r.Method+" "+r.URL.Path, "no API has such a method")
		}
		return true
	}
	w.intercept.Store(&look)

	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := w.client.Spreadsheets(t.Context(), "u", "Satış", "")
	check(err)
	_, err = w.client.Spreadsheet(t.Context(), "u", w.sheet)
	check(err)
	_, err = w.client.Read(t.Context(), "u", w.sheet, 0, []sheet24.Range{sheet24.Rows(1, 1), {FirstRow: 2, FirstColumn: 1, LastColumn: 2}})
	check(err)
	check(w.client.Write(t.Context(), "u", w.sheet, 0, []sheet24.Cell{{Row: 3, Column: 2, Value: "x"}, {Row: 4, Column: 2, Value: 7.0}}))
	check(w.client.FormatHeader(t.Context(), "u", w.sheet, 0, 1, 3, sheet24.DefaultColors))
	check(w.client.AppendColumns(t.Context(), "u", w.sheet, 0, 2))
	_, err = w.client.Merged(t.Context(), "u", w.sheet, 0)
	check(err)
	script, err := w.client.Install(t.Context(), "u", w.sheet, "http://127.0.0.1:1", sheet24.Script{})
	check(err)
	_, err = w.client.Install(t.Context(), "u", w.sheet, "http://127.0.0.1:1", script) // found as it is
	check(err)
	script, err = w.client.Install(t.Context(), "u", w.sheet, "http://127.0.0.1:2", script) // brought up to date
	check(err)
	channel := &sheet24.DriveChannel{ID: "c", UserID: "u", Token: "t"}
	check(w.client.Watch(t.Context(), "https://127.0.0.1:1/", channel))
	check(w.client.Write(t.Context(), "u", w.sheet, 0, []sheet24.Cell{{Row: 5, Column: 2, Value: true}}))
	if files, _, err := w.client.Changed(t.Context(), "u", channel.PageToken); err != nil || !slices.Equal(files, []string{w.sheet}) {
		t.Errorf("changed: %v, %v", files, err)
	}
	check(w.client.StopWatch(t.Context(), channel))
	check(w.client.Uninstall(t.Context(), "u", script))

	mu.Lock()
	defer mu.Unlock()
	var ids []string
	for id := range called {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	want := []string{"drive.changes.getStartPageToken", "drive.changes.list", "drive.changes.watch", "drive.channels.stop", "drive.files.list", "script.projects.create", "script.projects.deployments.create", "script.projects.deployments.delete", "script.projects.deployments.get", "script.projects.deployments.update", "script.projects.get",
		"script.projects.updateContent", "script.projects.versions.create", "sheets.spreadsheets.batchUpdate", "sheets.spreadsheets.get", "sheets.spreadsheets.values.batchGetByDataFilter",
		"sheets.spreadsheets.values.batchUpdateByDataFilter"}
	if !slices.Equal(ids, want) {
		t.Errorf("called: %v\nwant    %v", ids, want)
	}
}

// TestDiscoverySeesFaults makes sure that the checks above can fail.
func TestDiscoverySeesFaults(t *testing.T) {
	t.Parallel()
	sheets := discoverytest.Read(t)[0]
	m, ok := sheets.Match(http.MethodPost, "/v4/spreadsheets/abc/values:batchGetByDataFilter")
	if !ok || m.ID != "sheets.spreadsheets.values.batchGetByDataFilter" {
		t.Fatalf("method: %+v", m)
	}
	for what, body := range map[string]string{
		"unknown name": `{"dataFilter":[]}`, "no list": `{"dataFilters":{}}`, "wrong type": `{"dataFilters":[{"gridRange":{"sheetId":"0"}}]}`, "no such value": `{"valueRenderOption":"RAW"}`,
	} {
		var v any
		json.Unmarshal([]byte(body), &v)
		if len(sheets.Faults("request", v, m.Request)) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
	if _, ok := sheets.Match(http.MethodGet, "/v4/spreadsheets/abc/rows"); ok {
		t.Error("a path that is none is taken for one")
	}
}
