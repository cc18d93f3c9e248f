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
// first, and nobody else.
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

// admit refuses an account that may not sign in, before anything is kept of it.
func (w *Web) admit(ctx context.Context, account google.Account) error {
	if w.Admission.Listed() {
		if !w.Admission.Names(account) {
			return sheet24.Errorf(sheet24.Forbidden, sheet24.CodeNotAdmitted, account.Email)
		}
		return nil
	}

	first, err := w.Accounts.FirstUser(ctx)
	switch {
	case sheet24.IsKind(err, sheet24.NotFound): // this is the first
		return nil
	case err != nil:
		return err
	case !strings.EqualFold(first.Email, account.Email):
		return sheet24.Errorf(sheet24.Forbidden, sheet24.CodeNotFirst, account.Email)
	}

	return nil
}

// stays reports whether a user who has signed in may go on: an operator who takes
// somebody off the list means the open pages, too.
func (w *Web) stays(ctx context.Context, u *sheet24.User) (bool, error) {
	if w.Admission.Listed() {
		return w.Admission.stillNames(u), nil
	}

	first, err := w.Accounts.FirstUser(ctx)
	return err == nil && first.ID == u.ID, err
}
