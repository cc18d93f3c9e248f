package pipeline

import (
	"context"
	"slices"

	"sheet24"
)

// backRows is how many cells one scan writes back at most.
const backRows = 1000

// cellKey names a cell by what it holds.
type cellKey struct {
	id    int64
	field string
}

// writtenBack is what was written into a sheet, and is to be taken for known.
type writtenBack struct {
	done  []sheet24.CellWrite
	taken map[cellKey]any // the CRM holds these: they are no edits
	undo  map[cellKey]bool
	rows  []sheet24.Range
}

// writeBack writes what is to stand in the sheet: values of the CRM that are to stay,
// and former values that somebody wants back. A cell that was edited since is left as
// it is. The scan that follows takes note of it all, so that none of it is an edit; if
// it does not come to that, all of it is done once more.
func (p *Pipeline) writeBack(ctx context.Context, t *sheet24.Table, events []sheet24.Event, left doubts) (*writtenBack, error) {
	b := &writtenBack{taken: map[cellKey]any{}, undo: map[cellKey]bool{}}
	writes, err := p.Store.CellWrites(ctx, t.ID, backRows)
	if err != nil || len(writes) == 0 {
		return b, err
	}
	if quiet, err := p.quiet(ctx, t, waitingSince(events, p.Now())); err != nil || !quiet {
		return b, err
	}

	// Where the records' rows are, under their ids.
	tab, err := p.readTab(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	shown, err := p.becameRecords(ctx, t, tab)
	if err != nil {
		return nil, err
	}
	if err := p.replace(ctx, t, shown); err != nil && !sheet24.IsKind(err, sheet24.Invalid) {
		return nil, err
	}
	var ids []int64
	for _, w := range writes {
		ids = append(ids, w.EntityID)
		for _, number := range tab.byID[w.EntityID] {
			b.rows = append(b.rows, sheet24.Rows(number, number))
		}
	}
	b.rows = join(b.rows)
	slices.Sort(ids)
	known, err := p.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}

	// Into those that still hold what they were seen to hold.
	wanted := make([]placement, len(writes))
	var placed []placement
	for i, w := range writes {
		column, found := columnOf(tab, w.Field)
		before, seen := known[w.EntityID]
		wanted[i] = placement{id: w.EntityID, column: column, value: w.Value, only: true, holds: before.Values[w.Field],
			skipped: !found || !seen || w.Unreadable || len(tab.byID[w.EntityID]) != 1 || left.rows[w.EntityID] != nil}
		if !wanted[i].skipped {
			placed = append(placed, wanted[i])
		}
	}
	protected := false
	if len(placed) > 0 {
		skipped, err := p.place(ctx, t, nameOf(t, tab.layout), placed)
		if protected = sheet24.IsKind(err, sheet24.Invalid); err != nil && !protected {
			return nil, err
		}
		if protected {
			p.Log.Warn("values not written back", "table", t.ID, "error", err)
		}
		for i, w := range wanted {
			wanted[i].skipped = w.skipped || skipped[cellOfRecord{w.id, w.column}]
		}
	}

	for i, w := range writes {
		key := cellKey{w.EntityID, w.Field}
		switch {
		case protected || wanted[i].skipped:
			w.Seen = nil
		case w.Undo:
			b.undo[key] = true
		default:
			b.taken[key] = w.Value
		}
		b.done = append(b.done, w)
	}
	return b, nil
}

// readRecords reads a tab as readTab does, with rows that are records by now as those.
func (p *Pipeline) readRecords(ctx context.Context, t *sheet24.Table, rows []sheet24.Range) (*tab, error) {
	tab, err := p.readTab(ctx, t, rows)
	if err != nil {
		return nil, err
	}
	_, err = p.becameRecords(ctx, t, tab) // the report writes their ids
	return tab, err
}

// apply makes a row's snapshot hold what was written back; true: it has changed.
func (b *writtenBack) apply(n *sheet24.Snapshot) (changed bool) {
	for key, v := range b.taken {
		if key.id != n.EntityID {
			continue
		}
		changed = true
		if v == nil {
			delete(n.Values, key.field)
		} else {
			n.Values[key.field] = v
		}
	}
	return changed
}

// columnOf is the column of a field, if it is known where that is.
func columnOf(tab *tab, field string) (sheet24.Column, bool) {
	for _, m := range tab.layout.Fields {
		if m.Field == field {
			return m.Column, m.Column.Index >= 0
		}
	}
	return sheet24.Column{}, false
}

// orEmpty is a value as it is written: an empty text clears a cell.
func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}
