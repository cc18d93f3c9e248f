package pipeline

import (
	"context"
	"slices"

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

// present are those of a push's changes, by their indexes, that belong to what their
// tables are at this moment. The others are settled: they are not sent.
func (b *pushBatch) present(ctx context.Context, changes []sheet24.RowChange, indexes []int) ([]int, error) {
	var tables []int64
	for id, t := range b.tables {
		if t != nil {
			tables = append(tables, id)
		}
	}
	now, err := b.Store.Bindings(ctx, tables)
	if err != nil {
		return nil, err
	}

	var present []int
	var former []sheet24.RowChange
	for _, i := range indexes {
		c, t := changes[i], b.tables[changes[i].TableID]
		if t == nil || c.Binding == now[t.ID] && t.Binding == now[t.ID] {
			present = append(present, i)
			continue
		}
		c.Status, c.Error = sheet24.Failed, locale.Error(t.Language, sheet24.Errorf(sheet24.Conflict, "change_former"))
		former = append(former, c)
	}
	if len(former) == 0 {
		return present, nil
	}
	return present, b.Store.SettleChanges(ctx, former)
}

// presentOnly are the changes of a push that belong to what their tables are.
func (b *pushBatch) presentOnly(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	all := make([]int, len(changes))
	for i := range all {
		all[i] = i
	}
	indexes, err := b.present(ctx, changes, all)
	if len(indexes) == len(changes) {
		return changes, err
	}

	var present []sheet24.RowChange
	for _, i := range slices.Sorted(slices.Values(indexes)) {
		present = append(present, changes[i])
	}
	return present, err
}
