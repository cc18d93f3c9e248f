package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// deletion is what goes with a table, as its page says before it does.
type deletion struct {
	contents sheet24.TableContents
	script   bool // its script is taken out of the sheet
}

// deleteChoice says what goes with a table, and asks.
func (w *Web) deleteChoice(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	var d deletion
	var err error
	if d.contents, err = w.Store.Contents(r.Context(), t.ID); err == nil {
		d.script, err = w.Setup.HasOwnScript(r.Context(), t)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.render(rw, r, http.StatusOK, deletePage(t, d))
}

// deleteTable forgets a table.
func (w *Web) deleteTable(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if err := w.Setup.Delete(r.Context(), t); err != nil {
		w.fail(rw, r, err)
		return
	}

	w.sessions.Put(r.Context(), "notice", locale.T(visitOf(r.Context()).lang, "deleted_table", t.Title()))
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}
