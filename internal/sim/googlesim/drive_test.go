package googlesim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestDriveQueries looks for files. Source: Drive's guide "Search query terms and
// operators"; that contains finds beginnings of words alone is said there.
func TestDriveQueries(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.AddSpreadsheet(&Spreadsheet{ID: "b", Title: "Müşteri listesi 2026", Owner: "mehmet@ornek.com.tr", Editors: []string{"ayse@ornek.com.tr"}})
	s.AddSpreadsheet(&Spreadsheet{ID: "c", Title: "İlk'in tablosu", Owner: "ayse@ornek.com.tr"})
	s.AddSpreadsheet(&Spreadsheet{ID: "d", Title: "Ekip", Drive: "0A", Editors: []string{"ayse@ornek.com.tr"}})
	list := func(query string) (string, int) {
		t.Helper()
		status, answer := s.call(http.MethodGet, "/drive/v3/files?orderBy=name&fields=files(id)&"+query, nil)
		var ids []string
		files, _ := answer["files"].([]any)
		for _, f := range files {
			ids = append(ids, f.(o)["id"].(string))
		}
		return strings.Join(ids, " "), status
	}
	for q, want := range map[string]string{
		"": "c b s", "name contains 'liste'": "b", "name contains 'iste'": "", "name contains 'MÜŞ'": "b", `name contains 'ilk\'in'`: "c", "name contains '2026' or name = 'satış'": "b s",
		"mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false": "c b s", "mimeType='application/pdf'": "", "not name contains 'Satış' and 'me' in owners": "c",
		"sharedWithMe": "b", "sharedWithMe = true": "b", "'mehmet@ornek.com.tr' in writers": "b", "modifiedTime > '2020-01-01T00:00:00'": "c b s", "modifiedTime < '2020-01-01T00:00:00Z'": "",
		"(name = 'Satış' or name contains 'ilk') and trashed != true": "c s", "'0A' in parents": "",
	} {
		if got, status := list("q=" + url.QueryEscape(q)); got != want || status != http.StatusOK {
			t.Errorf("%s: %q, HTTP %d; want %q", q, got, status, want)
		}
	}
	for _, q := range []string{"name", "name contains", "name like 'x'", "name contains x", "size > 5", "name = 'x' and", "(name = 'x'", "trashed = 'no'", "'me' in places", "name = 'x' name = 'y'"} {
		if _, status := list("q=" + url.QueryEscape(q)); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d; want 400", q, status)
		}
	}
	if got, _ := list("supportsAllDrives=true&includeItemsFromAllDrives=true&corpora=allDrives"); got != "d c b s" {
		t.Errorf("with shared drives: %q", got)
	}
	if _, status := list("corpora=allDrives"); status != http.StatusForbidden {
		t.Errorf("all drives without saying so: HTTP %d", status)
	}
	if got, _ := list("orderBy=name+desc"); got != "c b s" { // the first counts
		t.Errorf("in order: %q", got)
	}

	if _, status := list("q="); status != http.StatusOK {
		t.Errorf("an empty query: HTTP %d", status)
	}
	s.must(http.MethodGet, "/drive/v3/files/b/?fields=id", nil)

	// Pages belong to their query.
	first := s.must(http.MethodGet, "/drive/v3/files?orderBy=name&pageSize=2", nil)
	token := url.QueryEscape(first["nextPageToken"].(string))
	if got, _ := list("pageSize=2&pageToken=" + token); got != "s" {
		t.Errorf("second page: %q", got)
	}
	if got := asJSON(first["files"].([]any)[0]); got != `{"id":"c","kind":"drive#file","mimeType":"application/vnd.google-apps.spreadsheet","name":"İlk'in tablosu"}` {
		t.Errorf("the usual fields: %s", got)
	}
	for _, bad := range []string{"pageSize=2&pageToken=5", "pageSize=2&q=name+%3D+'x'&pageToken=" + token, "pageSize=0", "pageSize=1001", "orderBy=size"} {
		if bad == "orderBy=size" {
			if status, _ := s.call(http.MethodGet, "/drive/v3/files?"+bad, nil); status != http.StatusBadRequest {
				t.Errorf("%s: HTTP %d", bad, status)
			}
			continue
		}
		if _, status := list(bad); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
}

// TestDriveErrors have Drive's own shape. Source: Drive's guide "Resolve errors".
func TestDriveErrors(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	for _, c := range []struct {
		do     func()
		path   string
		status int
		want   string
	}{
		{nil, "/drive/v3/files/yok", 404, `{"domain":"global","location":"fileId","locationType":"parameter","message":"File not found: yok.","reason":"notFound"}`},
		{nil, "/drive/v3/changes?pageToken=x", 400, `{"domain":"global","location":"pageToken","locationType":"parameter","message":"Invalid Value","reason":"invalid"}`},
		{nil, "/drive/v3/files?fields=files(idd)", 400, `{"domain":"global","location":"fields","locationType":"parameter","message":"Invalid field selection files.idd","reason":"invalidParameter"}`},
		{func() {
			s.Fail(Faults{Calls: []CallFault{{Method: "drive.*", Status: 403, Reason: "rateLimitExceeded", Times: 1}}})
		}, "/drive/v3/files", 403, `{"domain":"usageLimits","message":"Rate Limit Exceeded","reason":"rateLimitExceeded"}`},
		{func() { s.now = s.now.Add(2 * time.Hour) }, "/drive/v3/files", 401, `{"domain":"global","location":"Authorization","locationType":"header","message":"Invalid Credentials","reason":"authError"}`},
		{func() { s.token, _ = s.Grant("ayse@ornek.com.tr", []string{scopePrefix + "spreadsheets"}) }, "/drive/v3/files", 403, `{"domain":"global","message":"Insufficient Permission","reason":"insufficientPermissions"}`},
	} {
		if c.do != nil {
			c.do()
		}
		status, answer := s.call(http.MethodGet, c.path, nil)
		e, _ := answer["error"].(o)
		list, _ := e["errors"].([]any)
		if status != c.status || len(list) != 1 || asJSON(list[0]) != c.want || e["status"] != nil || e["code"] != float64(c.status) {
			t.Errorf("%s: HTTP %d %s; want %d %s", c.path, status, asJSON(answer), c.status, c.want)
		}
	}
}
