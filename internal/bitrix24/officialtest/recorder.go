package officialtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Call is one call, alone or within a batch: what was sent and what came.
type Call struct {
	Method string
	Params map[string]any
	Result any
	Failed bool
}

// Recorder stands between a client and a portal and writes down every call. Its zero value
// is ready.
type Recorder struct {
	mu    sync.Mutex
	calls []Call
}

// Calls are the calls so far.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Around is a portal's handler whose calls are written down.
func (r *Recorder) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, req)

		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())

		r.mu.Lock()
		defer r.mu.Unlock()
		r.note(req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:], body, answer.Body.Bytes())
	})
}

func (r *Recorder) note(method string, body, answer []byte) {
	var params map[string]any
	var got struct{ Result any }
	_ = json.Unmarshal(body, &params) // what is no JSON has no parameters
	_ = json.Unmarshal(answer, &got)
	r.calls = append(r.calls, Call{method, params, got.Result, got.Result == nil})
	if method != "batch" {
		return
	}

	result, _ := got.Result.(map[string]any)
	results, _ := result["result"].(map[string]any)
	commands, _ := params["cmd"].(map[string]any)
	for key, command := range commands {
		text, _ := command.(string)
		name, query, _ := strings.Cut(text, "?")
		values, _ := url.ParseQuery(query)
		one, ok := results[key]
		r.calls = append(r.calls, Call{name, nested(values), one, !ok})
	}
}

// nested is a query as PHP reads it.
func nested(values url.Values) map[string]any {
	root := map[string]any{}
	for key, list := range values {
		path := strings.Split(strings.ReplaceAll(key, "]", ""), "[")
		at := root
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = list[0]
	}
	return root
}
