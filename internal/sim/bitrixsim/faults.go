package bitrixsim

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with the next requests.
type Fault struct {
	Kind   string `json:"kind"`             // see faultKinds
	Method string `json:"method,omitempty"` // of the request or of a command in a batch; empty: any request
	Record int64  `json:"record,omitempty"` // id that the request or a command in a batch names; 0: any
	Skip   int    `json:"skip,omitempty"`   // requests that pass before it strikes
	Times  int    `json:"times,omitempty"`  // how often it strikes; 0: once
	MS     int    `json:"ms,omitempty"`     // hang, slow, late, toil: for how long
	After  int    `json:"after,omitempty"`  // partial, edit: commands that are done before
	Status int    `json:"status,omitempty"` // error: the HTTP status
	Code   string `json:"code,omitempty"`   // error: the error code
	Text   string `json:"text,omitempty"`   // error: its description
	Edit   *Edit  `json:"edit,omitempty"`   // edit: what a colleague changes
}

// Edit is what a colleague changes in the portal itself.
type Edit struct {
	EntityTypeID int            `json:"entityTypeId"`
	ID           int64          `json:"id"`
	Fields       map[string]any `json:"fields"`
}

// faultKinds are the kinds of faults.
var faultKinds = map[string]string{
	"503":       "QUERY_LIMIT_EXCEEDED, nothing is done",
	"429":       "OPERATION_TIME_LIMIT, nothing is done",
	"502":       "a proxy's page of HTML, nothing is done",
	"hang":      "no answer for ms (0: until the caller leaves), nothing is done",
	"silent":    "no answer to this request nor to any after it until faults are set anew, nothing is done",
	"slow":      "the answer takes ms longer",
	"lost":      "all is done, then the connection breaks",
	"truncated": "all is done, the answer breaks off in its middle",
	"partial":   "of a batch the first commands are done, then a 504 page of HTML",
	"late":      "the connection breaks at once; all is done all the same, ms later",
	"toil":      "each command takes ms, whether or not the caller waits for the answer",
	"edit":      "after so many commands a colleague changes a record; the request itself is served as ever",
	"error":     "an error of your own: status, code, text; nothing is done",
}

type faults struct {
	mu     sync.Mutex
	active []Fault
}

// Fail sets the faults to come, in place of those that were set before.
func (p *Portal) Fail(list ...Fault) error {
	for i, f := range list {
		if _, ok := faultKinds[f.Kind]; !ok {
			return fmt.Errorf("unknown kind of fault %q; there are: %v", f.Kind, faultKinds)
		}
		if f.Kind == "error" && (f.Code == "" || f.Status < 400) {
			return fmt.Errorf("a fault of kind error needs status (400 or more) and code")
		}
		if f.Kind == "edit" && f.Edit == nil {
			return fmt.Errorf("a fault of kind edit needs edit: entityTypeId, id, fields")
		}
		list[i].Times = max(1, f.Times)
		if f.Kind == "silent" {
			list[i].Times = math.MaxInt
		}
	}
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.active = slices.Clone(list)
	return nil
}

func (p *Portal) setFaults(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Faults []Fault `json:"faults"`
	}
	err := readStrictly(w, r, &body)
	if err == nil {
		err = p.Fail(body.Faults...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(body)
}

// strike returns the fault that strikes a request, which names its methods and
// records.
func (f *faults) strike(methods, records []string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.active {
		a := &f.active[i]
		if a.Times == 0 || (a.Method != "" && !slices.Contains(methods, strings.ToLower(a.Method))) {
			continue
		}
		if a.Record != 0 && !slices.Contains(records, strconv.FormatInt(a.Record, 10)) {
			continue
		}
		if a.Skip > 0 {
			a.Skip--
			continue
		}
		a.Times--
		return *a, true
	}
	return Fault{}, false
}

// before is what a fault does to a request before it is worked on; done means
// that it has been answered.
func (f Fault) before(w http.ResponseWriter, r *http.Request) (done bool) {
	switch f.Kind {
	case "503":
		write(w, span{}, answer{}, tooManyRequests)
	case "429":
		write(w, span{}, answer{}, operatingLimit)
	case "502":
		htmlError(w, http.StatusBadGateway)
	case "error":
		write(w, span{}, answer{}, &apiError{f.Status, f.Code, f.Text})
	case "slow": // a portal does not notice that its caller has gone
		time.Sleep(f.wait())
		return false
	case "hang", "silent":
		var enough <-chan time.Time
		if f.MS > 0 {
			enough = time.After(f.wait())
		}
		select {
		case <-enough:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// wait is for how long a fault strikes.
func (f Fault) wait() time.Duration { return time.Duration(f.MS) * time.Millisecond }

// during is what a fault does right before the command of that number, from 0.
func (f Fault) during(p *Portal, n int) {
	switch {
	case f.Kind == "toil":
		time.Sleep(f.wait())
	case f.Kind == "edit" && n == f.After:
		p.Edit(f.Edit.EntityTypeID, f.Edit.ID, f.Edit.Fields)
	}
}

// htmlError is what the proxy in front of a portal answers.
func htmlError(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html><head><title>%d %s</title></head><body><center><h1>%[1]d %[2]s</h1></center><hr><center>nginx</center></body></html>", status, http.StatusText(status))
}

// cut answers with half of what there is to say.
func cut(w http.ResponseWriter, answer []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(answer[:len(answer)/2])
}
