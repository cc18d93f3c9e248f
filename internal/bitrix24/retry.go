package bitrix24

import (
	"context"

	"github.com/cenkalti/backoff/v5"

	"sheet24"
)

// tries is how often a call is made before its error is the caller's; with a
// person waiting, it is hastyTries.
const (
	tries      = 6
	hastyTries = 3
)

func triesFor(ctx context.Context) int {
	if sheet24.IsInteractive(ctx) {
		return hastyTries
	}
	return tries
}

// pace is how long to wait from try to try: doubled each time, with jitter.
func (c *Client) pace() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.Multiplier, b.MaxInterval = c.options.Pace, 2, 30*c.options.Pace
	return b
}
