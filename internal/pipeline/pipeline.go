// Package pipeline is the sync itself. An edit passes four stages, each of which
// takes its work from a table and leaves its result in a table:
//
//	receive  a signed nudge      → webhook_events
//	scan     the nudged rows     → row_snapshots, reverse_sync_logs (pending)
//	push     the pending changes → Bitrix24, reverse_sync_logs (completed, failed)
//	report   the settled changes → the status column of the sheet
//	compare  a whole tab         → its differences from the CRM, and what is done about them
//
// So the process may stop anywhere and go on later. One scan and one report run
// at a time for a table, one push for a portal; package jobs sees to that.
package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sheet24"
)

// Store is what the stages need of the database; sqlstore.Store has it.
type Store interface {
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	TablesOfTab(ctx context.Context, spreadsheetID string, gid int64) ([]*sheet24.Table, error)
	SetRegistered(ctx context.Context, tableID int64) error
	Bindings(ctx context.Context, tableIDs []int64) (map[int64]int64, error)
	SetColumns(ctx context.Context, t *sheet24.Table, found, lost []sheet24.FieldMapping) error
	SetSheet(ctx context.Context, t *sheet24.Table) error
	SetProblem(ctx context.Context, tableID int64, code string) error
	SetStatusProblem(ctx context.Context, tableID int64, code string) error
	SetLook(ctx context.Context, tableID int64, l sheet24.Look) error
	CountTables(ctx context.Context, userID string) (int, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)

	AddEvent(ctx context.Context, e *sheet24.Event) error
	UnprocessedEvents(ctx context.Context, tableID int64, limit int) ([]sheet24.Event, error)
	Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error)
	SnapshotsAt(ctx context.Context, tableID int64, rows []int) (map[int][]sheet24.Snapshot, error)
	RecordsOf(ctx context.Context, tableID int64, keys []int64) (map[int64]int64, error)
	SnapshotsHolding(ctx context.Context, tableID int64, rows []map[string]any) ([]sheet24.Snapshot, error)
	StructureChangedAt(ctx context.Context, tableID int64, since time.Time) (time.Time, error)
	SetSecondLook(ctx context.Context, tableID int64, l sheet24.SecondLook) error
	SetStatusColumn(ctx context.Context, tableID int64, index int) error
	UnidentifiedRows(ctx context.Context, tableID int64) (map[int]sheet24.UnidentifiedRow, error)
	KeysOf(ctx context.Context, tableID int64, records []int64) (map[int64]int64, error)
	Left(ctx context.Context, tableID int64, rows []map[string]any) (map[int]bool, error)
	Present(ctx context.Context, tableID int64) (map[int64]int, error)
	CellWrites(ctx context.Context, tableID int64, limit int) ([]sheet24.CellWrite, error)
	AddCellWrites(ctx context.Context, t *sheet24.Table, cells []sheet24.CellWrite) error
	ChangesSince(ctx context.Context, tableID, first int64, records []int64) ([]sheet24.RowChange, error)
	CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error
	BeginSheetWrite(ctx context.Context, t *sheet24.Table, w sheet24.BegunSheetWrite) (id int64, err error)
	BegunSheetWrites(ctx context.Context, tableID int64, stage sheet24.Stage) ([]sheet24.BegunSheetWrite, error)
	EndSheetWrites(ctx context.Context, ids []int64) error

	SettledSince(ctx context.Context, tableID int64, since time.Time, records []int64) (map[int64]time.Time, error)
	Gathering(ctx context.Context, portalID int64) (rows int, oldest, latest time.Time, err error)
	Known(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Known, error)
	ClaimChanges(ctx context.Context, portalID int64, limit int) ([]sheet24.RowChange, error)
	ClaimOf(ctx context.Context, portalID, tableID int64, limit int) ([]sheet24.RowChange, error)
	Interrupted(ctx context.Context, portalID int64) ([]sheet24.RowChange, error)
	Due(ctx context.Context, portalID int64) (bool, error)
	DueElsewhere(ctx context.Context, portalID int64) (bool, error)
	Begin(ctx context.Context, changes []sheet24.RowChange) error
	Begun(ctx context.Context, portalID int64, before time.Time) ([]sheet24.BegunWrite, error)
	Hold(ctx context.Context, portalID int64, call sheet24.Call, until time.Time, why func(language string) string) error
	Delayed(ctx context.Context, portalID int64, why func(language string) string) error
	NoteFields(ctx context.Context, changes []sheet24.RowChange) error
	LinkRows(ctx context.Context, tableID int64, links []sheet24.RowLink) ([]sheet24.Linked, error)
	SettleChanges(ctx context.Context, changes []sheet24.RowChange) error
	FailRow(ctx context.Context, t *sheet24.Table, c sheet24.RowChange) error
	PausePortal(ctx context.Context, portalID int64, pause sheet24.Pause) error
	ResumePortal(ctx context.Context, portalID int64) error
	Untold(ctx context.Context) (tableIDs []int64, err error)
	TellWaiting(ctx context.Context, tableID int64, why string) error

	Comparison(ctx context.Context, tableID int64) (*sheet24.Comparison, error)
	SaveCompared(ctx context.Context, c *sheet24.Comparison, from sheet24.ComparisonState, rows []sheet24.RowDifference, seen map[int64]sheet24.Known) error
	Differences(ctx context.Context, tableID int64, below, limit int) ([]sheet24.RowDifference, error)
	Open(ctx context.Context, tableID int64, records []int64) ([]sheet24.RowChange, error)
	CountOpen(ctx context.Context, tableID int64) (int, error)
	LeaveNone(ctx context.Context, t *sheet24.Table) error

	Unreported(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error)
	MarkReported(ctx context.Context, changes []sheet24.RowChange) error
	TellAgain(ctx context.Context, tableID int64, records []int64) (told []int64, err error)
}

// Waker starts stages. A wake-up may be lost: the sweeper finds what waits.
type Waker interface {
	Scan(ctx context.Context, tableID int64)
	ScanLater(ctx context.Context, tableID int64, d time.Duration)
	Push(ctx context.Context, portalID int64)
	PushLater(ctx context.Context, portalID int64, d time.Duration)
	Report(ctx context.Context, tableID int64)
	Compare(ctx context.Context, tableID int64)
}

// Pipeline holds what the stages work with. All fields but Every, Gather, Retry,
// Parallel and Slow are required.
type Pipeline struct {
	Store  Store
	Sheets sheet24.Sheets
	CRM    sheet24.CRM
	Wake   Waker
	Every  time.Duration // between looks at a tab that is being edited; 0: only when told of edits
	Gather time.Duration // for which a burst of edits, and edits of a row that was pushed a moment ago, become one write; 0: none
	Retry  Retry         // zero: DefaultRetry
	Now    func() time.Time
	Log    *slog.Logger

	Parallel int           // requests to a portal under way at once: 4; 1: nothing goes on beside one
	Slow     time.Duration // how long a request may take before rows say that they wait: 10 s

	tabs      sync.Map // by tab: who follows it
	described sync.Map // by table: when its spreadsheet was last described
	down      sync.Map // by portal: how often in a row it was left alone
}
