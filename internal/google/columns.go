package google

import (
	"context"
	"slices"

	"google.golang.org/api/sheets/v4"

	"sheet24"
	"sheet24/internal/mapping"
)

// markKey names the developer metadata by which a column is found again: Google moves it
// along when columns are inserted, moved or deleted, and resolves it when it reads and
// when it writes (source: the API's guide "Read & write developer metadata"). So nothing
// that we write lands in the column that stands by now where the right one stood.
const markKey = "sheet24.column"

// markName tells the marks of a process apart: one for each column that it writes.
type markName struct {
	spreadsheetID string
	gid           int64
	header        string
}

// ReadColumns implements sheet24.Sheets.
func (c *Client) ReadColumns(ctx context.Context, tab sheet24.TabRef, headerRow int, columns []sheet24.Column) ([][]any, error) {
	var read [][]any
	err := c.withMarks(ctx, tab, headerRow, columns, func(marks []int64) (err error) {
		read, err = c.readMarked(ctx, tab, marks)
		return err
	}, func() [][]any { return read })
	return read, err
}

// WriteColumns implements sheet24.Sheets. All is written and read back in one request.
func (c *Client) WriteColumns(ctx context.Context, tab sheet24.TabRef, headerRow int, writes []sheet24.ColumnWrite) ([][]any, error) {
	columns := make([]sheet24.Column, len(writes))
	for i, w := range writes {
		columns[i] = w.Column
	}

	// Where the columns stand is proven before anything is written: the marks of those
	// that were just read by ReadColumns are known to be good.
	marks, known := c.knownMarks(tab, columns)
	if !known {
		if _, err := c.ReadColumns(ctx, tab, headerRow, columns); err != nil {
			return nil, err
		}
		marks, _ = c.knownMarks(tab, columns)
	}

	return c.writeMarked(ctx, tab, marks, writes)
}

// withMarks finds the marks of columns, reads with them, and makes those anew that no
// longer stand at the column they are named after: cells were cut and pasted elsewhere.
func (c *Client) withMarks(ctx context.Context, tab sheet24.TabRef, headerRow int, columns []sheet24.Column, read func([]int64) error, got func() [][]any) error {
	for try := 0; ; try++ {
		marks, err := c.marks(ctx, tab, headerRow, columns)
		if err != nil {
			return err
		}

		err = read(marks)
		if err != nil && !sheet24.IsKind(err, sheet24.NotFound) && sheet24.AsError(err).Code != sheet24.CodeGoogleAnswer {
			return err
		}

		var wrong []sheet24.Column
		for i, column := range columns {
			if err != nil || !hasHeader(got()[i], headerRow, column.Name) {
				wrong = append(wrong, column)
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		if try == 1 {
			return sheet24.Errorf(sheet24.Conflict, sheet24.CodeColumnsMoved)
		}
		if err := c.dropMarks(ctx, tab, wrong); err != nil {
			return err
		}
	}
}

// hasHeader reports whether a column, read from its first row on, has a header.
func hasHeader(cells []any, headerRow int, name string) bool {
	return headerRow <= len(cells) && mapping.Text(cells[headerRow-1]) == name
}

// knownMarks are the marks of columns, if this process knows them all.
func (c *Client) knownMarks(tab sheet24.TabRef, columns []sheet24.Column) ([]int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	marks := make([]int64, len(columns))
	for i, column := range columns {
		id, ok := c.columnMarks[markName{tab.SpreadsheetID, tab.GID, column.Name}]
		if !ok {
			return nil, false
		}
		marks[i] = id
	}
	return marks, true
}

// marks finds the marks of columns, and makes those that are missing.
func (c *Client) marks(ctx context.Context, tab sheet24.TabRef, headerRow int, columns []sheet24.Column) ([]int64, error) {
	if marks, ok := c.knownMarks(tab, columns); ok {
		return marks, nil
	}

	if err := c.findMarks(ctx, tab); err != nil {
		return nil, err
	}
	for _, column := range columns {
		if _, ok := c.knownMarks(tab, []sheet24.Column{column}); ok {
			continue
		}
		if err := c.makeMark(ctx, tab, headerRow, column); err != nil {
			return nil, err
		}
	}

	marks, _ := c.knownMarks(tab, columns)
	return marks, nil
}

// findMarks looks for the marks that a tab has from before.
func (c *Client) findMarks(ctx context.Context, tab sheet24.TabRef) error {
	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return err
	}
	if err := c.quotas.read(ctx, tab.UserID); err != nil {
		return err
	}
	got, err := s.Spreadsheets.DeveloperMetadata.Search(tab.SpreadsheetID, &sheets.SearchDeveloperMetadataRequest{
		DataFilters: []*sheets.DataFilter{{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataKey: markKey, LocationType: "COLUMN"}}},
	}).Context(ctx).Do()
	if err != nil {
		return fail(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range got.MatchedDeveloperMetadata {
		d := m.DeveloperMetadata
		if d == nil || d.MetadataKey != markKey || d.Location == nil || d.Location.DimensionRange == nil || d.Location.DimensionRange.SheetId != tab.GID {
			continue // of another tab: a copy of this one has copies of its marks
		}
		c.columnMarks[markName{tab.SpreadsheetID, tab.GID, d.MetadataValue}] = d.MetadataId
	}
	return nil
}

// makeMark marks a column where it was last seen. Whether it still stood there is known
// only when it is read by its mark.
func (c *Client) makeMark(ctx context.Context, tab sheet24.TabRef, headerRow int, column sheet24.Column) error {
	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return err
	}
	if err := c.quotas.write(ctx, tab.UserID); err != nil {
		return err
	}
	got, err := s.Spreadsheets.BatchUpdate(tab.SpreadsheetID, &sheets.BatchUpdateSpreadsheetRequest{Requests: []*sheets.Request{{
		CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataKey: markKey, MetadataValue: column.Name, Visibility: "PROJECT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: &sheets.DimensionRange{
				SheetId: tab.GID, Dimension: "COLUMNS", StartIndex: int64(column.Index), EndIndex: int64(column.Index) + 1,
				ForceSendFields: []string{"SheetId", "StartIndex"},
			}},
		}},
	}}}).Context(ctx).Do()
	if err != nil {
		return fail(err)
	}
	if len(got.Replies) != 1 || got.Replies[0].CreateDeveloperMetadata == nil || got.Replies[0].CreateDeveloperMetadata.DeveloperMetadata == nil {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAnswer)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.columnMarks[markName{tab.SpreadsheetID, tab.GID, column.Name}] = got.Replies[0].CreateDeveloperMetadata.DeveloperMetadata.MetadataId
	return nil
}

// dropMarks deletes marks that stand at columns of other names.
func (c *Client) dropMarks(ctx context.Context, tab sheet24.TabRef, columns []sheet24.Column) error {
	var requests []*sheets.Request
	c.mu.Lock()
	for _, column := range columns {
		name := markName{tab.SpreadsheetID, tab.GID, column.Name}
		if id, ok := c.columnMarks[name]; ok {
			requests = append(requests, &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
				DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: id}},
			}})
		}
		delete(c.columnMarks, name)
	}
	c.mu.Unlock()
	if len(requests) == 0 {
		return nil
	}

	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return err
	}
	if err := c.quotas.write(ctx, tab.UserID); err != nil {
		return err
	}
	_, err = s.Spreadsheets.BatchUpdate(tab.SpreadsheetID, &sheets.BatchUpdateSpreadsheetRequest{Requests: requests}).Context(ctx).Do()
	if sheet24.IsKind(fail(err), sheet24.Invalid) { // they went with their column
		return nil
	}
	return fail(err)
}

// byMark selects the column of a mark.
func byMark(id int64) *sheets.DataFilter {
	return &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: id}}
}

// readMarked reads whole columns by their marks, from the first row on.
func (c *Client) readMarked(ctx context.Context, tab sheet24.TabRef, marks []int64) ([][]any, error) {
	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return nil, err
	}
	req := &sheets.BatchGetValuesByDataFilterRequest{MajorDimension: "COLUMNS", ValueRenderOption: "UNFORMATTED_VALUE", DateTimeRenderOption: "SERIAL_NUMBER"}
	for _, id := range marks {
		req.DataFilters = append(req.DataFilters, byMark(id))
	}
	if err := c.quotas.read(ctx, tab.UserID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Values.BatchGetByDataFilter(tab.SpreadsheetID, req).Context(ctx).Do()
	if err != nil {
		return nil, fail(err)
	}

	var answers []markedValues
	for _, m := range got.ValueRanges {
		answers = append(answers, markedValues{m.DataFilters, m.ValueRange})
	}
	return columnsOf(marks, answers)
}

// writeMarked writes cells of columns by their marks, and reads these columns back in the
// same request.
func (c *Client) writeMarked(ctx context.Context, tab sheet24.TabRef, marks []int64, writes []sheet24.ColumnWrite) ([][]any, error) {
	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return nil, err
	}
	req := &sheets.BatchUpdateValuesByDataFilterRequest{
		ValueInputOption: "RAW", IncludeValuesInResponse: true,
		ResponseValueRenderOption: "UNFORMATTED_VALUE", ResponseDateTimeRenderOption: "SERIAL_NUMBER",
	}
	for i, w := range writes {
		req.Data = append(req.Data, &sheets.DataFilterValueRange{DataFilter: byMark(marks[i]), MajorDimension: "COLUMNS", Values: [][]any{sparse(w)}})
	}
	if err := c.quotas.write(ctx, tab.UserID); err != nil {
		return nil, err
	}
	got, err := s.Spreadsheets.Values.BatchUpdateByDataFilter(tab.SpreadsheetID, req).Context(ctx).Do()
	if err != nil {
		return nil, c.explain(ctx, tab.UserID, tab.SpreadsheetID, tab.GID, fail(err))
	}

	var answers []markedValues
	for _, r := range got.Responses {
		answers = append(answers, markedValues{[]*sheets.DataFilter{r.DataFilter}, r.UpdatedData})
	}
	if after, err := columnsOf(marks, answers); err == nil {
		return after, nil
	}

	// An answer without what was asked for. That the columns cannot be read is no word on
	// the write, which was done.
	after, err := c.readMarked(ctx, tab, marks)
	if err != nil {
		return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAnswer).Because(err)
	}
	return after, nil
}

// sparse lists the cells of a column from its first row on: nil leaves a cell as it is.
func sparse(w sheet24.ColumnWrite) []any {
	last := max(w.Last, 1)
	for row := range w.Cells {
		last = max(last, row)
	}
	list := make([]any, last)
	for row, v := range w.Cells {
		list[row-1] = v
	}
	return list
}

// markedValues are the values of a column, and what they answer.
type markedValues struct {
	filters []*sheets.DataFilter
	values  *sheets.ValueRange
}

// columnsOf puts answers in the order of the marks that were asked for. One that is
// missing is no empty column: nothing is known of it.
func columnsOf(marks []int64, answers []markedValues) ([][]any, error) {
	columns := make([][]any, len(marks))
	found := make([]bool, len(marks))
	put := func(i int, v *sheets.ValueRange) {
		columns[i], found[i] = columnValues(v), true
	}

	for _, a := range answers {
		for _, f := range a.filters {
			if f == nil || f.DeveloperMetadataLookup == nil || a.values == nil {
				continue
			}
			if i := slices.Index(marks, f.DeveloperMetadataLookup.MetadataId); i >= 0 {
				put(i, a.values)
			}
		}
	}

	// Nothing promises that what was asked comes back as it was sent: then the order tells.
	if !slices.Contains(found, true) && len(answers) == len(marks) {
		for i, a := range answers {
			if a.values != nil {
				put(i, a.values)
			}
		}
	}
	if slices.Contains(found, false) {
		return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAnswer)
	}
	return columns, nil
}

// columnValues are a column's cells from the first row on, however they are arranged.
func columnValues(v *sheets.ValueRange) (cells []any) {
	defer func() {
		for i, v := range cells {
			cells[i] = withoutZeros(v)
		}
	}()

	first := max(rangeStart(v.Range).FirstRow, 1)
	cells = make([]any, first-1)
	if v.MajorDimension == "COLUMNS" {
		if len(v.Values) > 0 {
			cells = append(cells, v.Values[0]...)
		}
		return cells
	}
	for _, row := range v.Values {
		var cell any
		if len(row) > 0 {
			cell = row[0]
		}
		cells = append(cells, cell)
	}
	return cells
}
