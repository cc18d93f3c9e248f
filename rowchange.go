package sheet24

import "time"

// Status is where a RowChange stands.
type Status string

// A RowChange goes pending → syncing → completed or failed; a fault that may
// pass sends it back to pending with a later NotBefore.
const (
	Pending   Status = "pending"
	Syncing   Status = "syncing"
	Completed Status = "completed"
	Failed    Status = "failed"
)

// Change is a cell's value before and after: string, float64, bool or nil.
type Change struct {
	Old any `json:"old"`
	New any `json:"new"`
}

// RowChange is one row's pending or settled work, and its line in the history.
// Edits that come before the row is pushed coalesce: the oldest Old and the
// newest New remain.
type RowChange struct {
	ID        int64
	TableID   int64
	UserID    string
	EntityID  int64 // the CRM record
	Row       int   // 1-based row of the sheet when last seen
	Fields    map[string]Change
	Status    Status
	Error     string // a sentence in the table's language
	Attempts  int
	NotBefore time.Time // not pushed before
	CreatedAt time.Time
	SyncedAt  time.Time // when it was settled
}

// Snapshot is what a row held when it was last scanned: values by field name.
type Snapshot struct {
	EntityID int64
	Row      int
	Values   map[string]any
}
