package google

import (
	"context"
	"strconv"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/sheets/v4"

	"sheet24"
)

// cellFields is what is read of cells: their values, and the texts shown for them.
const cellFields googleapi.Field = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values(effectiveValue,formattedValue)))"

// ReadFormatted implements sheet24.Sheets. Values and texts are of one moment, since they
// come in one answer: an answer's blocks are known by where they begin.
func (c *Client) ReadFormatted(ctx context.Context, tab sheet24.TabRef, ranges []sheet24.Range) (values, texts [][][]any, err error) {
	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return nil, nil, err
	}
	req := &sheets.GetSpreadsheetByDataFilterRequest{IncludeGridData: true}
	for _, r := range ranges {
		req.DataFilters = append(req.DataFilters, &sheets.DataFilter{GridRange: gridRange(tab.GID, r)})
	}
	if err := c.quotas.read(ctx, tab.UserID); err != nil {
		return nil, nil, err
	}
	got, err := s.Spreadsheets.GetByDataFilter(tab.SpreadsheetID, req).Fields(cellFields).Context(ctx).Do()
	if err != nil {
		return nil, nil, fail(err)
	}

	blocks := map[[2]int64]*sheets.GridData{} // by where they begin
	for _, sh := range got.Sheets {
		if sh.Properties == nil || sh.Properties.SheetId != tab.GID {
			continue
		}
		for _, d := range sh.Data {
			at := [2]int64{d.StartRow, d.StartColumn}
			if b := blocks[at]; b == nil || len(d.RowData) > len(b.RowData) {
				blocks[at] = d
			}
		}
	}

	values, texts = make([][][]any, len(ranges)), make([][][]any, len(ranges))
	for i, f := range req.DataFilters {
		d := blocks[[2]int64{f.GridRange.StartRowIndex, f.GridRange.StartColumnIndex}]
		if d == nil {
			return nil, nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAnswer)
		}
		for n, row := range d.RowData {
			if last := ranges[i].LastRow; last > 0 && n > last-ranges[i].FirstRow {
				break
			}
			var v, text []any
			for m, cell := range row.Values {
				if last := ranges[i].LastColumn; last > 0 && m > last-max(ranges[i].FirstColumn, 1) {
					break
				}
				v, text = append(v, withoutZeros(cellValue(cell))), append(text, cell.FormattedValue)
			}
			values[i], texts[i] = append(values[i], v), append(texts[i], text)
		}
	}
	return values, texts, nil
}

// cellValue is a cell's value as the values of a range have it: "" for an empty cell, an
// error as it is shown.
func cellValue(c *sheets.CellData) any {
	v := c.EffectiveValue
	switch {
	case v == nil:
		return ""
	case v.NumberValue != nil:
		return *v.NumberValue
	case v.BoolValue != nil:
		return *v.BoolValue
	case v.StringValue != nil:
		return *v.StringValue
	}
	return c.FormattedValue
}

// rangeStart is where a range in A1 notation begins: FirstRow and FirstColumn from 1,
// LastColumn where it ends; 0 where that is open. "'Satış 2026'!B2:C" begins at 2, 2.
func rangeStart(a1 string) (r sheet24.Range) {
	for i := len(a1) - 1; i >= 0; i-- {
		if a1[i] == '!' {
			a1 = a1[i+1:]
			break
		}
	}

	cell := func(text string) (row, column int, rest string) {
		i := 0
		for ; i < len(text) && text[i] != ':'; i++ {
			switch ch := text[i]; {
			case ch >= 'A' && ch <= 'Z':
				column = column*26 + int(ch-'A') + 1
			case ch >= '0' && ch <= '9':
				digit, _ := strconv.Atoi(text[i : i+1])
				row = row*10 + digit
			}
		}
		return row, column, text[min(i+1, len(text)):]
	}
	var rest string
	r.FirstRow, r.FirstColumn, rest = cell(a1)
	r.LastRow, r.LastColumn, _ = cell(rest)
	return r
}
