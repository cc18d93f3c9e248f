package bitrix24_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bucket"
	"sheet24/internal/sim/bitrixsim"
)

// TestStrangersWhoConnect has a stranger, in another process, try one made-up webhook of a
// portal after the other, while its owner edits: the owner's requests are as fast as
// without, and all of the bucket is theirs.
func TestStrangersWhoConnect(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 20, Burst: 10}
	buckets := bucket.NewMemory()
	w := newWorld(t, bitrixsim.Options{Leak: plan.Rate + 1, Brim: plan.Burst + 5}, bitrix24.Options{Plan: plan, Buckets: buckets})
	stranger := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{w.host()}, Buckets: buckets, Pace: time.Millisecond})
	made := "http://" + w.host() + "/rest/1/uydurma/"
	edits := func() time.Duration {
		began := time.Now()
		for range 30 {
			w.check(w.ping(sheet24.Interactive(t.Context())))
		}
		return time.Since(began)
	}
	edits() // fills the bucket, so that both measure its pace
	alone := edits()

	ctx, cancel := context.WithCancel(t.Context())
	var strangers sync.WaitGroup
	for range 20 {
		strangers.Go(func() {
			for ctx.Err() == nil {
				stranger.Connect(ctx, made)
			}
		})
	}
	beside := edits()
	cancel()
	strangers.Wait()

	if beside > alone*3/2+200*time.Millisecond {
		t.Errorf("30 edits took %v beside strangers; %v alone", beside, alone)
	}
	s := w.sim.Stats()
	if len(s.Rejected) != 0 {
		t.Errorf("rejected: %v", s.Rejected)
	}
	t.Logf("30 edits: %v alone, %v beside strangers", alone, beside)
}

// TestConnectingHasATurn: who connects while strangers try the same portal is told to come
// again, and not that the portal is away.
func TestConnectingHasATurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	made := "http://" + w.host() + "/rest/1/uydurma/"

	_, err := w.Connect(t.Context(), w.portal.WebhookURL)
	w.check(err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var strangers sync.WaitGroup
	for range 20 {
		strangers.Go(func() { w.Connect(ctx, made) })
	}
	strangers.Wait()

	if n := w.sim.Stats().Requests; n > 5 {
		t.Errorf("%d requests were made of 21 attempts within %v", n, 200*time.Millisecond)
	}
	_, err = w.Connect(t.Context(), w.portal.WebhookURL)
	if err != nil {
		t.Errorf("in their turn: %v", err)
	}
}
