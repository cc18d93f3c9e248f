package web

import (
	"net/http"
	"strconv"

	"sheet24"
)

// decide ends the question about one change.
func (w *Web) decide(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	id, _ := strconv.ParseInt(r.PathValue("change"), 10, 64) // no number is no change

	winner, err := decision(r)
	if err == nil {
		err = w.History.Decide(r.Context(), t, id, winner)
	}

	if err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// decideAll ends all questions of a table.
func (w *Web) decideAll(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	winner, err := decision(r)
	if err == nil {
		err = w.History.DecideAll(r.Context(), t, winner)
	}

	if err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// decision is who wins, as a form says: one of the two.
func decision(r *http.Request) (sheet24.Side, error) {
	winner, ok := sides[r.FormValue("winner")]
	if !ok || winner == sheet24.Ask {
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodePolicy)
	}
	return winner, nil
}

// question is what is asked about a change.
func question(c sheet24.RowChange) string {
	switch {
	case c.Action == sheet24.Delete:
		return "delete"
	case c.EntityID < 0:
		return "new"
	}

	return "conflict"
}
