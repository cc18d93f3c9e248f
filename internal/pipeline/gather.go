package pipeline

import (
	"context"
	"slices"
	"time"

	"sheet24"
)

// A burst of edits is gathered, so that rows that come together go together, 50 to a
// request: until no more come for a moment, but not for long. A few edits go at once.
const (
	burstRows = 5
	calm      = 2 // parts of Gather without an edit
	longest   = 5 // times Gather
)

// gathers tells how long to wait for the rest of a burst.
func (p *Pipeline) gathers(ctx context.Context, portalID int64) (time.Duration, error) {
	if p.Gather == 0 {
		return 0, nil
	}
	rows, oldest, latest, err := p.Store.Gathering(ctx, portalID)
	if err != nil || rows < burstRows || rows >= pushRows {
		return 0, err
	}
	now := p.Now()
	return min(latest.Add(p.Gather/calm).Sub(now), oldest.Add(longest*p.Gather).Sub(now)), nil
}

// inTurn orders changes so that tables take turns, each with its oldest first.
func inTurn(changes []sheet24.RowChange) []sheet24.RowChange {
	turn := map[int64]int{} // of each table
	at := make(map[int64]int, len(changes))
	for _, c := range changes {
		at[c.ID] = turn[c.TableID]
		turn[c.TableID]++
	}
	ordered := slices.Clone(changes)
	slices.SortStableFunc(ordered, func(a, b sheet24.RowChange) int { return at[a.ID] - at[b.ID] })
	return ordered
}
