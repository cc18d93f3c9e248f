package google

import (
	"context"

	"google.golang.org/api/googleapi"

	"sheet24"
)

// explain finds out why Sheets refused to write into a tab, where its answer says it in
// words alone, and those perhaps in the user's language: the tab is gone, or a range of
// it is protected from the user.
func (c *Client) explain(ctx context.Context, userID, spreadsheetID string, gid int64, err error) error {
	refused := sheet24.AsError(err)
	if err == nil || refused.Code != sheet24.CodeGoogleRefused {
		return err
	}
	s, bad := c.sheets(ctx, userID)
	if bad != nil {
		return err
	}
	if bad := c.quotas.read(ctx, userID); bad != nil {
		return err
	}
	fields := googleapi.Field("sheets(properties.sheetId,protectedRanges(warningOnly,requestingUserCanEdit))")
	got, bad := s.Spreadsheets.Get(spreadsheetID).Fields(fields).Context(ctx).Do()
	if bad != nil {
		return err
	}

	for _, tab := range got.Sheets {
		if tab.Properties.SheetId != gid {
			continue
		}
		for _, p := range tab.ProtectedRanges {
			if !p.WarningOnly && !p.RequestingUserCanEdit {
				return sheet24.Errorf(sheet24.Invalid, sheet24.CodeGoogleProtected).Because(err)
			}
		}
		return err
	}
	return sheet24.Errorf(sheet24.NotFound, sheet24.CodeTabUnknown).Because(err)
}
