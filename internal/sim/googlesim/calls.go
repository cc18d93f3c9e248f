package googlesim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// CallFault is what happens to the calls of some methods beside what they do. All that
// fit a call apply to it together. Nothing is locked while a call waits: people edit,
// and other calls run.
type CallFault struct {
	Method string  `json:"method"`    // a method's name in the discovery documents, with * for any part: sheets.spreadsheets.values.*
	Before Span    `json:"before_ms"` // until the request takes effect
	After  Span    `json:"after_ms"`  // from then until the answer comes
	Share  float64 `json:"share"`     // of the calls; 0: of all
	Times  int     `json:"times"`     // for so many calls; 0: until others are set
	Status int     `json:"status"`    // answered with this error instead of being done: 403, 429, 500, 503 …
	Reason string  `json:"reason"`    // of that error, as Google names it: userRateLimitExceeded, RATE_LIMIT_EXCEEDED …
	Lost   bool    `json:"lost"`      // done, but the connection ends before the answer
}

// Span is a time in milliseconds, random between two: 200, or [150, 300].
type Span struct{ Min, Max int }

// UnmarshalJSON reads 200 or [150, 300].
func (s *Span) UnmarshalJSON(data []byte) error {
	var one int
	if json.Unmarshal(data, &one) == nil {
		*s = Span{one, one}
		return nil
	}
	var two [2]int
	if err := json.Unmarshal(data, &two); err != nil {
		return errors.New("a time is a number of milliseconds, or two: [150, 300]")
	}
	*s = Span{two[0], two[1]}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{s.Min, s.Max}) }

func (c CallFault) check() error {
	if _, err := path.Match(c.Method, "x"); err != nil || c.Method == "" {
		return fmt.Errorf("calls: %q is no pattern of methods", c.Method)
	}
	if c.Before.Min < 0 || c.Before.Max < c.Before.Min || c.After.Min < 0 || c.After.Max < c.After.Min {
		return errors.New("calls: times go from 0 on, the smaller first")
	}
	if c.Share < 0 || c.Share > 1 || c.Times < 0 || (c.Status != 0 && (c.Status < 400 || c.Status > 599)) {
		return errors.New("calls: share is from 0 to 1, times from 0 on, status an error's")
	}
	return nil
}

// fate is what was drawn for one call.
type fate struct {
	before, after time.Duration
	status        int
	reason        string
	lost          bool
}

// draw decides what happens to a call, and counts it.
func (f *faults) draw(method string) (drawn fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.set.Calls {
		c := &f.set.Calls[i]
		if fits, _ := path.Match(c.Method, method); !fits || (c.Share > 0 && f.float() >= c.Share) {
			continue
		}
		if c.Times > 0 {
			if f.done == nil {
				f.done = map[int]int{}
			}
			if f.done[i]++; f.done[i] > c.Times {
				continue
			}
		}
		drawn.before += f.wait(c.Before)
		drawn.after += f.wait(c.After)
		if c.Status != 0 {
			drawn.status, drawn.reason = c.Status, c.Reason
		}
		drawn.lost = drawn.lost || c.Lost
	}
	return drawn
}

// wait draws a time from a span; f.mu is held.
func (f *faults) wait(s Span) time.Duration {
	ms := float64(s.Min) + f.float()*float64(s.Max-s.Min)
	return time.Duration(ms * float64(time.Millisecond))
}

// float draws a number from 0 to 1; f.mu is held.
func (f *faults) float() float64 {
	if f.random == nil {
		f.random = rand.New(rand.NewPCG(f.set.Seed, 24))
	}
	return f.random.Float64()
}

// answer gathers what a handler writes, so that it goes out when its time has come and
// no slow reader holds a lock.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// Moment is where a call of a method stands; see OnCall.
type Moment int

// A call comes, then takes effect, then is answered.
const (
	BeforeEffect Moment = iota
	BeforeAnswer
)

type callHook struct {
	mu sync.Mutex
	f  func(method string, m Moment)
}

func (h *callHook) run(method string, m Moment) {
	h.mu.Lock()
	f := h.f
	h.mu.Unlock()
	if f != nil {
		f(method, m)
	}
}

// OnCall has f called at two moments of each call of a method that the discovery
// documents name: before it takes effect, and before it is answered. f may edit, as
// nothing is locked then. nil ends it.
func (g *Google) OnCall(f func(method string, m Moment)) {
	g.hook.mu.Lock()
	defer g.hook.mu.Unlock()
	g.hook.f = f
}

// inTime serves calls of methods with what the faults make of them.
func (g *Google) inTime(next http.Handler, methodOf func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := methodOf(r)
		if method == "" {
			next.ServeHTTP(w, r)
			return
		}

		drawn := g.faults.draw(method)
		if !g.pause(r, drawn.before) {
			return
		}
		g.hook.run(method, BeforeEffect)
		a := &answer{header: http.Header{}}
		if drawn.status != 0 {
			failAsGoogle(a, method, drawn.status, drawn.reason)
		} else {
			next.ServeHTTP(a, r)
		}

		// A caller that is gone does not undo what was done.
		g.hook.run(method, BeforeAnswer)
		if !g.pause(r, drawn.after) {
			return
		}
		if drawn.lost {
			panic(http.ErrAbortHandler)
		}
		for name, values := range a.header {
			w.Header()[name] = values
		}
		w.WriteHeader(max(a.status, http.StatusOK))
		w.Write(a.body.Bytes())
	})
}

// pause waits, and reports whether anybody still waits for the answer. What a caller
// sent reaches Google although the caller is gone.
func (g *Google) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-g.alive.Done():
		return false
	}
}

// failAsGoogle answers a call with an error of the service's own shape.
func failAsGoogle(w http.ResponseWriter, method string, status int, reason string) {
	kind, message, usual := "INTERNAL", "Internal error encountered.", "backendError"
	switch status {
	case http.StatusTooManyRequests:
		kind, message, usual = "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of service 'sheets.googleapis.com' for consumer 'project_number:1'.", "rateLimitExceeded"
	case http.StatusServiceUnavailable:
		kind, message = "UNAVAILABLE", "The service is currently unavailable."
	case http.StatusForbidden:
		kind, message, usual = "PERMISSION_DENIED", "The caller does not have permission", "insufficientFilePermissions"
	case http.StatusUnauthorized:
		kind, message, usual = "UNAUTHENTICATED", "Request had invalid authentication credentials.", "authError"
	case http.StatusNotFound:
		kind, message, usual = "NOT_FOUND", "Requested entity was not found.", "notFound"
	}
	if strings.HasPrefix(method, "drive.") {
		failDrive(w, status, cmp.Or(reason, usual), message, "", "")
		return
	}
	fail(w, status, kind, message, reason)
}
