package sheet24

import "time"

// Status is where a RowChange stands.
type Status string

// A RowChange goes pending → syncing → completed or failed; a fault that may
// pass sends it back to pending with a later NotBefore. One that its owner has to
// decide about is asked, until then.
const (
	Pending   Status = "pending"
	Syncing   Status = "syncing"
	Completed Status = "completed"
	Failed    Status = "failed"
	Asked     Status = "asked"
)

// Action is what a RowChange does to its record.
type Action string

// The actions. Match finds the record of a row without an id; whether it is created
// where there is none is the table's policy.
const (
	Update Action = ""
	Create Action = "create"
	Match  Action = "match"
	Delete Action = "delete"
)

// Change is a cell's value before and after: string, float64, bool or nil.
type Change struct {
	Old any `json:"old"`
	New any `json:"new"`

	// Of a field that somebody changed in the CRM since we last wrote or saw it:
	Conflict bool `json:"conflict,omitempty"`
	CRM      any  `json:"crm,omitempty"`  // what the CRM holds instead, as a cell shows it
	Seen     any  `json:"seen,omitempty"` // and in its own words
	Kept     Side `json:"kept,omitempty"` // who won

	// A write over it was begun, and may have been done though its answer is missing.
	Tried   bool  `json:"tried,omitempty"`
	Earlier []any `json:"earlier,omitempty"` // what it may have replaced, if that was not CRM

	Undo bool `json:"undo,omitempty"` // it takes an earlier change back
}

// RowChange is one row's pending or settled work, and its line in the history.
// Edits that come before the row is pushed coalesce: the oldest Old and the
// newest New remain.
type RowChange struct {
	ID        int64
	TableID   int64
	UserID    string
	Binding   int64 // of the table, when the change was found
	EntityID  int64 // the CRM record; less than 0: the key of a row that is yet to be one
	Row       int   // 1-based row of the sheet when last seen
	Action    Action
	Fields    map[string]Change
	Status    Status
	Error     string // a sentence in the table's language
	Note      string // what else is to be said of it, in the table's language
	Attempts  int
	NotBefore time.Time // not pushed before
	CreatedAt time.Time
	SyncedAt  time.Time // when it was settled

	TriedSince time.Time // since when it is tried in vain; what it waited besides is left out

	Unreadable bool   // what is stored of its fields cannot be read
	Begun      *Begun // a write of it that was sent and not answered; nil: there is none

	// What settling adds.
	TwinOf  int64             // the record, or the key, of the row whose second row this one would be
	Dropped map[string]Change // fields that are not sent any more, since they have no column
	Left    bool              // there is no record for its row, and none is made: its key ends
	Key     int64             // under which the row waited that is EntityID by now
	Known   Known             // what the CRM holds by now of the fields that were written or seen
	Asks    map[string]Change // fields that are left to the owner, apart from the rest
	Forget  bool              // nothing came of it, and nothing is to be told
	Quiet   bool              // its sheet is to be told nothing
}

// BegunWrite is what stands in the database of a write that was begun for a row.
type BegunWrite struct {
	TableID  int64
	Entity   Entity // of the table
	EntityID int64  // as RowChange's
	Begun
}

// Known is what the CRM was last known to hold of a record, in its own words: what
// sheet24 wrote there or showed to somebody. Several values of a field are those that
// may be there, since an answer was lost.
type Known map[string][]any

// Snapshot is what a row held when it was last scanned: values by field name. Row is
// 0 when it was gone.
type Snapshot struct {
	EntityID int64 // 0: a row without an id, which is to be left alone
	Row      int
	Values   map[string]any
}

// Scanned is what a scan found, and what is stored of it at once.
type Scanned struct {
	Events    []Event // that it looked into
	Changes   []RowChange
	Snapshots []Snapshot
	Known     map[int64]Known // what the CRM holds of records, as somebody saw
	Dropped   []int64         // keys of rows that are gone before they became records
	Returned  []int64         // records that are in the sheet again: they are not deleted
	Written   []CellWrite     // that need not be written any more

	Unidentified []UnidentifiedRow
	Identified   []int // rows that were read; those among them that are not unidentified are what they should be
	Covered      Range // of a whole tab: the rows of this page; zero: only some rows were read
}

// UnidentifiedRow is a row of which it is not certain which record it is.
type UnidentifiedRow struct {
	Row   int
	ID    string // what its ID cell shows
	Error string // why, in the table's language
}

// CellWrite is a value that is to be written into the row of a record.
type CellWrite struct {
	ID       int64
	EntityID int64
	Field    string
	Value    any
	Seen     any  // what the CRM holds, in its own words
	Undo     bool // it takes a change back, and the CRM follows; else the CRM holds it already

	Unreadable bool // what is stored of its values cannot be read: it is not written
}

// RowLink is a row that waits under a key, Change.EntityID, and the record that it was
// found to be.
type RowLink struct {
	Change   RowChange
	EntityID int64
	Note     string // for the history, should it end the record's deletion
}

// Linked is what became of a RowLink.
type Linked struct {
	Row    int       // the other row that is the record already; 0: this one is, from now on
	Change RowChange // as it stands by now
	Joined []int64   // other open changes of the record, which are part of this one, or ended
}
