package pipeline

import (
	"context"

	"sheet24"
	"sheet24/internal/locale"
)

// A table may be set up anew at any moment, with another portal, entity or mapping. What
// was begun for it as it was then ends: nothing of it is written into the sheet or stored,
// and no change made under the former binding is sent any more.

// exchanged reports whether an error says that a table has been set up anew since it was
// read: what was to be done is done for what it is now.
func exchanged(err error) bool { return sheet24.AsError(err).Code == "table_exchanged" }

// checkBound returns a Conflict if a table has been exchanged since it was read.
func (p *Pipeline) checkBound(ctx context.Context, t *sheet24.Table) error {
	now, err := p.Store.Bindings(ctx, []int64{t.ID})
	if err != nil {
		return err
	}
	if now[t.ID] != t.Binding {
		return sheet24.Errorf(sheet24.Conflict, "table_exchanged")
	}
	return nil
}

// replace replaces cells by what they hold, unless the table has been exchanged since it
// was read.
func (p *Pipeline) replace(ctx context.Context, t *sheet24.Table, replacements []sheet24.Replacement) error {
	if len(replacements) == 0 {
		return nil
	}
	if err := p.checkBound(ctx, t); err != nil {
		return err
	}
	return p.Sheets.Replace(ctx, t.Ref(), replacements)
}

// bound are those of a push's changes that belong to what their tables are at this moment;
// a table that has been exchanged is read anew. The others are settled: they are not sent.
func (b *pushBatch) bound(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	if err := b.rebind(ctx); err != nil {
		return nil, err
	}

	var present, former []sheet24.RowChange
	for _, c := range changes {
		t := b.tables[c.TableID]
		if t == nil || c.Binding == t.Binding {
			present = append(present, c)
			continue
		}
		c.Status, c.Error = sheet24.Failed, locale.Error(t.Language, sheet24.Errorf(sheet24.Conflict, "change_former"))
		former = append(former, c)
	}
	if len(former) == 0 {
		return changes, nil
	}
	return present, b.Store.SettleChanges(ctx, former)
}

// rebind reads the tables anew that have been exchanged since they were read.
func (b *pushBatch) rebind(ctx context.Context) error {
	var ids []int64
	for id, t := range b.tables {
		if t != nil {
			ids = append(ids, id)
		}
	}
	now, err := b.Store.Bindings(ctx, ids)
	if err != nil {
		return err
	}

	for _, id := range ids {
		if b.tables[id].Binding == now[id] {
			continue
		}
		t, err := b.Store.Table(ctx, id)
		if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
			return err
		}
		if err == nil {
			b.tables[id] = t
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
