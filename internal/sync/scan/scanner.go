// Package scan finds what was edited in a tab: it reads the rows that notifications named, or
// all of them, compares them with their snapshots, and leaves a pending change for each row
// that differs.
package scan

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/tab"
)

// Store is what a scan works off, and what it keeps of a table.
type Store interface {
	isolate.Commits
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	CountTables(ctx context.Context, userID string) (int, error)
	UnprocessedEvents(ctx context.Context, tableID int64, limit int) ([]sheet24.Event, error)
	CellWrites(ctx context.Context, tableID int64, limit int) ([]sheet24.CellWrite, error)
	SettledSince(ctx context.Context, tableID int64, since time.Time, records []int64) (map[int64]time.Time, error)
	SetSheet(ctx context.Context, t *sheet24.Table) error
	SetProblem(ctx context.Context, tableID int64, code sheet24.Code) error
	SetLook(ctx context.Context, tableID int64, l sheet24.Look) error
	SetSecondLook(ctx context.Context, tableID int64, l sheet24.SecondLook) error
}

// Known is what is known of a table's rows.
type Known interface {
	Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error)
	SnapshotsAt(ctx context.Context, tableID int64, rows []int) (map[int][]sheet24.Snapshot, error)
	SnapshotsHolding(ctx context.Context, tableID int64, rows []map[string]any) ([]sheet24.Snapshot, error)
	Present(ctx context.Context, tableID int64) (map[int64]int, error)
	RecordsOf(ctx context.Context, tableID int64, keys []int64) (map[int64]int64, error)
	Left(ctx context.Context, tableID int64, rows []map[string]any) (map[int]bool, error)
	Open(ctx context.Context, tableID int64, records []int64) ([]sheet24.RowChange, error)
}

// Sheets is what a scan asks Google of a spreadsheet, beside its cells.
type Sheets interface {
	Describe(ctx context.Context, userID, spreadsheetID string) (sheet24.SheetInfo, error)
	Merged(ctx context.Context, userID, spreadsheetID string, gid int64) ([]sheet24.Range, error)
}

// Scanner scans tables. All fields but Every and Gather are required.
type Scanner struct {
	Store  Store
	Known  Known
	Tabs   *tab.Access
	Sheets Sheets
	Rows   isolate.Rows
	Every  time.Duration // between looks at a tab that is being edited; 0: only when told of edits
	Gather time.Duration // for which a burst of edits, and edits of a row that was pushed a moment ago, become one write; 0: none
	Now    func() time.Time
	Log    *slog.Logger

	described sync.Map // by table: when its spreadsheet was last described
}
