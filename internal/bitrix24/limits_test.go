package bitrix24_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bucket"
	"sheet24/internal/sim/bitrixsim"
)

func (w *world) titles(n int) []sheet24.ItemWrite {
	writes := make([]sheet24.ItemWrite, n)
	for i := range writes {
		writes[i] = sheet24.ItemWrite{Entity: sheet24.Leads, ID: w.sim.Add(1, map[string]any{"title": "eski"}), Fields: map[string]any{"title": fmt.Sprint("yeni ", i)}}
	}
	return writes
}

// ping makes one request that reads.
func (w *world) ping(ctx context.Context) error {
	_, failed := w.Items(ctx, w.portal, []sheet24.ItemRef{{Entity: sheet24.Leads, ID: 1}})
	return failed[sheet24.Leads]
}

// TestTheBucketNeverOverflows sends more than a bucket holds, from many sides.
func TestTheBucketNeverOverflows(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 40, Burst: 20}
	w := newWorld(t, bitrixsim.Options{Leak: plan.Rate, Brim: plan.Burst}, bitrix24.Options{Plan: plan})
	start := time.Now()
	var calls sync.WaitGroup
	for range 60 {
		calls.Go(func() {
			if err := w.ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	s := w.sim.Stats()
	if len(s.Rejected) != 0 {
		t.Errorf("rejected: %v of %d", s.Rejected, s.Requests)
	}
	if took := time.Since(start); took < time.Second/2 {
		t.Errorf("%d requests took %v", s.Requests, took)
	}
}

func TestWhoIsWaitedForGoesFirst(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 20, Burst: 4} // one at a time
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Plan: plan})
	w.check(w.ping(t.Context()))
	var done sync.Mutex
	finished := 0
	var calls sync.WaitGroup
	for range 10 {
		calls.Go(func() {
			w.ping(t.Context())
			done.Lock()
			finished++
			done.Unlock()
		})
	}
	time.Sleep(20 * time.Millisecond) // they stand in line
	w.check(w.ping(sheet24.Interactive(t.Context())))
	done.Lock()
	before := finished
	done.Unlock()
	calls.Wait()
	if before > 3 {
		t.Errorf("%d of 10 calls in bulk went before the one that a person waited for", before)
	}
}

// TestWhoIsWaitedForDoesNotBarTheWay has somebody ask again and again.
func TestWhoIsWaitedForDoesNotBarTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Plan: sheet24.Plan{Rate: 50, Burst: 4}}) // one at a time
	ctx, cancel := context.WithCancel(sheet24.Interactive(t.Context()))
	var people sync.WaitGroup
	for range 3 {
		people.Go(func() {
			for ctx.Err() == nil {
				w.ping(ctx)
			}
		})
	}
	began := time.Now()
	for range 3 {
		w.check(w.ping(t.Context()))
	}
	took := time.Since(began)
	cancel()
	people.Wait()
	if took > 2*time.Second {
		t.Errorf("three requests in bulk took %v", took)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Plan: sheet24.Plan{Rate: 0.001, Burst: 4}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wantCode(t, "no room", w.ping(ctx), sheet24.Unavailable, sheet24.CodePortalUnreachable)
}

// TestABucketThatOthersFill is shared with another application of the portal.
func TestABucketThatOthersFill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{Leak: 50, Brim: 10}, bitrix24.Options{Plan: sheet24.Plan{Rate: 50, Burst: 10}})
	other := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{w.host()}, Plan: sheet24.Plan{Rate: 1000, Burst: 1000}, Pace: time.Millisecond})
	for range 12 {
		other.Check(t.Context(), w.portal)
	}
	for range 5 {
		w.check(w.ping(t.Context()))
	}
}

// TestClientsShareABucket has three clients, as of three processes, send more together than
// a bucket holds.
func TestClientsShareABucket(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 40, Burst: 20}
	options := bitrix24.Options{Plan: plan, Buckets: bucket.NewMemory(), Pace: time.Millisecond}
	w := newWorld(t, bitrixsim.Options{Leak: plan.Rate, Brim: plan.Burst}, options)
	options.Hosts = bitrix24.Hosts{w.host()}
	clients := []*bitrix24.Client{w.Client, bitrix24.New(options), bitrix24.New(options)}
	var calls sync.WaitGroup
	for i := range 60 {
		calls.Go(func() {
			if _, failed := clients[i%3].Items(t.Context(), w.portal, []sheet24.ItemRef{{Entity: sheet24.Leads, ID: 1}}); failed[sheet24.Leads] != nil {
				t.Error(failed)
			}
		})
	}
	calls.Wait()
	if s := w.sim.Stats(); len(s.Rejected) != 0 || s.Requests < 60 {
		t.Errorf("rejected: %v of %d", s.Rejected, s.Requests)
	}
}

// awayBuckets are kept by a database that is away at first.
type awayBuckets struct {
	bucket.Buckets
	away atomic.Int32
}

func (b *awayBuckets) Take(ctx context.Context, host string, requests, rate float64) (float64, error) {
	if b.away.Add(-1) >= 0 {
		return 0, errors.New("connection refused")
	}
	return b.Buckets.Take(ctx, host, requests, rate)
}

// TestBucketsThatAreAway: nothing is sent that is not counted; it is tried again.
func TestBucketsThatAreAway(t *testing.T) {
	t.Parallel()
	b := &awayBuckets{Buckets: bucket.NewMemory()}
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Buckets: b})
	b.away.Store(2)
	w.check(w.ping(t.Context()))
	time.Sleep(600 * time.Millisecond) // what was counted ahead is worth nothing by then
	before := w.sim.Stats().Requests
	b.away.Store(1000)
	wantCode(t, "for long", w.ping(t.Context()), sheet24.Unavailable, sheet24.CodeDatabaseBusy)
	if n := w.sim.Stats().Requests - before; n != 0 {
		t.Errorf("%d requests were sent that nobody counted", n)
	}
}

// TestAPlanThatIsSmallerThanThought is found from the first refusal, and kept.
func TestAPlanThatIsSmallerThanThought(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 100, Brim: 50})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Store: k, Pace: time.Millisecond})
	p, err := client.Connect(t.Context(), server.URL+sim.WebhookPath())
	if err != nil {
		t.Fatal(err)
	}
	p.ID, p.Plan = 7, sheet24.Plan{Rate: 100, Burst: 250}
	for range 70 {
		if err := client.Check(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if k.p.Plan != (sheet24.Plan{}) {
			break
		}
	}
	if got, _ := k.Portal(t.Context(), 7); got.Plan != sheet24.StandardPlan {
		t.Errorf("plan = %+v after %v", got.Plan, sim.Stats().Rejected)
	}
}

// TestOperatingTimeIsNotUsedUp writes as much as a method's operating time bears,
// and then waits instead of being refused.
func TestOperatingTimeIsNotUsedUp(t *testing.T) {
	t.Parallel()
	const limit, window = 400 * time.Millisecond, 2 * time.Second
	w := newWorld(t, bitrixsim.Options{OperatingLimit: limit, OperatingWindow: window, Work: map[string]time.Duration{"crm.item.update": 4 * time.Millisecond}},
		bitrix24.Options{OperatingLimit: limit, Parallel: 2})
	start := time.Now()
	w.wrote(w.titles(200)...) // twice as much as one window bears
	if took := time.Since(start); took < window/2 {
		t.Errorf("it took %v", took)
	}
	if s := w.sim.Stats(); len(s.Rejected) != 0 {
		t.Errorf("rejected: %v", s.Rejected)
	}
	for i, r := range w.sim.Records(1) {
		if r.Fields["title"] != fmt.Sprint("yeni ", i) {
			t.Fatalf("record %d: %v", i, r.Fields["title"])
		}
	}
}

// TestOperatingTimeThatOthersUsedUp is met once, and waited for.
func TestOperatingTimeThatOthersUsedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{OperatingLimit: 800 * time.Millisecond})
	w.fail(bitrixsim.Fault{Kind: "429", Method: "crm.item.update", Times: 2})
	w.wrote(w.titles(3)...)
}

// TestBatchesShrinkBeforeTheyTimeOut has a portal so slow that fifty updates take
// longer than a request may run.
func TestBatchesShrinkBeforeTheyTimeOut(t *testing.T) {
	t.Parallel()
	const limit = 400 * time.Millisecond
	w := newWorld(t, bitrixsim.Options{RequestLimit: limit, Work: map[string]time.Duration{"crm.item.update": 10 * time.Millisecond}},
		bitrix24.Options{RequestLimit: limit})
	writes := w.titles(300)
	open := 0 // writes whose end is not known, which only the first requests may have
	for todo := writes; len(todo) > 0; {
		turn, err := w.Turn(t.Context(), w.portal)
		w.check(err)
		n := min(turn.Size(), len(todo))
		for _, d := range turn.Send(t.Context(), sheet24.Request{Writes: todo[:n]}).Written {
			if d.Outcome == sheet24.Open {
				open++
			}
		}
		todo = todo[n:]
	}
	if open != 50 {
		t.Errorf("%d writes were cut off from", open)
	}
}

func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"503", "502", "lost", "truncated"} {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		id := w.lead("a@x.tr")
		w.fail(bitrixsim.Fault{Kind: kind, Times: 2})
		items, failed := w.Items(t.Context(), w.portal, []sheet24.ItemRef{{Entity: sheet24.Leads, ID: id}})
		if len(failed) > 0 || len(items) != 1 {
			t.Errorf("%s twice: %v, %v", kind, items, failed)
		}
	}
}
