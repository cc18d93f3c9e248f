package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"sheet24"
)

// invitedFor is how long the link of an invitation is good.
const invitedFor = 7 * 24 * time.Hour

// teamView is what the page about a team shows.
type teamView struct {
	me          *sheet24.User
	members     []*sheet24.User
	tables      map[string]int // how many each member has
	invitations []sheet24.Invitation
	link        string // of an invitation that was just made; it is shown once
	notice      string
}

// others are the members who can take over what one of them has.
func (v teamView) others(of *sheet24.User) []*sheet24.User {
	return slices.DeleteFunc(slices.Clone(v.members), func(u *sheet24.User) bool { return u.ID == of.ID || !u.Role.Writes() })
}

// team shows who belongs to a team, and to its owners how to change that.
func (w *Web) team(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	w.showTeam(rw, r, u, "")
}

func (w *Web) showTeam(rw http.ResponseWriter, r *http.Request, u *sheet24.User, link string) {
	v := teamView{me: u, link: link, tables: map[string]int{}}
	var err error
	if v.members, err = w.Team.Members(r.Context(), u.Scope()); err != nil {
		w.fail(rw, r, err)
		return
	}

	tables, err := w.Store.TablesIn(r.Context(), u.Scope())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	for _, t := range tables {
		v.tables[t.UserID]++
	}

	if u.Role.Manages() {
		if v.invitations, err = w.Team.Invitations(r.Context(), u.Scope()); err != nil {
			w.fail(rw, r, err)
			return
		}
	}

	v.notice = w.sessions.PopString(r.Context(), "notice")
	w.render(rw, r, http.StatusOK, teamPage(v))
}

// invite makes an invitation and shows its link, once.
func (w *Web) invite(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	role, err := roleOf(r)
	token := rand.Text()
	if err == nil {
		err = w.Team.Invite(r.Context(), u.Scope(), token, role, time.Now().Add(invitedFor))
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	about(r.Context(), string(role))
	w.showTeam(rw, r, u, w.PublicURL+joinPath(token))
}

// leaveTeam takes whoever asks out of their team, as removeMember does.
func (w *Web) leaveTeam(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	about(r.Context(), u.Email)
	if err := w.leave(r.Context(), u.Scope(), u, r.FormValue("to")); err != nil {
		w.fail(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// withdraw takes an invitation back that nobody has used yet.
func (w *Web) withdraw(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	if err := w.Team.Uninvite(r.Context(), u.Scope(), r.FormValue("invitation")); err != nil {
		w.fail(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/sheet-sync/team", http.StatusSeeOther)
}

// setRole gives a member another role.
func (w *Web) setRole(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	role, err := roleOf(r)
	var m *sheet24.User
	if err == nil {
		m, err = w.memberOf(r, u)
	}
	if err == nil {
		err = w.Team.SetRole(r.Context(), u.Scope(), m.ID, role)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/sheet-sync/team", http.StatusSeeOther)
}

// roleOf is the role that a form says.
func roleOf(r *http.Request) (sheet24.Role, error) {
	role := sheet24.Role(r.FormValue("role"))
	if !slices.Contains(sheet24.Roles, role) {
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodeRoleUnknown)
	}
	return role, nil
}

// memberOf finds the member that a path names; whoever is in another team does not exist.
func (w *Web) memberOf(r *http.Request, u *sheet24.User) (*sheet24.User, error) {
	m, err := w.Team.MemberIn(r.Context(), u.Scope(), r.PathValue("member"))
	if err == nil {
		about(r.Context(), m.Email)
	}
	return m, err
}

// removeMember takes a member out of the team. What is theirs goes to whom the form names
// first: the team keeps it.
func (w *Web) removeMember(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	m, err := w.memberOf(r, u)
	if err == nil {
		err = w.leave(r.Context(), u.Scope(), m, r.FormValue("to"))
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	if m.ID == u.ID { // they are signed out
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return
	}
	http.Redirect(rw, r, "/sheet-sync/team", http.StatusSeeOther)
}

// leave hands what a member has over to another, if one is named, and takes the member out
// of the team.
func (w *Web) leave(ctx context.Context, scope sheet24.Scope, m *sheet24.User, toID string) error {
	if err := w.otherOwner(ctx, m); err != nil {
		return err
	}
	if toID != "" {
		to, err := w.Team.MemberIn(ctx, scope, toID)
		if err != nil {
			return err
		}
		if err := w.handOverAll(ctx, m, to); err != nil {
			return err
		}
	}
	return w.Team.Leave(ctx, scope, m.ID)
}
