package push

import (
	"context"
	"maps"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// prepare makes claimed changes ready to be looked at, and returns those that are: it loads
// their tables, and drops what has no column any more. What cannot be read fails.
func (b *pushing) prepare(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	if err := b.loadTables(ctx, changes); err != nil {
		return nil, err
	}
	changes, err := b.bound(ctx, changes)
	if err != nil {
		return nil, err
	}

	ready := changes[:0]
	for _, c := range changes {
		switch t := b.plan.Tables[c.TableID]; {
		case t == nil: // it was removed, or cannot be read
		case c.Unreadable:
			if err := b.pusher.Rows.Fail(ctx, sheet24.PushStage, t, c, sheet24.ErrData); err != nil {
				return nil, err
			}
			b.report(t.ID)
		default:
			dropColumnless(t, &c)
			ready = append(ready, c)
		}
	}
	return ready, nil
}

// loadTables loads the tables of changes. The changes of one that cannot be read, for a
// reason of its own, wait, and hold up no other's.
func (b *pushing) loadTables(ctx context.Context, changes []sheet24.RowChange) error {
	var waiting []sheet24.RowChange
	for _, c := range changes {
		if _, done := b.plan.Tables[c.TableID]; !done {
			t, err := b.pusher.Store.Table(ctx, c.TableID)
			switch {
			case isolate.Fault(err):
				b.pusher.Log.Error("a table cannot be read", "stage", sheet24.PushStage, "table", c.TableID, "error", err)
				t = nil
			case err != nil && !sheet24.IsKind(err, sheet24.NotFound):
				return err
			}
			b.plan.Tables[c.TableID] = t
		}

		if b.plan.Tables[c.TableID] == nil {
			c.Status, c.NotBefore = sheet24.Pending, b.pusher.Now().Add(b.pusher.retry().After(c.Attempts))
			waiting = append(waiting, c)
		}
	}

	if len(waiting) == 0 {
		return nil
	}
	return b.pusher.Store.SettleChanges(ctx, waiting)
}

// dropColumnless takes out of a change the fields that have no column any more: it was
// deleted, or cannot be told for now, or the table is mapped otherwise. There is no cell
// that could be mended, and nothing that the CRM should follow.
func dropColumnless(t *sheet24.Table, c *sheet24.RowChange) {
	if c.Action == sheet24.Delete {
		return
	}

	var said []string
	kept := maps.Clone(c.Fields)
	for _, field := range slices.Sorted(maps.Keys(c.Fields)) {
		m, mapped := t.Mapping(field)
		if mapped && m.Column.Index >= 0 {
			continue
		}

		if c.Dropped == nil {
			c.Dropped = map[string]sheet24.Change{}
		}
		c.Dropped[field] = c.Fields[field]
		said = append(said, t.ColumnName(field)+" "+locale.Value(t.Language, mapping.Text(c.Fields[field].New)))
		delete(kept, field)
	}

	if len(said) > 0 {
		c.Fields = kept
		c.Note = sentences(c.Note, locale.T(t.Language, "note.dropped", strings.Join(said, ", ")))
	}
}

// sentences joins two texts, of which each may be empty, or said already.
func sentences(first, second string) string {
	switch {
	case second == "" || strings.Contains(first, second):
		return first
	case first == "":
		return second
	}
	return first + " " + second
}

// store settles changes in the database. One that it does not take fails.
func (b *pushing) store(ctx context.Context, changes []sheet24.RowChange) error {
	return isolate.Each(changes, func(some []sheet24.RowChange) error {
		if err := b.pusher.Store.SettleChanges(ctx, some); err != nil {
			return err
		}

		for _, c := range some {
			b.settled[c.ID] = true
		}
		return nil
	}, func(c sheet24.RowChange, err error) error {
		b.settled[c.ID] = true
		return b.pusher.Rows.Fail(ctx, sheet24.PushStage, b.plan.Tables[c.TableID], c, err)
	})
}
