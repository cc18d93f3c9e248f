package observe

import "encoding/json"

// traceOf is the trace that an event's data names, as withTrace wrote it.
func traceOf(data []byte) string {
	var d struct {
		Trace string `json:"trace"`
	}
	_ = json.Unmarshal(data, &d) // without it there is none
	return d.Trace
}
