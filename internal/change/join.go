package change

import (
	"time"

	"sheet24"
)

// Row is what is stored of a row when a scan finds a change of it.
type Row struct {
	Waiting *sheet24.RowChange // what waits to be pushed, or for review; nil: nothing
	Last    *sheet24.RowChange // its newest change of all, however that ended; nil: there is none
}

// Join returns the change that a row has once a scan has found another. If that has the ID of
// row.Waiting, it replaces it; if it has none, it is new.
//
// A row has one change that waits, however often it is edited: the edits coalesce, and the
// place in the queue stays. A deletion replaces what waits, and an edit replaces a deletion,
// since the row is there again. An edit of a row that needs review is looked at anew, and
// answers the question if it ends the difference. What the row's last change failed to send
// goes along with the next one: the person mends the cell that was refused, and the others
// must not be forgotten.
//
// A found change that has failed already is a line of the history, and joins nothing.
func Join(row Row, found sheet24.RowChange, now time.Time) sheet24.RowChange {
	if found.NotBefore.IsZero() {
		found.NotBefore = now
	}
	if found.Status == sheet24.Failed {
		found.SyncedAt = now
		return found
	}

	if row.Waiting == nil {
		if row.Last != nil && found.EntityID != 0 && found.Action != sheet24.Delete && Unsent(*row.Last) {
			found.Fields = Coalesce(row.Last.Fields, found.Fields)
		}
		return found
	}

	joined := *row.Waiting
	joined.Row, joined.Error = found.Row, found.Error
	joined.Fields = Coalesce(row.Waiting.Fields, found.Fields)
	joined.Action = joinedAction(*row.Waiting, found)
	joined.NotBefore = joinedTime(*row.Waiting, found)
	joined.Status = sheet24.Pending
	if found.Action == sheet24.Delete {
		joined.Status = found.Status // many at once need review
	}
	return joined
}

// Unsent reports whether a row's newest change is one whose values the CRM never got. A
// deletion that failed is not: what the row held is in the CRM.
func Unsent(last sheet24.RowChange) bool {
	return last.Status == sheet24.Failed && last.Action != sheet24.Delete
}

// joinedAction is what a waiting change does to its record once it is joined with a newer one.
func joinedAction(waiting, newer sheet24.RowChange) sheet24.Action {
	switch {
	case newer.Action == sheet24.Delete, waiting.Action == sheet24.Delete:
		return newer.Action

	// Whether to create it is the question; the edit asks anew what the policy is.
	case waiting.Status == sheet24.NeedsReview && waiting.Action == sheet24.Create:
		return newer.Action
	}
	return waiting.Action
}

// joinedTime is before when the joined change is not pushed. An edit takes the place in the
// queue of the one that waits, except where it is what time is given for: a new row that is
// still being typed, a deletion that may be taken back, a question that is asked anew.
func joinedTime(waiting, newer sheet24.RowChange) time.Time {
	switch {
	case newer.Action == sheet24.Delete, waiting.Action == sheet24.Delete, waiting.Status == sheet24.NeedsReview:
		return newer.NotBefore
	case isRowKey(newer.EntityID) && newer.NotBefore.After(waiting.NotBefore):
		return newer.NotBefore
	}
	return waiting.NotBefore
}

// Cell names a cell by its record and its field.
type Cell struct {
	EntityID int64
	Field    string
}

// Overtaken are the cells that changes edit: a value that was to be written into one of them
// (the CRM's, or one that is taken back) is not, as the person typed something since.
func Overtaken(changes []sheet24.RowChange) (cells []Cell) {
	for _, c := range changes {
		if c.EntityID <= 0 { // nothing is written into a row without a record
			continue
		}
		for field := range c.Fields {
			cells = append(cells, Cell{c.EntityID, field})
		}
	}
	return cells
}

// MayDrop reports whether a row that is gone before it became a record is forgotten, with the
// open changes of its key. A row whose record is being created, or may have been (its
// creation was sent, and no answer came), becomes that record first: then what is done about
// it is what is done about all records whose rows are gone.
func MayDrop(open []sheet24.RowChange, creationSent bool) bool {
	for _, c := range open {
		if creationSent || c.Status == sheet24.Syncing {
			return false
		}
	}
	return true
}

// Failing says which stored change fails with a row whose work cannot be done: what waits for
// it, or else its last change, if that failed already; 0: none does, and the row gets a line
// of its own. A row that says so already, in the same words, is left as it is: done.
func Failing(row Row, message string) (id int64, done bool) {
	c := row.Waiting
	if c == nil && row.Last != nil && row.Last.Status == sheet24.Failed {
		c = row.Last
	}
	if c == nil {
		return 0, false
	}
	return c.ID, c.Error == message
}
