package googlesim

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// accessLife is how long an access token lasts, as Google's do.
const accessLife = 3599 * time.Second

// accountCookie tells who is signed in to Google in a browser.
const accountCookie = "sim_google_account"

type grants struct {
	Codes   map[string]authorization // by code
	Access  map[string]accessToken   // by access token
	Refresh map[string]authorization // by refresh token
	Agreed  map[string][]string      // account: the scopes that it agreed to

	ScriptConsents map[string]scriptConsent // by account + " " + project
}

func newGrants() grants {
	return grants{Codes: map[string]authorization{}, Access: map[string]accessToken{}, Refresh: map[string]authorization{}, Agreed: map[string][]string{},
		ScriptConsents: map[string]scriptConsent{}}
}

// authorization is what a user agreed to.
type authorization struct {
	Email       string
	Scopes      []string
	RedirectURI string
	Challenge   string
	Offline     bool // a refresh token comes with it
	Since       time.Time
}

type accessToken struct {
	authorization
	Expires time.Time
}

func (g *Google) routeOAuth(mux *http.ServeMux) {
	for _, path := range []string{"/o/oauth2/v2/auth", "/o/oauth2/auth"} {
		mux.HandleFunc("GET "+path, g.consentPage)
		mux.HandleFunc("POST "+path, g.consent)
	}
	mux.HandleFunc("POST /token", g.token)
	mux.HandleFunc("POST /revoke", g.revoke)
	mux.HandleFunc("GET /oauth2/v2/userinfo", g.userinfo)
	mux.HandleFunc("GET /userinfo/v2/me", g.userinfo)
	mux.HandleFunc("POST /sim/google/revoke", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Email string }
		if !decode(w, r, &body) {
			return
		}
		if _, ok := g.account(body.Email); !ok {
			invalid(w, "no account "+body.Email)
			return
		}
		g.RevokeAll(body.Email)
		reply(w, http.StatusOK, map[string]any{"revoked": body.Email})
	})
}

// scopeTexts are what the consent pages say of the scopes.
var scopeTexts = map[string]string{
	"openid": "Kimliğinizi doğrulama", "email": "E-posta adresinizi görme", "profile": "Adınızı görme",
	"https://www.googleapis.com/auth/spreadsheets":             "Google E-Tablolarınızı görme ve düzenleme",
	"https://www.googleapis.com/auth/drive.metadata.readonly":  "Google Drive dosyalarınızın adlarını görme",
	"https://www.googleapis.com/auth/script.projects":          "Google Apps Script projelerinizi yönetme",
	"https://www.googleapis.com/auth/script.deployments":       "Google Apps Script dağıtımlarınızı yönetme",
	"https://www.googleapis.com/auth/spreadsheets.currentonly": "Bu uygulamanın yüklendiği e-tabloyu görme",
	"https://www.googleapis.com/auth/script.external_request":  "Harici bir hizmete bağlanma",
	"https://www.googleapis.com/auth/script.scriptapp":         "Siz yokken çalışmasına izin verme",
}

type scopeChoice struct {
	Scope, Text string
	Basic       bool // cannot be unticked
}

func scopeChoices(scopes []string) []scopeChoice {
	var all []scopeChoice
	for _, s := range scopes {
		text := scopeTexts[s]
		if text == "" {
			text = s
		}
		all = append(all, scopeChoice{Scope: s, Text: text, Basic: !strings.HasPrefix(s, "https://")})
	}
	return all
}

// checkAuth checks an authorisation request; what is wrong with it is shown, not
// redirected, as Google does.
func (g *Google) checkAuth(q url.Values) string {
	switch {
	case q.Get("client_id") != g.client.ID:
		return "Error 401: invalid_client"
	case q.Get("response_type") != "code":
		return "Error 400: invalid_request (response_type)"
	case q.Get("redirect_uri") == "":
		return "Error 400: redirect_uri_mismatch"
	case q.Get("scope") == "":
		return "Error 400: invalid_request (scope)"
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return "Error 400: invalid_request (code_challenge_method)"
	}
	return ""
}

func (g *Google) consentPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if wrong := g.checkAuth(q); wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	app, _ := url.Parse(q.Get("redirect_uri"))
	if g.faults.now().Blocked { // an administrator's policy is told to the app
		app.RawQuery = url.Values{"state": {q.Get("state")}, "error": {"admin_policy_enforced"}}.Encode()
		http.Redirect(w, r, app.String(), http.StatusSeeOther)
		return
	}
	if g.passes(w, r, q) || g.barred(w, r, app.Host) {
		return
	}
	page(w, "consent.html", map[string]any{
		"App": app.Host, "Action": "?" + r.URL.RawQuery, "Accounts": g.accounts, "Scopes": scopeChoices(strings.Fields(q.Get("scope"))),
	})
}

func (g *Google) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if wrong := g.checkAuth(q); wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "Error 400: redirect_uri_mismatch", http.StatusBadRequest)
		return
	}
	r.ParseForm()
	out := url.Values{"state": {q.Get("state")}}
	account, ok := g.account(r.PostForm.Get("account"))
	if r.PostForm.Get("answer") != "allow" || !ok {
		out.Set("error", "access_denied")
	} else {
		var granted []string
		for _, c := range scopeChoices(strings.Fields(q.Get("scope"))) {
			if c.Basic || slices.Contains(r.PostForm["scope"], c.Scope) {
				granted = append(granted, c.Scope)
			}
		}
		out.Set("code", g.code(account.Email, granted, q))
		out.Set("scope", strings.Join(granted, " "))
		http.SetCookie(w, &http.Cookie{Name: accountCookie, Value: account.Email, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	back.RawQuery = out.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// passes sends somebody on at once who is signed in and has agreed to all of it
// before, unless the request asks for consent.
func (g *Google) passes(w http.ResponseWriter, r *http.Request, q url.Values) bool {
	signedIn, err := r.Cookie(accountCookie)
	if err != nil || q.Get("prompt") != "" {
		return false
	}
	scopes := strings.Fields(q.Get("scope"))
	g.mu.Lock()
	agreed := g.grants.Agreed[signedIn.Value]
	g.mu.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(agreed, s) }) {
		return false
	}
	back.RawQuery = url.Values{"state": {q.Get("state")}, "code": {g.code(signedIn.Value, scopes, q)}, "scope": {strings.Join(scopes, " ")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return true
}

// code makes the code of an authorisation. A refresh token comes with a consent:
// to something new, or one that the request asks for.
func (g *Google) code(email string, scopes []string, q url.Values) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.grants.Agreed == nil { // of an older state
		g.grants.Agreed = map[string][]string{}
	}
	fresh := slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(g.grants.Agreed[email], s) })
	code := "4/" + rand.Text()
	g.grants.Codes[code] = authorization{Email: email, Scopes: scopes, RedirectURI: q.Get("redirect_uri"), Challenge: q.Get("code_challenge"), Since: g.now(),
		Offline: q.Get("access_type") == "offline" && (fresh || q.Get("prompt") == "consent")}
	g.grants.Agreed[email] = scopes
	g.changed()
	return code
}

func (g *Google) token(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	f := r.PostForm
	refuse := func(status int, code, description string) {
		reply(w, status, map[string]string{"error": code, "error_description": description})
	}
	id, secret := f.Get("client_id"), f.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
	}
	if id != g.client.ID || secret != g.client.Secret {
		refuse(http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	answer := map[string]any{"token_type": "Bearer", "expires_in": int(accessLife.Seconds())}
	var a authorization
	switch f.Get("grant_type") {
	case "authorization_code":
		var ok bool
		a, ok = g.grants.Codes[f.Get("code")]
		delete(g.grants.Codes, f.Get("code")) // a code is good once
		sum := sha256.Sum256([]byte(f.Get("code_verifier")))
		switch {
		case !ok:
			refuse(http.StatusBadRequest, "invalid_grant", "Malformed auth code.")
			return
		case a.RedirectURI != f.Get("redirect_uri"):
			refuse(http.StatusBadRequest, "redirect_uri_mismatch", "Bad Request")
			return
		case a.Challenge != "" && a.Challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
			refuse(http.StatusBadRequest, "invalid_grant", "Invalid code verifier.")
			return
		}
		if a.Offline {
			refresh := "1//" + rand.Text()
			g.grants.Refresh[refresh] = a
			answer["refresh_token"] = refresh
		}
	case "refresh_token":
		var ok bool
		a, ok = g.grants.Refresh[f.Get("refresh_token")]
		if life := time.Duration(g.faults.now().GrantSeconds) * time.Second; ok && life > 0 && g.now().Sub(a.Since) > life {
			g.revokeAll(a.Email) // a consent to an app in testing status runs out
			ok = false
		}
		if !ok {
			refuse(http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
			return
		}
	default:
		refuse(http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+f.Get("grant_type"))
		return
	}
	access := "ya29." + rand.Text()
	g.grants.Access[access] = accessToken{a, g.now().Add(accessLife)}
	g.changed()
	answer["access_token"], answer["scope"] = access, strings.Join(a.Scopes, " ")
	reply(w, http.StatusOK, answer)
}

func (g *Google) revoke(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.grants.Refresh[token]
	if !ok {
		a = g.grants.Access[token].authorization
		ok = a.Email != ""
	}
	if !ok {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_token", "error_description": "Token expired or revoked"})
		return
	}
	g.revokeAll(a.Email)
	g.changed()
	reply(w, http.StatusOK, map[string]any{})
}

// revokeAll ends every grant of an account, as one revocation does.
func (g *Google) revokeAll(email string) {
	delete(g.grants.Agreed, email)
	for t, a := range g.grants.Refresh {
		if a.Email == email {
			delete(g.grants.Refresh, t)
		}
	}
	for t, a := range g.grants.Access {
		if a.Email == email {
			delete(g.grants.Access, t)
		}
	}
}

func (g *Google) userinfo(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "")
	if !ok {
		return
	}
	a, _ := g.account(email)
	info := map[string]any{"id": a.Email, "email": a.Email, "verified_email": true, "name": a.Name}
	if a.Domain != "" {
		info["hd"] = a.Domain
	}
	reply(w, http.StatusOK, info)
}

// authorized checks the bearer token of a request and that it has a scope; it
// answers itself and returns false where not.
func (g *Google) authorized(w http.ResponseWriter, r *http.Request, scope string) (email string, ok bool) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.mu.Lock()
	t, ok := g.grants.Access[bearer]
	g.mu.Unlock()
	drive := strings.HasPrefix(r.URL.Path, "/drive/")
	switch {
	case !ok || g.now().After(t.Expires):
		if drive {
			failDrive(w, http.StatusUnauthorized, "authError", "", "header", "Authorization")
		} else {
			fail(w, http.StatusUnauthorized, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.", "")
		}
		return "", false
	case scope != "" && !slices.Contains(t.Scopes, "https://www.googleapis.com/auth/"+scope):
		if drive {
			failDrive(w, http.StatusForbidden, "insufficientPermissions", "Insufficient Permission", "", "")
		} else {
			fail(w, http.StatusForbidden, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
		}
		return "", false
	}
	return t.Email, true
}

// page writes one of Google's pages.
func page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// Grant gives what an account's consent to scopes would: an access token, which
// lasts an hour, and a refresh token.
func (g *Google) Grant(email string, scopes []string) (access, refresh string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := authorization{Email: email, Scopes: scopes, Offline: true, Since: g.now()}
	access, refresh = "ya29."+rand.Text(), "1//"+rand.Text()
	g.grants.Access[access] = accessToken{a, g.now().Add(accessLife)}
	g.grants.Refresh[refresh] = a
	g.grants.Agreed[email] = scopes
	g.changed()
	return access, refresh
}

// RevokeAll ends every grant of an account, as its owner can at Google.
func (g *Google) RevokeAll(email string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revokeAll(email)
	g.changed()
}

// ExpireAccess ends an account's access tokens before their time; its refresh
// tokens stay good.
func (g *Google) ExpireAccess(email string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for t, a := range g.grants.Access {
		if a.Email == email {
			delete(g.grants.Access, t)
		}
	}
}
