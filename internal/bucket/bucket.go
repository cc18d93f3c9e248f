// Package bucket counts requests in leaky buckets, by which the limits of other services
// are kept: each request fills one a little, a steady leak empties it.
package bucket

import (
	"context"
	"sync"
	"time"
)

// Buckets are leaky buckets by what they are of. Whoever sends requests to the same shares
// its bucket; sqlstore.Store keeps them for many processes.
type Buckets interface {
	// Take adds requests to a bucket that leaks rate a second, and tells how full it is
	// then. Above the brim, a request's turn comes when so much has leaked. Fewer than
	// none gives back what was not sent.
	Take(ctx context.Context, of string, requests, rate float64) (level float64, err error)
	// Fill says how full a bucket turned out to be: somebody else uses it, too.
	Fill(ctx context.Context, of string, level float64) error
}

// Memory has the buckets of one process that shares them with nobody.
type Memory struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	level float64
	at    time.Time
}

// NewMemory makes empty buckets.
func NewMemory() *Memory { return &Memory{buckets: map[string]bucket{}} }

// Take implements Buckets.
func (m *Memory) Take(_ context.Context, of string, requests, rate float64) (float64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, now := m.buckets[of], time.Now()
	level := max(0, b.level-now.Sub(b.at).Seconds()*rate) + requests
	m.buckets[of] = bucket{level, now}
	return level, nil
}

// Fill implements Buckets.
func (m *Memory) Fill(_ context.Context, of string, level float64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buckets[of] = bucket{level, time.Now()}
	return nil
}
