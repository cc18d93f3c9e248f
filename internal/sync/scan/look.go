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
	inUse      = 10 * time.Minute // after an edit
	idleLooks  = 4                // times Every
	madeSure   = 20               // times Every
	restsOf    = 10               // times as long as a look took
	burst      = 50               // events at once
	afterBurst = 10 * time.Second // a look follows
	looksShare = 2 * time.Second  // a look of each of a user's tables: half of Google's 60 reads a minute
)

// lookNow tells whether a table is to be looked at as a whole though nobody told of
// an edit.
func (p *Scanner) lookNow(t *sheet24.Table) bool { return p.Every > 0 && !t.Look.At.After(p.Now()) }

// look is what a scan was, and what it found.
type look struct {
	whole  bool // of the whole tab
	told   bool // somebody had told of an edit
	found  bool // there was one
	events int  // that it looked into
	took   time.Duration
}

// looked plans a table's next look after a scan.
func (p *Scanner) looked(ctx context.Context, t *sheet24.Table, k look) error {
	if p.Every == 0 {
		return nil
	}
	now := p.Now()
	l := t.Look
	if k.found {
		l.EditedAt = now
	}

	switch {
	case k.told:
		l.Unannounced = 0
	case k.found && t.WebhookRegistered:
		l.Unannounced++
	}

	t.Look = l
	every, err := p.interval(ctx, t, now)
	if err != nil {
		return err
	}

	if k.events >= burst && !k.whole {
		every = min(every, afterBurst) // nudges may have been lost among so many
	}
	every = max(every, restsOf*k.took) // a tab that takes long to read is read less often

	// A scan of some rows may bring the next poll nearer, not put it off.
	if next := now.Add(every); k.whole || next.Before(l.At) {
		l.At = next
	}
	return p.Store.SetLook(ctx, t.ID, l)
}

// interval is how long to wait before a table is looked at again.
func (p *Scanner) interval(ctx context.Context, t *sheet24.Table, now time.Time) (time.Duration, error) {
	every := idleLooks * p.Every
	switch {
	case t.WebhookRegistered && !t.Silent():
		every = madeSure * p.Every
	case now.Sub(t.Look.EditedAt) < inUse || now.Sub(t.CreatedAt) < inUse: // who sets a table up tries it
		every = p.Every
	}

	tables, err := p.Store.CountTables(ctx, t.UserID)
	return max(every, min(time.Duration(tables)*looksShare, time.Duration(tables)*p.Every)), err
}
