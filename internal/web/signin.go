package web

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"

	"sheet24"
	"sheet24/internal/google"
)

// signIn sends the user to Google. Consent is asked for again only where the last
// one lacked something, or ended.
func (w *Web) signIn(rw http.ResponseWriter, r *http.Request) {
	// Whose last consent lacked something is asked for all again.
	lacking, err := w.takeSigningIn(rw, r, "")
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	again := lacking.Lacked
	if u := visitOf(r.Context()).user; u != nil && !again {
		t, err := w.Accounts.Token(r.Context(), u.ID)
		again = err == nil && t.Ended
	}

	w.toGoogle(rw, r, signingIn{Again: again, Invited: lacking.Invited})
}

// toGoogle sends the user to Google, with what is to be known when they are back.
func (w *Web) toGoogle(rw http.ResponseWriter, r *http.Request, s signingIn) {
	s.State, s.Verifier = rand.Text(), google.NewVerifier()
	if err := w.keepSigningIn(rw, r, s); err != nil {
		w.fail(rw, r, err)
		return
	}
	http.Redirect(rw, r, w.Google.ConsentURL(s.State, s.Verifier, s.Again), http.StatusSeeOther)
}

// callback is where Google sends the user back to.
func (w *Web) callback(rw http.ResponseWriter, r *http.Request) {
	ctx, q := r.Context(), r.URL.Query()
	s, err := w.takeSigningIn(rw, r, q.Get("state"))
	switch {
	case err != nil:
	case s.State == "":
		err = sheet24.Errorf(sheet24.Invalid, sheet24.CodeGoogleState)
	case q.Get("code") == "":
		err = refusal(q.Get("error"))
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	account, token, err := w.Google.Exchange(ctx, q.Get("code"), s.Verifier)
	if err != nil {
		// The page names the scope that is missing; its button asks for all again.
		if sheet24.AsError(err).Code == sheet24.CodeGoogleScope {
			err = cmp.Or(w.keepSigningIn(rw, r, signingIn{Lacked: true, Invited: s.Invited}), err)
		}
		w.fail(rw, r, err)
		return
	}

	if err := w.admit(ctx, account, s.Invited); err != nil {
		if revoked := w.Google.Revoke(ctx, token); revoked != nil { // we have no use for it
			w.Log.Warn("revoke the grant of an account that may not sign in", "error", revoked)
		}
		w.fail(rw, r, err)
		return
	}

	u, err := w.ensureUser(r, account)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	// Google gives the lasting half of a grant with the first consent alone; who
	// has lost it must be asked again, once.
	kept, err := w.Accounts.Token(ctx, u.ID)
	if token.RefreshToken == "" && !s.Again && (err != nil || kept.RefreshToken == "" || kept.Ended) {
		w.toGoogle(rw, r, signingIn{Again: true, Invited: s.Invited})
		return
	}

	if u, err = w.joined(ctx, u, s.Invited); err != nil {
		w.fail(rw, r, err)
		return
	}

	token.UserID = u.ID
	next, err := w.welcomeBack(r, u, token, kept)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	http.Redirect(rw, r, next, http.StatusSeeOther)
}

// ensureUser is the user of an account. The language that they chose before they signed in is
// theirs from now on.
func (w *Web) ensureUser(r *http.Request, account google.Account) (*sheet24.User, error) {
	u, err := w.Accounts.EnsureUser(r.Context(), account.Email, account.Name, visitOf(r.Context()).lang)
	if err != nil {
		return nil, err
	}

	chosen, ok := chosenLanguage(r)
	if !ok || chosen == u.Language {
		return u, nil
	}
	u.Language = chosen
	return u, w.Accounts.SetLanguage(r.Context(), u.ID, chosen)
}

// welcomeBack keeps a grant in the place of the one before it, nil if there was none, signs
// its user in, and returns where they go on.
func (w *Web) welcomeBack(r *http.Request, u *sheet24.User, token, before *sheet24.Token) (next string, err error) {
	ctx := r.Context()
	if err := w.Accounts.SaveToken(ctx, token); err != nil {
		return "", err
	}
	if err := w.beginSession(r, u); err != nil {
		return "", err
	}

	tables, err := w.Store.TablesIn(ctx, u.Scope())
	if err != nil {
		return "", err
	}
	if before == nil || before.Ended {
		w.resume(r, slices.DeleteFunc(slices.Clone(tables), func(t *sheet24.Table) bool { return t.UserID != u.ID }))
		if err := w.note(ctx, u, "google_connected", token.Email); err != nil {
			return "", err
		}
	}
	if len(tables) == 0 && u.Role.Writes() {
		return "/sheet-sync/new", nil // the first thing to do
	}
	return "/", nil
}

// resume has all of a user's tables read anew, after the time in which their sheets could
// not be.
func (w *Web) resume(r *http.Request, tables []*sheet24.Table) {
	for _, t := range tables {
		if !t.Enabled {
			continue
		}
		if err := w.Work.Recheck(r.Context(), t); err != nil {
			w.Log.Error("recheck after reconnect", "table", t.ID, "error", err)
		}
	}
}

// refusal is what Google's reason for not giving a code means to the user.
func refusal(code string) error {
	switch code {
	case "admin_policy_enforced", "org_internal":
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleAdmin)
	}
	return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleDenied)
}

func (w *Web) signOut(rw http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	if v.user != nil {
		if err := w.sessions.Destroy(r.Context()); err != nil {
			w.fail(rw, r, err)
			return
		}
		w.keepLanguage(rw, v.lang)
	}

	http.Redirect(rw, r, "/", http.StatusSeeOther)
}
