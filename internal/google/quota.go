package google

import (
	"context"
	"time"

	"sheet24"
	"sheet24/internal/bucket"
)

// perMinute is how many reads, and how many writes, Google Sheets allows a user a
// minute (source: the page of the API's limits).
const perMinute = 60

// quotas keep each user's requests to Sheets within what Google allows: whoever
// comes when it is used up waits, instead of being turned away.
type quotas struct {
	perMinute int
	buckets   bucket.Buckets
}

func newQuotas(n int, buckets bucket.Buckets) *quotas {
	if n == 0 {
		n = perMinute
	}
	if buckets == nil {
		buckets = bucket.NewMemory()
	}
	return &quotas{n, buckets}
}

func (q *quotas) read(ctx context.Context, userID string) error {
	return q.wait(ctx, "sheets read "+userID)
}

func (q *quotas) write(ctx context.Context, userID string) error {
	return q.wait(ctx, "sheets write "+userID)
}

// wait returns when there is room, or at once if that would be too late.
func (q *quotas) wait(ctx context.Context, of string) error {
	// Half of it at once and half spread over the minute: never more than all of
	// it within any minute.
	half := float64(q.perMinute) / 2
	rate, brim := half/time.Minute.Seconds(), max(1, half-1)
	level, err := q.buckets.Take(ctx, of, 1, rate)
	if err != nil {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeDatabaseBusy).Because(err)
	}
	if level <= brim {
		return nil
	}
	defer sheet24.Outside(ctx)()
	d := time.Duration((level - brim) / rate * float64(time.Second))
	err = context.DeadlineExceeded
	if end, ok := ctx.Deadline(); !ok || time.Until(end) > d {
		turn := time.NewTimer(d)
		defer turn.Stop()
		select {
		case <-turn.C:
			return nil
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	q.buckets.Take(context.WithoutCancel(ctx), of, -1, rate) // it was not used; if this fails, it leaks away
	return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy).Because(err)
}
