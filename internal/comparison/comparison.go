// Package comparison is what a table's owner sees of a comparison of the whole tab with the
// CRM, and what they decide about what it found. The stage that compares is sync/compare.
package comparison

import (
	"context"

	"sheet24"
)

// Store is what comparisons need of the database.
type Store interface {
	Comparison(ctx context.Context, tableID int64) (*sheet24.Comparison, error)
	StartComparison(ctx context.Context, tableID int64) error
	SetComparisonState(ctx context.Context, tableID int64, from []sheet24.ComparisonState, to sheet24.ComparisonState) error
	PauseComparison(ctx context.Context, tableID int64, paused bool) error
	Differences(ctx context.Context, tableID int64, below, limit int) ([]sheet24.RowDifference, error)
}

// Waker wakes the stage that compares.
type Waker interface {
	Compare(ctx context.Context, tableID int64)
}

// Service answers for all tables. All fields are required.
type Service struct {
	Store Store
	Wake  Waker
}

// Action is what the owner of a table can have done with its comparison.
type Action string

const (
	Push   Action = "push"   // what differs is sent to the CRM
	Take   Action = "take"   // what differs is taken from the CRM
	Leave  Action = "leave"  // what differs stays as it is
	Cancel Action = "cancel" // it ends where it is
	Pause  Action = "pause"
	Resume Action = "resume"
)

// states are those an action leads from, and the one it leads to.
var states = map[Action]struct {
	from []sheet24.ComparisonState
	to   sheet24.ComparisonState
}{
	Push:   {[]sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing},
	Take:   {[]sheet24.ComparisonState{sheet24.Compared}, sheet24.Taking},
	Leave:  {[]sheet24.ComparisonState{sheet24.Compared}, sheet24.Done},
	Cancel: {[]sheet24.ComparisonState{sheet24.Comparing, sheet24.Pushing, sheet24.Taking}, sheet24.Cancelled},
}

// Last returns a table's last comparison; nil, and no error, if there was none.
func (s *Service) Last(ctx context.Context, t *sheet24.Table) (*sheet24.Comparison, error) {
	c, err := s.Store.Comparison(ctx, t.ID)
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil, nil
	}
	return c, err
}

// Differences returns up to limit rows that differ, by their numbers, those below a row; 0
// starts at the top.
func (s *Service) Differences(ctx context.Context, t *sheet24.Table, below, limit int) ([]sheet24.RowDifference, error) {
	return s.Store.Differences(ctx, t.ID, below, limit)
}

// Start begins a comparison. While one runs that is an error of kind Conflict.
func (s *Service) Start(ctx context.Context, t *sheet24.Table) error {
	return s.goOn(ctx, t, s.Store.StartComparison(ctx, t.ID))
}

// Do does what the owner decided. An unknown action is an error of kind NotFound, one that
// comes too early or too late an error of kind Conflict.
func (s *Service) Do(ctx context.Context, t *sheet24.Table, a Action) error {
	if a == Pause || a == Resume {
		return s.goOn(ctx, t, s.Store.PauseComparison(ctx, t.ID, a == Pause))
	}

	step, ok := states[a]
	if !ok {
		return sheet24.Errorf(sheet24.NotFound, sheet24.CodeNotFound)
	}
	return s.goOn(ctx, t, s.Store.SetComparisonState(ctx, t.ID, step.from, step.to))
}

func (s *Service) goOn(ctx context.Context, t *sheet24.Table, err error) error {
	if err == nil {
		s.Wake.Compare(ctx, t.ID)
	}
	return err
}
