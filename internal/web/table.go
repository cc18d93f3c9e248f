package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"sheet24"
	"sheet24/internal/history"
	"sheet24/internal/locale"
	"sheet24/internal/setup"
)

// tableView is what a table's page shows.
type tableView struct {
	table    *sheet24.Table
	portal   *sheet24.Portal
	grant    *sheet24.Token
	owner    *sheet24.User // whose Google grant is used; nil: the reader's own
	sheetURL string

	outdated    bool   // the script needs a permission that its user did not give
	apiOff      bool   // the script cannot be put into the sheet for now
	settingsURL string // where that is mended

	filter     historyFilter
	found      sheet24.FoundChanges
	older      bool // the changes are not the newest, or not all of them
	open       history.Open
	comparison *sheet24.Comparison // nil: none yet
	stages     []sheet24.StageProblem

	problem string
	notice  string // of what was just done
}

func (w *Web) showTable(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	v := tableView{table: t, filter: filterOf(r)}
	before := number(r, "before")
	v.older = before > 0 || v.filter.active()

	// A filter that cannot be meant is said, and looks for nothing.
	f, err := v.filter.changes(t)
	if err != nil {
		v.problem = locale.Error(visitOf(r.Context()).lang, err)
		w.renderTable(rw, r, http.StatusUnprocessableEntity, v)
		return
	}

	if v.found, err = w.History.Find(r.Context(), t, f, before, historyPage); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.renderTable(rw, r, http.StatusOK, v)
}

// renderTable adds to a view what every page of a table shows.
func (w *Web) renderTable(rw http.ResponseWriter, r *http.Request, status int, v tableView) {
	if err := w.readTable(r, &v); err != nil {
		w.fail(rw, r, err)
		return
	}

	v.notice = w.sessions.PopString(r.Context(), "notice")
	v.outdated = w.Setup.Outdated(v.table)
	v.settingsURL = cmp.Or(w.GoogleURL, "https://script.google.com") + "/home/usersettings"
	v.sheetURL = setup.SpreadsheetURL(v.table, w.GoogleURL)

	w.render(rw, r, status, tablePage(v))
}

// readTable reads what a table's page shows beside its history.
func (w *Web) readTable(r *http.Request, v *tableView) (err error) {
	ctx, t := r.Context(), v.table

	// Both ends: the portal, and what Google allows.
	if v.portal, err = w.Store.PortalIn(ctx, visitOf(ctx).user.Scope(), t.PortalID); err != nil {
		return err
	}

	v.grant, err = w.Accounts.Token(ctx, t.UserID)
	if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		return err
	}

	if u := visitOf(ctx).user; u.ID != t.UserID {
		if v.owner, err = w.Accounts.User(ctx, t.UserID); err != nil {
			return err
		}
	}

	// What goes wrong, and what waits for the owner.
	if v.stages, err = w.Store.StageProblems(ctx, t); err != nil {
		return err
	}

	if v.open, err = w.History.Open(ctx, t); err != nil {
		return err
	}

	v.comparison, err = w.Compared.Last(ctx, t)
	return err
}

// statusProblem says why no status is written.
func statusProblem(ctx context.Context, t *sheet24.Table) string {
	if t.StatusProblem == sheet24.CodeStatusLost {
		return tr(ctx, sheet24.CodeStatusLost.Key(), t.StatusColumn.Name)
	}
	return tr(ctx, t.StatusProblem.Key())
}

// stageProblem says that a stage fails again and again, and why, as far as that is for
// people.
func stageProblem(ctx context.Context, t *sheet24.Table, p sheet24.StageProblem) string {
	text := tr(ctx, "stage_problem."+string(p.Stage), strconv.Itoa(p.Times), moment(p.Since, t, ""))
	if p.Err.Code == sheet24.CodeInternal {
		return text
	}
	return text + " " + locale.Error(visitOf(ctx).lang, p.Err)
}
