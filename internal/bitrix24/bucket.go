package bitrix24

import (
	"context"
	"sync"
	"time"
)

// Buckets count requests in portals' leaky buckets: each adds one, a steady leak takes
// away, and above the brim the portal refuses. Whoever calls a portal shares its bucket;
// sqlstore.Store keeps buckets for many processes.
type Buckets interface {
	// Take adds requests to the bucket of a portal's host, which leaks rate a second,
	// and tells how full it is then. Above the brim, a request's turn comes when so much
	// has leaked.
	Take(ctx context.Context, host string, requests, rate float64) (level float64, err error)
	// Fill says how full a bucket turned out to be: somebody else uses it, too.
	Fill(ctx context.Context, host string, level float64) error
}

// ownBuckets are those of one process alone.
type ownBuckets struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	level float64
	at    time.Time
}

// of is a host's bucket. b.mu is held.
func (b *ownBuckets) of(host string) *bucket {
	if b.buckets[host] == nil {
		b.buckets[host] = &bucket{}
	}
	return b.buckets[host]
}

func (b *ownBuckets) Take(_ context.Context, host string, requests, rate float64) (float64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, now := b.of(host), time.Now()
	k.level = max(0, k.level-now.Sub(k.at).Seconds()*rate) + requests
	k.at = now
	return k.level, nil
}

func (b *ownBuckets) Fill(_ context.Context, host string, level float64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	*b.of(host) = bucket{level, time.Now()}
	return nil
}
