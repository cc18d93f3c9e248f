package bitrix24

import (
	"context"
	"slices"
	"sync"
	"time"

	"sheet24"
	"sheet24/internal/bucket"
)

// inARow is how many requests that somebody waits for go before one that nobody does.
const inARow = 3

// reserve is how much of the bucket is left empty: requests do not arrive evenly
// as they were sent.
const reserve = 3

// While the bucket is less than half full, ahead requests are counted at once, for as long
// as aheadFor: then most need not ask how full it is.
const (
	ahead    = 4
	aheadFor = 500 * time.Millisecond
)

// limiter has this process's requests to a portal stand in line for room in the portal's
// bucket. It counts requests, not records: a batch is one. Who has somebody waiting goes
// first, but not for ever.
type limiter struct {
	host    string
	buckets bucket.Buckets

	mu       sync.Mutex
	given    sheet24.Plan // as the portal was last known to have it
	plan     sheet24.Plan // as it turned out
	counted  int          // requests that have not been sent yet
	at       time.Time    // when those were counted
	level    float64      // of the bucket then, up to the last request sent
	urgent   []chan error // waiting, in the order of their coming
	ordinary []chan error
	row      int // of urgent ones that went before an ordinary one
	serving  bool
}

// takeTime is how long it may take to learn the bucket's level.
const takeTime = 10 * time.Second

// wait returns when a request may be sent, or with ctx's error, or that of the buckets.
func (l *limiter) wait(ctx context.Context, urgent bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}

	ready := make(chan error, 1)
	l.mu.Lock()
	if urgent {
		l.urgent = append(l.urgent, ready)
	} else {
		l.ordinary = append(l.ordinary, ready)
	}
	if !l.serving {
		l.serving = true
		go l.serve()
	}
	l.mu.Unlock()

	select {
	case err := <-ready:
		return err
	case <-ctx.Done():
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(c chan error) bool { return c == ready }
	l.urgent, l.ordinary = slices.DeleteFunc(l.urgent, same), slices.DeleteFunc(l.ordinary, same)
	return ctx.Err()
}

// serve takes one turn after the other, until nobody waits. Whose turn it is shows when
// it has come.
func (l *limiter) serve() {
	for {
		l.mu.Lock()
		if len(l.urgent)+len(l.ordinary) == 0 {
			l.serving = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()

		turn, err := l.turn()
		time.Sleep(time.Until(turn))
		l.mu.Lock()
		next := &l.urgent
		if len(l.urgent) == 0 || l.row == inARow && len(l.ordinary) > 0 {
			next = &l.ordinary
			l.row = 0
		} else if len(l.ordinary) > 0 {
			l.row++
		}

		if len(*next) > 0 { // it may have gone away meanwhile
			(*next)[0] <- err
			*next = (*next)[1:]
		}
		l.mu.Unlock()
	}
}

// turn counts a request and tells when there is room for it.
func (l *limiter) turn() (time.Time, error) {
	l.mu.Lock()
	plan, n := l.plan, 0
	brim := max(1, plan.Burst-reserve)

	switch {
	case l.counted > 0 && time.Since(l.at) < aheadFor:
	case l.level+ahead <= brim/2:
		n = ahead
	default:
		n = 1
	}
	l.mu.Unlock()

	var level float64
	if n > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), takeTime)
		defer cancel()
		var err error
		if level, err = l.buckets.Take(ctx, "bitrix24 "+l.host, float64(n), plan.Rate); err != nil {
			return time.Time{}, err
		}
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 {
		l.counted, l.at, l.level = n, time.Now(), level-float64(n)
	}

	l.counted--
	l.level++
	return l.at.Add(time.Duration((l.level - brim) / plan.Rate * float64(time.Second))), nil
}

// spare is how many requests more there is room for at this moment.
func (l *limiter) spare() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return 0
	}
	level := max(0, l.level-time.Since(l.at).Seconds()*l.plan.Rate)
	return int(max(1, l.plan.Burst-reserve) - level - float64(len(l.urgent)+len(l.ordinary)))
}

// pace is how long it takes until there is room for one more.
func (l *limiter) pace() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(float64(time.Second) / l.plan.Rate)
}

// giveBack ends a turn for which nothing was sent.
func (l *limiter) giveBack() {
	l.mu.Lock()
	l.level--
	rate := l.plan.Rate
	l.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), takeTime)
	defer cancel()
	l.buckets.Take(ctx, "bitrix24 "+l.host, -1, rate) // else it counts as sent, which does no harm
}

// overflowed tells the limiter that the portal refused a request: its bucket is
// full, whoever filled it. If there should have been room beyond what a standard
// plan has, the plan is a standard one; then that is returned, and true.
func (l *limiter) overflowed(ctx context.Context) (plan sheet24.Plan, smaller bool, err error) {
	l.mu.Lock()
	standard := sheet24.StandardPlan

	smaller = l.plan.Burst > standard.Burst && l.level < l.plan.Burst-2*reserve && l.level > standard.Burst-2*reserve
	if smaller {
		l.plan = standard
	}
	plan = l.plan

	l.counted, l.level = 0, plan.Burst
	l.mu.Unlock()
	return plan, smaller, l.buckets.Fill(ctx, "bitrix24 "+l.host, plan.Burst)
}

// follow has the limiter keep to another plan, if the portal has got one: what turned out
// counts for more than what was known before.
func (l *limiter) follow(plan sheet24.Plan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given != plan {
		l.given, l.plan = plan, plan
	}
}
