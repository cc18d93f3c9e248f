package push

import (
	"time"

	"sheet24/internal/backoff"
)

func (p *Pusher) retry() backoff.Policy {
	if p.Retry == (backoff.Policy{}) {
		return backoff.Default
	}
	return p.Retry
}

// patience is how long a request may take before rows say that they wait for the portal.
const patience = 10 * time.Second

func (p *Pusher) slow() time.Duration {
	if p.Slow == 0 {
		return patience
	}
	return p.Slow
}
