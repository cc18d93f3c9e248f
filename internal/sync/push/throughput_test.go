package push_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/bench"
	"sheet24/internal/sync/synctest"
)

// TestTenThousandUpdates holds the portal's limit: at it, and never over it.
func TestTenThousandUpdates(t *testing.T) {
	got := bench.Push(t, 10000, sheet24.Plan{Rate: 20, Burst: 50})
	t.Logf("%+v", got)
	if ratio := float64(got.Requests) / float64(got.Ideal); ratio > 1.05 {
		t.Errorf("%d requests where %d would do: %.3f", got.Requests, got.Ideal, ratio)
	}
	if got.Use < 0.95 && !synctest.RaceDetector {
		t.Errorf("%.1f %% of the bucket was used", 100*got.Use)
	}
	if got.Rejected+got.Wrong > 0 {
		t.Errorf("%d requests were rejected, %d records are wrong", got.Rejected, got.Wrong)
	}
}
