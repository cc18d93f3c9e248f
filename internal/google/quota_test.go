package google

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestQuota makes as many requests as it may, and counts those within any minute.
func TestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQuotas(0)
		var at []time.Time
		for range 300 {
			if err := q.read(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Now())
		}
		for i := range at {
			n := 0
			for _, other := range at[i:] {
				if other.Sub(at[i]) < time.Minute {
					n++
				}
			}
			if n > perMinute {
				t.Fatalf("%d reads within a minute", n)
			}
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
