package web

import (
	"math"
	"net/http"
	"strconv"

	"sheet24"
	"sheet24/internal/limit"
)

// limits are how often the same visitor may do what costs us, or others, much.
type limits struct {
	signIn  *limit.Keyed // ways to Google and back, by address
	connect *limit.Keyed // portals asked whether they are ones, by user
	pages   *limit.Keyed // all pages, by user
}

// newLimits let people do all that people do; an open page asks for news once a second.
func newLimits() limits {
	return limits{signIn: limit.New(0.5, 60, 20_000), connect: limit.New(0.2, 30, 5_000), pages: limit.New(30, 900, 5_000)}
}

// often lets a visitor pass as often as their address may.
func (w *Web) often(k *limit.Keyed, next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if wait := k.Take(limit.AddressOf(r.Context())); wait > 0 {
			w.fail(rw, r, tooMany(wait.Seconds()))
			return
		}
		next(rw, r)
	}
}

// oftenEach lets a user pass as often as each may.
func (w *Web) oftenEach(k *limit.Keyed, next handler) handler {
	return func(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
		if wait := k.Take(u.ID); wait > 0 {
			w.fail(rw, r, tooMany(wait.Seconds()))
			return
		}
		next(rw, r, u)
	}
}

func tooMany(seconds float64) error {
	return sheet24.Errorf(sheet24.TooMany, sheet24.CodeTooMany, strconv.Itoa(int(math.Ceil(seconds))))
}
