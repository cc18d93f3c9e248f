// Package google speaks to Google for sheet24's users: signing in, listing
// their spreadsheets, reading and writing cells, and putting the script into a
// sheet. Each user's work is done with that user's own grant.
package google

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"google.golang.org/api/drive/v3"
	"google.golang.org/api/option"
	"google.golang.org/api/script/v1"
	"google.golang.org/api/sheets/v4"

	"sheet24"
	"sheet24/internal/bucket"
)

// Config says which OAuth client sheet24 is at Google.
type Config struct {
	ClientID     string
	ClientSecret string
	RedirectURL  string
	Access       Access         // empty: FullAccess
	PerMinute    int            // reads, and writes, of a user's sheets a minute; 0: what Google allows, 60
	Buckets      bucket.Buckets // by which that is kept; nil: those of this Client alone
	BaseURL      string         // one base for all of Google's paths; empty: Google itself
}

// Tokens is where users' grants are kept.
type Tokens interface {
	Token(ctx context.Context, userID string) (*sheet24.Token, error)
	SaveToken(ctx context.Context, t *sheet24.Token) error
	EndToken(ctx context.Context, userID string) error
}

// Client calls Google. It implements sheet24.Sheets and is safe for concurrent
// use.
type Client struct {
	oauth     oauth2.Config
	endpoints endpoints
	http      *http.Client // without authorisation
	tokens    Tokens
	quotas    *quotas

	mu          sync.Mutex
	locks       map[string]*sync.Mutex // by user: one refresh at a time
	columnMarks map[markName]int64     // ids of the developer metadata of columns
}

var _ sheet24.Sheets = (*Client)(nil)

// endpoints are the bases of Google's services. Drive's, unlike the others',
// includes its path.
type endpoints struct {
	auth, token, revoke, userinfo string
	sheets, drive, script         string
}

func endpointsAt(base string) endpoints {
	if base == "" {
		return endpoints{
			auth: "https://accounts.google.com/o/oauth2/v2/auth", token: "https://oauth2.googleapis.com/token",
			revoke: "https://oauth2.googleapis.com/revoke", userinfo: "https://www.googleapis.com/oauth2/v2/userinfo",
			sheets: "https://sheets.googleapis.com/", drive: "https://www.googleapis.com/drive/v3/", script: "https://script.googleapis.com/",
		}
	}

	base = strings.TrimRight(base, "/")
	return endpoints{
		auth: base + "/o/oauth2/v2/auth", token: base + "/token", revoke: base + "/revoke", userinfo: base + "/oauth2/v2/userinfo",
		sheets: base + "/", drive: base + "/drive/v3/", script: base + "/",
	}
}

// New makes a Client.
func New(c Config, tokens Tokens) *Client {
	e := endpointsAt(c.BaseURL)
	return &Client{
		oauth: oauth2.Config{
			ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.RedirectURL, Scopes: c.Access.Scopes(),
			Endpoint: oauth2.Endpoint{AuthURL: e.auth, TokenURL: e.token, AuthStyle: oauth2.AuthStyleInParams},
		},
		endpoints: e,
		http:      &http.Client{Timeout: requestWithin, Transport: &retry{next: transport(pingAfter)}},
		tokens:    tokens,
		quotas:    newQuotas(c.PerMinute, c.Buckets),
		locks:     map[string]*sync.Mutex{},

		columnMarks: map[markName]int64{},
	}
}

// as is an HTTP client that acts for a user.
func (c *Client) as(ctx context.Context, userID string) *http.Client {
	return &http.Client{
		Timeout: within(ctx),
		Transport: &outside{&oauth2.Transport{
			Source: &tokenSource{client: c, ctx: ctx, userID: userID},
			Base:   &renewing{client: c, userID: userID, next: c.http.Transport},
		}},
	}
}

func (c *Client) sheets(ctx context.Context, userID string) (*sheets.Service, error) {
	return sheets.NewService(ctx, option.WithHTTPClient(c.as(ctx, userID)), option.WithEndpoint(c.endpoints.sheets))
}

func (c *Client) drive(ctx context.Context, userID string) (*drive.Service, error) {
	return drive.NewService(ctx, option.WithHTTPClient(c.as(ctx, userID)), option.WithEndpoint(c.endpoints.drive))
}

func (c *Client) script(ctx context.Context, userID string) (*script.Service, error) {
	return script.NewService(ctx, option.WithHTTPClient(c.as(ctx, userID)), option.WithEndpoint(c.endpoints.script))
}
