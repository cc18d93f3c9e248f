package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"sheet24"
)

// scanEvents is how many events one scan takes at most.
const scanEvents = 2000

// burstEvents are so many nudges at once that the rest of them is waited for, so that one
// read serves them all.
const burstEvents = 6

// announced tells how long to wait for the rest of a burst of nudges: until none comes
// for a moment, but not for long.
func (p *Pipeline) announced(events []sheet24.Event) time.Duration {
	n := len(events)
	if p.Gather == 0 || n < burstEvents || n == scanEvents {
		return 0
	}
	now := p.Now()
	return min(events[n-1].ReceivedAt.Add(p.Gather/4).Sub(now), events[0].ReceivedAt.Add(2*p.Gather).Sub(now))
}

// wholeTab are all rows below a table's header.
func wholeTab(t *sheet24.Table) []sheet24.Range {
	return []sheet24.Range{sheet24.Rows(t.HeaderRow+1, 0)}
}

// Recheck asks for a look at a whole tab: nobody may have told of what was edited
// while the service, or its user's grant, was away.
func (p *Pipeline) Recheck(ctx context.Context, t *sheet24.Table) error {
	e := &sheet24.Event{TableID: t.ID, Type: sheet24.Recheck, MessageID: "recheck-" + uuid.Must(uuid.NewV7()).String(), Data: []byte("{}")}
	if err := p.Store.AddEvent(ctx, e); err != nil {
		return err
	}
	p.Wake.Scan(ctx, t.ID)
	return nil
}

// nudged joins the rows that events name, below the header; whole is true when
// one of them asks for the whole tab, or the header itself was edited.
func nudged(t *sheet24.Table, events []sheet24.Event) (rows []sheet24.Range, whole bool) {
	for _, e := range events {
		switch e.Type {
		case sheet24.Structure, sheet24.Recheck:
			return wholeTab(t), true
		case sheet24.RowEdited:
			switch {
			case e.Rows.LastRow < t.HeaderRow: // a title above
			case e.Rows.FirstRow <= t.HeaderRow:
				return wholeTab(t), true
			default:
				rows = append(rows, sheet24.Rows(e.Rows.FirstRow, e.Rows.LastRow))
			}
		}
	}
	return join(rows), false
}

// join sorts blocks of rows and makes one of those that touch.
func join(rows []sheet24.Range) (joined []sheet24.Range) {
	slices.SortFunc(rows, func(a, b sheet24.Range) int { return a.FirstRow - b.FirstRow })
	for _, r := range rows {
		if n := len(joined); n > 0 && r.FirstRow <= joined[n-1].LastRow+1 {
			joined[n-1].LastRow = max(joined[n-1].LastRow, r.LastRow)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}
