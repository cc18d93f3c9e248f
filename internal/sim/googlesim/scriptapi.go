package googlesim

import (
	"net/http"
	"time"
)

// scriptAPI is an account's own switch for the Apps Script API. At Google it is off
// until the account's owner turns it on; here it is on, so that nobody meets it who
// does not want to.
type scriptAPI struct {
	Off   bool
	Since time.Time // of its being on
}

func (g *Google) routeScriptAPI(mux *http.ServeMux) {
	mux.HandleFunc("GET /home/usersettings", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		a := g.scriptAPI[g.visitor(r)]
		g.mu.Unlock()
		page(w, "usersettings.html", map[string]any{"Account": g.visitor(r), "On": !a.Off})
	})
	mux.HandleFunc("POST /home/usersettings", func(w http.ResponseWriter, r *http.Request) {
		g.SwitchScriptAPI(g.visitor(r), r.FormValue("api") == "on")
		http.Redirect(w, r, "/home/usersettings", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /sim/google/accounts", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Email     string `json:"email"`
			ScriptAPI bool   `json:"script_api"`
		}
		if !decode(w, r, &body) {
			return
		}
		if _, ok := g.account(body.Email); !ok {
			invalid(w, "no account "+body.Email)
			return
		}
		g.SwitchScriptAPI(body.Email, body.ScriptAPI)
		reply(w, http.StatusOK, body)
	})
}

// visitor is who is signed in to Google in a browser: the first account, if nobody
// said.
func (g *Google) visitor(r *http.Request) string {
	if email := signedIn(r); email != "" {
		return email
	}
	return g.accounts[0].Email
}

// SwitchScriptAPI turns the Apps Script API on or off for an account, as its owner
// does at script.google.com/home/usersettings.
func (g *Google) SwitchScriptAPI(email string, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.scriptAPI[email] = scriptAPI{Off: !on, Since: g.now()}
	g.changed()
}

// scriptAPIOff answers a request as Google does while its sender has the API off, or
// switched it on a moment ago; g.mu is held.
func (g *Google) scriptAPIOff(w http.ResponseWriter, email string) bool {
	a := g.scriptAPI[email]
	delay := time.Duration(g.faults.now().ScriptAPIDelayMS) * time.Millisecond
	if !a.Off && g.now().Sub(a.Since) >= delay {
		return false
	}
	fail(w, http.StatusForbidden, "PERMISSION_DENIED", "User has not enabled the Apps Script API. Enable it by visiting "+
		"https://script.google.com/home/usersettings then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.", "")
	return true
}
