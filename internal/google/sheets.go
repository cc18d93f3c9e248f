package google

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
	values, err := c.values(ctx, userID, spreadsheetID, gid, ranges)
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return values, err
	}

	// A range that begins outside of the tab is refused, and tabs shrink when rows or
	// columns are deleted: nothing stands there.
	inside, clipped := c.inside(ctx, userID, spreadsheetID, gid, ranges)
	if clipped != nil || len(inside) == len(ranges) {
		return nil, err
	}
	read, err := c.values(ctx, userID, spreadsheetID, gid, inside)
	if err != nil {
		return nil, err
	}
	values = make([][][]any, len(ranges))
	for i, r := range ranges {
		if at := slices.Index(inside, r); at >= 0 {
			values[i] = read[at]
		}
	}
	return values, nil
}

// inside are those of some ranges that begin within a tab.
func (c *Client) inside(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([]sheet24.Range, error) {
	s, err := c.Spreadsheet(ctx, userID, spreadsheetID)
	if err != nil {
		return nil, err
	}
	for _, t := range s.Tabs {
		if t.GID == gid {
			return slices.DeleteFunc(slices.Clone(ranges), func(r sheet24.Range) bool {
				return int64(r.FirstRow) > t.Rows || int64(r.FirstColumn) > t.Columns
			}), nil
		}
	}
	return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeTabUnknown)
}

func (c *Client) values(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([][][]any, error) {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return nil, err
	}

	// Ranges that are equal are asked for once.
	req := &sheets.BatchGetValuesByDataFilterRequest{ValueRenderOption: "UNFORMATTED_VALUE", DateTimeRenderOption: "SERIAL_NUMBER"}
	var asked []sheet24.Range
	for _, r := range ranges {
		if !slices.Contains(asked, r) {
			asked = append(asked, r)
			req.DataFilters = append(req.DataFilters, &sheets.DataFilter{GridRange: gridRange(gid, r)})
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}

	if err := c.quotas.read(ctx, userID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Values.BatchGetByDataFilter(spreadsheetID, req).Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}

	answers, err := answersOf(asked, got.ValueRanges)
	if err != nil {
		return nil, err
	}
	values := make([][][]any, len(ranges))
	for i, r := range ranges {
		values[i] = answers[slices.Index(asked, r)]
		for _, row := range values[i] {
			for j, v := range row {
				row[j] = withoutZeros(v)
			}
		}
	}
	return values, nil
}

// withoutZeros is a cell's value without characters of number 0: nobody sees them, and
// PostgreSQL takes no text that holds one, and with it nothing of what is stored at once.
func withoutZeros(v any) any {
	if text, ok := v.(string); ok {
		return strings.ReplaceAll(text, "\x00", "")
	}
	return v
}

// answersOf finds the answer to each range that was asked for. Nothing promises that
// ranges come back as they were sent, so one is known by where it begins, and by the
// order. One without an answer is not an empty one: rows that are not there would be
// taken for deleted.
func answersOf(asked []sheet24.Range, got []*sheets.MatchedValueRange) ([][][]any, error) {
	answers := make([][][]any, len(asked))
	used := make([]bool, len(got))
	fits := func(i, n int) bool {
		if n >= len(got) || used[n] || got[n].ValueRange == nil {
			return false
		}
		r := rangeStart(got[n].ValueRange.Range)
		begins := max(r.FirstRow, 1) == max(asked[i].FirstRow, 1) && max(r.FirstColumn, 1) == max(asked[i].FirstColumn, 1)
		ends := asked[i].LastColumn == 0 || r.LastColumn == 0 || r.LastColumn == asked[i].LastColumn
		inOrder := n == i && len(got) == len(asked) && r.LastColumn < asked[i].LastColumn // the tab ends before
		return begins && (ends || inOrder)
	}

	for i := range asked {
		n := i // in the order in which they were asked for, mostly
		for k := 0; !fits(i, n) && k < len(got); k++ {
			n = k
		}
		if !fits(i, n) {
			return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAnswer)
		}
		used[n], answers[i] = true, got[n].ValueRange.Values
	}
	return answers, nil
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
