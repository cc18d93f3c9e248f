package web

import (
	"context"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/google"
)

// Admission says who may sign in: the addresses that are named, and all accounts of the
// organisations that are. Where neither names anybody, it is the account that signed in
// first, and whom it invites.
type Admission struct {
	Emails  []string // in lower case
	Domains []string // of organisations at Google, in lower case
}

// Listed reports whether addresses or organisations are named.
func (a Admission) Listed() bool { return len(a.Emails)+len(a.Domains) > 0 }

// Names reports whether an account is named. An organisation's account is known by what
// Google says of it, not by its address alone: anybody may open a private account with an
// address of any domain that they receive mail at.
func (a Admission) Names(account google.Account) bool {
	return slices.Contains(a.Emails, strings.ToLower(account.Email)) ||
		a.hasDomain(account.Email) && slices.Contains(a.Domains, strings.ToLower(account.Domain))
}

// stillNames reports whether somebody who has signed in once may go on.
func (a Admission) stillNames(u *sheet24.User) bool {
	return slices.Contains(a.Emails, strings.ToLower(u.Email)) || a.hasDomain(u.Email)
}

func (a Admission) hasDomain(email string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	return slices.Contains(a.Domains, domain)
}

// admit refuses an account that may not sign in, before anything is kept of it. An
// invitation, if there is one, lets its bearer in where nobody is named.
func (w *Web) admit(ctx context.Context, account google.Account, invitation string) error {
	if w.Admission.Listed() {
		if !w.Admission.Names(account) {
			return sheet24.Errorf(sheet24.Forbidden, sheet24.CodeNotAdmitted, account.Email)
		}
		return nil
	}

	team, _, err := w.Team.FirstTeam(ctx)
	if sheet24.IsKind(err, sheet24.NotFound) { // this is the first
		return nil
	}
	if err != nil {
		return err
	}

	members, err := w.Team.Members(ctx, sheet24.Scope{TeamID: team})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(members, func(u *sheet24.User) bool { return strings.EqualFold(u.Email, account.Email) }) {
		return nil
	}

	if invitation != "" {
		switch i, err := w.Team.Invitation(ctx, invitation); {
		case err != nil:
			return err
		case i.TeamID == team:
			return nil
		}
	}
	return sheet24.Errorf(sheet24.Forbidden, sheet24.CodeNotFirst, account.Email)
}

// stays reports whether a user who has signed in may go on: an operator who takes somebody
// off the list, and an owner who takes them out of the team, mean the open pages, too.
func (w *Web) stays(ctx context.Context, u *sheet24.User) (bool, error) {
	if w.Admission.Listed() {
		return w.Admission.stillNames(u), nil
	}

	team, _, err := w.Team.FirstTeam(ctx)
	return err == nil && team == u.TeamID, err
}
