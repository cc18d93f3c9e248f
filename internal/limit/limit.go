// Package limit says who asks too often: by address, user or table, with memory for so many
// of them and no more.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keyed are limits of one kind, each for a key of its own. Of a key that has not been used
// for as long as it takes to fill up again there is nothing to remember. Where there are more
// keys than that, those used longest ago are forgotten first, and begin anew: memory is
// bounded, whoever comes from however many addresses.
type Keyed struct {
	every rate.Limit
	burst int
	most  int
	now   func() time.Time

	mu      sync.Mutex
	lately  map[string]*rate.Limiter // used since turned
	before  map[string]*rate.Limiter // used in the time before that
	turned  time.Time
	refills time.Duration // how long an empty one takes to be full
}

// New makes limits of so many a second, and so many at once, that remember twice as many keys
// as said.
func New(perSecond float64, burst, most int) *Keyed {
	return &Keyed{
		every: rate.Limit(perSecond), burst: burst, most: most, now: time.Now,
		lately: map[string]*rate.Limiter{}, before: map[string]*rate.Limiter{},
		refills: time.Duration(float64(burst) / perSecond * float64(time.Second)),
	}
}

// Take takes one for a key. It returns 0, or how long it is until there is one again: then
// nothing was taken. A nil Keyed has no limits.
func (k *Keyed) Take(key string) time.Duration {
	if k == nil {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()

	now := k.now()
	r := k.of(key, now).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Wait returns how long it is until there is one for a key, 0 if there is, and takes none.
func (k *Keyed) Wait(key string) time.Duration {
	if k == nil {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()

	now := k.now()
	missing := 1 - k.of(key, now).TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(k.every) * float64(time.Second))
}

// Size is how many keys are remembered.
func (k *Keyed) Size() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.lately) + len(k.before)
}

// of finds the limit of a key.
func (k *Keyed) of(key string, now time.Time) *rate.Limiter {
	if now.Sub(k.turned) > k.refills || len(k.lately) >= k.most {
		if now.Sub(k.turned) > 2*k.refills {
			k.lately = map[string]*rate.Limiter{} // all are full again
		}
		k.before, k.lately, k.turned = k.lately, map[string]*rate.Limiter{}, now
	}

	l := k.lately[key]
	if l == nil {
		if l = k.before[key]; l == nil {
			l = rate.NewLimiter(k.every, k.burst)
		}
		delete(k.before, key)
		k.lately[key] = l
	}
	return l
}
