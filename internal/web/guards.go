package web

import (
	"net/http"
	"strconv"

	"sheet24"
)

// handler answers somebody who has signed in.
type handler = func(http.ResponseWriter, *http.Request, *sheet24.User)

// self lets all people pass who have signed in: to what is about themselves.
func (w *Web) self(next handler) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		u := visitOf(r.Context()).user
		if u == nil {
			w.fail(rw, r, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeSignIn))
			return
		}
		if wait := w.limits.pages.Take(u.ID); wait > 0 {
			w.fail(rw, r, tooMany(wait.Seconds()))
			return
		}
		next(rw, r.WithContext(sheet24.Interactive(r.Context())), u)
	}
}

// user lets people pass to what their team has: all to look, and to change it those whose
// role says so.
func (w *Web) user(next handler) http.HandlerFunc {
	return w.self(func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !reads && !u.Role.Writes() {
			w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, sheet24.CodeRoleViewer))
			return
		}
		next(rw, r, u)
	})
}

// member lets those pass who may change what their team has, also to pages that are for
// that alone.
func (w *Web) member(next handler) http.HandlerFunc {
	return w.self(func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		if !u.Role.Writes() {
			w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, sheet24.CodeRoleViewer))
			return
		}
		next(rw, r, u)
	})
}

// owner lets the owners of teams pass.
func (w *Web) owner(next handler) http.HandlerFunc {
	return w.self(func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		if !u.Role.Manages() {
			w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, sheet24.CodeRoleOwner))
			return
		}
		next(rw, r, u)
	})
}

// table finds the table that a path names; another team's does not exist, and one that a
// form is about is not the one that was set up anew since.
func (w *Web) table(next func(http.ResponseWriter, *http.Request, *sheet24.Table)) handler {
	return func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		id, _ := strconv.ParseInt(r.PathValue("table"), 10, 64) // no number is no table
		t, err := w.Store.TableIn(r.Context(), u.Scope(), id)
		if seen := number(r, "binding"); err == nil && seen != 0 && seen != t.Binding {
			err = sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableExchanged) // the form is about what it was
		}

		if err != nil {
			w.fail(rw, r, err)
			return
		}

		about(r.Context(), t.Title())
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
