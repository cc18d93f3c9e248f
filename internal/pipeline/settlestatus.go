package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
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
		shows := slices.ContainsFunc(at.rows[id], func(row int) bool { return written[at.at(status, row)] })
		if !told[id] && shows {
			records = append(records, id)
		}
	}
	if wrong, err = p.settleUnidentified(ctx, t, at, status, written); err != nil {
		return nil, nil, err
	}

	again, err := p.Store.TellAgain(ctx, t.ID, records)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range records {
		if !slices.Contains(again, id) && len(at.rows[id]) == 1 {
			wrong = append(wrong, placement{id: id, column: status, only: true, holds: at.at(status, at.rows[id][0])})
		}
	}
	if len(again) > 0 {
		p.Wake.Report(ctx, t.ID)
	}
	return wrong, done, nil
}

// settleUnidentified is settleStatuses of rows whose ID cells do not tell which record they
// are: they say once more why that is, or nothing.
func (p *Pipeline) settleUnidentified(ctx context.Context, t *sheet24.Table, at *places, status sheet24.Column, written map[any]bool) (wrong []placement, err error) {
	unidentified, err := p.Store.UnidentifiedRows(ctx, t.ID)
	if err != nil {
		return nil, err
	}

	for row := t.HeaderRow + 1; row <= at.last(); row++ {
		shows, says := at.at(at.columns[0], row), at.at(status, row)
		id, known := recordID(shows)
		if !written[says] || known && len(at.rows[id]) == 1 {
			continue
		}
		w := placement{row: row, shows: shows, column: status, only: true, holds: says}
		u, noted := unidentified[row]
		switch {
		case noted && at.showsStill(u):
			w.value = p.statusOf(t, sheet24.RowChange{Status: sheet24.Failed, Error: u.Error})
		case known || strings.HasPrefix(mapping.Text(says), locale.T(t.Language, "sheet.left")): // of a record's rows, one is told; a row that is left alone keeps no key
			continue
		}
		wrong = append(wrong, w)
	}
	return wrong, nil
}
