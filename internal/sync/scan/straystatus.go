package scan

import (
	"context"
	"maps"
	"slices"

	"sheet24/internal/tab"
)

// strayStatuses takes statuses out of rows that hold nothing else: the row that one was
// meant for moved on before it was written, or was emptied.
func (s *scanning) strayStatuses(ctx context.Context, sheet *tab.Tab) error {
	if sheet.Layout.ID < 0 || sheet.Layout.Status < 0 || s.t.StatusColumn.Name == "" || len(sheet.Layout.Lost) > 0 {
		return nil
	}

	status := s.t.StatusColumn
	status.Index = sheet.Layout.Status

	var wanted []tab.Placement
	for _, number := range slices.Sorted(maps.Keys(sheet.Rows)) {
		row := sheet.Rows[number]
		says := tab.Cell(row, sheet.Layout.Status)
		if tab.IsStatus(says) && tab.Cell(row, sheet.Layout.ID) == nil && len(tab.Values(sheet.Layout, row)) == 0 {
			wanted = append(wanted, tab.Placement{Row: number, Column: status, Only: true, Holds: says})
		}
	}
	if len(wanted) == 0 {
		return nil
	}

	if quiet, err := s.tabs.Quiet(ctx, s.t, s.since()); err != nil || !quiet {
		return err // they are found again
	}

	_, err := s.tabs.Place(ctx, s.t, tab.IDColumnOf(s.t, sheet.Layout), wanted)
	return s.notWritten(err)
}
