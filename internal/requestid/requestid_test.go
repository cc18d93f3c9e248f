package requestid_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"sheet24/internal/requestid"
)

// TestLogNamesRequest finds the line of a request by what its answer says.
func TestLogNamesRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(requestid.Logs(slog.NewJSONHandler(&out, nil))).With("part", "page")
	handler := requestid.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { log.ErrorContext(r.Context(), "failed") }))

	names := map[string]bool{}
	for range 2 {
		out.Reset()
		answer := httptest.NewRecorder()
		asked := httptest.NewRequest(http.MethodGet, "/", nil)
		asked.Header.Set(requestid.Header, "from outside")
		handler.ServeHTTP(answer, asked)

		var line struct {
			ID   string `json:"request_id"`
			Part string `json:"part"`
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		id := answer.Header().Get(requestid.Header)
		if len(id) != 12 || id != line.ID || line.Part != "page" || names[id] {
			t.Errorf("answered %q, logged %+v", id, line)
		}
		names[id] = true
	}

	out.Reset()
	log.Error("of no request")
	if bytes.Contains(out.Bytes(), []byte("request_id")) {
		t.Errorf("%s", out.Bytes())
	}
}
