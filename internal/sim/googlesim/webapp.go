package googlesim

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/dop251/goja"
)

func (g *Google) routeWebApp(mux *http.ServeMux) {
	mux.HandleFunc("GET /macros/s/{deployment}/exec", g.exec)
	mux.HandleFunc("GET /sim/google/authorize/{project}", g.authorizePage)
	mux.HandleFunc("POST /sim/google/authorize/{project}", g.authorize)
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
	if !ok || g.faults.now().ManyAccounts {
		page(w, "sorry.html", nil)
		return
	}
	g.mu.Lock()
	files, newest := p.filesOf(d), p.Files
	g.mu.Unlock()
	m, _ := manifestOf(files)
	if m.WebApp == nil {
		page(w, "sorry.html", nil)
		return
	}
	// Whatever is deployed, the newest manifest says what is asked for.
	asks, _ := manifestOf(newest)
	email := signedIn(r)
	as := email
	if m.WebApp.ExecuteAs == "USER_DEPLOYING" {
		as = p.Owner
	}
	consent, agreed := g.consentTo(as, p)
	if !agreed || !slices.Equal(consent.Asked, asks.OAuthScopes) {
		if as != email { // nobody is asked for another's consent
			http.Error(w, "Access Denied", http.StatusForbidden)
			return
		}
		g.askConsent(w, r, p)
		return
	}
	if m.WebApp.Access == "MYSELF" && email != p.Owner {
		http.Error(w, "You need access", http.StatusForbidden)
		return
	}
	parameter := object{}
	for k, v := range r.URL.Query() {
		parameter[k] = v[0]
	}
	x := g.execution(p, files, as)
	out, err := x.call(r.Context(), "doGet", func() any {
		return object{"parameter": parameter, "queryString": r.URL.RawQuery}
	})
	if errors.Is(err, errNeedsConsent) {
		g.askConsent(w, r, p)
		return
	}
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

// scriptConsent is what an account was asked for by a script, and agreed to.
type scriptConsent struct{ Asked, Granted []string }

func (g *Google) consentTo(email string, p *project) (scriptConsent, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.grants.ScriptConsents[email+" "+p.ID]
	return c, ok
}

// consentURL is where an account is asked to let a script run, and sent back from.
func consentURL(p *project, back string) string {
	return "/sim/google/authorize/" + p.ID + "?" + url.Values{"continue": {back}}.Encode()
}

func (g *Google) askConsent(w http.ResponseWriter, r *http.Request, p *project) {
	page(w, "authorize.html", map[string]any{"Title": p.Title, "Review": consentURL(p, r.URL.RequestURI())})
}

func (g *Google) project(id string) (*project, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.projects[id]
	return p, ok
}

func (g *Google) authorizePage(w http.ResponseWriter, r *http.Request) {
	p, ok := g.project(r.PathValue("project"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if g.barred(w, r, p.Title) {
		return
	}
	g.mu.Lock()
	m, _ := manifestOf(p.Files)
	g.mu.Unlock()
	page(w, "authorize.html", map[string]any{"Title": p.Title, "Action": r.URL.RequestURI(), "Accounts": g.accounts,
		"Account": signedIn(r), "Scopes": scopeChoices(m.OAuthScopes), "Review": ""})
}

// barred shows what stands before a consent page: that an administrator blocked the
// app, or that Google has not verified it, which can be gone past.
func (g *Google) barred(w http.ResponseWriter, r *http.Request, app string) bool {
	f := g.faults.now()
	if !f.Blocked && (!f.Unverified || r.URL.Query().Get("unsafe") != "") {
		return false
	}
	q := r.URL.Query()
	q.Set("unsafe", "1")
	page(w, "unverified.html", map[string]any{"App": app, "Blocked": f.Blocked, "Go": r.URL.Path + "?" + q.Encode()})
	return true
}

func (g *Google) authorize(w http.ResponseWriter, r *http.Request) {
	p, ok := g.project(r.PathValue("project"))
	account, known := g.account(r.FormValue("account"))
	next, err := url.Parse(r.URL.Query().Get("continue"))
	if !ok || !known || err != nil || next.Host != "" {
		http.NotFound(w, r)
		return
	}
	if r.FormValue("answer") == "allow" {
		g.mu.Lock()
		m, _ := manifestOf(p.Files)
		c := scriptConsent{Asked: m.OAuthScopes, Granted: m.OAuthScopes}
		if _, boxes := r.PostForm["boxes"]; boxes { // the page's own form; others agree to all
			c.Granted = nil
			for _, s := range m.OAuthScopes {
				if slices.Contains(r.PostForm["scope"], s) {
					c.Granted = append(c.Granted, s)
				}
			}
		}
		if g.grants.ScriptConsents == nil { // of an older state
			g.grants.ScriptConsents = map[string]scriptConsent{}
		}
		g.grants.ScriptConsents[account.Email+" "+p.ID] = c
		g.changed()
		g.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: accountCookie, Value: account.Email, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	http.Redirect(w, r, next.String(), http.StatusSeeOther)
}
