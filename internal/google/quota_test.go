package google

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sheet24/internal/bucket"
)

// TestQuota makes as many requests as it may, and counts those within any minute.
func TestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQuotas(0, nil)
		var at []time.Time
		for range 300 {
			if err := q.read(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Now())
		}
		if n := mostInAMinute(at); n > perMinute {
			t.Fatalf("%d reads within a minute", n)
		}
		if took := at[len(at)-1].Sub(at[0]); took > 10*time.Minute {
			t.Errorf("300 reads took %v", took)
		}
		// Another user, and writes, have their own.
		start := time.Now()
		if q.read(t.Context(), "b") != nil || q.write(t.Context(), "a") != nil || time.Since(start) > 0 {
			t.Error("one user's reads held others up")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := q.read(ctx, "a"); err == nil {
			t.Error("there was room")
		}
	})
}

// TestQuotaOfSeveral has three processes read one user's sheets, and waits given up.
func TestQuotaOfSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := bucket.NewMemory()
		var mu sync.Mutex
		var at []time.Time
		var all sync.WaitGroup
		for range 3 {
			q := newQuotas(0, shared)
			all.Go(func() {
				for range 60 {
					if err := q.read(t.Context(), "a"); err != nil {
						t.Error(err)
					}
					mu.Lock()
					at = append(at, time.Now())
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if n := mostInAMinute(at); n > perMinute {
			t.Errorf("%d reads within a minute", n)
		}
		q := newQuotas(0, shared)
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			all.Go(func() { q.read(ctx, "a") })
			synctest.Wait()
			cancel()
			all.Wait()
		}
		start := time.Now()
		if err := q.read(t.Context(), "a"); err != nil || time.Since(start) > 3*time.Second {
			t.Errorf("after 20 that gave up: %v, %v", time.Since(start), err)
		}
	})
}

func mostInAMinute(at []time.Time) (most int) {
	for i := range at {
		n := 0
		for _, other := range at[i:] {
			if other.Sub(at[i]) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
