package jobs

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"sheet24"
)

// A lease lasts for leaseFor after it was last renewed, which is tried every
// renewEvery. Its owner stops leaseMargin before anybody else could take it, by its own
// clock, which goes on while the process is frozen.
const (
	leaseFor    = 12 * time.Second
	renewEvery  = 3 * time.Second
	leaseMargin = 2 * time.Second
)

// lease is the right to work on something alone, of all processes.
type lease struct {
	ctx context.Context // ends when the lease is lost

	store   Store
	subject string
	owner   string
	stop    context.CancelCauseFunc
	renewer sync.WaitGroup

	mu    sync.Mutex
	until time.Time
}

// acquire takes the lease of a subject; nil: somebody has it.
func acquire(ctx context.Context, store Store, subject string) (*lease, error) {
	l := &lease{store: store, subject: subject, owner: rand.Text(), until: time.Now().Add(leaseFor - leaseMargin)}
	if ok, err := store.Acquire(ctx, subject, l.owner, leaseFor); err != nil || !ok {
		return nil, err
	}
	ctx, l.stop = context.WithCancelCause(ctx)
	l.ctx = sheet24.WithLease(ctx, l.held)
	l.renewer.Go(l.renew)
	return l, nil
}

func (l *lease) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// renew prolongs the lease until its work ends or it is lost.
func (l *lease) renew() {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()

	for {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			return
		}

		asked := time.Now()
		ok, err := l.store.Renew(l.ctx, l.subject, l.owner, leaseFor)
		if ok && err == nil {
			l.mu.Lock()
			l.until = asked.Add(leaseFor - leaseMargin)
			l.mu.Unlock()
		}

		// The database may be away for a moment; a lease that it gave to another is lost.
		if err == nil && !ok || !l.held() {
			l.stop(sheet24.ErrLeaseLost)
			return
		}
	}
}

// release gives the lease back; the next owner has to wait for a while.
func (l *lease) release(rest time.Duration) error {
	l.stop(nil)
	l.renewer.Wait()
	return l.store.Release(context.WithoutCancel(l.ctx), l.subject, l.owner, rest)
}

// Alone runs f unless another process does; then it does nothing.
func (r *Runner) Alone(ctx context.Context, subject string, f func(ctx context.Context)) error {
	l, err := acquire(ctx, r.store, subject)
	if err != nil || l == nil {
		return err
	}
	f(l.ctx)
	return l.release(0)
}
