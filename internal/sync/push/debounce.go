package push

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A burst of edits is gathered, so that rows that come together go together, 50 to a
// request: until no more come for a moment, but not for long. A few edits go at once, and
// so do very many.
const (
	burstRows = 5
	floodRows = 1250
	calm      = 2 // parts of Debounce without an edit
	longest   = 5 // times Debounce
)

// debounce says how long to wait for the rest of a burst, and how many rows wait, of which
// no more than some thousands are counted.
func (p *Pusher) debounce(ctx context.Context, portalID int64) (wait time.Duration, rows int, err error) {
	if p.Debounce == 0 {
		return 0, 0, nil
	}
	rows, oldest, latest, err := p.Claims.Debouncing(ctx, portalID)
	if err != nil || rows < burstRows || rows >= floodRows {
		return 0, rows, err
	}

	now := p.Now()
	return max(0, min(latest.Add(p.Debounce/calm).Sub(now), oldest.Add(longest*p.Debounce).Sub(now))), rows, nil
}

// inTurn orders rows so that tables take turns, those with few first, and each its oldest
// rows first.
func inTurn(rows []*row) []*row {
	count := map[int64]int{} // of each table
	for _, r := range rows {
		count[r.change.TableID]++
	}

	turn := map[int64]int{}
	at := make(map[*row]int, len(rows))
	for _, r := range rows {
		at[r] = turn[r.change.TableID]
		turn[r.change.TableID]++
	}

	ordered := slices.Clone(rows)
	slices.SortStableFunc(ordered, func(a, b *row) int {
		return cmp.Or(at[a]-at[b], count[a.change.TableID]-count[b.change.TableID])
	})
	return ordered
}
