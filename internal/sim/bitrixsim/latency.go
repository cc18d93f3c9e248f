package bitrixsim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Latency is how long each call is under way, to the portal and back again: each way a
// random time of that span. The zero value is none.
type Latency struct {
	MinMS int `json:"min_ms"`
	MaxMS int `json:"max_ms"`
}

// latency is the one that is set.
type latency struct {
	mu  sync.Mutex
	set Latency
}

// SetLatency has calls take so long from now on.
func (p *Portal) SetLatency(l Latency) error {
	if l.MinMS < 0 || l.MaxMS < l.MinMS {
		return fmt.Errorf("latency: min_ms %d and max_ms %d are no span", l.MinMS, l.MaxMS)
	}

	p.latency.mu.Lock()
	defer p.latency.mu.Unlock()
	p.latency.set = l
	return nil
}

// wait lets one way pass.
func (l *latency) wait() {
	l.mu.Lock()
	set := l.set
	l.mu.Unlock()

	if set.MaxMS > 0 {
		time.Sleep(time.Duration(set.MinMS)*time.Millisecond + rand.N(time.Duration(set.MaxMS-set.MinMS)*time.Millisecond+1))
	}
}

func (p *Portal) setLatency(w http.ResponseWriter, r *http.Request) {
	var body Latency
	err := readStrictly(w, r, &body)
	if err == nil {
		err = p.SetLatency(body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(body)
}

// readStrictly reads a JSON body that has no other names than v.
func readStrictly(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
