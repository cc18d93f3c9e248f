package scan

import (
	"time"

	"sheet24"
	"sheet24/internal/tab"
)

// scanEvents is how many events one scan takes at most.
const scanEvents = 2000

// burstEvents are so many notifications at once that the rest of them is waited for, so that one
// read serves them all.
const burstEvents = 6

// unfinished tells how long to wait for the rest of a burst of notifications: until none comes
// for a moment, but not for long.
func (p *Scanner) unfinished(events []sheet24.Event) time.Duration {
	n := len(events)
	if p.Debounce == 0 || n < burstEvents || n == scanEvents {
		return 0
	}
	now := p.Now()
	return min(events[n-1].ReceivedAt.Add(p.Debounce/4).Sub(now), events[0].ReceivedAt.Add(2*p.Debounce).Sub(now))
}

// eventRows joins the rows that events name, below the header; whole is true when
// one of them asks for the whole tab, or the header itself was edited.
func eventRows(t *sheet24.Table, events []sheet24.Event) (rows []sheet24.Range, whole bool) {
	for _, e := range events {
		switch e.Type {
		case sheet24.Structure, sheet24.Recheck:
			return tab.Whole(t), true
		case sheet24.RowEdited:
			switch {
			case e.Rows.LastRow < t.HeaderRow: // a title above
			case e.Rows.FirstRow <= t.HeaderRow:
				return tab.Whole(t), true
			default:
				rows = append(rows, sheet24.Rows(e.Rows.FirstRow, e.Rows.LastRow))
			}
		}
	}

	return tab.Join(rows), false
}
