package comparison_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheet24"
	"sheet24/internal/comparison"
)

// store has one comparison, as the database keeps it: states lead only from those named.
type store struct {
	comparison.Store
	last   *sheet24.Comparison
	paused []bool
	err    error
}

func (s *store) Comparison(context.Context, int64) (*sheet24.Comparison, error) {
	if s.last == nil {
		return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeComparisonUnknown)
	}
	return s.last, s.err
}

func (s *store) SetComparisonState(_ context.Context, _ int64, from []sheet24.ComparisonState, to sheet24.ComparisonState) error {
	if !slices.Contains(from, s.last.State) {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeComparisonState)
	}
	s.last.State = to
	return nil
}

func (s *store) StartComparison(context.Context, int64) error { return s.err }

func (s *store) PauseComparison(_ context.Context, _ int64, paused bool) error {
	s.paused = append(s.paused, paused)
	return s.err
}

type woken struct{ tables []int64 }

func (w *woken) Compare(_ context.Context, tableID int64) { w.tables = append(w.tables, tableID) }

// TestActions has each action in each state: where it may not be, it is a conflict, and
// wakes nobody.
func TestActions(t *testing.T) {
	t.Parallel()
	leadsTo := map[sheet24.ComparisonState]map[comparison.Action]sheet24.ComparisonState{
		sheet24.Comparing: {comparison.Cancel: sheet24.Cancelled},
		sheet24.Compared:  {comparison.Push: sheet24.Pushing, comparison.Take: sheet24.Taking, comparison.Leave: sheet24.Done},
		sheet24.Pushing:   {comparison.Cancel: sheet24.Cancelled},
		sheet24.Taking:    {comparison.Cancel: sheet24.Cancelled},
		sheet24.Done:      {},
		sheet24.Cancelled: {},
	}
	for state, to := range leadsTo {
		for _, a := range []comparison.Action{comparison.Push, comparison.Take, comparison.Leave, comparison.Cancel} {
			s, w := &store{last: &sheet24.Comparison{State: state}}, &woken{}

			err := (&comparison.Service{Store: s, Wake: w}).Do(t.Context(), &sheet24.Table{ID: 7}, a)

			if next, ok := to[a]; ok && (err != nil || s.last.State != next || !slices.Equal(w.tables, []int64{7})) {
				t.Errorf("%s while it is %s: %s, %v; woken %v", a, state, s.last.State, err, w.tables)
			} else if !ok && (!sheet24.IsKind(err, sheet24.Conflict) || s.last.State != state || len(w.tables) > 0) {
				t.Errorf("%s while it is %s: %s, %v; woken %v", a, state, s.last.State, err, w.tables)
			}
		}
	}
}

// TestPauses has a comparison wait and go on; an action that nobody knows is not found.
func TestPauses(t *testing.T) {
	t.Parallel()
	s, w := &store{}, &woken{}
	c, table := &comparison.Service{Store: s, Wake: w}, &sheet24.Table{ID: 7}

	if err := errors.Join(c.Do(t.Context(), table, comparison.Pause), c.Do(t.Context(), table, comparison.Resume)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bool{true, false}, s.paused); diff != "" {
		t.Errorf("paused (-want +got):\n%s", diff)
	}
	if err := c.Do(t.Context(), table, "explode"); !sheet24.IsKind(err, sheet24.NotFound) {
		t.Errorf("an unknown action: %v", err)
	}
}

// TestStarts wakes for what began, and for nothing else; a table without a comparison has
// none, which is no error.
func TestStarts(t *testing.T) {
	t.Parallel()
	s, w := &store{}, &woken{}
	c, table := &comparison.Service{Store: s, Wake: w}, &sheet24.Table{ID: 7}

	if err := c.Start(t.Context(), table); err != nil || len(w.tables) != 1 {
		t.Errorf("started: %v; woken %v", err, w.tables)
	}
	if last, err := c.Last(t.Context(), table); last != nil || err != nil {
		t.Errorf("no comparison: %v, %v", last, err)
	}

	s.err = errors.New("busy")
	if err := c.Start(t.Context(), table); !errors.Is(err, s.err) || len(w.tables) != 1 {
		t.Errorf("while the database fails: %v; woken %v", err, w.tables)
	}
}
