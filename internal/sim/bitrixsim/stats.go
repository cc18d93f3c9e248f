package bitrixsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"
)

// stats counts what the portal was asked.
type stats struct {
	mu       sync.Mutex
	requests int
	rejected map[string]int // by the limit's error code
	methods  map[string]int // calls by method, those within a batch too
	faults   map[string]int // set by a person, by kind
	ignored  map[string]int // fields sent that the portal passes over: unknown, read-only, immutable
	recent   []time.Time    // of the last second
	highest  int            // most requests within a second
	first    time.Time
	last     time.Time
	writing  map[string]int // records, by the requests under way that change them
	overlaps int
}

// Stats is what the portal was asked so far.
type Stats struct {
	Requests int            `json:"requests"`          // let through the bucket
	Rejected map[string]int `json:"rejected"`          // turned away by a limit, by its error code
	Methods  map[string]int `json:"methods"`           // calls by method, those within a batch too
	Faults   map[string]int `json:"faults"`            // that struck, by kind
	Ignored  map[string]int `json:"ignored"`           // fields sent that are unknown, read-only or immutable
	Overlaps int            `json:"overlaps"`          // changes of a record that another request was changing at the same time
	Highest  int            `json:"highest_rate"`      // most requests within a second
	Seconds  float64        `json:"seconds"`           // from the first request to the last
	Leak     float64        `json:"leak_per_second"`   // of the bucket
	Brim     float64        `json:"requests_at_brim"`  // of the bucket
	Use      float64        `json:"share_of_capacity"` // requests ÷ (brim + leak × seconds)
}

func (s *stats) request(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.first.IsZero() {
		s.first = now
	}
	s.last = now
	for len(s.recent) > 0 && now.Sub(s.recent[0]) >= time.Second {
		s.recent = s.recent[1:]
	}
	s.recent = append(s.recent, now)
	s.highest = max(s.highest, len(s.recent))
}

// write notes that a request changes records, until done is called.
func (s *stats) write(records []string) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writing == nil {
		s.writing = map[string]int{}
	}
	for _, r := range records {
		if s.writing[r] > 0 {
			s.overlaps++
		}
		s.writing[r]++
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, r := range records {
			if s.writing[r]--; s.writing[r] == 0 {
				delete(s.writing, r)
			}
		}
	}
}

func (s *stats) reject(code string) { s.count(&s.rejected, code) }
func (s *stats) method(name string) { s.count(&s.methods, name) }
func (s *stats) ignore(name string) { s.count(&s.ignored, name) }
func (s *stats) fault(kind string)  { s.count(&s.faults, kind) }

func (s *stats) count(m *map[string]int, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key]++
}

// Calls tells how often each method was called.
func (p *Portal) Calls() map[string]int { return p.Stats().Methods }

// Stats returns the counters.
func (p *Portal) Stats() Stats {
	s := &p.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	full := func(m map[string]int) map[string]int {
		c := map[string]int{}
		maps.Copy(c, m)
		return c
	}
	out := Stats{Requests: s.requests, Rejected: full(s.rejected), Methods: full(s.methods), Faults: full(s.faults), Ignored: full(s.ignored), Highest: s.highest, Overlaps: s.overlaps,
		Seconds: s.last.Sub(s.first).Seconds(), Leak: p.options.Leak, Brim: p.options.Brim}
	out.Use = float64(out.Requests) / (out.Brim + out.Leak*out.Seconds)
	return out
}

// ResetStats starts the counters anew.
func (p *Portal) ResetStats() {
	s := &p.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.rejected, s.methods, s.faults, s.ignored, s.recent, s.highest, s.overlaps = 0, nil, nil, nil, nil, nil, 0, 0
	s.first, s.last = time.Time{}, time.Time{}
}

func (p *Portal) serveStats(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(p.Stats())
}
