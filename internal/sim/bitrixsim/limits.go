package bitrixsim

import (
	"sync"
	"time"
)

// bucket is the portal's leaky bucket: each request adds one, a steady leak
// takes away, and above the brim requests are refused.
type bucket struct {
	leak, brim float64 // requests a second; requests

	mu    sync.Mutex
	level float64
	last  time.Time // of the last request
}

// allow counts a request and reports whether it is let through.
func (b *bucket) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.level = max(0, b.level-now.Sub(b.last).Seconds()*b.leak)
	b.last = now
	if b.level+1 > b.brim {
		return false
	}
	b.level++
	return true
}

// minutes is how many slots a window of operating time has.
const minutes = 10

// operating counts how long methods ran, per caller and method, in ten slots of
// a minute each, as long as the window is not scaled. Above the limit the next
// call of that method is refused.
type operating struct {
	window, limit time.Duration

	mu    sync.Mutex
	slots map[string]map[int64]time.Duration // by caller and method, then the slot's number
}

func (o *operating) slot(now time.Time) int64 { return now.UnixNano() / int64(o.window/minutes) }

// used is what a method has used up, and when the oldest of it is forgotten.
func (o *operating) used(key string, now time.Time) (time.Duration, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	total, oldest, current := time.Duration(0), o.slot(now), o.slot(now)
	for n, d := range o.slots[key] {
		if n <= current-minutes {
			delete(o.slots[key], n)
			continue
		}
		total += d
		oldest = min(oldest, n)
	}
	return total, time.Unix(0, (oldest+minutes)*int64(o.window/minutes))
}

func (o *operating) add(key string, now time.Time, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.slots[key] == nil {
		o.slots[key] = map[int64]time.Duration{}
	}
	o.slots[key][o.slot(now)] += took
}
