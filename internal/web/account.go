package web

import (
	"context"
	"net/http"

	"sheet24"
)

// accountView is what the page about one's own account shows.
type accountView struct {
	user     *sheet24.User
	sessions []sheet24.Session
	tables   int // that are theirs, and go with their data
	portals  int
}

// account shows where somebody is signed in, and what goes if they delete their data.
func (w *Web) account(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	v := accountView{user: u}
	var err error
	if v.sessions, err = w.Account.SessionsOf(r.Context(), u.ID); err != nil {
		w.fail(rw, r, err)
		return
	}

	tables, err := w.ownTables(r.Context(), u)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	v.tables = len(tables)

	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	for _, p := range portals {
		if p.UserID == u.ID {
			v.portals++
		}
	}
	w.render(rw, r, http.StatusOK, accountPage(v))
}

// ownTables are the tables that use a user's own Google grant.
func (w *Web) ownTables(ctx context.Context, u *sheet24.User) (own []*sheet24.Table, err error) {
	all, err := w.Store.TablesIn(ctx, u.Scope())
	for _, t := range all {
		if t.UserID == u.ID {
			own = append(own, t)
		}
	}
	return own, err
}

// signOutEverywhere ends all sessions of somebody, this one too.
func (w *Web) signOutEverywhere(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	err := w.Account.SignOutEverywhere(r.Context(), u.ID)
	if err == nil {
		err = w.sessions.Destroy(r.Context())
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.keepLanguage(rw, u.Language)
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// deleteAccount forgets somebody who wrote their address to say that they mean it: scripts
// and the grant at Google first, then all that the database has of them.
func (w *Web) deleteAccount(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	if r.FormValue("email") != u.Email {
		w.fail(rw, r, sheet24.Errorf(sheet24.Invalid, sheet24.CodeDeleteUnconfirmed))
		return
	}
	if err := w.forget(r.Context(), u); err != nil {
		w.fail(rw, r, err)
		return
	}

	if err := w.sessions.Destroy(r.Context()); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.keepLanguage(rw, u.Language)
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// forget deletes all that is a user's. The team keeps the log of what they did.
func (w *Web) forget(ctx context.Context, u *sheet24.User) error {
	if err := w.mayGo(ctx, u); err != nil {
		return err
	}
	if err := w.note(ctx, u, "data_deleted", u.Email); err != nil {
		return err
	}
	if err := w.endGrant(ctx, u); err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		return err
	}

	// What their team needs has been handed over: the check said so.
	tables, err := w.ownTables(ctx, u)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := w.Setup.Delete(ctx, t); err != nil {
			return err
		}
	}
	return w.Account.DeleteUser(ctx, u)
}

// mayGo returns a Conflict if a team needs somebody: there is no other owner, or others' tables
// follow portals of theirs. It is asked before anything is taken away.
func (w *Web) mayGo(ctx context.Context, u *sheet24.User) error {
	if err := w.otherOwner(ctx, u); err != nil {
		return err
	}

	tables, err := w.Store.TablesIn(ctx, u.Scope())
	if err != nil {
		return err
	}
	portals, err := w.Store.PortalsOf(ctx, u.ID)
	if err != nil {
		return err
	}

	for _, p := range portals {
		for _, t := range tables {
			if p.UserID == u.ID && t.PortalID == p.ID && t.UserID != u.ID {
				return sheet24.Errorf(sheet24.Conflict, sheet24.CodePortalsNeeded)
			}
		}
	}
	return nil
}

// otherOwner returns a Conflict if somebody leaves members behind without an owner.
func (w *Web) otherOwner(ctx context.Context, u *sheet24.User) error {
	members, err := w.Team.Members(ctx, u.Scope())
	if err != nil {
		return err
	}

	others, owners := 0, 0
	for _, m := range members {
		if m.ID == u.ID {
			continue
		}
		others++
		if m.Role.Manages() {
			owners++
		}
	}
	if others > 0 && owners == 0 {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeLastOwner)
	}
	return nil
}
