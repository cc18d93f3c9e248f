package report

import (
	"context"
	"maps"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// settleStatuses looks where statuses went of whose writing nobody has seen where that
// was: the process ended, or the answer was lost. A row that says what another was to say
// may have got it. It says once more what became of its own last change; where there was
// none, it is to say nothing: that is returned, with the writes that end once it is done.
func (p *Reporter) settleStatuses(ctx context.Context, next *sheet24.Next, t *sheet24.Table, at *tab.Places, status sheet24.Column, changes []sheet24.RowChange) (wrong []tab.Placement, done []int64, err error) {
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
	for _, id := range slices.Sorted(maps.Keys(at.Rows)) {
		shows := slices.ContainsFunc(at.Rows[id], func(row int) bool { return written[at.At(status, row)] })
		if !told[id] && shows {
			records = append(records, id)
		}
	}

	if wrong, err = p.settleUnidentified(ctx, t, at, status, written); err != nil {
		return nil, nil, err
	}

	again, err := p.Store.ReportAgain(ctx, t.ID, records)
	if err != nil {
		return nil, nil, err
	}

	for _, id := range records {
		if !slices.Contains(again, id) && len(at.Rows[id]) == 1 {
			wrong = append(wrong, tab.Placement{ID: id, Column: status, Only: true, Holds: at.At(status, at.Rows[id][0])})
		}
	}

	if len(again) > 0 {
		next.Report(t.ID)
	}
	return wrong, done, nil
}

// settleUnidentified is settleStatuses of rows whose ID cells do not tell which record they
// are: they say once more why that is, or nothing.
func (p *Reporter) settleUnidentified(ctx context.Context, t *sheet24.Table, at *tab.Places, status sheet24.Column, written map[any]bool) (wrong []tab.Placement, err error) {
	unidentified, err := p.Store.UnidentifiedRows(ctx, t.ID)
	if err != nil {
		return nil, err
	}

	for row := t.HeaderRow + 1; row <= at.Last(); row++ {
		shows, says := at.At(at.Columns[0], row), at.At(status, row)
		id, known := tab.RecordID(shows)
		if !written[says] || known && len(at.Rows[id]) == 1 {
			continue
		}

		w := tab.Placement{Row: row, Shows: shows, Column: status, Only: true, Holds: says}
		u, noted := unidentified[row]
		switch {
		case noted && at.ShowsStill(u):
			w.Value = p.statusOf(t, sheet24.RowChange{Status: sheet24.Failed, Error: u.Error})
		case known || strings.HasPrefix(mapping.Text(says), locale.T(t.Language, "sheet.left")): // of a record's rows, one is told; a row that is left alone keeps no key
			continue
		}
		wrong = append(wrong, w)
	}
	return wrong, nil
}
