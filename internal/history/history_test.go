package history_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/history"
)

// store has one table's history; what it is not asked for here it does not have.
type store struct {
	history.Store
	changes int
	asked   []int64
	decided []int64
	err     error
}

func (s *store) ChangesBetween(_ context.Context, _ int64, _, _ time.Time, limit int) ([]sheet24.RowChange, error) {
	return make([]sheet24.RowChange, min(s.changes, limit)), nil
}

func (s *store) Changes(context.Context, int64, []int64) ([]sheet24.RowChange, error) {
	return make([]sheet24.RowChange, s.changes), nil
}

func (s *store) ChangesToReview(context.Context, int64, int) (all []sheet24.RowChange, err error) {
	for _, id := range s.asked {
		all = append(all, sheet24.RowChange{ID: id})
	}
	return all, nil
}

func (s *store) Resolve(_ context.Context, _, id int64, _ sheet24.Side) error {
	s.decided = append(s.decided, id)
	return s.err
}

func (s *store) RetryChange(context.Context, int64, int64) error { return s.err }
func (s *store) RetryFailed(context.Context, int64) (int, error) { return 1, s.err }
func (s *store) ReplayEvents(context.Context, int64, time.Time, time.Time) (int, error) {
	return 3, s.err
}

// sync notes what it is woken for.
type sync struct{ done []string }

func (s *sync) Recheck(context.Context, *sheet24.Table) error {
	s.done = append(s.done, "recheck")
	return nil
}
func (s *sync) Scan(context.Context, int64) { s.done = append(s.done, "scan") }
func (s *sync) Push(context.Context, int64) { s.done = append(s.done, "push") }

// TestWakes shows that what was decided goes on, and that nothing is woken for what failed.
func TestWakes(t *testing.T) {
	t.Parallel()
	table := &sheet24.Table{ID: 1, PortalID: 2}
	for name, c := range map[string]struct {
		do   func(ctx context.Context, h *history.Service) error
		want []string
	}{
		"retry":        {func(ctx context.Context, h *history.Service) error { return h.Retry(ctx, table, 7) }, []string{"recheck", "push"}},
		"retry failed": {func(ctx context.Context, h *history.Service) error { return h.RetryFailed(ctx, table) }, []string{"recheck", "push"}},
		"decide":       {func(ctx context.Context, h *history.Service) error { return h.Resolve(ctx, table, 7, sheet24.CRMWins) }, []string{"push"}},
		"decide all":   {func(ctx context.Context, h *history.Service) error { return h.ResolveAll(ctx, table, sheet24.CRMWins) }, []string{"push"}},
		"replay": {func(ctx context.Context, h *history.Service) error {
			_, err := h.Replay(ctx, table, time.Time{}, time.Time{})
			return err
		}, []string{"scan"}},
	} {
		s, woken := &store{asked: []int64{4, 5}}, &sync{}
		if err := c.do(t.Context(), &history.Service{Store: s, Sync: woken, Wake: woken}); err != nil || !slices.Equal(woken.done, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, woken.done, err, c.want)
		}

		busy := errors.New("busy")
		s, woken = &store{asked: []int64{4, 5}, err: busy}, &sync{}
		if err := c.do(t.Context(), &history.Service{Store: s, Sync: woken, Wake: woken}); !errors.Is(err, busy) || len(woken.done) > 0 {
			t.Errorf("%s, while the database fails: %v, %v", name, woken.done, err)
		}
	}
}

// TestLimits has more in a span than is undone at once, and names that are no changes.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := &store{changes: history.AtOnce}
	h, table := &history.Service{Store: s}, &sheet24.Table{ID: 1}

	if all, err := h.Between(t.Context(), table, time.Time{}, time.Time{}); err != nil || len(all) != history.AtOnce {
		t.Errorf("as many as may be: %d, %v", len(all), err)
	}
	s.changes++
	if _, err := h.Between(t.Context(), table, time.Time{}, time.Time{}); !sheet24.IsKind(err, sheet24.TooLarge) {
		t.Errorf("one too many: %v", err)
	}
	s.changes = 0
	if _, err := h.Changes(t.Context(), table, []int64{9}); !sheet24.IsKind(err, sheet24.Invalid) {
		t.Errorf("no change of that id: %v", err)
	}
}
