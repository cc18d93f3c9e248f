package web

import (
	"context"

	"sheet24"
)

// handOverAll gives what one member has to another. What cannot be given says why, and stays
// where it is with all that comes after it.
func (w *Web) handOverAll(ctx context.Context, from, to *sheet24.User) error {
	if !to.Role.Writes() || to.ID == from.ID {
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeSuccessorRole, to.Email)
	}

	tables, err := w.Store.TablesIn(ctx, from.Scope())
	if err != nil {
		return err
	}

	for _, t := range tables {
		if t.UserID != from.ID {
			continue
		}
		if err := w.Setup.Succeed(ctx, t, to); err != nil {
			return err
		}
		if err := w.note(ctx, from, "handed_over", t.Title()+" → "+to.Email); err != nil {
			return err
		}
	}
	return w.Team.HandOverPortals(ctx, from, to)
}
