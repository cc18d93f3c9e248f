// Package backoff says how long to wait before what failed is tried again.
package backoff

import (
	"math/rand/v2"
	"time"
)

// Policy says how a fault that may pass is tried again: after First, twice that, and so on,
// up to Last; after For in all it has failed.
type Policy struct{ First, Last, For time.Duration }

// Default tries for a day.
var Default = Policy{First: time.Second, Last: 15 * time.Minute, For: 24 * time.Hour}

// Step is how long to wait after an attempt, the first of which is 1: First, doubled each
// time, at most Last.
func (p Policy) Step(attempt int) time.Duration {
	wait := min(p.First, p.Last)
	for range max(attempt-1, 0) {
		if wait *= 2; wait >= p.Last {
			return p.Last
		}
	}
	return wait
}

// After is Step, spread over its upper half, so that those that failed together do not come
// back all at once.
func (p Policy) After(attempt int) time.Duration {
	wait := p.Step(attempt)
	return wait/2 + rand.N(max(wait/2, 1))
}
