package google

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sheet24"
)

// perMinute is how many reads, and how many writes, Google Sheets allows a user a
// minute (source: the page of the API's limits).
const perMinute = 60

// quotas keep each user's requests to Sheets within what Google allows: whoever
// comes when it is used up waits, instead of being turned away.
type quotas struct {
	perMinute int

	mu     sync.Mutex
	reads  map[string]*rate.Limiter // by user
	writes map[string]*rate.Limiter
}

func newQuotas(n int) *quotas {
	if n == 0 {
		n = perMinute
	}
	return &quotas{perMinute: n, reads: map[string]*rate.Limiter{}, writes: map[string]*rate.Limiter{}}
}

func (q *quotas) read(ctx context.Context, userID string) error { return q.wait(ctx, q.reads, userID) }
func (q *quotas) write(ctx context.Context, userID string) error {
	return q.wait(ctx, q.writes, userID)
}

func (q *quotas) wait(ctx context.Context, all map[string]*rate.Limiter, userID string) error {
	q.mu.Lock()
	l := all[userID]
	if l == nil {
		// Half of it at once and half spread over the minute: never more than all of
		// it within any minute.
		half := float64(q.perMinute) / 2
		l = rate.NewLimiter(rate.Limit(half/time.Minute.Seconds()), max(1, q.perMinute/2-1))
		all[userID] = l
	}
	q.mu.Unlock()
	if err := l.Wait(ctx); err != nil {
		return sheet24.Errorf(sheet24.Unavailable, "google_busy").Because(err)
	}
	return nil
}
