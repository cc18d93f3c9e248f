package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"sheet24"
)

// authServer gives tokens to applications of Bitrix24's cloud, and authServers
// are the names it may go by.
const authServer = "https://oauth.bitrix24.tech"

var authServers = []string{"oauth.bitrix24.tech", "oauth.bitrix.info"}

// App is an OAuth application that an administrator of sheet24 registered at
// Bitrix24. A zero App means that there is none.
type App struct {
	ID, Secret string
	AuthURL    string // base URL of the authorisation server; empty: Bitrix24's own
}

// AuthorizeURL is where a person allows the application in their portal, which
// they name by its host or by any address of it. The state comes back with them.
func (c *Client) AuthorizeURL(portal, state string) (string, error) {
	if c.options.App.ID == "" {
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalNoApp)
	}
	base, err := c.options.Hosts.Portal(portal)
	if err != nil {
		return "", err
	}
	u := base.JoinPath("/oauth/authorize/")
	u.RawQuery = url.Values{"client_id": {c.options.App.ID}, "state": {state}}.Encode()
	return u.String(), nil
}

// Exchange makes a Portal of what Bitrix24 sent a person back with: a code, and
// the name of its authorisation server. The Portal has no id and no owner yet.
func (c *Client) Exchange(ctx context.Context, code, server string) (*sheet24.Portal, error) {
	g, err := c.token(ctx, sheet24.Grant{AuthServer: c.authServer(server)}, url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	if err != nil {
		return nil, err
	}
	base, err := c.options.Hosts.Portal(g.Endpoint)
	if err != nil {
		return nil, err
	}
	p := &sheet24.Portal{Host: base.Host, Grant: &g}
	return p, c.try(ctx, p)
}

// grantedDestination is the destination of a portal that gave the application a grant.
func (c *Client) grantedDestination(ctx context.Context, p *sheet24.Portal, method, stale string) (destination, error) {
	g, err := c.granted(ctx, p, stale)
	if err != nil {
		return destination{}, err
	}
	base, err := c.options.Hosts.Portal(g.Endpoint)
	if err != nil {
		return destination{}, err
	}
	return destination{&sheet24.Portal{ID: p.ID, Host: base.Host, Plan: p.Plan, Paused: p.Paused}, base.JoinPath("rest", method), g.AccessToken}, nil
}

// renewable reports whether a request failed as it may with another token: this one has
// run out, or the portal was renamed. Then it redirects from its old name, or that is
// gone; with the next tokens the authorisation server tells the new one.
func renewable(to destination, err error) bool {
	if to.token == "" || err == nil {
		return false
	}
	_, nameless := errors.AsType[*net.DNSError](err)
	return is(err, "expired_token") || is(err, "invalid_token") || nameless || sheet24.AsError(err).Code == sheet24.CodePortalMoved
}

// early is how long before its end a token is renewed.
const early = time.Minute

// session is a portal's grant as this process knows it.
type session struct {
	mu      sync.Mutex // held while the grant is renewed
	grant   sheet24.Grant
	renewed string // the access token that took the place of a refused one
}

func (c *Client) session(p *sheet24.Portal) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[p.ID]
	if s == nil {
		s = &session{}
		if p.ID != 0 {
			c.sessions[p.ID] = s
		}
	}
	return s
}

// granted returns a grant that is good, renewing it if it ran out or is the stale
// one. Renewing goes on once at a time, and whoever waited takes what the first
// one got: a refresh token is good once.
func (c *Client) granted(ctx context.Context, p *sheet24.Portal, stale string) (sheet24.Grant, error) {
	s := c.session(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	good := func() bool { return s.grant.AccessToken != stale && time.Until(s.grant.ExpiresAt) > early }
	newer := func(g *sheet24.Grant) {
		if g != nil && g.ExpiresAt.After(s.grant.ExpiresAt) {
			s.grant = *g
		}
	}
	newer(p.Grant)
	keeps := p.ID != 0 && c.options.Store != nil
	reload := func() error { // another process may have renewed it
		if !keeps {
			return nil
		}
		kept, err := c.options.Store.Portal(ctx, p.ID)
		if err == nil {
			newer(kept.Grant)
		}
		return err
	}
	if !good() {
		if err := reload(); err != nil {
			return sheet24.Grant{}, err
		}
	}
	if good() {
		return s.grant, nil
	}
	// Whatever becomes of who asked, the answer is kept: the old pair is worth
	// nothing from then on.
	ctx = context.WithoutCancel(ctx)
	g, err := c.token(ctx, s.grant, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.grant.RefreshToken}})
	if is(err, "invalid_grant") && reload() == nil && good() {
		return s.grant, nil // it was quicker with the same refresh token
	}
	if err != nil {
		return sheet24.Grant{}, err
	}
	s.grant = g
	if !keeps {
		return g, nil
	}
	base, err := c.options.Hosts.Portal(g.Endpoint)
	if err != nil {
		return sheet24.Grant{}, err
	}
	return g, c.options.Store.SaveGrant(ctx, &sheet24.Portal{ID: p.ID, UserID: p.UserID, Host: base.Host, Grant: &g})
}

// token asks the authorisation server for the next grant after old.
func (c *Client) token(ctx context.Context, old sheet24.Grant, form url.Values) (sheet24.Grant, error) {
	server, err := url.Parse(old.AuthServer)
	if err != nil {
		return old, err
	}
	form.Set("client_id", c.options.App.ID)
	form.Set("client_secret", c.options.App.Secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.JoinPath("/oauth/token/").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return old, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return old, unreachable(server.Host, withoutURL(err))
	}
	defer resp.Body.Close()
	var got struct {
		AccessToken    string  `json:"access_token"`
		RefreshToken   string  `json:"refresh_token"`
		ExpiresIn      lenient `json:"expires_in"`
		MemberID       string  `json:"member_id"`
		ClientEndpoint string  `json:"client_endpoint"`
		Error          lenient `json:"error"`
		Description    lenient `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&got); err != nil {
		return old, unreachable(server.Host, fmt.Errorf("HTTP %d: %w", resp.StatusCode, err))
	}
	if got.Error != "" {
		host := server.Host
		if portal, err := url.Parse(old.Endpoint); err == nil && portal.Host != "" {
			host = portal.Host
		}
		return old, apiError(host, string(got.Error), string(got.Description), false)
	}
	if got.AccessToken == "" || got.RefreshToken == "" || got.MemberID == "" || (old.MemberID != "" && got.MemberID != old.MemberID) {
		return old, unreachable(server.Host, errors.New("no tokens of this portal in the answer"))
	}
	return sheet24.Grant{MemberID: got.MemberID, AccessToken: got.AccessToken, RefreshToken: got.RefreshToken, Endpoint: got.ClientEndpoint,
		ExpiresAt: time.Now().Add(time.Duration(got.ExpiresIn.int()) * time.Second), AuthServer: old.AuthServer}, nil
}

// authServer is the base URL of the authorisation server that a portal names.
// The application's secret goes to no other than Bitrix24's, or the one set.
func (c *Client) authServer(name string) string {
	if c.options.App.AuthURL == authServer && slices.Contains(authServers, name) {
		return "https://" + name
	}
	return c.options.App.AuthURL
}
