package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/setup"
)

// code is the way without the web app: a code to enter in the sheet's own menu.
func (w *Web) code(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	a, err := w.Setup.Install(r.Context(), t)
	if err != nil {
		w.notInstalled(rw, r, t, err)
		return
	}
	w.render(rw, r, http.StatusOK, codePage(t, setup.SpreadsheetURL(t, w.GoogleURL), a.Script.EditorURL(w.GoogleURL), a.Code))
}
