package pipeline

import (
	"math/rand/v2"
	"time"
)

// Retry says how a fault that may pass is tried again: after First, twice that, and so
// on, with jitter, up to Last; after For in all it has failed.
type Retry struct{ First, Last, For time.Duration }

// DefaultRetry tries for a day.
var DefaultRetry = Retry{First: time.Second, Last: 15 * time.Minute, For: 24 * time.Hour}

func (p *Pipeline) retry() Retry {
	if p.Retry == (Retry{}) {
		return DefaultRetry
	}
	return p.Retry
}

// after is how long to wait after an attempt: doubled each time, and spread over its
// upper half, so that rows do not come back all at once.
func (r Retry) after(attempt int) time.Duration {
	wait := r.First
	for range max(attempt-1, 0) {
		if wait *= 2; wait >= r.Last {
			wait = r.Last
			break
		}
	}
	return wait/2 + rand.N(max(wait/2, 1))
}

// patience is how long a request may take before rows say that they wait for the portal.
const patience = 10 * time.Second

func (p *Pipeline) slow() time.Duration {
	if p.Slow == 0 {
		return patience
	}
	return p.Slow
}
