package sheet24

import (
	"context"
	"errors"
)

// ErrLeaseLost says that another process may work by now on what this one worked on.
var ErrLeaseLost = errors.New("the lease on this work was lost")

// leaseKey is the key of what WithLease marks.
type leaseKey struct{}

// WithLease marks work that may go on only while a lease is held.
func WithLease(ctx context.Context, held func() bool) context.Context {
	return context.WithValue(ctx, leaseKey{}, held)
}

// CheckLease returns ErrLeaseLost for work whose lease is no longer held. It is asked
// right before anything is sent: a process that was frozen must not send what another
// has done meanwhile.
func CheckLease(ctx context.Context) error {
	if held, ok := ctx.Value(leaseKey{}).(func() bool); ok && !held() {
		return ErrLeaseLost
	}
	return nil
}

// stopKey is the key of what WithStop marks.
type stopKey struct{}

// WithStop marks work that is to begin nothing new once a channel is closed, and to end
// soon.
func WithStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// Stopping is closed when work is to begin nothing new. What is under way may finish for
// as long as ctx lasts.
func Stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}
