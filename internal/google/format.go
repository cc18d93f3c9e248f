package google

import (
	"context"
	"strconv"

	"google.golang.org/api/sheets/v4"

	"sheet24"
)

// FormatHeader gives the header row of a tab the table's colours, and Poppins.
func (c *Client) FormatHeader(ctx context.Context, userID, spreadsheetID string, gid int64, row, columns int, colors sheet24.ColorScheme) error {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return err
	}
	if err := c.quotas.write(ctx, userID); err != nil {
		return err
	}

	format := &sheets.CellFormat{
		BackgroundColorStyle: &sheets.ColorStyle{RgbColor: colorOf(colors.Header)},
		TextFormat:           &sheets.TextFormat{FontFamily: "Poppins", Bold: true, ForegroundColorStyle: &sheets.ColorStyle{RgbColor: colorOf(colors.Text)}},
	}
	_, err = s.Spreadsheets.BatchUpdate(spreadsheetID, &sheets.BatchUpdateSpreadsheetRequest{Requests: []*sheets.Request{{RepeatCell: &sheets.RepeatCellRequest{
		Range:  gridRange(gid, sheet24.Range{FirstRow: row, LastRow: row, FirstColumn: 1, LastColumn: columns}),
		Cell:   &sheets.CellData{UserEnteredFormat: format},
		Fields: "userEnteredFormat(backgroundColorStyle,textFormat(fontFamily,bold,foregroundColorStyle))",
	}}}}).Context(ctx).Do()
	return fail(err)
}

// AppendColumns gives a tab more columns at its right.
func (c *Client) AppendColumns(ctx context.Context, userID, spreadsheetID string, gid int64, n int) error {
	s, err := c.sheets(ctx, userID)
	if err != nil {
		return err
	}
	if err := c.quotas.write(ctx, userID); err != nil {
		return err
	}

	_, err = s.Spreadsheets.BatchUpdate(spreadsheetID, &sheets.BatchUpdateSpreadsheetRequest{Requests: []*sheets.Request{{
		AppendDimension: &sheets.AppendDimensionRequest{SheetId: gid, Dimension: "COLUMNS", Length: int64(n), ForceSendFields: []string{"SheetId"}}}}}).Context(ctx).Do()
	return fail(err)
}

// colorOf reads "#rrggbb", which has been checked, as shares of one.
func colorOf(hex string) *sheets.Color {
	n, _ := strconv.ParseUint(hex[1:], 16, 32)
	return &sheets.Color{Red: float64(n>>16) / 255, Green: float64(n>>8&255) / 255, Blue: float64(n&255) / 255}
}
