package push

import (
	"context"

	"sheet24"
	"sheet24/internal/locale"
)

// bound are those of a push's changes that belong to what their tables are at this moment;
// a table that has been exchanged is read anew. The others are settled: they are not sent.
func (b *pushing) bound(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	if err := b.rebind(ctx); err != nil {
		return nil, err
	}

	var present, former []sheet24.RowChange
	for _, c := range changes {
		t := b.plan.Tables[c.TableID]
		if t == nil || c.Binding == t.Binding {
			present = append(present, c)
			continue
		}
		c.Status, c.Error = sheet24.Failed, locale.Error(t.Language, sheet24.Errorf(sheet24.Conflict, sheet24.CodeChangeFormer))
		former = append(former, c)
	}
	if len(former) == 0 {
		return changes, nil
	}
	return present, b.pusher.Store.SettleChanges(ctx, former)
}

// rebind reads the tables anew that have been exchanged since they were read.
func (b *pushing) rebind(ctx context.Context) error {
	var ids []int64
	for id, t := range b.plan.Tables {
		if t != nil {
			ids = append(ids, id)
		}
	}
	now, err := b.pusher.Store.Bindings(ctx, ids)
	if err != nil {
		return err
	}

	for _, id := range ids {
		if b.plan.Tables[id].Binding == now[id] {
			continue
		}
		t, err := b.pusher.Store.Table(ctx, id)
		if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
			return err
		}
		if err == nil {
			b.plan.Tables[id] = t
		}
	}
	return nil
}

// boundRows are those of rows that are about to be written whose changes still belong to
// what their tables are; the others are let go.
func (b *pushing) boundRows(ctx context.Context, rows []*row) ([]*row, error) {
	changes := make([]sheet24.RowChange, len(rows))
	for i, r := range rows {
		changes[i] = r.change
	}
	present, err := b.bound(ctx, changes)
	if err != nil || len(present) == len(rows) {
		return rows, err
	}

	keeps := map[int64]bool{}
	for _, c := range present {
		keeps[c.ID] = true
	}
	var kept []*row
	for _, r := range rows {
		if keeps[r.change.ID] {
			kept = append(kept, r)
		} else {
			b.free(r)
		}
	}
	return kept, nil
}
