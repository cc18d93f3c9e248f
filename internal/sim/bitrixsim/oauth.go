package bitrixsim

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MemberID is the portal's own id, which outlives its name.
const MemberID = "a223c6b3710f85df22e9377d6c4f7553"

// appScopes are what applications may do.
var appScopes = []string{"crm", "user"}

// grants are what the portal gave applications.
type grants struct {
	codes   map[string]time.Time // until when each is good
	access  map[string]time.Time
	refresh map[string]bool
	host    string // under which the portal was reached as the application was allowed
}

// RevokeApp takes back all that was granted, as uninstalling an application does.
func (p *Portal) RevokeApp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grants = grants{}
}

// ExpireTokens lets all access tokens run out now.
func (p *Portal) ExpireTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for token := range p.grants.access {
		p.grants.access[token] = time.Now()
	}
}

// RedirectTo says where applications are answered: an administrator entered it
// with the application.
func (p *Portal) RedirectTo(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.App.Redirect = address
}

func (p *Portal) authorizePage(w http.ResponseWriter, r *http.Request) {
	if p.options.App.ID == "" || r.FormValue("client_id") != p.options.App.ID {
		http.Error(w, "Application not found", http.StatusBadRequest)
		return
	}
	renderPage(w, "authorize", map[string]any{"App": p.options.App.ID, "State": r.FormValue("state"), "Language": p.language(), "User": p.users[0]})
}

func (p *Portal) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.App.ID == "" || r.FormValue("client_id") != p.options.App.ID {
		http.Error(w, "Application not found", http.StatusBadRequest)
		return
	}
	q := url.Values{"state": {r.FormValue("state")}, "domain": {r.Host}, "member_id": {MemberID}, "server_domain": {r.Host}}
	if r.FormValue("answer") == "allow" {
		code := rand.Text()
		if p.grants.codes == nil {
			p.grants.codes = map[string]time.Time{}
		}
		p.grants.codes[code] = time.Now().Add(30 * time.Second)
		p.grants.host = r.Host
		q.Set("code", code)
		q.Set("scope", strings.Join(appScopes, ","))
	} else {
		q.Set("error", "access_denied")
	}
	http.Redirect(w, r, p.options.App.Redirect+"?"+q.Encode(), http.StatusSeeOther)
}

// token is the authorisation server's: it gives a pair of tokens for a code or
// for a refresh token, either of which is good once.
func (p *Portal) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refuse := func(status int, code, text string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
	}
	id, secret := r.FormValue("client_id"), r.FormValue("client_secret")
	if p.options.App.ID == "" || id != p.options.App.ID || subtle.ConstantTimeCompare([]byte(secret), []byte(p.options.App.Secret)) != 1 {
		refuse(http.StatusUnauthorized, "invalid_client", "Invalid client")
		return
	}
	good := false
	switch r.FormValue("grant_type") {
	case "authorization_code":
		code := r.FormValue("code")
		good = time.Now().Before(p.grants.codes[code])
		delete(p.grants.codes, code)
	case "refresh_token":
		token := r.FormValue("refresh_token")
		good = p.grants.refresh[token]
		delete(p.grants.refresh, token)
	default:
		refuse(http.StatusBadRequest, "invalid_request", "Wrong grant_type")
		return
	}
	if !good {
		refuse(http.StatusBadRequest, "invalid_grant", "Invalid grant")
		return
	}
	if p.grants.access == nil {
		p.grants.access, p.grants.refresh = map[string]time.Time{}, map[string]bool{}
	}
	access, refresh := rand.Text(), rand.Text()
	expires := time.Now().Add(p.options.TokenLife)
	p.grants.access[access], p.grants.refresh[refresh] = expires, true
	host := cmp.Or(p.grants.host, r.Host) // the portal's, which the token server's may not be
	if p.moved != "" {
		host = p.moved
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{"access_token": access, "refresh_token": refresh, "expires": expires.Unix(),
		"expires_in": int(p.options.TokenLife.Seconds()), "scope": strings.Join(appScopes, ","), "domain": r.Host, "status": "L", "member_id": MemberID,
		"user_id": UserID, "client_endpoint": scheme(r) + "://" + host + "/rest/", "server_endpoint": scheme(r) + "://" + r.Host + "/rest/"})
}

// callerByToken is whom an access token stands for; p.mu is held.
func (p *Portal) callerByToken(token string) (caller, error) {
	if token == "" {
		return caller{}, &apiError{http.StatusUnauthorized, "NO_AUTH_FOUND", "Wrong authorization data"}
	}
	expires, ok := p.grants.access[token]
	if !ok {
		return caller{}, &apiError{http.StatusUnauthorized, "invalid_token", "Unable to get application by token"}
	}
	if !time.Now().Before(expires) {
		return caller{}, &apiError{http.StatusUnauthorized, "expired_token", "The access token provided has expired"}
	}
	return p.callerOf(UserID, slices.Clone(appScopes), p.options.App.ID)
}
