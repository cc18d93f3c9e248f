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

// allow counts a request and tells whether it is let through.
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
