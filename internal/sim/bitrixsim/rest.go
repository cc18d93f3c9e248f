package bitrixsim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// apiError is an error as Bitrix24 writes it.
type apiError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Description }

func badRequest(code, description string) error {
	return &apiError{http.StatusBadRequest, code, description}
}

// answer is what a method returns beside "time".
type answer struct {
	Result any
	Total  *int
	Next   *int
}

// methods are the methods that the simulated portal knows.
var methods map[string]func(*Portal, params) (answer, error)

func init() {
	methods = map[string]func(*Portal, params) (answer, error){
		"batch":           (*Portal).batch,
		"scope":           func(*Portal, params) (answer, error) { return answer{Result: []string{"crm", "user"}}, nil },
		"crm.item.fields": (*Portal).itemFields,
		"crm.item.get":    (*Portal).itemGet,
		"crm.item.list":   (*Portal).itemList,
		"crm.item.add":    (*Portal).itemAdd,
		"crm.item.update": (*Portal).itemUpdate,
		"crm.item.delete": (*Portal).itemDelete,
		"crm.status.list": (*Portal).statusList,
	}
}

// Handler serves /rest/{user}/{secret}/{method}.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/rest/{user}/{secret}/{method}", p.serve)
	mux.HandleFunc("GET /sim/bitrix24/records", p.listRecords)
	mux.HandleFunc("/rest/", func(w http.ResponseWriter, r *http.Request) {
		write(w, time.Now(), answer{}, &apiError{http.StatusNotFound, "ERROR_METHOD_NOT_FOUND", "Method not found!"})
	})
	return mux
}

func (p *Portal) serve(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if r.PathValue("user") != strconv.Itoa(UserID) || r.PathValue("secret") != p.secret {
		write(w, start, answer{}, &apiError{http.StatusUnauthorized, "INVALID_CREDENTIALS", "Invalid request credentials"})
		return
	}
	if !p.bucket.allow(start) {
		write(w, start, answer{}, &apiError{http.StatusServiceUnavailable, "QUERY_LIMIT_EXCEEDED", "Too many requests"})
		return
	}
	in, err := readParams(r)
	if err != nil {
		write(w, start, answer{}, badRequest("INVALID_REQUEST", err.Error()))
		return
	}
	p.mu.Lock()
	a, err := p.call(strings.TrimSuffix(r.PathValue("method"), ".json"), in)
	p.mu.Unlock()
	write(w, start, a, err)
}

// call runs a method; p.mu is held, so that a request is applied as a whole.
func (p *Portal) call(method string, in params) (answer, error) {
	method = strings.ToLower(method)
	f, ok := methods[method]
	if !ok {
		return answer{}, &apiError{http.StatusNotFound, "ERROR_METHOD_NOT_FOUND", "Method not found!"}
	}
	p.methods[method]++
	return f(p, in)
}

func write(w http.ResponseWriter, start time.Time, a answer, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		e, ok := errors.AsType[*apiError](err)
		if !ok {
			e = &apiError{http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", err.Error()}
		}
		w.WriteHeader(e.status)
		json.NewEncoder(w).Encode(e)
		return
	}
	finish := time.Now()
	body := map[string]any{"result": a.Result, "time": timing(start, finish)}
	if a.Total != nil {
		body["total"] = *a.Total
	}
	if a.Next != nil {
		body["next"] = *a.Next
	}
	json.NewEncoder(w).Encode(body)
}

func timing(start, finish time.Time) map[string]any {
	seconds := func(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
	took := finish.Sub(start).Seconds()
	return map[string]any{
		"start": seconds(start), "finish": seconds(finish), "duration": took, "processing": took,
		"date_start": start.Format(time.RFC3339), "date_finish": finish.Format(time.RFC3339),
		"operating_reset_at": start.Add(10 * time.Minute).Unix(), "operating": took,
	}
}

// batch runs up to 50 commands, each "method?query".
func (p *Portal) batch(in params) (answer, error) {
	commands := in.object("cmd")
	if len(commands) == 0 {
		return answer{}, badRequest("ERROR_BATCH_EMPTY", "Parameter cmd is required")
	}
	if len(commands) > 50 {
		return answer{}, badRequest("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
	}
	results, failures, totals, nexts, times := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for _, key := range in.keys("cmd") {
		text, _ := commands[key].(string)
		method, query, _ := strings.Cut(text, "?")
		start := time.Now()
		var a answer
		values, err := url.ParseQuery(query)
		if err != nil {
			err = badRequest("INVALID_REQUEST", err.Error())
		} else if strings.EqualFold(method, "batch") {
			err = &apiError{http.StatusMethodNotAllowed, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage"}
		} else {
			a, err = p.call(method, fromQuery(values))
		}
		if err != nil {
			failures[key] = err
			if in.text("halt") == "1" {
				break
			}
			continue
		}
		results[key] = a.Result
		times[key] = timing(start, time.Now())
		if a.Total != nil {
			totals[key] = *a.Total
		}
		if a.Next != nil {
			nexts[key] = *a.Next
		}
	}
	return answer{Result: map[string]any{
		"result": phpArray(results), "result_error": phpArray(failures), "result_total": phpArray(totals),
		"result_next": phpArray(nexts), "result_time": phpArray(times),
	}}, nil
}

// phpArray writes an empty object as PHP does: [].
func phpArray(m map[string]any) any {
	if len(m) == 0 {
		return []any{}
	}
	return m
}
