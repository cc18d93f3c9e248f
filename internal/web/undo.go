package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/undo"
)

// undoMost is how many changes are taken back at once.
const undoMost = 5000

// undoPage lets the owner choose what to take back; unlike the live history it stands
// still.
func (w *Web) undoChoice(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64)
	changes, err := w.Store.History(r.Context(), t.ID, before, historyPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, undoPage(t, changes))
}

// undo takes changes back: those chosen, or those of a span of time.
func (w *Web) undo(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	changes, err := w.toUndo(r, t)
	var done undo.Undone
	if err == nil {
		done, err = w.Work.Undo(r.Context(), t, changes)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
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

func (w *Web) toUndo(r *http.Request, t *sheet24.Table) ([]sheet24.RowChange, error) {
	if r.FormValue("from") != "" {
		from, until, err := span(r, t)
		if err != nil {
			return nil, err
		}
		changes, err := w.Store.ChangesBetween(r.Context(), t.ID, from, until, undoMost+1)
		if len(changes) > undoMost {
			return nil, sheet24.Errorf(sheet24.TooLarge, "undo_too_many", strconv.Itoa(undoMost))
		}
		return changes, err
	}
	r.ParseForm()
	var ids []int64
	for _, v := range r.PostForm["change"] {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Invalid, "undo_nothing")
		}
		ids = append(ids, id)
	}
	changes, err := w.Store.Changes(r.Context(), t.ID, ids)
	if err == nil && len(changes) == 0 {
		err = sheet24.Errorf(sheet24.Invalid, "undo_nothing")
	}
	return changes, err
}

// replay has the events of a span of time looked into again.
func (w *Web) replay(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	from, until, err := span(r, t)
	n := 0
	if err == nil {
		n, err = w.Store.ReplayEvents(r.Context(), t.ID, from, until)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Wake.Scan(r.Context(), t.ID)
	w.sessions.Put(r.Context(), "notice", locale.T(visitOf(r.Context()).lang, "replayed", n))
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// decide ends questions: those named, or all of a table.
func (w *Web) decide(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	winner, ok := sides[r.FormValue("winner")]
	if !ok || winner == sheet24.Ask {
		w.fail(rw, r, sheet24.Errorf(sheet24.Invalid, "policy"))
		return
	}
	var ids []int64
	if id := r.PathValue("change"); id != "" {
		n, _ := strconv.ParseInt(id, 10, 64) // no number is no change
		ids = []int64{n}
	} else {
		asked, err := w.Store.Asked(r.Context(), t.ID, undoMost)
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		for _, c := range asked {
			ids = append(ids, c.ID)
		}
	}
	for _, id := range ids {
		if err := w.Store.Decide(r.Context(), t.ID, id, winner); err != nil {
			w.fail(rw, r, err)
			return
		}
	}
	w.Wake.Push(r.Context(), t.PortalID)
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// minute is how forms write a time.
const minute = "2006-01-02T15:04"

// span reads a span of time, in the zone of a table's spreadsheet; its last minute
// belongs to it.
func span(r *http.Request, t *sheet24.Table) (from, until time.Time, err error) {
	if from, err = time.ParseInLocation(minute, r.FormValue("from"), t.Location()); err == nil {
		until, err = time.ParseInLocation(minute, r.FormValue("until"), t.Location())
	}
	if err != nil || until.Before(from) {
		return from, until, sheet24.Errorf(sheet24.Invalid, "span")
	}
	return from, until.Add(time.Minute - time.Microsecond), nil
}

// inZone is the time some hours from now as forms write it.
func inZone(t *sheet24.Table, hours int) string {
	return time.Now().Add(time.Duration(hours) * time.Hour).In(t.Location()).Format(minute)
}

// undoable tells whether a change of a table can be taken back.
func undoable(t *sheet24.Table, c sheet24.RowChange) bool {
	return c.Binding == t.Binding && c.Status == sheet24.Completed && c.Action == sheet24.Update && c.EntityID > 0 &&
		slices.ContainsFunc(columnsOf(nil, c), func(f columnChange) bool { return f.change.Kept != sheet24.CRMWins })
}
