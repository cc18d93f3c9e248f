package scan

import (
	"context"
	"time"

	"sheet24"
)

// A tab that is being edited is looked at each Every, one that is not in use less
// often, and one whose script tells of its edits hardly at all: a look then only
// makes sure.
const (
	inUse        = 10 * time.Minute // after an edit
	idlePolls    = 4                // times Every
	confirmPolls = 20               // times Every
	pollCost     = 10               // times as long as a look took
	burst        = 50               // events at once
	afterBurst   = 10 * time.Second // a look follows
	pollShare    = 2 * time.Second  // a look of each of a user's tables: half of Google's 60 reads a minute
)

// pollDue reports whether a table is to be looked at as a whole though nobody told of
// an edit.
func (p *Scanner) pollDue(t *sheet24.Table) bool { return p.Every > 0 && !t.Polling.At.After(p.Now()) }

// scanResult is what a scan was, and what it found.
type scanResult struct {
	whole  bool // of the whole tab
	told   bool // somebody had told of an edit
	found  bool // there was one
	events int  // that it looked into
	took   time.Duration
}

// schedulePoll plans a table's next poll after a scan.
func (p *Scanner) schedulePoll(ctx context.Context, t *sheet24.Table, k scanResult) error {
	if p.Every == 0 {
		return nil
	}
	now := p.Now()
	l := t.Polling
	if k.found {
		l.EditedAt = now
	}

	switch {
	case k.told:
		l.Unannounced = 0
	case k.found && t.WebhookRegistered:
		l.Unannounced++
	}

	t.Polling = l
	every, err := p.interval(ctx, t, now)
	if err != nil {
		return err
	}

	if k.events >= burst && !k.whole {
		every = min(every, afterBurst) // notifications may have been lost among so many
	}
	every = max(every, pollCost*k.took) // a tab that takes long to read is read less often

	// A scan of some rows may bring the next poll nearer, not put it off.
	if next := now.Add(every); k.whole || next.Before(l.At) {
		l.At = next
	}
	return p.Store.SetPolling(ctx, t.ID, l)
}

// interval is how long to wait before a table is looked at again.
func (p *Scanner) interval(ctx context.Context, t *sheet24.Table, now time.Time) (time.Duration, error) {
	every := idlePolls * p.Every
	switch {
	case t.WebhookRegistered && !t.Silent():
		every = confirmPolls * p.Every
	case now.Sub(t.Polling.EditedAt) < inUse || now.Sub(t.CreatedAt) < inUse: // who sets a table up tries it
		every = p.Every
	}

	tables, err := p.Store.CountTables(ctx, t.UserID)
	return max(every, min(time.Duration(tables)*pollShare, time.Duration(tables)*p.Every)), err
}
