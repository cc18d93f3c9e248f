// Package stages puts the stages of the sync together, over one database, one Google and one
// CRM. An edit passes them in this order; each takes its work from a table and leaves its
// result in a table, so that the process may stop anywhere and go on later:
//
//	receive  a signed notification → webhook_events
//	scan     the rows it names     → row_snapshots, reverse_sync_logs (pending)
//	push     the pending changes   → Bitrix24, reverse_sync_logs (completed, failed)
//	report   the settled changes   → the status column of the sheet
//	compare  a whole tab           → its differences from the CRM, and what is done about them
//
// None knows another: each returns what is to be woken next, and package jobs does that. One
// scan and one report run at a time for a table, one push for a portal; package jobs sees to
// that, too.
package stages

import (
	"context"
	"log/slog"
	"time"

	"sheet24"
	"sheet24/internal/backoff"
	"sheet24/internal/isolate"
	"sheet24/internal/sync/compare"
	"sheet24/internal/sync/plan"
	"sheet24/internal/sync/push"
	"sheet24/internal/sync/receive"
	"sheet24/internal/sync/report"
	"sheet24/internal/sync/scan"
	"sheet24/internal/tab"
)

// Store is the database behind all stages, of which each sees what it declares.
type Store interface {
	receive.Store
	scan.Store
	scan.Base
	push.Store
	push.Claims
	push.Begun
	plan.Store
	report.Store
	compare.Store
	tab.Store
	tab.Begun
	tab.Follows
	isolate.Failures
}

// Parts are what the stages work with. Those that a stage which is not run would need may be
// missing.
type Parts struct {
	Store    Store
	Sheets   sheet24.Sheets
	CRM      sheet24.CRM
	Every    time.Duration  // see scan.Scanner
	Debounce time.Duration  // see scan.Scanner and push.Pusher
	Retry    backoff.Policy // see push.Pusher
	Now      func() time.Time
	Log      *slog.Logger

	Parallel int           // see push.Pusher
	Slow     time.Duration // see push.Pusher
}

// Stages are the stages of one process.
type Stages struct {
	Receiver *receive.Receiver
	Scanner  *scan.Scanner
	Pusher   *push.Pusher
	Reporter *report.Reporter
	Comparer *compare.Comparer
}

// New makes the stages.
func New(p Parts) *Stages {
	followers := &tab.Followers{Store: p.Store, Now: p.Now}
	tabs := &tab.Access{Store: p.Store, Begun: p.Store, Sheets: p.Sheets, Followers: followers, Now: p.Now, Log: p.Log}
	rows := isolate.Rows{Store: p.Store, Log: p.Log}

	return &Stages{
		Receiver: &receive.Receiver{Store: p.Store, Followers: followers, Now: p.Now},
		Scanner:  &scan.Scanner{Store: p.Store, Base: p.Store, Tabs: tabs, Sheets: p.Sheets, Rows: rows, Every: p.Every, Debounce: p.Debounce, Now: p.Now, Log: p.Log},
		Pusher: &push.Pusher{Store: p.Store, Claims: p.Store, Begun: p.Store, Base: p.Store, CRM: p.CRM, Rows: rows, Debounce: p.Debounce, Retry: p.Retry,
			Parallel: p.Parallel, Slow: p.Slow, Now: p.Now, Log: p.Log},
		Reporter: &report.Reporter{Store: p.Store, Tabs: tabs, Rows: rows, Now: p.Now, Log: p.Log},
		Comparer: &compare.Comparer{Store: p.Store, Base: p.Store, Tabs: tabs, CRM: p.CRM, Rows: rows, Now: p.Now},
	}
}

// Scan runs a round of the scan of a table.
func (s *Stages) Scan(ctx context.Context, tableID int64) (sheet24.Next, error) {
	return s.Scanner.Scan(ctx, tableID)
}

// Push runs a round of the push to a portal.
func (s *Stages) Push(ctx context.Context, portalID int64, meanwhile func(...sheet24.WakeUp)) (sheet24.Next, error) {
	return s.Pusher.Push(ctx, portalID, meanwhile)
}

// Report runs a round of the report to a table's sheet.
func (s *Stages) Report(ctx context.Context, tableID int64) (sheet24.Next, error) {
	return s.Reporter.Report(ctx, tableID)
}

// Compare runs a round of the comparison of a table.
func (s *Stages) Compare(ctx context.Context, tableID int64) (sheet24.Next, error) {
	return s.Comparer.Compare(ctx, tableID)
}
