package bitrix24

import (
	"context"

	"sheet24"
	"sheet24/internal/backoff"
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

// pauses is how long to wait from try to try.
func (c *Client) pauses() backoff.Policy {
	return backoff.Policy{First: c.options.Pace, Last: 30 * c.options.Pace}
}
