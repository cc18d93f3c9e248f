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

// Scopes are what sheet24 asks of a user's Google account.
var Scopes = []string{
	"openid", "email", "profile",
	"https://www.googleapis.com/auth/spreadsheets",
	"https://www.googleapis.com/auth/drive.metadata.readonly",
	"https://www.googleapis.com/auth/script.projects",
	"https://www.googleapis.com/auth/script.deployments",
}

// needed are the scopes without which nothing works.
var needed = Scopes[3:]

// Account is who signed in.
type Account struct {
	Email string
	Name  string
}

// ConsentURL is where the user is sent to sign in. state and verifier (PKCE) are
// kept in the user's session until Exchange.
func (c *Client) ConsentURL(state, verifier string) string {
	return c.oauth.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.ApprovalForce, oauth2.S256ChallengeOption(verifier))
}

// NewVerifier makes a PKCE verifier.
func NewVerifier() string { return oauth2.GenerateVerifier() }

// Exchange turns the code of a callback into the account and its grant, whose
// user id is yet to be set. A scope that the user unticked is an error that
// names it.
func (c *Client) Exchange(ctx context.Context, code, verifier string) (Account, *sheet24.Token, error) {
	t, err := c.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Account{}, nil, sheet24.Errorf(sheet24.Unauthorized, "google_sign_in").Because(err)
	}
	granted, _ := t.Extra("scope").(string)
	scopes := strings.Fields(granted)
	for _, s := range needed {
		if !slices.Contains(scopes, s) {
			return Account{}, nil, sheet24.Errorf(sheet24.Unauthorized, "google_scope", scopeName(s))
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
		return Account{}, sheet24.Errorf(sheet24.Unavailable, "google_unreachable").Because(err)
	}
	defer resp.Body.Close()
	var info struct {
		Email    string `json:"email"`
		Verified *bool  `json:"verified_email"`
		Name     string `json:"name"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil || resp.StatusCode != http.StatusOK || info.Email == "" {
		return Account{}, sheet24.Errorf(sheet24.Unavailable, "google_unreachable").Because(fmt.Errorf("userinfo: HTTP %d, %v", resp.StatusCode, err))
	}
	// The address is the user's identity here, so it must be known to be theirs.
	if info.Verified != nil && !*info.Verified {
		return Account{}, sheet24.Errorf(sheet24.Unauthorized, "google_email_unverified", info.Email)
	}
	return Account{Email: info.Email, Name: info.Name}, nil
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
		return sheet24.Errorf(sheet24.Unavailable, "google_unreachable").Because(err)
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

func (s *tokenSource) Token() (*oauth2.Token, error) {
	lock := s.client.lock(s.userID)
	lock.Lock()
	defer lock.Unlock()
	stored, err := s.client.tokens.Token(s.ctx, s.userID)
	if err != nil {
		return nil, err
	}
	t := &oauth2.Token{AccessToken: stored.AccessToken, RefreshToken: stored.RefreshToken, Expiry: stored.ExpiresAt, TokenType: "Bearer"}
	if t.Valid() {
		return t, nil
	}
	fresh, err := s.client.oauth.TokenSource(context.WithValue(s.ctx, oauth2.HTTPClient, s.client.http), t).Token()
	if err != nil {
		if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.ErrorCode == "invalid_grant" {
			return nil, sheet24.Errorf(sheet24.Unauthorized, "google_reconnect").Because(err)
		}
		return nil, sheet24.Errorf(sheet24.Unavailable, "google_unreachable").Because(err)
	}
	stored.AccessToken, stored.RefreshToken, stored.ExpiresAt = fresh.AccessToken, fresh.RefreshToken, fresh.Expiry
	return fresh, s.client.tokens.SaveToken(s.ctx, stored)
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
