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

// gone finds the records whose rows were deleted, and rows that went before they became
// some. tab is a whole one. Whatever becomes of the records, it is noted that their rows
// are not there: others stand in their places, and new rows may be theirs.
func (p *Pipeline) gone(ctx context.Context, t *sheet24.Table, tab *tab, found *sheet24.Scanned) error {
	if tab.layout.ID < 0 {
		return nil
	}
	present, err := p.Store.Present(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, id := range tab.doubtful {
		delete(present, id)
	}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(present)), func(id int64) bool { return len(tab.byID[id]) > 0 })
	if missing, err = p.stillMissing(ctx, t, tab, missing); err != nil {
		return err
	}

	for len(missing) > 0 && missing[0] < 0 { // they are sorted
		found.Dropped = append(found.Dropped, missing[0])
		missing = missing[1:]
	}
	if len(missing) == 0 {
		return nil
	}
	status := sheet24.Pending
	if len(missing) > goneMost && len(missing)*10 > len(present) {
		status = sheet24.Asked
	}
	known, err := p.Store.Snapshots(ctx, t.ID, missing)
	if err != nil {
		return err
	}
	for _, id := range missing {
		held := known[id]
		found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Values: held.Values})
		if t.Policies.Deleted == sheet24.KeepRecord {
			continue
		}
		fields := map[string]sheet24.Change{}
		for field, v := range held.Values {
			fields[field] = sheet24.Change{Old: v}
		}
		found.Changes = append(found.Changes, sheet24.RowChange{EntityID: id, Row: held.Row, Action: sheet24.Delete, Status: status, Fields: fields, NotBefore: p.Now().Add(mayReturn)})
	}
	return nil
}

// stillMissing are those of some records that a second read, which asks in another way,
// does not find either: a row is taken for deleted only if both agree.
func (p *Pipeline) stillMissing(ctx context.Context, t *sheet24.Table, tab *tab, missing []int64) ([]int64, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	at, err := p.readPlaces(ctx, t, []sheet24.Column{nameOf(t, tab.layout)})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(missing, func(id int64) bool { return len(at.rows[id]) > 0 }), nil
}
