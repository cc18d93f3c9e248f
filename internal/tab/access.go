// Package tab reads the tabs of tables, and writes into their cells. What one read brought is
// a Tab: its header, its columns, located, and its rows, told by their records' ids. Rows move
// between a read and the write after it, so writes are addressed by ids, stored as begun
// before they are sent, and read back.
package tab

import (
	"context"
	"log/slog"
	"time"

	"sheet24"
)

// Store is what is known of a table and its rows.
type Store interface {
	SetColumns(ctx context.Context, t *sheet24.Table, found, lost []sheet24.FieldMapping) error
	SetStatusColumn(ctx context.Context, tableID int64, index int) error
	Bindings(ctx context.Context, tableIDs []int64) (map[int64]int64, error)
	StructureChangedAt(ctx context.Context, tableID int64, since time.Time) (time.Time, error)
	Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error)
	RecordsOf(ctx context.Context, tableID int64, keys []int64) (map[int64]int64, error)
	RecordRows(ctx context.Context, tableID int64) (map[int64]int, error)
	IgnoredRows(ctx context.Context, tableID int64, rows []map[string]any) (map[int]bool, error)
	Unreported(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error)
	ReportAgain(ctx context.Context, tableID int64, records []int64) (told []int64, err error)
	AddEvent(ctx context.Context, e *sheet24.Event) error
}

// Begun are the writes into sheets of which nobody has seen yet where they went.
type Begun interface {
	BeginSheetWrite(ctx context.Context, t *sheet24.Table, w sheet24.BegunSheetWrite) (id int64, err error)
	BegunSheetWrites(ctx context.Context, tableID int64, stage sheet24.Stage) ([]sheet24.BegunSheetWrite, error)
	EndSheetWrites(ctx context.Context, ids []int64) error
}

// Access reads tabs, and writes into them. All fields are required.
type Access struct {
	Store     Store
	Begun     Begun
	Sheets    sheet24.Sheets
	Followers *Followers
	Now       func() time.Time
	Log       *slog.Logger
}
