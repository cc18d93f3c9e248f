package bitrix24

import (
	"context"
	"slices"
	"sync"
	"time"

	"sheet24"
)

// reserve is how much of the bucket is left empty: requests do not arrive evenly
// as they were sent.
const reserve = 3

// limiter keeps requests within a portal's leaky bucket: each adds one, a steady
// leak takes away, and above the brim the portal refuses. It counts requests,
// not records: a batch is one. Who has somebody waiting goes first.
type limiter struct {
	mu       sync.Mutex
	plan     sheet24.Plan
	level    float64
	last     time.Time
	urgent   []chan struct{} // waiting, in the order of their coming
	ordinary []chan struct{}
	timer    *time.Timer
}

func newLimiter(plan sheet24.Plan) *limiter { return &limiter{plan: plan, last: time.Now()} }

// wait returns when a request may be sent, or with ctx's error.
func (l *limiter) wait(ctx context.Context, urgent bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ready := make(chan struct{})
	l.mu.Lock()
	if urgent {
		l.urgent = append(l.urgent, ready)
	} else {
		l.ordinary = append(l.ordinary, ready)
	}
	l.dispatch()
	l.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(c chan struct{}) bool { return c == ready }
	l.urgent, l.ordinary = slices.DeleteFunc(l.urgent, same), slices.DeleteFunc(l.ordinary, same)
	return ctx.Err()
}

// dispatch lets go whoever there is room for, and comes again when there will be
// more. l.mu is held.
func (l *limiter) dispatch() {
	l.drain()
	brim := max(1, l.plan.Burst-reserve)
	for len(l.urgent)+len(l.ordinary) > 0 && l.level+1 <= brim {
		var next chan struct{}
		if len(l.urgent) > 0 {
			next, l.urgent = l.urgent[0], l.urgent[1:]
		} else {
			next, l.ordinary = l.ordinary[0], l.ordinary[1:]
		}
		l.level++
		close(next)
	}
	if len(l.urgent)+len(l.ordinary) == 0 {
		return
	}
	// A nanosecond more, since rounding must not wake too early for ever.
	d := time.Duration((l.level+1-brim)/l.plan.Rate*float64(time.Second)) + 1
	if l.timer == nil {
		l.timer = time.AfterFunc(d, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.dispatch()
		})
	} else {
		l.timer.Reset(d)
	}
}

func (l *limiter) drain() {
	now := time.Now()
	l.level = max(0, l.level-now.Sub(l.last).Seconds()*l.plan.Rate)
	l.last = now
}

// overflowed tells the limiter that the portal refused a request: its bucket is
// full, whoever filled it. If there should have been room beyond what a standard
// plan has, the plan is a standard one; then that is returned, and true.
func (l *limiter) overflowed() (sheet24.Plan, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drain()
	standard := sheet24.StandardPlan
	smaller := l.plan.Burst > standard.Burst && l.level < l.plan.Burst-2*reserve && l.level > standard.Burst-2*reserve
	if smaller {
		l.plan = standard
	}
	l.level = l.plan.Burst
	return l.plan, smaller
}

func (l *limiter) setPlan(plan sheet24.Plan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drain()
	l.plan = plan
	l.dispatch()
}

// now is the bucket's level.
func (l *limiter) now() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drain()
	return l.level
}

// fill raises the bucket to a level that somebody else filled it to.
func (l *limiter) fill(level float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drain()
	l.level = max(l.level, min(level, l.plan.Burst))
}
