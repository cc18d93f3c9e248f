package change

import (
	"reflect"
	"time"

	"sheet24"
)

// Settlement is what becomes of a change that has ended, and of what stands around it.
type Settlement struct {
	Change  sheet24.RowChange // as it is stored from now on
	Discard bool              // it is deleted instead: nothing came of it, and nothing is told
	Notify  bool              // the sheet is to be told how it stands

	// What waits for its row from now on: the pointer that was passed in if that stays as it
	// is, nil if nothing does (any more), without an ID if it is new.
	Waiting *sheet24.RowChange

	Cells  []sheet24.CellWrite // what the sheet is to show, as the CRM's value stays
	Ignore bool                // its row becomes no record: its key ends
}

// Routine reports whether a change ended as most do, with nothing to be stored of it but that
// it is completed. Hundreds of them settle with one statement.
func Routine(c sheet24.RowChange) bool {
	if c.Status != sheet24.Completed || c.Action != sheet24.Update || c.Forget || c.Left {
		return false
	}
	for _, f := range c.Fields {
		if f.Conflict || f.Kept != "" || f.Tried || len(f.Earlier) > 0 {
			return false
		}
	}
	return len(c.Asks) == 0 && len(c.Dropped) == 0 && c.Key == 0 && c.Note == ""
}

// SettlesAlone reports whether how a change ended has nothing to do with what came for its row
// meanwhile, so that this need not be known to settle it.
func SettlesAlone(c sheet24.RowChange) bool {
	return c.Status == sheet24.Completed && c.Key == 0 && !c.Left && len(c.Asks) == 0 && len(c.Dropped) == 0 && !Declined(c)
}

// Settle says what becomes of a change that was under way and has ended: stored is how it
// stands in the database, ended what a push made of it, and waiting what came for its row
// meanwhile (nil: nothing did).
//
//   - completed: fields that need review wait for it in a change of their own; where the CRM's
//     value stays, the sheet is to show it; what a record was created with is no edit any more
//   - failed: what it did not send goes along with what waits
//   - needs review: so it does, unless the row was edited meanwhile, which is looked at first
//   - pending: it waits again from its NotBefore on, joined with what came meanwhile
//
// What came meanwhile always counts more than what the ended change says of the same cell.
func Settle(stored, ended sheet24.RowChange, waiting *sheet24.RowChange, now time.Time) Settlement {
	s := Settlement{Change: ended, Notify: true, Waiting: withoutCreated(waiting, ended)}
	s.Cells = shownByCRM(ended, s.Waiting)
	s.Waiting = withReview(s.Waiting, ended, now)

	switch {
	case ended.Forget, ended.Left && s.Waiting != nil: // what came of an edited row goes on
		s.Discard = true
	case ended.Status == sheet24.Asked && s.Waiting != nil:
		s.Change.NotBefore, s.Change.Error = now, ""
		s.postpone(stored)
	case ended.Status == sheet24.Pending:
		s.postpone(stored)
	default:
		s.end(now)
	}
	return s
}

// postpone has the change wait again.
func (s *Settlement) postpone(stored sheet24.RowChange) {
	s.Change, s.Notify = Postpone(stored, s.Change, s.Waiting)
	s.Waiting = nil // it is part of it
}

// end is the last word on the change.
func (s *Settlement) end(now time.Time) {
	s.Change.SyncedAt = now
	s.Ignore = s.Change.Left
	if s.Change.Status == sheet24.Failed {
		s.Waiting = withUnsent(s.Waiting, s.Change)
	}
}

// Postpone returns a change that waits from its NotBefore on, joined with what came for its
// row meanwhile (nil: nothing), and whether its sheet is to be told. It is told once that a
// row waits, and not each time that it was tried in vain: only if stored, which is how the
// change stands in the database, says nothing yet, or there is nothing more to say.
//
// A row that was deleted meanwhile is deleted: what was to be sent of it is not sent.
func Postpone(stored, c sheet24.RowChange, waiting *sheet24.RowChange) (pending sheet24.RowChange, notify bool) {
	c.Status, c.TwinOf = sheet24.Pending, 0
	switch {
	case waiting == nil:
	case waiting.Action == sheet24.Delete:
		c.Action, c.Fields, c.NotBefore = waiting.Action, waiting.Fields, waiting.NotBefore
	default:
		c.Fields = Coalesce(c.Fields, waiting.Fields)
	}
	return c, stored.Error == "" || c.Error == ""
}

// Retry returns a failed change that goes back to work at once.
func Retry(failed sheet24.RowChange, now time.Time) sheet24.RowChange {
	failed.Error, failed.NotBefore, failed.TriedSince = "", now, time.Time{}
	return failed
}

// delay is how much later than it may a change is tried on a busy portal. One that is tried later
// than that was kept from it: its portal or its table was paused, or nobody worked.
const delay = time.Hour

// TriedSince says since when a change has been tried that was just tried in vain, less the time
// for which it was kept from it. Whether it is given up goes by that.
func TriedSince(c sheet24.RowChange, now time.Time) time.Time {
	if c.TriedSince.IsZero() {
		return now
	}
	if kept := now.Sub(c.NotBefore); kept > delay {
		return c.TriedSince.Add(kept)
	}
	return c.TriedSince
}

// withoutCreated is what waits for a row whose record a change has created, less what the
// record was created with; nil if nothing is left of it. What is edited since starts from
// there.
func withoutCreated(waiting *sheet24.RowChange, ended sheet24.RowChange) *sheet24.RowChange {
	if waiting == nil || ended.Key == 0 || ended.Status != sheet24.Completed {
		return waiting
	}
	next := *waiting
	next.Fields = Fields{}
	for field, c := range waiting.Fields {
		if made, ok := ended.Fields[field]; ok {
			if reflect.DeepEqual(made.New, c.New) {
				continue
			}
			c.Old = made.New
		}
		next.Fields[field] = c
	}
	if len(next.Fields) == 0 {
		return nil
	}
	return &next
}

// withReview is what waits for a row once fields of an ended change need review: a change of
// their own, or part of what came meanwhile, which is looked at first.
func withReview(waiting *sheet24.RowChange, ended sheet24.RowChange, now time.Time) *sheet24.RowChange {
	if len(ended.Asks) == 0 {
		return waiting
	}
	if waiting != nil {
		next := *waiting
		next.Fields = Coalesce(ended.Asks, waiting.Fields)
		return &next
	}

	review := sheet24.RowChange{TableID: ended.TableID, UserID: ended.UserID, Binding: ended.Binding, EntityID: ended.EntityID, Row: ended.Row,
		Status: sheet24.Asked, Fields: ended.Asks, NotBefore: now, CreatedAt: now}
	if ended.Action == sheet24.Match { // the row held no former value that could be taken back
		review.Action = sheet24.Match
	}
	return &review
}

// withUnsent is what waits for a row, and with it what a failed change did not send. Where
// either is a deletion, the values are no matter.
func withUnsent(waiting *sheet24.RowChange, failed sheet24.RowChange) *sheet24.RowChange {
	if waiting == nil || failed.Action == sheet24.Delete || waiting.Action == sheet24.Delete {
		return waiting
	}
	next := *waiting
	next.Fields = Coalesce(failed.Fields, waiting.Fields)
	return &next
}

// shownByCRM are the cells that are to show what the CRM holds, since that stays and the
// person has not typed there since.
func shownByCRM(ended sheet24.RowChange, waiting *sheet24.RowChange) (cells []sheet24.CellWrite) {
	if ended.Status != sheet24.Completed || ended.EntityID <= 0 || ended.Action == sheet24.Delete {
		return nil
	}
	for field, c := range ended.Fields {
		if c.Kept == sheet24.CRMWins && !edits(waiting, field) {
			cells = append(cells, sheet24.CellWrite{EntityID: ended.EntityID, Field: field, Value: c.CRM, Seen: c.Seen})
		}
	}
	return cells
}

// Restored returns what a row's snapshot holds once fields are not sent any more, as their
// columns are gone: the former values, so that the cells are looked at anew should the columns
// come back; but not of cells that were edited meanwhile.
func Restored(snapshot map[string]any, dropped Fields, waiting *sheet24.RowChange) map[string]any {
	values := make(map[string]any, len(snapshot))
	for field, v := range snapshot {
		values[field] = v
	}
	for field, c := range dropped {
		switch {
		case edits(waiting, field):
		case c.Old == nil:
			delete(values, field)
		default:
			values[field] = c.Old
		}
	}
	return values
}

// Declined reports whether the CRM's value of a field is to stay: of a row without a record,
// that its owner wants none.
func Declined(c sheet24.RowChange) bool {
	for _, f := range c.Fields {
		if f.Kept == sheet24.CRMWins {
			return true
		}
	}
	return false
}

// Former is what the history keeps of an ended change whose table has another portal, entity
// or mapping by now. Nothing else follows from it, and no sheet is told: its rows may be
// others by now.
type Former int

// What is kept.
const (
	FormerNothing Former = iota // nobody knows what became of it, and the history says so already
	FormerMade                  // it reached what it was made for
	FormerReason                // why it did not
)

// SettleFormer says what the history keeps of such a change.
func SettleFormer(ended sheet24.RowChange) Former {
	switch {
	case ended.Status == sheet24.Completed && !ended.Forget:
		return FormerMade
	case ended.Status == sheet24.Failed:
		return FormerReason
	}
	return FormerNothing
}
