package pipeline

import "context"

// TellWaiting has rows that wait for a paused portal say so, and why, unless they do: who
// finds out that a portal does not answer has not all of them in hand.
func (p *Pipeline) TellWaiting(ctx context.Context) error {
	tables, err := p.Store.Untold(ctx)
	if err != nil {
		return err
	}

	for _, id := range tables {
		t, err := p.Store.Table(ctx, id)
		if err != nil {
			return ignoreNotFound(err)
		}
		why, err := p.waits(ctx, t)
		if err != nil {
			return ignoreNotFound(err)
		}
		if why == "" { // it goes on by now
			continue
		}
		if err := p.Store.TellWaiting(ctx, t.ID, why); err != nil {
			return err
		}
		p.Wake.Report(ctx, t.ID)
	}
	return nil
}
