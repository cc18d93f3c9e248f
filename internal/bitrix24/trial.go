package bitrix24

import (
	"context"
	"errors"
	"time"

	"sheet24"
)

// A connection that is being tried has proven nothing yet: anybody may type the name of any
// portal. All such requests to a portal share a small bucket of their own, in all
// processes, and none of them stands in the line of those who work with it, or teaches
// anything about it.
var trialPlan = sheet24.Plan{Rate: 0.2, Burst: reserve + 2}

// trialWithin is how long somebody who connects a portal waits for an answer, their turn
// included.
const trialWithin = 30 * time.Second

type trialKey struct{}

func isTrial(ctx context.Context) bool { return ctx.Value(trialKey{}) != nil }

// try inspects a connection that is not known yet.
func (c *Client) try(ctx context.Context, p *sheet24.Portal) error {
	within, cancel := context.WithTimeout(context.WithValue(ctx, trialKey{}, true), trialWithin)
	defer cancel()

	err := c.inspect(within, p)
	_, unsent := errors.AsType[errNotSent](err)
	if unsent && ctx.Err() == nil && errors.Is(within.Err(), context.DeadlineExceeded) {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalTriedOften, p.Host).Because(err)
	}
	return err
}

// trialLine is where connections to a portal that are being tried stand in line.
func (c *Client) trialLine(host string) *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := "trial " + host
	if c.lines[key] == nil {
		l := &line{&limiter{host: key, buckets: c.options.Buckets}, newBatchSize(c.options.RequestLimit), c.newSilence(host)}
		l.limiter.follow(trialPlan)
		c.lines[key] = l
	}
	return c.lines[key]
}
