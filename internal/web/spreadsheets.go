package web

import (
	"net/http"
	"net/url"
	"strings"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/locale"
)

// spreadsheets is the first step: which spreadsheet.
func (w *Web) spreadsheets(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	if len(portals) == 0 {
		http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
		return
	}

	search := strings.TrimSpace(r.FormValue("q"))
	if id := google.SpreadsheetOf(search); id != "" {
		if r.Header.Get("HX-Request") != "" { // pasted into the search as it is typed
			rw.Header().Set("HX-Redirect", "/sheet-sync/new/"+id)
			return
		}
		http.Redirect(rw, r, "/sheet-sync/new/"+id, http.StatusSeeOther)
		return
	}

	if w.LinksOnly {
		problem := ""
		if search != "" {
			problem = locale.Error(u.Language, sheet24.Errorf(sheet24.Invalid, sheet24.CodeGoogleLink, search))
		}
		w.render(rw, r, http.StatusOK, linkPage(search, problem))
		return
	}

	files, next, err := w.Google.Spreadsheets(r.Context(), u.ID, search, r.FormValue("page"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	if next != "" {
		next = "/sheet-sync/new?" + url.Values{"q": {search}, "page": {next}}.Encode()
	}

	w.render(rw, r, http.StatusOK, spreadsheetsPage(search, files, next))
}
