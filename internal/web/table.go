package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"sheet24"
	"sheet24/internal/setup"
)

// historyPage is how many changes are shown at once.
const historyPage = 50

// table finds the table that a path names; another user's does not exist, and one that a
// form is about is not the one that was set up anew since.
func (w *Web) table(next func(http.ResponseWriter, *http.Request, *sheet24.Table)) func(http.ResponseWriter, *http.Request, *sheet24.User) {
	return func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		id, _ := strconv.ParseInt(r.PathValue("table"), 10, 64) // no number is no table
		t, err := w.Store.Table(r.Context(), id)
		if err == nil && t.UserID != u.ID {
			err = sheet24.Errorf(sheet24.NotFound, "table_unknown")
		}
		if seen := number(r, "binding"); err == nil && seen != 0 && seen != t.Binding {
			err = sheet24.Errorf(sheet24.Conflict, "table_exchanged") // the form is about what it was
		}
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		next(rw, r, t)
	}
}

func (w *Web) showTable(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64)
	changes, err := w.Store.History(r.Context(), t.ID, before, historyPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.renderTable(rw, r, http.StatusOK, tableView{table: t, changes: changes, older: before > 0})
}

// renderTable adds to a view what every page of a table shows.
func (w *Web) renderTable(rw http.ResponseWriter, r *http.Request, status int, v tableView) {
	var err error
	if v.portal, err = w.Store.Portal(r.Context(), v.table.PortalID); err != nil {
		w.fail(rw, r, err)
		return
	}
	if v.grant, err = w.Store.Token(r.Context(), v.table.UserID); err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		w.fail(rw, r, err)
		return
	}
	if v.stages, err = w.Store.StageProblems(r.Context(), v.table); err != nil {
		w.fail(rw, r, err)
		return
	}
	if v.failed, err = w.Store.CountFailed(r.Context(), v.table.ID); err != nil {
		w.fail(rw, r, err)
		return
	}
	if v.asked, err = w.Store.CountAsked(r.Context(), v.table.ID); err != nil {
		w.fail(rw, r, err)
		return
	}
	if v.comparison, err = w.comparisonOf(r, v.table); err != nil {
		w.fail(rw, r, err)
		return
	}
	v.notice = w.sessions.PopString(r.Context(), "notice")
	v.outdated = w.Setup.Outdated(v.table)
	v.settingsURL = cmp.Or(w.GoogleURL, "https://script.google.com") + "/home/usersettings"
	v.sheetURL = setup.SpreadsheetURL(v.table, w.GoogleURL)
	w.render(rw, r, status, tablePage(v))
}

// history answers the page that shows it live: nothing while nothing changed.
func (w *Web) history(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	changes, err := w.Store.History(r.Context(), t.ID, 0, historyPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if historyState(changes) == r.FormValue("state") {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	w.render(rw, r, http.StatusOK, historyTable(t, changes, false))
}

// historyState tells one state of a history from another.
func historyState(changes []sheet24.RowChange) string {
	var b bytes.Buffer
	for _, c := range changes {
		b.WriteString(strconv.FormatInt(c.ID, 36) + string(c.Status) + c.Error + c.Note + strconv.Itoa(len(c.Fields)) + c.SyncedAt.String())
		for _, f := range columnsOf(nil, c) {
			b.WriteString(f.field + textOf(f.change.New))
		}
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:8])
}

// retry puts a change that failed back to work. The row is looked at as well: what could
// not even be taken in of it is no part of the change.
func (w *Web) retry(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	id, _ := strconv.ParseInt(r.PathValue("change"), 10, 64) // no number is no change
	err := w.Store.RetryChange(r.Context(), t.ID, id)
	w.retried(rw, r, t, err)
}

// retryFailed puts all that failed and is unsent back to work.
func (w *Web) retryFailed(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	_, err := w.Store.RetryFailed(r.Context(), t.ID)
	w.retried(rw, r, t, err)
}

func (w *Web) retried(rw http.ResponseWriter, r *http.Request, t *sheet24.Table, err error) {
	if err == nil {
		err = w.Work.Recheck(r.Context(), t)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.Wake.Push(r.Context(), t.PortalID)
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}
