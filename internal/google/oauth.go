package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"sheet24"
)

// Access is how much sheet24 asks of its users' Google accounts.
type Access string

// FullAccess lets users choose among the spreadsheets of their Drive. With
// LinkAccess they paste a spreadsheet's link, and sheet24 sees no Drive: the
// scope for it is one that Google restricts.
const (
	FullAccess Access = "full"
	LinkAccess Access = "link"
)

// Scopes are what is asked for.
func (a Access) Scopes() []string {
	scopes := []string{"openid", "email", "profile", "https://www.googleapis.com/auth/spreadsheets"}
	if a != LinkAccess {
		scopes = append(scopes, "https://www.googleapis.com/auth/drive.metadata.readonly")
	}
	return append(scopes, "https://www.googleapis.com/auth/script.projects", "https://www.googleapis.com/auth/script.deployments")
}

// basic are the scopes that nobody can refuse: who somebody is.
const basic = 3

// Account is who signed in.
type Account struct {
	Email  string
	Name   string
	Domain string // of their organisation at Google; empty: a private account
}

// ConsentURL is where the user is sent to sign in. state and verifier (PKCE) are
// kept in the user's session until Exchange. Google asks for consent where it has
// none yet; again is to be asked for where the last one lacked something.
func (c *Client) ConsentURL(state, verifier string, again bool) string {
	options := []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier)}
	if again {
		options = append(options, oauth2.ApprovalForce)
	}
	return c.oauth.AuthCodeURL(state, options...)
}

// NewVerifier makes a PKCE verifier.
func NewVerifier() string { return oauth2.GenerateVerifier() }

// Exchange turns the code of a callback into the account and its grant, whose
// user id is yet to be set. A scope that the user unticked is an error that
// names it.
func (c *Client) Exchange(ctx context.Context, code, verifier string) (Account, *sheet24.Token, error) {
	t, err := c.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Account{}, nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleSignIn).Because(err)
	}
	granted, _ := t.Extra("scope").(string)
	scopes := strings.Fields(granted)
	for _, s := range c.oauth.Scopes[basic:] {
		if !slices.Contains(scopes, s) {
			return Account{}, nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleScope, scopeName(s))
		}
	}
	account, err := c.account(ctx, t.AccessToken)
	if err != nil {
		return Account{}, nil, err
	}
	return account, &sheet24.Token{Email: account.Email, AccessToken: t.AccessToken, RefreshToken: t.RefreshToken,
		ExpiresAt: t.Expiry, Scopes: scopes}, nil
}

// scopeName is the end of a scope, as the consent page's boxes are told apart.
func scopeName(scope string) string { return scope[strings.LastIndexByte(scope, '/')+1:] }

func (c *Client) account(ctx context.Context, accessToken string) (Account, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoints.userinfo, nil)
	if err != nil {
		return Account{}, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	resp, err := c.http.Do(req)
	if err != nil {
		return Account{}, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}
	defer resp.Body.Close()
	var info struct {
		Email    string `json:"email"`
		Verified *bool  `json:"verified_email"`
		Name     string `json:"name"`
		Domain   string `json:"hd"` // https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil || resp.StatusCode != http.StatusOK || info.Email == "" {
		return Account{}, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(fmt.Errorf("userinfo: HTTP %d, %v", resp.StatusCode, err))
	}
	// The address is the user's identity here, so it must be known to be theirs.
	if info.Verified != nil && !*info.Verified {
		return Account{}, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleEmailUnverified, info.Email)
	}
	return Account{Email: info.Email, Name: info.Name, Domain: info.Domain}, nil
}

// Revoke withdraws a grant at Google. One that is gone already is no error.
func (c *Client) Revoke(ctx context.Context, t *sheet24.Token) error {
	secret := t.RefreshToken
	if secret == "" {
		secret = t.AccessToken
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoints.revoke, strings.NewReader(url.Values{"token": {secret}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}
	resp.Body.Close()
	return nil
}

// tokenSource gives a user's access token, refreshed and stored when it is old.
type tokenSource struct {
	client *Client
	ctx    context.Context
	userID string
}

func (s *tokenSource) Token() (*oauth2.Token, error) { return s.client.token(s.ctx, s.userID, "") }

// token returns a user's grant, refreshed if it ran out or is the stale one. That
// is done once at a time, and whoever waited takes what the first one got.
func (c *Client) token(ctx context.Context, userID, stale string) (*oauth2.Token, error) {
	lock := c.lock(userID)
	lock.Lock()
	defer lock.Unlock()
	stored, err := c.tokens.Token(ctx, userID)
	if err != nil {
		return nil, err
	}
	if stored.Ended {
		return nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleReconnect)
	}
	t := &oauth2.Token{AccessToken: stored.AccessToken, RefreshToken: stored.RefreshToken, Expiry: stored.ExpiresAt, TokenType: "Bearer"}
	if t.AccessToken == stale {
		t.AccessToken = ""
	}
	if t.Valid() {
		return t, nil
	}
	// Whoever asked may go away; what Google gives is kept.
	ctx = context.WithoutCancel(ctx)
	fresh, err := c.oauth.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, c.http), t).Token()
	if err != nil {
		if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.ErrorCode == "invalid_grant" {
			if err := c.tokens.EndToken(ctx, userID); err != nil {
				return nil, err
			}
			return nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleReconnect).Because(err)
		}
		return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}
	stored.AccessToken, stored.RefreshToken, stored.ExpiresAt = fresh.AccessToken, fresh.RefreshToken, fresh.Expiry
	return fresh, c.tokens.SaveToken(ctx, stored)
}

// renewing repeats a request that Google turned away with 401 once with a new access
// token: one may end before its time, as when its user revokes the grant.
type renewing struct {
	client *Client
	userID string
	next   http.RoundTripper
}

func (a *renewing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || (r.Body != nil && r.GetBody == nil) {
		return resp, err
	}
	t, err := a.client.token(r.Context(), a.userID, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	second := r.Clone(r.Context())
	if r.GetBody != nil {
		if second.Body, err = r.GetBody(); err != nil {
			return resp, nil
		}
	}
	resp.Body.Close()
	t.SetAuthHeader(second)
	return a.next.RoundTrip(second)
}

func (c *Client) lock(userID string) *sync.Mutex {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.locks[userID]
	if l == nil {
		l = new(sync.Mutex)
		c.locks[userID] = l
	}
	return l
}
