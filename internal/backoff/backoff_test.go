package backoff_test

import (
	"testing"
	"time"

	"sheet24/internal/backoff"
)

// TestStep doubles, up to the last.
func TestStep(t *testing.T) {
	t.Parallel()
	p := backoff.Policy{First: time.Second, Last: 10 * time.Second}
	for attempt, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 1000: 10 * time.Second} {
		if got := p.Step(attempt); got != want {
			t.Errorf("after attempt %d: %v; want %v", attempt, got, want)
		}
	}
}

// TestAfter spreads over the upper half.
func TestAfter(t *testing.T) {
	t.Parallel()
	p := backoff.Policy{First: time.Second, Last: 10 * time.Second}
	for range 1000 {
		if got := p.After(3); got < 2*time.Second || got >= 4*time.Second {
			t.Fatalf("after attempt 3: %v", got)
		}
	}
}
