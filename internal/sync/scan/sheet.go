package scan

import (
	"context"
	"slices"
	"time"

	"sheet24"
)

// describeEvery is how old what we know of a spreadsheet may be: its title, its locale
// and its zone are read again after that.
const describeEvery = time.Hour

// describe reads what a table's spreadsheet is like, unless that was done a while ago
// and nobody told of a change that may concern it.
func (p *Scanner) describe(ctx context.Context, t *sheet24.Table, events []sheet24.Event) error {
	last, known := p.described.Load(t.ID)
	changed := slices.ContainsFunc(events, func(e sheet24.Event) bool { return e.Type == sheet24.Structure })
	if known && !changed && p.Now().Sub(last.(time.Time)) < describeEvery {
		return nil
	}
	info, err := p.Sheets.Describe(ctx, t.UserID, t.SpreadsheetID)
	if err != nil {
		return err
	}
	title, ok := info.Tabs[t.GID]
	if !ok {
		return sheet24.Errorf(sheet24.NotFound, sheet24.CodeTabUnknown)
	}
	p.described.Store(t.ID, p.Now())
	if t.SpreadsheetTitle == info.Title && t.Tab == title && t.Locale == info.Locale && t.TimeZone == info.TimeZone {
		return nil
	}
	t.SpreadsheetTitle, t.Tab, t.Locale, t.TimeZone = info.Title, title, info.Locale, info.TimeZone
	return p.Store.SetSheet(ctx, t)
}

// lookAfterTrouble is how long a sheet that cannot be read is left alone.
const lookAfterTrouble = 5 * time.Minute

// unreadable takes the error that kept a sheet from being read. A grant that ended is
// told of by the store; a sheet that is gone, or no longer shared, or whose ids are another
// table's, is looked at now and then, and found as it is then; whatever else Google refuses
// stands on the table's page, and is tried again.
func (p *Scanner) unreadable(ctx context.Context, t *sheet24.Table, events []sheet24.Event, err error) error {
	if sheet24.GrantEnded(err) {
		return nil
	}
	e := sheet24.AsError(err)
	if e.Kind == sheet24.Unavailable || e.Kind == sheet24.Internal {
		return err
	}

	p.Log.Warn("a sheet cannot be read", "table", t.ID, "error", err)
	if saved := p.Store.SetProblem(ctx, t.ID, problemOf(e)); saved != nil {
		return saved
	}
	if p.Every == 0 || e.Kind != sheet24.NotFound && e.Code != sheet24.CodeGoogleForbidden && e.Code != sheet24.CodeIDColumnShared {
		return err
	}
	if err := p.Store.CommitScan(ctx, t, sheet24.Scanned{Events: events}); err != nil {
		return err
	}
	t.Look.At = p.Now().Add(lookAfterTrouble)
	return p.Store.SetLook(ctx, t.ID, t.Look)
}

// problemOf is the code under which a table's page tells of an error: that of a sentence
// without values of its own.
func problemOf(e *sheet24.Error) sheet24.Code {
	if len(e.Args) > 0 {
		return sheet24.CodeSheetRefused
	}
	return e.Code
}

// readable notes that a sheet can be read again.
func (p *Scanner) readable(ctx context.Context, t *sheet24.Table) error {
	if t.Problem == "" {
		return nil
	}
	return p.Store.SetProblem(ctx, t.ID, "")
}
