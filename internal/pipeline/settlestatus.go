package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
)

// settleStatuses looks where statuses went of whose writing nobody has seen where that
// was: the process ended, or the answer was lost. A row that says what another was to say
// may have got it. It says once more what became of its own last change; where there was
// none, it is to say nothing: that is returned, with the writes that end once it is done.
func (p *Pipeline) settleStatuses(ctx context.Context, t *sheet24.Table, at *places, status sheet24.Column, changes []sheet24.RowChange) (wrong []placement, done []int64, err error) {
	begun, err := p.Store.BegunSheetWrites(ctx, t.ID, sheet24.ReportStage)
	if err != nil || len(begun) == 0 {
		return nil, nil, err
	}

	// Which rows show what was written, and are not told of anyway.
	told, written := map[int64]bool{}, map[any]bool{}
	for _, c := range changes {
		told[c.EntityID] = true
	}
	for _, w := range begun {
		done = append(done, w.ID)
		for _, c := range w.Cells {
			written[c.Value] = c.Value != nil
		}
	}
	var records []int64
	for _, id := range slices.Sorted(maps.Keys(at.rows)) {
		if rows := at.rows[id]; !told[id] && len(rows) == 1 && written[at.at(status, rows[0])] {
			records = append(records, id)
		}
	}

	again, err := p.Store.TellAgain(ctx, t.ID, records)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range records {
		if !slices.Contains(again, id) {
			wrong = append(wrong, placement{id: id, column: status, only: true, holds: at.at(status, at.rows[id][0])})
		}
	}
	if len(again) > 0 {
		p.Wake.Report(ctx, t.ID)
	}
	return wrong, done, nil
}
