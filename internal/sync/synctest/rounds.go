// Package synctest runs the stages of the sync for tests.
package synctest

import (
	"context"

	"sheet24"
	"sheet24/internal/sync/receive"
	"sheet24/internal/sync/stages"
)

// Rounds runs stages one round at a time, when a test says so; nobody is woken. What the
// stages work with may be exchanged between rounds.
type Rounds struct {
	stages.Parts
	made *stages.Stages
}

// New makes Rounds.
func New(p stages.Parts) *Rounds { return &Rounds{Parts: p} }

// stages are the stages as they are to be now. What they remember goes on.
func (r *Rounds) stages() *stages.Stages {
	now := stages.New(r.Parts)
	if r.made == nil {
		r.made = now
		return now
	}

	followers := r.made.Receiver.Followers
	followers.Store, followers.Now = r.Store, r.Now
	now.Receiver.Followers, now.Scanner.Tabs.Followers = followers, followers
	r.made.Receiver, r.made.Reporter, r.made.Comparer = now.Receiver, now.Reporter, now.Comparer

	s, ns := r.made.Scanner, now.Scanner
	s.Store, s.Base, s.Tabs, s.Sheets, s.Rows, s.Every, s.Debounce, s.Now, s.Log = ns.Store, ns.Base, ns.Tabs, ns.Sheets, ns.Rows, ns.Every, ns.Debounce, ns.Now, ns.Log
	p, np := r.made.Pusher, now.Pusher
	p.Store, p.Claims, p.Begun, p.Base, p.CRM, p.Rows, p.Now, p.Log = np.Store, np.Claims, np.Begun, np.Base, np.CRM, np.Rows, np.Now, np.Log
	p.Debounce, p.Retry, p.Parallel, p.Slow = np.Debounce, np.Retry, np.Parallel, np.Slow
	return r.made
}

// Receive takes a notification.
func (r *Rounds) Receive(ctx context.Context, sig receive.Signature, body []byte) error {
	_, err := r.stages().Receiver.Receive(ctx, sig, body)
	return err
}

// Recheck asks for a look at a whole tab.
func (r *Rounds) Recheck(ctx context.Context, t *sheet24.Table) error {
	_, err := r.stages().Receiver.Recheck(ctx, t)
	return err
}

// Scan scans a table.
func (r *Rounds) Scan(ctx context.Context, tableID int64) (more bool, err error) {
	next, err := r.stages().Scan(ctx, tableID)
	return next.More, err
}

// Push pushes to a portal.
func (r *Rounds) Push(ctx context.Context, portalID int64) (more bool, err error) {
	next, err := r.stages().Push(ctx, portalID, nil)
	return next.More, err
}

// Report reports to a table's sheet.
func (r *Rounds) Report(ctx context.Context, tableID int64) (more bool, err error) {
	next, err := r.stages().Report(ctx, tableID)
	return next.More, err
}

// Compare compares a table with the CRM.
func (r *Rounds) Compare(ctx context.Context, tableID int64) (more bool, err error) {
	next, err := r.stages().Compare(ctx, tableID)
	return next.More, err
}

// ReportPaused has rows that wait say so.
func (r *Rounds) ReportPaused(ctx context.Context) error {
	_, err := r.stages().Reporter.ReportPaused(ctx)
	return err
}
