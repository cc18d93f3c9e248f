package web

import (
	"net/http"
	"strconv"

	"sheet24"
)

// user lets only people pass who have signed in.
func (w *Web) user(next func(http.ResponseWriter, *http.Request, *sheet24.User)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		u := visitOf(r.Context()).user
		if u == nil {
			w.fail(rw, r, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeSignIn))
			return
		}
		next(rw, r.WithContext(sheet24.Interactive(r.Context())), u)
	}
}

// table finds the table that a path names; another user's does not exist, and one that a
// form is about is not the one that was set up anew since.
func (w *Web) table(next func(http.ResponseWriter, *http.Request, *sheet24.Table)) func(http.ResponseWriter, *http.Request, *sheet24.User) {
	return func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		id, _ := strconv.ParseInt(r.PathValue("table"), 10, 64) // no number is no table
		t, err := w.Store.Table(r.Context(), id)
		if err == nil && t.UserID != u.ID {
			err = sheet24.Errorf(sheet24.NotFound, sheet24.CodeTableUnknown)
		}

		if seen := number(r, "binding"); err == nil && seen != 0 && seen != t.Binding {
			err = sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableExchanged) // the form is about what it was
		}

		if err != nil {
			w.fail(rw, r, err)
			return
		}

		next(rw, r, t)
	}
}

// shown finds the table that a form is about, and refuses one that does not say as what its
// reader saw the table.
func (w *Web) shown(next func(http.ResponseWriter, *http.Request, *sheet24.Table)) func(http.ResponseWriter, *http.Request, *sheet24.User) {
	return w.table(func(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
		if err := complete(r, "binding"); err != nil {
			w.fail(rw, r, err)
			return
		}

		next(rw, r, t)
	})
}
