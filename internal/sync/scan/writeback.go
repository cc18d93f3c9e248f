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

	sheet, err := p.readUnderIDs(ctx, t)
	if err != nil {
		return nil, err
	}

	wanted, err := p.placementsOf(ctx, t, sheet, writes, left)
	if err != nil {
		return nil, err
	}
	if err := p.placeWanted(ctx, t, sheet, wanted); err != nil {
		return nil, err
	}

	b.note(sheet, writes, wanted)
	return b, nil
}

// readUnderIDs reads where the records' rows are; rows that became records get their ids.
func (p *Scanner) readUnderIDs(ctx context.Context, t *sheet24.Table) (*tab.Tab, error) {
	sheet, err := p.Tabs.Read(ctx, t, nil)
	if err != nil {
		return nil, err
	}

	shown, err := p.Tabs.ResolveRowKeys(ctx, t, sheet)
	if err != nil {
		return nil, err
	}
	if err := p.Tabs.Replace(ctx, t, shown); err != nil && !sheet24.IsKind(err, sheet24.Invalid) {
		return nil, err
	}
	return sheet, nil
}

// placementsOf says where the writes go: into cells that still hold what they were last
// known to hold. One that has no such cell is skipped.
func (p *Scanner) placementsOf(ctx context.Context, t *sheet24.Table, sheet *tab.Tab, writes []sheet24.CellWrite, left tab.Doubts) ([]tab.Placement, error) {
	var ids []int64
	for _, w := range writes {
		ids = append(ids, w.EntityID)
	}

	slices.Sort(ids)
	snapshots, err := p.Base.Snapshots(ctx, t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}

	wanted := make([]tab.Placement, len(writes))
	for i, w := range writes {
		column, found := tab.ColumnOf(sheet, w.Field)
		before, seen := snapshots[w.EntityID]
		wanted[i] = tab.Placement{ID: w.EntityID, Column: column, Value: w.Value, Only: true, Holds: before.Values[w.Field],
			Skipped: !found || !seen || w.Unreadable || len(sheet.ByID[w.EntityID]) != 1 || left.Rows[w.EntityID] != nil}
	}
	return wanted, nil
}

// placeWanted places what is not skipped, and marks as skipped what did not get its cell: it
// was edited or moved meanwhile, or the cells are protected.
func (p *Scanner) placeWanted(ctx context.Context, t *sheet24.Table, sheet *tab.Tab, wanted []tab.Placement) error {
	placed := slices.DeleteFunc(slices.Clone(wanted), func(w tab.Placement) bool { return w.Skipped })
	if len(placed) == 0 {
		return nil
	}

	skipped, err := p.Tabs.Place(ctx, t, tab.IDColumnOf(t, sheet.Layout), placed)
	protected := sheet24.IsKind(err, sheet24.Invalid)
	if err != nil && !protected {
		return err
	}
	if protected {
		p.Log.Warn("values not written back", "table", t.ID, "error", err)
	}

	for i, w := range wanted {
		wanted[i].Skipped = w.Skipped || protected || skipped[tab.CellOfRecord{ID: w.ID, Column: w.Column}]
	}
	return nil
}

// note keeps which rows the writes were about, and what became of each.
func (b *writtenBack) note(sheet *tab.Tab, writes []sheet24.CellWrite, wanted []tab.Placement) {
	for i, w := range writes {
		for _, number := range sheet.ByID[w.EntityID] {
			b.rows = append(b.rows, sheet24.Rows(number, number))
		}

		key := tab.CellKey{ID: w.EntityID, Field: w.Field}
		switch {
		case wanted[i].Skipped:
			w.Seen = nil
		case w.Undo:
			b.undo[key] = true
		default:
			b.taken[key] = w.Value
		}
		b.done = append(b.done, w)
	}

	b.rows = tab.Join(b.rows)
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
