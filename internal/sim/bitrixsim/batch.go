package bitrixsim

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBatch is the most commands that a batch may carry.
const maxBatch = 50

// batch runs commands, each "method?query", one after another until the deadline. Before
// each of them a fault may strike: partial breaks off as a time-out would.
func (p *Portal) batch(by caller, in params, deadline time.Time, fault Fault) (answer, error) {
	commands := in.object("cmd")
	if len(commands) == 0 {
		return answer{}, badRequest("ERROR_BATCH_EMPTY", "Parameter cmd is required")
	}
	if len(commands) > maxBatch {
		return answer{}, badRequest("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
	}
	halt := in.text("halt") == "1" || strings.EqualFold(in.text("halt"), "true")
	results, failures, totals, nexts, times := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for n, key := range in.keys("cmd") {
		if fault.Kind == "partial" && n == fault.After {
			return answer{}, errTimeout
		}
		fault.during(p, n)
		text, _ := commands[key].(string)
		name, query, _ := strings.Cut(text, "?")
		name = strings.ToLower(name)
		var a answer
		var s span
		values, err := fromQuery(query)
		switch {
		case err != nil:
			err = badRequest("INVALID_REQUEST", err.Error())
		case name == "batch":
			err = &apiError{http.StatusMethodNotAllowed, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage"}
		default:
			got := left{"result": results, "next": nexts, "total": totals, "time": times, "error": failures}
			a, s, err = p.call(by, name, got.into(values), deadline)
		}
		if errors.Is(err, errTimeout) {
			return answer{}, err
		}
		if err != nil {
			failures[key] = err
			if halt {
				break
			}
			continue
		}
		results[key] = a.Result
		times[key] = s.timing()
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

// phpArray writes an array as PHP does: a list where its keys are 0, 1, 2 …, so [] if it is
// empty, else an object.
func phpArray(m map[string]any) any {
	if !isList(m) {
		return m
	}

	list := make([]any, len(m))
	for i := range list {
		list[i] = m[strconv.Itoa(i)]
	}
	return list
}
