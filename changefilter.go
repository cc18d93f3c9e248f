package sheet24

import "time"

// ChangeFilter says which changes of a table are looked for. Its zero value means all.
type ChangeFilter struct {
	Status      Status
	Record      int64  // the CRM record
	Field       string // that was changed
	Text        string // in an old or a new value, in whatever case
	From, Until time.Time
}

// FoundChanges is a page of changes that a filter lets pass, the newest first.
type FoundChanges struct {
	Changes []RowChange
	Next    int64     // before which change to go on looking; 0: all were looked at
	Back    time.Time // how far back it was looked, where there is a Next
}
