package tab

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/match"
)

// A write of cells by their rows is stored as begun before it is sent, and ends once
// somebody has seen where it went. If the process ends in between, or the answer is lost,
// whoever works on the table next looks first: see SettleBegun.

// landsWithin is how long after it was sent a write may still take effect: Google works on
// a request for 180 seconds at most (source: the Sheets API's "Usage limits").
const landsWithin = 200 * time.Second

// writeColumns stores a write as begun, and sends it. It returns the number under which it
// is stored: the write ends once its caller has seen where it went.
func (p *Access) writeColumns(ctx context.Context, t *sheet24.Table, w sheet24.BegunSheetWrite, writes []sheet24.ColumnWrite) (number int64, read [][]any, err error) {
	number, err = p.Begun.BeginSheetWrite(ctx, t, w)
	if err != nil {
		return 0, nil, err
	}

	read, err = p.Sheets.WriteColumns(ctx, t.Ref(), t.HeaderRow, writes)
	if err != nil && refused(err) {
		return 0, nil, cmp.Or(p.Begun.EndSheetWrites(ctx, []int64{number}), err)
	}
	return number, read, err
}

// refused reports whether an error says for certain that nothing was written.
func refused(err error) bool {
	return slices.Contains([]sheet24.Kind{sheet24.Invalid, sheet24.NotFound, sheet24.Unauthorized, sheet24.Conflict, sheet24.TooLarge}, sheet24.AsError(err).Kind)
}

// begunIDs are ids and keys that are to be written into rows, as a write that is begun.
func begunIDs(tab *Tab, column sheet24.Column, cells map[int]any, stood []sheet24.StoodCell) sheet24.BegunSheetWrite {
	w := sheet24.BegunSheetWrite{Stage: sheet24.ScanStage, Stood: stood}
	for number, v := range cells {
		w.Cells = append(w.Cells, sheet24.BegunCell{
			Row: number, EntityID: tab.IDAt[number], Column: column.Name, Value: v,
			IsID: true, Held: Values(tab.Layout, tab.Rows[number]),
		})
	}

	slices.SortFunc(w.Cells, func(a, b sheet24.BegunCell) int { return a.Row - b.Row })
	return w
}

// tookIDs reports whether ids stand where they were meant to: in rows that hold something
// of what these held.
func (t *Tab) tookIDs(cells []sheet24.BegunCell) bool {
	return !slices.ContainsFunc(cells, func(c sheet24.BegunCell) bool {
		id, _ := RecordID(c.Value)
		return t.IDAt[c.Row] != id || len(c.Held) > 0 && match.EqualFields(Values(t.Layout, t.Rows[c.Row]), c.Held) == 0
	})
}
