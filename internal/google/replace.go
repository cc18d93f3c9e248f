package google

import (
	"context"

	"google.golang.org/api/sheets/v4"

	"sheet24"
)

// Replace implements sheet24.Sheets: Google finds the cells by what they hold at the
// moment when it writes, so that it does not matter who sorts or moves them meanwhile.
func (c *Client) Replace(ctx context.Context, tab sheet24.TabRef, replacements []sheet24.Replacement) error {
	if len(replacements) == 0 {
		return nil
	}

	s, err := c.sheets(ctx, tab.UserID)
	if err != nil {
		return err
	}

	req := &sheets.BatchUpdateSpreadsheetRequest{}
	for _, r := range replacements {
		req.Requests = append(req.Requests, &sheets.Request{FindReplace: &sheets.FindReplaceRequest{
			Find: r.Find, Replacement: r.Text, MatchEntireCell: true, MatchCase: true, SheetId: tab.GID,
			ForceSendFields: []string{"SheetId", "Replacement"},
		}})
	}

	if err := c.quotas.write(ctx, tab.UserID); err != nil {
		return err
	}
	_, err = s.Spreadsheets.BatchUpdate(tab.SpreadsheetID, req).Context(ctx).Do()
	return c.explain(ctx, tab.UserID, tab.SpreadsheetID, tab.GID, fail(err))
}
