package bitrix24

import (
	"sync"
	"time"
)

// maxBatch is the most commands that one batch carries.
const maxBatch = 50

// batchSize is how many commands a portal is given at once. A request that runs
// for 60 s is cut off with its work half done, so a batch that comes near makes
// the next ones smaller, and quick ones make them larger again.
type batchSize struct {
	limit time.Duration

	mu sync.Mutex
	n  int
}

func newBatchSize(limit time.Duration) *batchSize { return &batchSize{limit: limit, n: maxBatch} }

func (b *batchSize) get() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// took learns from a batch of n commands that ran for d.
func (b *batchSize) took(n int, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case d > b.limit/2:
		b.n = max(1, min(b.n, n/2))
	case d < b.limit/6 && n >= b.n:
		b.n = min(maxBatch, b.n+max(1, b.n/4))
	}
}
