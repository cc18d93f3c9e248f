package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
)

// strayStatuses takes statuses out of rows that hold nothing else: the row that one was
// meant for moved on before it was written, or was emptied.
func (s *scanning) strayStatuses(ctx context.Context, tab *tab) error {
	if tab.layout.ID < 0 || tab.layout.Status < 0 || s.t.StatusColumn.Name == "" || len(tab.layout.Lost) > 0 {
		return nil
	}
	status := s.t.StatusColumn
	status.Index = tab.layout.Status

	var wanted []placement
	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		row := tab.rows[number]
		says := cell(row, tab.layout.Status)
		if IsStatus(says) && cell(row, tab.layout.ID) == nil && len(values(tab.layout, row)) == 0 {
			wanted = append(wanted, placement{row: number, column: status, only: true, holds: says})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	if quiet, err := s.quiet(ctx, s.t, s.since()); err != nil || !quiet {
		return err // they are found again
	}
	_, err := s.place(ctx, s.t, nameOf(s.t, tab.layout), wanted)
	return s.notWritten(err)
}

// settleCleared looks where it may have gone that statuses were taken out of rows: those of
// records that say nothing say once more what became of their last changes.
func (p *Pipeline) settleCleared(ctx context.Context, t *sheet24.Table, tab *tab, begun []sheet24.BegunSheetWrite) error {
	cleared := slices.ContainsFunc(begun, func(w sheet24.BegunSheetWrite) bool {
		return slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return !c.IsID && c.Column == t.StatusColumn.Name })
	})
	if !cleared || tab.layout.Status < 0 {
		return nil
	}
	status := t.StatusColumn
	status.Index = tab.layout.Status
	at, err := p.readPlaces(ctx, t, []sheet24.Column{nameOf(t, tab.layout), status})
	if err != nil {
		return err
	}

	var silent []int64
	for _, id := range slices.Sorted(maps.Keys(at.rows)) {
		if rows := at.rows[id]; len(rows) == 1 && orNil(at.at(status, rows[0])) == nil {
			silent = append(silent, id)
		}
	}
	told, err := p.Store.TellAgain(ctx, t.ID, silent)
	if len(told) > 0 {
		p.Wake.Report(ctx, t.ID)
	}
	return err
}
