package web

import (
	"context"
	"net/http"

	"sheet24"
	"sheet24/internal/google"
)

// tabs is the second step: which tab, and what it holds.
func (w *Web) tabs(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	s, err := w.Google.Spreadsheet(r.Context(), u.ID, r.PathValue("spreadsheet"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	portals, err := w.Setup.Portals(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	portal, entities, err := w.Setup.Entities(r.Context(), u.ID, number(r, "portal"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.render(rw, r, http.StatusOK, tabsPage(s, portals, portal, entities))
}

// hiddenNote says that a tab is not to be seen in the spreadsheet.
func hiddenNote(ctx context.Context, t google.Tab) string {
	if !t.Hidden {
		return ""
	}
	return " · " + tr(ctx, "tab_hidden")
}
