package googlesim

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"sheet24/internal/google/discoverytest"
)

var (
	readAPIs sync.Once
	apis     []*discoverytest.API
)

// hold holds a request that was answered well, and its answer, against the discovery
// documents, and has the simulator call the method by its name there.
func (s *sim) hold(method, path string, body, answer any) {
	s.t.Helper()
	readAPIs.Do(func() { apis = discoverytest.Read(s.t) })
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/") // which Google bears
	for _, api := range apis {
		m, ok := api.Match(method, path)
		if !ok {
			continue
		}
		if _, raw := body.(json.RawMessage); !raw && body != nil { // what is raw is odd on purpose
			for _, fault := range api.Faults("request", plain(body), m.Request) {
				s.t.Errorf("%s: %s", m.ID, fault)
			}
		}
		for _, fault := range api.Faults("response", answer, m.Response) {
			s.t.Errorf("%s: %s", m.ID, fault)
		}
		return
	}
	if strings.HasPrefix(path, "/v4/") {
		s.t.Errorf("%s %s is in no discovery document", method, path)
	}
}

// plain is a value as JSON has it.
func plain(v any) (tree any) {
	data, _ := json.Marshal(v)
	json.Unmarshal(data, &tree)
	return tree
}

// TestMethodsAreNamed has every method of Sheets that the simulator serves be one of the
// discovery document, under its name there, and finds those that it does not serve.
func TestMethodsAreNamed(t *testing.T) {
	t.Parallel()
	api := discoverytest.Read(t)[0]
	var served []string
	for key, m := range sheetsMethods {
		method, path, _ := strings.Cut(key, " ")
		path = strings.ReplaceAll(path+" ", "/ ", "/X ")
		path = "/v4/spreadsheets/S" + strings.TrimSpace(strings.ReplaceAll(path, "/:", "/X:"))
		if m.name == "sheets.spreadsheets.create" {
			path = "/v4/spreadsheets"
		}
		found, ok := api.Match(method, path)
		if !ok || found.ID != m.name {
			t.Errorf("%s %s is %q in the discovery document; the simulator calls it %q", method, path, found.ID, m.name)
		}
		served = append(served, m.name)
	}
	for _, name := range methodIDs(api.Resources) {
		if !slices.Contains(served, name) {
			t.Errorf("%s is not simulated", name)
		}
	}
}

func methodIDs(r discoverytest.Resources) (ids []string) {
	for _, m := range r.Methods {
		ids = append(ids, m.ID)
	}
	for _, inner := range r.Resources {
		ids = append(ids, methodIDs(inner)...)
	}
	return ids
}

// TestRequestsAreNamed has every request of batchUpdate be one of the discovery document.
func TestRequestsAreNamed(t *testing.T) {
	t.Parallel()
	known := discoverytest.Read(t)[0].Schemas["Request"].Properties
	for name := range requests {
		if _, ok := known[name]; !ok {
			t.Errorf("there is no request %s", name)
		}
	}
}
