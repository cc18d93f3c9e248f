package scan

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/tab"
)

// backRows is how many cells one scan writes back at most.
const backRows = 1000

// writtenBack is what was written into a sheet, and is to be taken for known.
type writtenBack struct {
	done  []sheet24.CellWrite
	taken map[tab.CellKey]any // the CRM holds these: they are no edits
	undo  map[tab.CellKey]bool
	rows  []sheet24.Range
}

// writeBack writes what is to stand in the sheet: values of the CRM that are to stay,
// and former values that somebody wants back. A cell that was edited since is left as
// it is. The scan that follows takes note of it all, so that none of it is an edit; if
// it does not come to that, all of it is done once more.
func (p *Scanner) writeBack(ctx context.Context, t *sheet24.Table, events []sheet24.Event, left tab.Doubts) (*writtenBack, error) {
	b := &writtenBack{taken: map[tab.CellKey]any{}, undo: map[tab.CellKey]bool{}}
	writes, err := p.Store.CellWrites(ctx, t.ID, backRows)
	if err != nil || len(writes) == 0 {
		return b, err
	}
	if quiet, err := p.Tabs.Quiet(ctx, t, tab.WaitingSince(events, p.Now())); err != nil || !quiet {
		return b, err
	}

	// Where the records' rows are, under their ids.
	sheet, err := p.Tabs.Read(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	shown, err := p.Tabs.BecameRecords(ctx, t, sheet)
	if err != nil {
		return nil, err
	}
	if err := p.Tabs.Replace(ctx, t, shown); err != nil && !sheet24.IsKind(err, sheet24.Invalid) {
		return nil, err
	}
	var ids []int64
	for _, w := range writes {
		ids = append(ids, w.EntityID)
		for _, number := range sheet.ByID[w.EntityID] {
			b.rows = append(b.rows, sheet24.Rows(number, number))
		}
	}
	b.rows = tab.Join(b.rows)
	slices.Sort(ids)
	known, err := p.Known.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}

	// Into those that still hold what they were seen to hold.
	wanted := make([]tab.Placement, len(writes))
	var placed []tab.Placement
	for i, w := range writes {
		column, found := tab.ColumnOf(sheet, w.Field)
		before, seen := known[w.EntityID]
		wanted[i] = tab.Placement{ID: w.EntityID, Column: column, Value: w.Value, Only: true, Holds: before.Values[w.Field],
			Skipped: !found || !seen || w.Unreadable || len(sheet.ByID[w.EntityID]) != 1 || left.Rows[w.EntityID] != nil}
		if !wanted[i].Skipped {
			placed = append(placed, wanted[i])
		}
	}
	protected := false
	if len(placed) > 0 {
		skipped, err := p.Tabs.Place(ctx, t, tab.IDColumnOf(t, sheet.Layout), placed)
		if protected = sheet24.IsKind(err, sheet24.Invalid); err != nil && !protected {
			return nil, err
		}
		if protected {
			p.Log.Warn("values not written back", "table", t.ID, "error", err)
		}
		for i, w := range wanted {
			wanted[i].Skipped = w.Skipped || skipped[tab.CellOfRecord{ID: w.ID, Column: w.Column}]
		}
	}

	for i, w := range writes {
		key := tab.CellKey{ID: w.EntityID, Field: w.Field}
		switch {
		case protected || wanted[i].Skipped:
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

// apply makes a row's snapshot hold what was written back; true: it has changed.
func (b *writtenBack) apply(n *sheet24.Snapshot) (changed bool) {
	for key, v := range b.taken {
		if key.ID != n.EntityID {
			continue
		}
		changed = true
		if v == nil {
			delete(n.Values, key.Field)
		} else {
			n.Values[key.Field] = v
		}
	}
	return changed
}
