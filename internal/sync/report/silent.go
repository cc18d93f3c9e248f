package report

import (
	"context"

	"sheet24"
	"sheet24/internal/locale"
)

// ReportPaused has rows that wait for a paused portal say so, and why, unless they do: who
// finds out that a portal does not answer has not all of them in hand.
func (p *Reporter) ReportPaused(ctx context.Context) (next sheet24.Next, err error) {
	tables, err := p.Store.PausedUnreported(ctx)
	if err != nil {
		return next, err
	}

	for _, id := range tables {
		t, err := p.Store.Table(ctx, id)
		if err != nil {
			return next, sheet24.IgnoreNotFound(err)
		}
		portal, err := p.Store.Portal(ctx, t.PortalID)
		if err != nil {
			return next, sheet24.IgnoreNotFound(err)
		}

		why := locale.Paused(t.Language, portal, p.Now())
		if why == "" { // it goes on by now
			continue
		}

		if err := p.Store.ReportPaused(ctx, t.ID, why); err != nil {
			return next, err
		}
		next.Report(t.ID)
	}
	return next, nil
}
