// Package googlesim simulates the parts of Google that sheet24 uses: OAuth,
// Drive's list, Sheets' values, Apps Script's API, and what it runs: the pushed
// script itself, when a person edits a sheet.
package googlesim

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Client is the OAuth client that may ask for grants.
type Client struct {
	ID, Secret string
}

// Account is a person's Google account.
type Account struct {
	Email, Name string
	Domain      string // of their organisation; empty: a private account, whatever its address
}

// Google is the simulated Google. See New.
type Google struct {
	client   Client
	accounts []Account
	http     *http.Client // with which scripts fetch
	now      func() time.Time

	mu           sync.Mutex
	url          string
	spreadsheets map[string]*Spreadsheet
	grants       grants
	keep         func([]byte)
	projects     map[string]*project
	scriptAPI    map[string]scriptAPI
	faults       faults
	drive        driveChanges
	hook         callHook

	runs  sync.WaitGroup // of triggers
	stop  context.CancelFunc
	alive context.Context
}

// New makes a Google with accounts, and one OAuth client.
func New(client Client, accounts ...Account) *Google {
	alive, stop := context.WithCancel(context.Background())
	return &Google{
		client: client, accounts: accounts, http: &http.Client{}, now: time.Now,
		spreadsheets: map[string]*Spreadsheet{},
		grants:       newGrants(),
		projects:     map[string]*project{},
		scriptAPI:    map[string]scriptAPI{},
		alive:        alive, stop: stop,
	}
}

// FetchWith sets the client with which scripts, and Drive's messages, reach servers.
func (g *Google) FetchWith(client *http.Client) { g.http = client }

// SetClock sets what tells the time, to scripts too; before anything is served.
func (g *Google) SetClock(now func() time.Time) { g.now = now }

// SetURL tells where Google is reached, as links in its answers name it.
func (g *Google) SetURL(url string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.url = url
}

// Close stops the scripts that run and waits for them.
func (g *Google) Close() {
	g.stop()
	g.runs.Wait()
}

// Settle waits until the scripts that edits started have run.
func (g *Google) Settle() { g.runs.Wait() }

// Handler serves Google's own paths, and /sim/google/.
func (g *Google) Handler() http.Handler {
	mux := http.NewServeMux()
	g.routeOAuth(mux)
	g.routeDrive(mux)
	g.routeScript(mux)
	g.routeScriptAPI(mux)
	g.routeWebApp(mux)
	g.routeMenu(mux)
	g.routeCopies(mux)
	g.routeShares(mux)
	g.routeEdits(mux)
	g.routeFaults(mux)
	sheets := http.HandlerFunc(g.serveSheets)
	mux.Handle("/v4/spreadsheets", sheets)
	mux.Handle("/v4/spreadsheets/", sheets)
	return withoutSlash(g.inTime(mux, func(r *http.Request) string { return methodOf(mux, r) }))
}

// withoutSlash serves an API's paths with a slash at their end as without, as Google does.
func withoutSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimSuffix(r.URL.Path, "/")
		if path != r.URL.Path && (strings.HasPrefix(path, "/drive/v3/") || strings.HasPrefix(path, "/v1/projects")) {
			bare := *r.URL
			bare.Path, bare.RawPath = path, ""
			r = r.Clone(r.Context())
			r.URL = &bare
		}
		next.ServeHTTP(w, r)
	})
}

func (g *Google) account(email string) (Account, bool) {
	for _, a := range g.accounts {
		if a.Email == email {
			return a, true
		}
	}
	return Account{}, false
}
