// Package history is what happened to a table, and what its owner has done about it:
// changes that failed are tried again, questions are decided, events are replayed. Pages
// ask it, and so may programs.
package history

import (
	"context"
	"time"

	"sheet24"
)

// Store is what the history needs of the database.
type Store interface {
	History(ctx context.Context, tableID, before int64, limit int) ([]sheet24.RowChange, error)
	FindChanges(ctx context.Context, tableID int64, f sheet24.ChangeFilter, before int64, limit int) (sheet24.FoundChanges, error)
	Changes(ctx context.Context, tableID int64, ids []int64) ([]sheet24.RowChange, error)
	ChangesBetween(ctx context.Context, tableID int64, from, to time.Time, limit int) ([]sheet24.RowChange, error)
	CountFailed(ctx context.Context, tableID int64) (int, error)
	CountAsked(ctx context.Context, tableID int64) (int, error)
	RetryChange(ctx context.Context, tableID, id int64) error
	RetryFailed(ctx context.Context, tableID int64) (int, error)
	Asked(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error)
	Decide(ctx context.Context, tableID, id int64, winner sheet24.Side) error
	ReplayEvents(ctx context.Context, tableID int64, from, to time.Time) (int, error)
}

// Waker wakes the stages that go on with what was decided.
type Waker interface {
	Scan(ctx context.Context, tableID int64)
	Push(ctx context.Context, portalID int64)
}

// Rechecker has a whole tab read again, whether or not anybody told of an edit.
type Rechecker interface {
	Recheck(ctx context.Context, t *sheet24.Table) error
}

// Service answers for all tables. All fields are required.
type Service struct {
	Store Store
	Sync  Rechecker
	Wake  Waker
}

// AtOnce is how many changes are undone, and how many questions decided, at once.
const AtOnce = 5000

// Page returns up to limit changes of a table, the newest first, those before the change
// of an id; 0 starts at the newest.
func (s *Service) Page(ctx context.Context, t *sheet24.Table, before int64, limit int) ([]sheet24.RowChange, error) {
	return s.Store.History(ctx, t.ID, before, limit)
}

// Find returns up to limit changes of a table that a filter lets pass, the newest first,
// those before the change of an id; 0 starts at the newest. It looks at some thousand, and
// says from where to go on.
func (s *Service) Find(ctx context.Context, t *sheet24.Table, f sheet24.ChangeFilter, before int64, limit int) (sheet24.FoundChanges, error) {
	return s.Store.FindChanges(ctx, t.ID, f, before, limit)
}

// Changes returns changes of a table by their ids. None at all is an error of kind Invalid.
func (s *Service) Changes(ctx context.Context, t *sheet24.Table, ids []int64) ([]sheet24.RowChange, error) {
	changes, err := s.Store.Changes(ctx, t.ID, ids)
	if err == nil && len(changes) == 0 {
		err = sheet24.Errorf(sheet24.Invalid, sheet24.CodeUndoNothing)
	}
	return changes, err
}

// Between returns the changes of a span of time, which may be none. More than AtOnce are
// an error of kind TooLarge.
func (s *Service) Between(ctx context.Context, t *sheet24.Table, from, until time.Time) ([]sheet24.RowChange, error) {
	changes, err := s.Store.ChangesBetween(ctx, t.ID, from, until, AtOnce+1)
	if len(changes) > AtOnce {
		return nil, sheet24.Errorf(sheet24.TooLarge, sheet24.CodeUndoTooMany, atOnce)
	}
	return changes, err
}

// atOnce is AtOnce as a sentence says it.
const atOnce = "5000"

// Open is how much of a table waits for its owner.
type Open struct {
	Failed int // rows whose changes failed and are unsent
	Asked  int // rows that wait for a decision
}

// Open counts what waits for a table's owner.
func (s *Service) Open(ctx context.Context, t *sheet24.Table) (o Open, err error) {
	if o.Failed, err = s.Store.CountFailed(ctx, t.ID); err != nil {
		return o, err
	}

	o.Asked, err = s.Store.CountAsked(ctx, t.ID)
	return o, err
}

// Retry puts a change that failed back to work. The row is read as well: what could not
// even be taken in of it is no part of the change.
func (s *Service) Retry(ctx context.Context, t *sheet24.Table, id int64) error {
	if err := s.Store.RetryChange(ctx, t.ID, id); err != nil {
		return err
	}
	return s.goOn(ctx, t)
}

// RetryFailed puts all that failed and is unsent back to work.
func (s *Service) RetryFailed(ctx context.Context, t *sheet24.Table) error {
	if _, err := s.Store.RetryFailed(ctx, t.ID); err != nil {
		return err
	}
	return s.goOn(ctx, t)
}

func (s *Service) goOn(ctx context.Context, t *sheet24.Table) error {
	if err := s.Sync.Recheck(ctx, t); err != nil {
		return err
	}

	s.Wake.Push(ctx, t.PortalID)
	return nil
}

// Decide ends the question about one change. One that was decided meanwhile is an error
// of kind Conflict.
func (s *Service) Decide(ctx context.Context, t *sheet24.Table, id int64, winner sheet24.Side) error {
	if err := s.Store.Decide(ctx, t.ID, id, winner); err != nil {
		return err
	}

	s.Wake.Push(ctx, t.PortalID)
	return nil
}

// DecideAll ends a table's questions, AtOnce of them at most.
func (s *Service) DecideAll(ctx context.Context, t *sheet24.Table, winner sheet24.Side) error {
	asked, err := s.Store.Asked(ctx, t.ID, AtOnce)
	if err != nil {
		return err
	}

	for _, c := range asked {
		if err := s.Store.Decide(ctx, t.ID, c.ID, winner); err != nil {
			return err
		}
	}

	s.Wake.Push(ctx, t.PortalID)
	return nil
}

// Replay has the rows read again that the events of a span of time named, and returns how
// many events these are.
func (s *Service) Replay(ctx context.Context, t *sheet24.Table, from, until time.Time) (int, error) {
	n, err := s.Store.ReplayEvents(ctx, t.ID, from, until)
	if err != nil {
		return 0, err
	}

	s.Wake.Scan(ctx, t.ID)
	return n, nil
}
