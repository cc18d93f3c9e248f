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
func (p *Pipeline) writeBack(ctx context.Context, t *sheet24.Table) (*writtenBack, error) {
	b := &writtenBack{taken: map[cellKey]any{}, undo: map[cellKey]bool{}}
	writes, err := p.Store.CellWrites(ctx, t.ID, backRows)
	if err != nil || len(writes) == 0 {
		return b, err
	}
	tab, err := p.readRecords(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, w := range writes {
		ids = append(ids, w.EntityID)
		if rows := tab.byID[w.EntityID]; len(rows) == 1 {
			b.rows = append(b.rows, sheet24.Rows(rows[0], rows[0]))
		}
	}
	b.rows = join(b.rows)
	if len(b.rows) > 0 {
		if tab, err = p.readRecords(ctx, t, b.rows); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	known, err := p.Store.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var cells []sheet24.Cell
	for _, w := range writes {
		column := columnOf(tab, w.Field)
		rows := tab.byID[w.EntityID]
		before, seen := known[w.EntityID]
		if len(rows) != 1 || tab.rows[rows[0]] == nil || !seen || w.Unreadable {
			column = -1
		}
		key := cellKey{w.EntityID, w.Field}
		if column >= 0 {
			now := cell(tab.rows[rows[0]], column)
			if now != w.Value && now != before.Values[w.Field] {
				column = -1 // it was edited since
			} else if now != w.Value {
				cells = append(cells, sheet24.Cell{Row: rows[0], Column: column + 1, Value: orEmpty(w.Value)})
			}
		}
		switch {
		case column < 0:
			w.Seen = nil
		case w.Undo:
			b.undo[key] = true
		default:
			b.taken[key] = w.Value
		}
		b.done = append(b.done, w)
	}
	err = p.Sheets.Write(ctx, t.UserID, t.SpreadsheetID, t.GID, cells)
	if sheet24.IsKind(err, sheet24.Invalid) {
		p.Log.Warn("values not written back", "table", t.ID, "error", err)
		for i := range b.done {
			b.done[i].Seen = nil
		}
		clear(b.taken)
		return b, nil
	}
	return b, err
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

// columnOf is where a field's column stands, -1 if that is not known.
func columnOf(tab *tab, field string) int {
	for _, m := range tab.layout.Fields {
		if m.Field == field {
			return m.Column.Index
		}
	}
	return -1
}

// orEmpty is a value as it is written: an empty text clears a cell.
func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}
