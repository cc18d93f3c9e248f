package googlesim

import (
	"net/http"
	"net/url"

	"github.com/dop251/goja"
)

func (g *Google) routeWebApp(mux *http.ServeMux) {
	mux.HandleFunc("GET /macros/s/{deployment}/exec", g.exec)
	mux.HandleFunc("GET /sim/google/authorize/{deployment}", g.authorizePage)
	mux.HandleFunc("POST /sim/google/authorize/{deployment}", g.authorize)
}

func (g *Google) deployed(id string) (*project, *deployment, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.projects {
		if d, ok := p.Deployments[id]; ok {
			return p, d, true
		}
	}
	return nil, nil, false
}

func signedIn(r *http.Request) string {
	if c, err := r.Cookie(accountCookie); err == nil {
		return c.Value
	}
	return ""
}

// exec opens a web app: the authorisation page (HTTP 200, as at Google) until
// its visitor agreed, then doGet.
func (g *Google) exec(w http.ResponseWriter, r *http.Request) {
	p, d, ok := g.deployed(r.PathValue("deployment"))
	if !ok {
		http.Error(w, "Sorry, unable to open the file at this time.", http.StatusNotFound)
		return
	}
	email := signedIn(r)
	g.mu.Lock()
	files := p.filesOf(d)
	agreed := g.grants.Scripts[email+" "+p.ID]
	g.mu.Unlock()
	m, _ := manifestOf(files)
	if m.WebApp == nil {
		http.Error(w, "Sorry, unable to open the file at this time.", http.StatusNotFound)
		return
	}
	if !agreed {
		page(w, "authorize.html", map[string]any{"Title": p.Title, "Review": "/sim/google/authorize/" + d.ID + "?" + url.Values{"continue": {r.URL.RequestURI()}}.Encode()})
		return
	}
	if m.WebApp.Access == "MYSELF" && email != p.Owner {
		http.Error(w, "You need access", http.StatusForbidden)
		return
	}
	as := email
	if m.WebApp.ExecuteAs == "USER_DEPLOYING" {
		as = p.Owner
	}
	parameter := object{}
	for k, v := range r.URL.Query() {
		parameter[k] = v[0]
	}
	out, err := g.run(r.Context(), p, files, as, "doGet", func(*execution) any {
		return object{"parameter": parameter, "queryString": r.URL.RawQuery}
	})
	if err != nil {
		http.Error(w, "Error: "+err.Error(), http.StatusOK)
		return
	}
	html, title := "", ""
	if o, ok := out.Export().(object); ok {
		html, _ = o["html"].(string)
		title, _ = o["title"].(string)
	} else if out != goja.Undefined() {
		html = "The script completed but the returned value is not a supported return type."
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte("<!doctype html><html><head><meta charset=\"utf-8\"><title>" + title + "</title></head><body>" + html + "</body></html>"))
}

func (g *Google) authorizePage(w http.ResponseWriter, r *http.Request) {
	p, d, ok := g.deployed(r.PathValue("deployment"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	g.mu.Lock()
	m, _ := manifestOf(p.filesOf(d))
	g.mu.Unlock()
	page(w, "authorize.html", map[string]any{"Title": p.Title, "Action": r.URL.RequestURI(), "Accounts": g.accounts,
		"Account": signedIn(r), "Scopes": scopeChoices(m.OAuthScopes), "Review": ""})
}

func (g *Google) authorize(w http.ResponseWriter, r *http.Request) {
	p, _, ok := g.deployed(r.PathValue("deployment"))
	account, known := g.account(r.FormValue("account"))
	next, err := url.Parse(r.URL.Query().Get("continue"))
	if !ok || !known || err != nil || next.Host != "" {
		http.NotFound(w, r)
		return
	}
	if r.FormValue("answer") == "allow" {
		g.mu.Lock()
		g.grants.Scripts[account.Email+" "+p.ID] = true
		g.changed()
		g.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: accountCookie, Value: account.Email, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	http.Redirect(w, r, next.String(), http.StatusSeeOther)
}
