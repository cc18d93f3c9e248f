package web

import (
	"context"
	"net/http"

	"sheet24"
)

// audited are the routes by which something is changed, and what the log of who did what
// calls it; empty: it is not kept, since it changes nothing that others have.
var audited = map[string]string{
	"POST /language":                                          "",
	"POST /sheet-sync/sign-out":                               "",
	"POST /sheet-sync/oauth/start":                            "",
	"POST /sheet-sync/join":                                   "joined",
	"POST /sheet-sync/google/disconnect":                      "google_disconnected",
	"POST /sheet-sync/account/sign-out":                       "signed_out",
	"POST /sheet-sync/account/delete":                         "", // it says so itself, before its user is gone
	"POST /sheet-sync/team/invite":                            "invited",
	"POST /sheet-sync/team/withdraw":                          "uninvited",
	"POST /sheet-sync/team/leave":                             "left",
	"POST /sheet-sync/team/members/{member}/role":             "role_changed",
	"POST /sheet-sync/team/members/{member}/remove":           "member_removed",
	"POST /sheet-sync/portal":                                 "portal_connected",
	"POST /sheet-sync/portal/app":                             "", // the portal has yet to be asked
	"POST /sheet-sync/portal/{portal}/check":                  "portal_checked",
	"POST /sheet-sync/portal/{portal}/plan":                   "portal_plan",
	"POST /sheet-sync/new/{spreadsheet}/mapping":              "table_saved",
	"POST /sheet-sync/tables/{table}/activate":                "script_installed",
	"POST /sheet-sync/tables/{table}/script":                  "", // a page asks whether it can be done by now
	"POST /sheet-sync/tables/{table}/code":                    "script_installed",
	"POST /sheet-sync/tables/{table}/retry-failed":            "retried",
	"POST /sheet-sync/tables/{table}/changes/{change}/retry":  "retried",
	"POST /sheet-sync/tables/{table}/changes/{change}/decide": "decided",
	"POST /sheet-sync/tables/{table}/decide":                  "decided",
	"POST /sheet-sync/tables/{table}/undo":                    "undone",
	"POST /sheet-sync/tables/{table}/replay":                  "replayed",
	"POST /sheet-sync/tables/{table}/recheck":                 "rechecked",
	"POST /sheet-sync/tables/{table}/settings":                "settings_changed",
	"POST /sheet-sync/tables/{table}/appearance":              "settings_changed",
	"POST /sheet-sync/tables/{table}/pause":                   "paused",
	"POST /sheet-sync/tables/{table}/resume":                  "resumed",
	"POST /sheet-sync/tables/{table}/delete":                  "table_deleted",
	"POST /sheet-sync/tables/{table}/comparison":              "compared",
	"POST /sheet-sync/tables/{table}/comparison/{act}":        "comparison_acted",
}

// router notes who did what by which of its routes.
type router struct {
	*http.ServeMux
	w *Web
}

// HandleFunc adds a route.
func (m router) HandleFunc(pattern string, answer http.HandlerFunc) {
	if action := audited[pattern]; action != "" {
		answer = m.w.audited(action, answer)
	}
	m.ServeMux.HandleFunc(pattern, answer)
}

// audited notes what somebody did, unless it was refused.
func (w *Web) audited(action string, next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		watched := &statusWriter{ResponseWriter: rw, status: http.StatusOK}
		next(watched, r)

		v := visitOf(r.Context())
		if v.user == nil || watched.status >= http.StatusBadRequest {
			return
		}
		if err := w.note(context.WithoutCancel(r.Context()), v.user, action, v.about); err != nil {
			w.Log.Error("note who did what", "action", action, "error", err)
		}
	}
}

// note keeps who did what.
func (w *Web) note(ctx context.Context, u *sheet24.User, action, subject string) error {
	return w.Account.Audit(ctx, sheet24.AuditEntry{TeamID: u.TeamID, UserID: u.ID, Email: u.Email, Action: action, Subject: subject})
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap is what http.ResponseController asks for.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// auditPage is how many entries are shown at once.
const auditPage = 100

// audit shows a team's owners who did what.
func (w *Web) audit(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	entries, err := w.Account.AuditLog(r.Context(), u.Scope(), number(r, "before"), auditPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, auditLogPage(entries))
}
