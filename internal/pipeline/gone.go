package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
)

// A row that is gone may come back: it was cut to be pasted, or somebody takes the
// deletion back. And where many are gone at once, something else may have happened.
const (
	mayReturn = time.Minute // before anything is done about it
	goneMost  = 10          // so many, and a tenth of the table's rows, are done away with unasked
)

// gone finds the records whose rows were deleted. tab is a whole one.
func (p *Pipeline) gone(ctx context.Context, t *sheet24.Table, tab *tab) ([]sheet24.RowChange, []sheet24.Snapshot, error) {
	if t.Policies.Deleted == sheet24.KeepRecord || tab.layout.ID < 0 {
		return nil, nil, nil
	}
	present, err := p.Store.Present(ctx, t.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range tab.doubtful {
		delete(present, id)
	}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(present)), func(id int64) bool { return len(tab.byID[id]) > 0 })
	if len(missing) == 0 {
		return nil, nil, nil
	}
	status := sheet24.Pending
	if len(missing) > goneMost && len(missing)*10 > len(present) {
		status = sheet24.Asked
	}
	known, err := p.Store.Snapshots(ctx, t.ID, missing)
	if err != nil {
		return nil, nil, err
	}
	var changes []sheet24.RowChange
	var snapshots []sheet24.Snapshot
	for _, id := range missing {
		held := known[id]
		fields := map[string]sheet24.Change{}
		for field, v := range held.Values {
			fields[field] = sheet24.Change{Old: v}
		}
		changes = append(changes, sheet24.RowChange{EntityID: id, Row: held.Row, Action: sheet24.Delete, Status: status, Fields: fields, NotBefore: p.Now().Add(mayReturn)})
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Values: held.Values})
	}
	return changes, snapshots, nil
}
