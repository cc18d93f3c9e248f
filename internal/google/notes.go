package google

import (
	"context"
	"slices"

	"google.golang.org/api/sheets/v4"

	"sheet24"
)

// Notes returns the notes on the cells of a row of a tab, by their 0-based columns. A note
// goes along with its cell when rows and columns are moved. The row is from 1.
func (c *Client) Notes(ctx context.Context, userID, spreadsheetID string, gid int64, row int) (map[int]string, error) {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return nil, err
	}
	if err := c.quotas.read(ctx, userID); err != nil {
		return nil, err
	}

	// Only what the mask names is sent, whatever the tab holds.
	got, err := s.Spreadsheets.GetByDataFilter(spreadsheetID, &sheets.GetSpreadsheetByDataFilterRequest{
		DataFilters: []*sheets.DataFilter{{GridRange: gridRange(gid, sheet24.Rows(row, row))}},
	}).Fields("sheets(properties.sheetId,data(startRow,startColumn,rowData.values.note))").Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}
	return notesOf(got, gid, row), nil
}

// notesOf picks the notes of a row out of grid data.
func notesOf(s *sheets.Spreadsheet, gid int64, row int) map[int]string {
	notes := map[int]string{}
	for _, sh := range s.Sheets {
		if sh.Properties == nil || sh.Properties.SheetId != gid {
			continue
		}
		for _, block := range sh.Data {
			at := row - 1 - int(block.StartRow)
			if at < 0 || at >= len(block.RowData) || block.RowData[at] == nil {
				continue
			}
			for i, cell := range block.RowData[at].Values {
				if cell != nil && cell.Note != "" {
					notes[int(block.StartColumn)+i] = cell.Note
				}
			}
		}
	}
	return notes
}

// SetNotes puts notes on cells of a row of a tab, by their 0-based columns, in place of
// those that are there. Google refuses it as Invalid where a cell is protected.
func (c *Client) SetNotes(ctx context.Context, userID, spreadsheetID string, gid int64, row int, notes map[int]string) error {
	if len(notes) == 0 {
		return nil
	}

	s, err := c.sheets(ctx, userID)
	if err != nil {
		return err
	}
	if err := c.quotas.write(ctx, userID); err != nil {
		return err
	}

	req := &sheets.BatchUpdateSpreadsheetRequest{}
	for column, note := range notes {
		req.Requests = append(req.Requests, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
			Range:  gridRange(gid, sheet24.Range{FirstRow: row, LastRow: row, FirstColumn: column + 1, LastColumn: column + 1}),
			Rows:   []*sheets.RowData{{Values: []*sheets.CellData{{Note: note}}}},
			Fields: "note",
		}})
	}
	slices.SortFunc(req.Requests, func(a, b *sheets.Request) int {
		return int(a.UpdateCells.Range.StartColumnIndex - b.UpdateCells.Range.StartColumnIndex)
	})

	_, err = s.Spreadsheets.BatchUpdate(spreadsheetID, req).Context(ctx).Do()
	return fail(err)
}
