package web

import (
	"context"
	"net/http"
	"time"

	"sheet24"
)

// How long a session lasts, at most and unused; and how exactly is kept when it was used.
const (
	sessionFor  = 30 * 24 * time.Hour
	sessionIdle = 7 * 24 * time.Hour
	seenEvery   = 5 * time.Minute
)

// The values of a session that the database reads, too.
const (
	sessionUser  = "user"  // string: the user's id
	sessionAgent = "agent" // string: how the browser calls itself
	sessionBegan = "began" // int64: Unix time in microseconds
	sessionSeen  = "seen"  // the same
)

// longestAgent is how much is kept of how a browser calls itself, in bytes.
const longestAgent = 300

// sessionCookie is the cookie's name. Behind TLS, browsers take it from this very host alone.
func (w *Web) sessionCookie() string {
	if w.Secure {
		return "__Host-sheet24"
	}
	return "sheet24"
}

// beginSession signs somebody in with the browser that asks.
func (w *Web) beginSession(r *http.Request, u *sheet24.User) error {
	ctx := r.Context()
	if err := w.sessions.RenewToken(ctx); err != nil { // a session id from before is worth nothing now
		return err
	}

	agent := r.UserAgent()
	now := time.Now().UnixMicro()
	w.sessions.Put(ctx, sessionUser, u.ID)
	w.sessions.Put(ctx, sessionAgent, agent[:min(len(agent), longestAgent)])
	w.sessions.Put(ctx, sessionBegan, now)
	w.sessions.Put(ctx, sessionSeen, now)
	return nil
}

// sessionLasts reports whether a session is still one: it was used lately, and its user has
// not signed out everywhere since it began.
func (w *Web) sessionLasts(ctx context.Context, u *sheet24.User) bool {
	seen, began := w.sessions.GetInt64(ctx, sessionSeen), w.sessions.GetInt64(ctx, sessionBegan)
	if seen != 0 && time.Since(time.UnixMicro(seen)) > sessionIdle {
		return false
	}
	return u.SignedOutAt.IsZero() || time.UnixMicro(began).After(u.SignedOutAt)
}

// seen notes that a session is used by its user, which an open page that asks for news is
// not.
func (w *Web) seen(r *http.Request) {
	ctx := r.Context()
	if r.Header.Get("HX-Request") != "" && r.Method == http.MethodGet {
		return
	}

	now := time.Now()
	if now.Sub(time.UnixMicro(w.sessions.GetInt64(ctx, sessionSeen))) < seenEvery {
		return
	}
	if w.sessions.GetInt64(ctx, sessionBegan) == 0 { // it is from before this was kept
		w.sessions.Put(ctx, sessionBegan, now.UnixMicro())
	}
	w.sessions.Put(ctx, sessionSeen, now.UnixMicro())
}
