package google

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/api/sheets/v4"

	"sheet24"
)

// Spreadsheet is a spreadsheet with its tabs.
type Spreadsheet struct {
	ID       string
	Title    string
	Locale   string // tr_TR
	TimeZone string // Europe/Istanbul
	Tabs     []Tab
}

// Tab is one sheet of a spreadsheet.
type Tab struct {
	GID     int64
	Title   string
	Rows    int64
	Columns int64
	Frozen  int64 // rows that stay in sight
	Hidden  bool
}

// Spreadsheet describes a spreadsheet and its tabs, without their cells.
func (c *Client) Spreadsheet(ctx context.Context, userID, id string) (*Spreadsheet, error) {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return nil, err
	}
	if err := c.quotas.read(ctx, userID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Get(id).
		Fields("spreadsheetId,properties(title,locale,timeZone),sheets.properties(sheetId,title,hidden,gridProperties(rowCount,columnCount,frozenRowCount))").
		Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}
	sp := &Spreadsheet{ID: got.SpreadsheetId, Title: got.Properties.Title, Locale: got.Properties.Locale, TimeZone: got.Properties.TimeZone}
	for _, sh := range got.Sheets {
		p := sh.Properties
		if p.GridProperties == nil { // a chart or a connected data source has no cells
			continue
		}
		sp.Tabs = append(sp.Tabs, Tab{GID: p.SheetId, Title: p.Title, Hidden: p.Hidden, Rows: p.GridProperties.RowCount, Columns: p.GridProperties.ColumnCount,
			Frozen: p.GridProperties.FrozenRowCount})
	}
	return sp, nil
}

// Describe implements sheet24.Sheets.
func (c *Client) Describe(ctx context.Context, userID, spreadsheetID string) (sheet24.SheetInfo, error) {
	s, err := c.Spreadsheet(ctx, userID, spreadsheetID)
	if err != nil {
		return sheet24.SheetInfo{}, err
	}
	info := sheet24.SheetInfo{Title: s.Title, Locale: s.Locale, TimeZone: s.TimeZone, Tabs: map[int64]string{}}
	for _, t := range s.Tabs {
		info.Tabs[t.GID] = t.Title
	}
	return info, nil
}

// Merged implements sheet24.Sheets.
func (c *Client) Merged(ctx context.Context, userID, spreadsheetID string, gid int64) ([]sheet24.Range, error) {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return nil, err
	}
	if err := c.quotas.read(ctx, userID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Get(spreadsheetID).Fields("sheets(properties.sheetId,merges)").Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}
	var merged []sheet24.Range
	for _, sh := range got.Sheets {
		if sh.Properties.SheetId != gid {
			continue
		}
		for _, m := range sh.Merges {
			merged = append(merged, sheet24.Range{FirstRow: int(m.StartRowIndex) + 1, LastRow: int(m.EndRowIndex), FirstColumn: int(m.StartColumnIndex) + 1, LastColumn: int(m.EndColumnIndex)})
		}
	}
	return merged, nil
}

// Read implements sheet24.Sheets. Tabs are named by gid, so that one renamed in
// between is still the one read.
func (c *Client) Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([][][]any, error) {
	return c.values(ctx, userID, spreadsheetID, gid, ranges, "UNFORMATTED_VALUE")
}

// Shown implements sheet24.Sheets.
func (c *Client) Shown(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([][][]any, error) {
	return c.values(ctx, userID, spreadsheetID, gid, ranges, "FORMATTED_VALUE")
}

func (c *Client) values(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range, render string) ([][][]any, error) {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return nil, err
	}
	req := &sheets.BatchGetValuesByDataFilterRequest{ValueRenderOption: render, DateTimeRenderOption: "SERIAL_NUMBER"}
	place := map[string]int{}
	for i, r := range ranges {
		g := gridRange(gid, r)
		place[key(g)] = i
		req.DataFilters = append(req.DataFilters, &sheets.DataFilter{GridRange: g})
	}
	if err := c.quotas.read(ctx, userID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Values.BatchGetByDataFilter(spreadsheetID, req).Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}
	values := make([][][]any, len(ranges))
	for _, m := range got.ValueRanges {
		for _, f := range m.DataFilters {
			if f.GridRange == nil {
				continue
			}
			if i, ok := place[key(f.GridRange)]; ok {
				values[i] = m.ValueRange.Values
			}
		}
	}
	// Ranges that are equal share one answer.
	for i, r := range ranges {
		values[i] = values[place[key(gridRange(gid, r))]]
	}
	return values, nil
}

// Write implements sheet24.Sheets. Cells that stand one below the other are one range
// of the request, as statuses mostly are.
func (c *Client) Write(ctx context.Context, userID, spreadsheetID string, gid int64, cells []sheet24.Cell) error {
	if len(cells) == 0 {
		return nil
	}
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return err
	}
	req := &sheets.BatchUpdateValuesByDataFilterRequest{ValueInputOption: "RAW"}
	for _, run := range runs(cells) {
		values := make([][]any, len(run))
		for i, cell := range run {
			values[i] = []any{cell.Value}
		}
		first, last := run[0], run[len(run)-1]
		req.Data = append(req.Data, &sheets.DataFilterValueRange{
			DataFilter: &sheets.DataFilter{GridRange: gridRange(gid, sheet24.Range{
				FirstRow: first.Row, LastRow: last.Row, FirstColumn: first.Column, LastColumn: last.Column})},
			MajorDimension: "ROWS", Values: values,
		})
	}
	if err := c.quotas.write(ctx, userID); err != nil {
		return err
	}
	_, err = s.Spreadsheets.Values.BatchUpdateByDataFilter(spreadsheetID, req).Context(ctx).Do()
	return c.explain(ctx, userID, spreadsheetID, gid, fail(err))
}

// runs are cells in groups that stand one below the other in one column.
func runs(cells []sheet24.Cell) (groups [][]sheet24.Cell) {
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b sheet24.Cell) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Row, b.Row))
	})
	start := 0
	for i := 1; i <= len(sorted); i++ {
		if i == len(sorted) || sorted[i].Column != sorted[i-1].Column || sorted[i].Row != sorted[i-1].Row+1 {
			groups = append(groups, sorted[start:i])
			start = i
		}
	}
	return groups
}

// gridRange writes a range as the API has it: from 0, ends excluded, 0 for open.
func gridRange(gid int64, r sheet24.Range) *sheets.GridRange {
	return &sheets.GridRange{
		SheetId: gid, StartRowIndex: int64(max(r.FirstRow-1, 0)), EndRowIndex: int64(r.LastRow),
		StartColumnIndex: int64(max(r.FirstColumn-1, 0)), EndColumnIndex: int64(r.LastColumn),
		ForceSendFields: []string{"SheetId"}, // the first tab's gid is 0
	}
}

// key tells ranges apart.
func key(g *sheets.GridRange) string {
	return fmt.Sprint(g.SheetId, g.StartRowIndex, g.EndRowIndex, g.StartColumnIndex, g.EndColumnIndex)
}
