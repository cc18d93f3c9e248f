package web

import (
	"net/http"
	"slices"
	"strconv"

	"sheet24"
	"sheet24/internal/locale"
)

// undoChoice lets the owner choose what to take back; unlike the live history it stands
// still.
func (w *Web) undoChoice(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	changes, err := w.History.Page(r.Context(), t, number(r, "before"), historyPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.render(rw, r, http.StatusOK, undoPage(t, changes))
}

// undo takes changes back: those chosen, or those of a span of time.
func (w *Web) undo(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	changes, err := w.toUndo(r, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	done, err := w.Work.Undo(r.Context(), t, changes)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	// What was left is said, with its reason.
	lang := visitOf(r.Context()).lang
	notice := locale.T(lang, "undone", done.Cells)
	if done.Later > 0 {
		notice += " " + locale.T(lang, "undone_later", done.Later)
	}

	if done.Other > 0 {
		notice += " " + locale.T(lang, "undone_other", done.Other)
	}

	if done.Former > 0 {
		notice += " " + locale.T(lang, "undone_former", done.Former)
	}

	w.sessions.Put(r.Context(), "notice", notice)
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// toUndo are the changes that a form names, by a span of time or by their ids.
func (w *Web) toUndo(r *http.Request, t *sheet24.Table) ([]sheet24.RowChange, error) {
	if r.FormValue("from") != "" {
		from, until, err := span(r, t)
		if err != nil {
			return nil, err
		}
		return w.History.Between(r.Context(), t, from, until)
	}

	var ids []int64
	for _, v := range r.PostForm["change"] {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeUndoNothing)
		}
		ids = append(ids, id)
	}

	return w.History.Changes(r.Context(), t, ids)
}

// undoable reports whether a change of a table can be taken back.
func undoable(t *sheet24.Table, c sheet24.RowChange) bool {
	if c.Binding != t.Binding || c.Status != sheet24.Completed || c.Action != sheet24.Update || c.EntityID <= 0 {
		return false
	}

	// Where the CRM's value stayed, nothing was done.
	done := func(f columnChange) bool { return f.change.Kept != sheet24.CRMWins }
	return slices.ContainsFunc(columnsOf(nil, c), done)
}
