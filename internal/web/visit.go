package web

import (
	"context"
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// visit is what pages know of the request they answer.
type visit struct {
	polls bool // tables are polled without a script, too
	lang  string
	user  *sheet24.User // nil: signed out
	about string        // what the request is about, as the log of who did what names it
}

type visitKey struct{}

// about notes what a request is about.
func about(ctx context.Context, subject string) { visitOf(ctx).about = subject }

func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{lang: locale.Default}
}

// mayWrite reports whether the reader may change what their team has; pages hide from others
// what would be refused.
func mayWrite(ctx context.Context) bool {
	u := visitOf(ctx).user
	return u == nil || u.Role.Writes()
}

// tr is the text of a key in the reader's language.
func tr(ctx context.Context, key string, args ...any) string {
	return locale.T(visitOf(ctx).lang, key, args...)
}

// localized finds who asks and in which language to answer.
func (w *Web) localized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := &visit{polls: w.Polls, lang: keptLanguage(r)}
		u, err := w.signedIn(r.Context())
		if err != nil {
			w.fail(rw, r, err)
			return
		}

		if u != nil {
			v.user, v.lang = u, u.Language
			w.seen(r)
		}

		next.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

// signedIn returns who asks, or nil: nobody who has signed in and still may.
func (w *Web) signedIn(ctx context.Context) (*sheet24.User, error) {
	id := w.sessions.GetString(ctx, sessionUser)
	if id == "" {
		return nil, nil
	}

	u, err := w.Accounts.User(ctx, id)
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil, nil
	}

	if err != nil {
		return nil, err
	}

	stays, err := w.stays(ctx, u)
	if err != nil || !stays || !w.sessionLasts(ctx, u) {
		return nil, err
	}

	return u, nil
}
