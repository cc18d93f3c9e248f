package googlesim

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Faults are what goes wrong until others are set.
type Faults struct {
	Lose      float64 `json:"lose"`       // share of the events that no trigger runs for
	Duplicate float64 `json:"duplicate"`  // share of the events that triggers run for twice
	DelayMS   int     `json:"delay_ms"`   // triggers run up to so much later, and so in any order
	PerMinute int     `json:"per_minute"` // reads, and writes, of Sheets that an account may make a minute; 0: any
}

type faults struct {
	mu     sync.Mutex
	set    Faults
	counts map[string]*window // by account and kind of request
}

// window counts requests within a minute.
type window struct {
	since time.Time
	n     int
}

// Fail sets what goes wrong from now on.
func (g *Google) Fail(f Faults) {
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	g.faults.set, g.faults.counts = f, nil
}

func (g *Google) routeFaults(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/google/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		if !decode(w, r, &f) {
			return
		}
		if f.Lose < 0 || f.Lose > 1 || f.Duplicate < 0 || f.Duplicate > 1 || f.DelayMS < 0 || f.PerMinute < 0 {
			invalid(w, "lose and duplicate are shares from 0 to 1, delay_ms and per_minute numbers from 0 on")
			return
		}
		g.Fail(f)
		reply(w, http.StatusOK, f)
	})
}

// deliveries are the delays with which a trigger runs for one event.
func (f *faults) deliveries() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rand.Float64() < f.set.Lose {
		return nil
	}
	delay := func() time.Duration {
		if f.set.DelayMS == 0 {
			return 0
		}
		return rand.N(time.Duration(f.set.DelayMS) * time.Millisecond)
	}
	list := []time.Duration{delay()}
	if rand.Float64() < f.set.Duplicate {
		list = append(list, delay())
	}
	return list
}

// within counts a request of an account and tells whether its quota had room.
func (f *faults) within(account, kind string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set.PerMinute == 0 {
		return true
	}
	if f.counts == nil {
		f.counts = map[string]*window{}
	}
	w := f.counts[account+kind]
	if w == nil || now.Sub(w.since) >= time.Minute {
		w = &window{since: now}
		f.counts[account+kind] = w
	}
	w.n++
	return w.n <= f.set.PerMinute
}

// overQuota is Google's own answer to one request too many.
func overQuota(w http.ResponseWriter, kind string) {
	fail(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric '"+kind+" requests' and limit '"+kind+
		" requests per minute per user' of service 'sheets.googleapis.com' for consumer 'project_number:1'.", "RATE_LIMIT_EXCEEDED")
}
