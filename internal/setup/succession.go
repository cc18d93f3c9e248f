package setup

import (
	"context"

	"sheet24"
)

// Succeed gives a table to another member of its user's team, who must be able to open its
// spreadsheet. The script of the one before is taken out of the sheet where that can be done;
// the table is polled until the other lets one run.
func (s *Setup) Succeed(ctx context.Context, t *sheet24.Table, to *sheet24.User) error {
	if t.UserID == to.ID {
		return nil
	}

	grant, err := s.Store.Token(ctx, to.ID)
	if sheet24.IsKind(err, sheet24.NotFound) || err == nil && grant.Ended {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeSuccessorUnconnected, to.Email)
	}
	if err != nil {
		return err
	}
	if _, err := s.Google.Spreadsheet(ctx, to.ID, t.SpreadsheetID); err != nil {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeSuccessorNoAccess, to.Email, t.SpreadsheetTitle).Because(err)
	}

	alone, err := s.HasOwnScript(ctx, t)
	if err != nil {
		return err
	}
	if alone {
		if err := s.Google.Uninstall(ctx, t.UserID, t.Script); err != nil {
			s.Log.Warn("the script in a sheet was not removed", "table", t.ID, "error", err)
		}
	}
	return s.Store.GiveTable(ctx, t, to.ID)
}
