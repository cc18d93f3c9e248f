// Package web serves sheet24's pages: signing in, connecting a portal, setting a
// table up, and its history. Pages are rendered here and work without a build
// step; all assets are in the binary.
//
// A page is one file, with its .templ beside it. What several pages use stands in
// visit.go (who asks, and in which language), guards.go (who may), forms.go (what a
// form says), format.go (how values are written) and respond.go.
package web

import (
	"log/slog"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"sheet24"
	"sheet24/internal/comparison"
	"sheet24/internal/history"
	"sheet24/internal/secret"
	"sheet24/internal/setup"
)

// Web serves the pages. All fields but GoogleURL are required.
type Web struct {
	Store     Store
	Accounts  Accounts
	Google    Google
	Portals   Connector
	Team      TeamStore
	Account   AccountStore
	Setup     *setup.Setup
	History   *history.Service
	Compared  *comparison.Service
	Work      Work
	Watch     Watch
	Wake      Waker
	Sessions  scs.CtxStore
	Box       *secret.Box // seals what browsers keep before their users sign in
	Admission Admission
	Polls     bool   // tables are polled without a script, too
	LinksOnly bool   // users paste links; nobody's Drive is listed
	BitrixApp bool   // there is an OAuth application for portals
	Secure    bool   // cookies over https alone
	PublicURL string // where people reach this server, without a slash at its end
	GoogleURL string // where spreadsheets are opened and scripts allowed; empty: at Google
	Log       *slog.Logger

	sessions *scs.SessionManager
	limits   limits
}

// Handler serves the pages.
func (w *Web) Handler() http.Handler {
	w.limits = newLimits()
	w.sessions = scs.New()
	w.sessions.Store = w.Sessions
	w.sessions.Lifetime = sessionFor
	w.sessions.Cookie.Name = w.sessionCookie()
	w.sessions.Cookie.Secure = w.Secure
	w.sessions.Cookie.SameSite = http.SameSiteLaxMode // Google's redirect must bring it
	w.sessions.ErrorFunc = func(rw http.ResponseWriter, r *http.Request, err error) { w.fail(rw, r, err) }

	mux := router{http.NewServeMux(), w}
	mux.HandleFunc("GET /{$}", w.home)
	mux.HandleFunc("GET /favicon.ico", favicon)
	mux.HandleFunc("POST /language", w.language)
	mux.HandleFunc("POST /sheet-sync/sign-out", w.signOut)
	mux.HandleFunc("POST /sheet-sync/oauth/start", w.often(w.limits.signIn, w.signIn))
	mux.HandleFunc("GET /sheet-sync/oauth/callback", w.often(w.limits.signIn, w.callback))
	mux.HandleFunc("GET /sheet-sync/google", w.self(w.googleAccount))
	mux.HandleFunc("POST /sheet-sync/google/disconnect", w.self(w.disconnect))
	mux.HandleFunc("GET /sheet-sync/join", w.often(w.limits.signIn, w.invitation))
	mux.HandleFunc("POST /sheet-sync/join", w.often(w.limits.signIn, w.join))
	mux.HandleFunc("GET /sheet-sync/team", w.user(w.team))
	mux.HandleFunc("POST /sheet-sync/team/leave", w.self(w.leaveTeam))
	mux.HandleFunc("POST /sheet-sync/team/invite", w.owner(w.invite))
	mux.HandleFunc("POST /sheet-sync/team/withdraw", w.owner(w.withdraw))
	mux.HandleFunc("POST /sheet-sync/team/members/{member}/role", w.owner(w.setRole))
	mux.HandleFunc("POST /sheet-sync/team/members/{member}/remove", w.owner(w.removeMember))
	mux.HandleFunc("GET /sheet-sync/audit", w.owner(w.audit))
	mux.HandleFunc("GET /sheet-sync/account", w.self(w.account))
	mux.HandleFunc("POST /sheet-sync/account/sign-out", w.self(w.signOutEverywhere))
	mux.HandleFunc("POST /sheet-sync/account/delete", w.self(w.deleteAccount))
	mux.HandleFunc("GET /sheet-sync/portal", w.user(w.portal))
	mux.HandleFunc("POST /sheet-sync/portal", w.user(w.oftenEach(w.limits.connect, w.savePortal)))
	mux.HandleFunc("POST /sheet-sync/portal/app", w.user(w.oftenEach(w.limits.connect, w.leadToPortal)))
	mux.HandleFunc("GET "+PortalCallback, w.member(w.oftenEach(w.limits.connect, w.portalCallback)))
	mux.HandleFunc("POST /sheet-sync/portal/{portal}/check", w.user(w.oftenEach(w.limits.connect, w.checkPortal)))
	mux.HandleFunc("POST /sheet-sync/portal/{portal}/plan", w.user(w.setPlan))
	mux.HandleFunc("GET /sheet-sync/new", w.member(w.spreadsheets))
	mux.HandleFunc("GET /sheet-sync/new/{spreadsheet}", w.member(w.tabs))
	mux.HandleFunc("GET /sheet-sync/new/{spreadsheet}/mapping", w.member(w.mapping))
	mux.HandleFunc("POST /sheet-sync/new/{spreadsheet}/mapping", w.user(w.saveTable))
	mux.HandleFunc("GET /sheet-sync/tables/{table}", w.user(w.table(w.showTable)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/activation", w.user(w.table(w.activation)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/activate", w.user(w.table(w.activate)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/script", w.user(w.table(w.script)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/code", w.user(w.table(w.code)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/history", w.user(w.table(w.history)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/retry-failed", w.user(w.table(w.retryFailed)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/changes/{change}/retry", w.user(w.table(w.retry)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/changes/{change}/decide", w.user(w.shown(w.decide)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/decide", w.user(w.shown(w.decideAll)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/undo", w.member(w.table(w.undoChoice)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/undo", w.user(w.table(w.undo)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/replay", w.user(w.table(w.replay)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/recheck", w.user(w.table(w.recheck)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/settings", w.member(w.table(w.settings)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/settings", w.user(w.shown(w.saveSettings)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/appearance", w.user(w.shown(w.saveAppearance)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/pause", w.user(w.shown(w.pause)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/resume", w.user(w.shown(w.resumeTable)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/delete", w.member(w.table(w.deleteChoice)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/delete", w.user(w.shown(w.deleteTable)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison", w.user(w.table(w.differences)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/comparison", w.user(w.table(w.compare)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison/state", w.user(w.table(w.comparisonState)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison.csv", w.user(w.table(w.differencesFile)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/comparison/{act}", w.user(w.shown(w.act)))
	mux.ServeMux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, sheet24.CodeNotFound))
	})

	return http.NewCrossOriginProtection().Handler(w.secure(w.sessions.LoadAndSave(w.localized(w.formBodies(mux)))))
}
