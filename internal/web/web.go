// Package web serves sheet24's pages: signing in, connecting a portal, setting a
// table up, and its history. Pages are rendered here and work without a build
// step; all assets are in the binary.
package web

import (
	"context"
	"crypto/rand"
	"embed"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/google"
	"sheet24/internal/locale"
	"sheet24/internal/secret"
	"sheet24/internal/setup"
	"sheet24/internal/undo"
)

//go:embed assets
var assets embed.FS

// Google is what the pages need of google.Client.
type Google interface {
	ConsentURL(state, verifier string, again bool) string
	Revoke(ctx context.Context, t *sheet24.Token) error
	Exchange(ctx context.Context, code, verifier string) (google.Account, *sheet24.Token, error)
	Spreadsheets(ctx context.Context, userID, search, page string) ([]google.File, string, error)
	Spreadsheet(ctx context.Context, userID, id string) (*google.Spreadsheet, error)
}

// Connector connects portals and looks after their connections; bitrix24.Client
// does.
type Connector interface {
	Connect(ctx context.Context, webhookURL string) (*sheet24.Portal, error)
	AuthorizeURL(portal, state string) (string, error)
	Exchange(ctx context.Context, code, authServer string) (*sheet24.Portal, error)
	Check(ctx context.Context, p *sheet24.Portal) error
}

// Store is what the pages need of the database.
type Store interface {
	EnsureUser(ctx context.Context, email, name, language string) (*sheet24.User, error)
	FirstUser(ctx context.Context) (*sheet24.User, error)
	User(ctx context.Context, id string) (*sheet24.User, error)
	SetLanguage(ctx context.Context, userID, language string) error
	Token(ctx context.Context, userID string) (*sheet24.Token, error)
	SaveToken(ctx context.Context, t *sheet24.Token) error
	DeleteToken(ctx context.Context, userID string) error
	SavePortal(ctx context.Context, p *sheet24.Portal) error
	SavePlan(ctx context.Context, portalID int64, plan sheet24.Plan) error
	PausePortal(ctx context.Context, portalID int64, pause sheet24.Pause) error
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error)
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	TablesOf(ctx context.Context, userID string) ([]*sheet24.Table, error)
	History(ctx context.Context, tableID, before int64, limit int) ([]sheet24.RowChange, error)
	StageProblems(ctx context.Context, t *sheet24.Table) ([]sheet24.StageProblem, error)
	CountFailed(ctx context.Context, tableID int64) (int, error)
	RetryFailed(ctx context.Context, tableID int64) (int, error)
	RetryChange(ctx context.Context, tableID, id int64) error
	CountAsked(ctx context.Context, tableID int64) (int, error)
	Asked(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error)
	Decide(ctx context.Context, tableID, id int64, winner sheet24.Side) error
	Changes(ctx context.Context, tableID int64, ids []int64) ([]sheet24.RowChange, error)
	ChangesBetween(ctx context.Context, tableID int64, from, to time.Time, limit int) ([]sheet24.RowChange, error)
	ReplayEvents(ctx context.Context, tableID int64, from, to time.Time) (int, error)
	SetPolicies(ctx context.Context, tableID int64, p sheet24.Policies) error
	Comparison(ctx context.Context, tableID int64) (*sheet24.Comparison, error)
	StartComparison(ctx context.Context, tableID int64) error
	Act(ctx context.Context, tableID int64, from []sheet24.ComparisonState, to sheet24.ComparisonState) error
	PauseComparison(ctx context.Context, tableID int64, paused bool) error
	Differences(ctx context.Context, tableID int64, below, limit int) ([]sheet24.RowDifference, error)
}

// Waker wakes what a page asked for.
type Waker interface {
	Scan(ctx context.Context, tableID int64)
	Push(ctx context.Context, portalID int64)
	Compare(ctx context.Context, tableID int64)
}

// Watch ends what Google Drive tells of a user's changes; watch.Watch does.
type Watch interface {
	Stop(ctx context.Context, userID string) error
}

// Work is what the pages ask of the sync; app does it.
type Work interface {
	Recheck(ctx context.Context, t *sheet24.Table) error
	Undo(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) (undo.Undone, error)
}

// Web serves the pages. All fields but GoogleURL are required.
type Web struct {
	Store     Store
	Google    Google
	Portals   Connector
	Setup     *setup.Setup
	Work      Work
	Watch     Watch
	Wake      Waker
	Sessions  scs.CtxStore
	Box       *secret.Box // seals what browsers keep before their users sign in
	Admission Admission
	Looks     bool   // tables are looked at without a script, too
	LinksOnly bool   // users paste links; nobody's Drive is listed
	BitrixApp bool   // there is an OAuth application for portals
	Secure    bool   // cookies over https alone
	GoogleURL string // where spreadsheets are opened and scripts allowed; empty: at Google
	Log       *slog.Logger

	sessions *scs.SessionManager
}

// Handler serves the pages.
func (w *Web) Handler() http.Handler {
	w.sessions = scs.New()
	w.sessions.Store = w.Sessions
	w.sessions.Lifetime = 30 * 24 * time.Hour
	w.sessions.Cookie.Name = "sheet24"
	w.sessions.Cookie.Secure = w.Secure
	w.sessions.Cookie.SameSite = http.SameSiteLaxMode // Google's redirect must bring it
	w.sessions.ErrorFunc = func(rw http.ResponseWriter, r *http.Request, err error) { w.fail(rw, r, err) }

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.home)
	mux.HandleFunc("POST /language", w.language)
	mux.HandleFunc("POST /sheet-sync/sign-out", w.signOut)
	mux.HandleFunc("POST /sheet-sync/oauth/start", w.signIn)
	mux.HandleFunc("GET /sheet-sync/oauth/callback", w.callback)
	mux.HandleFunc("GET /sheet-sync/google", w.user(w.googleAccount))
	mux.HandleFunc("POST /sheet-sync/google/disconnect", w.user(w.disconnect))
	mux.HandleFunc("GET /sheet-sync/portal", w.user(w.portal))
	mux.HandleFunc("POST /sheet-sync/portal", w.user(w.savePortal))
	mux.HandleFunc("POST /sheet-sync/portal/app", w.user(w.leadToPortal))
	mux.HandleFunc("GET "+PortalCallback, w.user(w.portalCallback))
	mux.HandleFunc("POST /sheet-sync/portal/{portal}/check", w.user(w.checkPortal))
	mux.HandleFunc("POST /sheet-sync/portal/{portal}/plan", w.user(w.setPlan))
	mux.HandleFunc("GET /sheet-sync/new", w.user(w.spreadsheets))
	mux.HandleFunc("GET /sheet-sync/new/{spreadsheet}", w.user(w.tabs))
	mux.HandleFunc("GET /sheet-sync/new/{spreadsheet}/mapping", w.user(w.mapping))
	mux.HandleFunc("POST /sheet-sync/new/{spreadsheet}/mapping", w.user(w.saveTable))
	mux.HandleFunc("GET /sheet-sync/tables/{table}", w.user(w.table(w.showTable)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/activation", w.user(w.table(w.activation)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/activate", w.user(w.table(w.activate)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/script", w.user(w.table(w.script)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/code", w.user(w.table(w.code)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/history", w.user(w.table(w.history)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/retry-failed", w.user(w.table(w.retryFailed)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/changes/{change}/retry", w.user(w.table(w.retry)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/changes/{change}/decide", w.user(w.table(w.decide)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/decide", w.user(w.table(w.decide)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/undo", w.user(w.table(w.undoChoice)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/undo", w.user(w.table(w.undo)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/replay", w.user(w.table(w.replay)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/look", w.user(w.table(w.look)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/settings", w.user(w.table(w.settings)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/settings", w.user(w.table(w.saveSettings)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison", w.user(w.table(w.differences)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/comparison", w.user(w.table(w.compare)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison/state", w.user(w.table(w.comparisonState)))
	mux.HandleFunc("GET /sheet-sync/tables/{table}/comparison.csv", w.user(w.table(w.differencesFile)))
	mux.HandleFunc("POST /sheet-sync/tables/{table}/comparison/{act}", w.user(w.table(w.act)))
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, "not_found"))
	})
	return http.NewCrossOriginProtection().Handler(w.secure(w.sessions.LoadAndSave(w.localized(w.forms(mux)))))
}

// Assets serves /assets/.
func Assets() http.Handler {
	files := http.FileServerFS(assets)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		files.ServeHTTP(w, r)
	})
}

// secure sets the headers that keep other sites' code and frames out.
func (w *Web) secure(next http.Handler) http.Handler {
	// Google leads its visitors through several of its hosts.
	google := "https://*.google.com https://*.googleusercontent.com"
	if w.GoogleURL != "" {
		google = w.GoogleURL
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		h := rw.Header()
		// Saving a table leads on to Google, which form-action must allow.
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data:; "+
			"font-src 'self'; connect-src 'self'; form-action 'self' "+google+"; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if w.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(rw, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}

// visit is what pages know of the request they answer.
type visit struct {
	looks bool // tables are looked at without a script, too
	lang  string
	user  *sheet24.User // nil: signed out
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{lang: locale.Default}
}

// tr is the text of a key in the reader's language.
func tr(ctx context.Context, key string, args ...any) string {
	return locale.T(visitOf(ctx).lang, key, args...)
}

// localized finds who asks and in which language to answer.
func (w *Web) localized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := &visit{looks: w.Looks, lang: keptLanguage(r)}
		u, err := w.signedIn(r.Context())
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		if u != nil {
			v.user, v.lang = u, u.Language
		}
		next.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

// signedIn returns who asks, or nil: nobody who has signed in and still may.
func (w *Web) signedIn(ctx context.Context) (*sheet24.User, error) {
	id := w.sessions.GetString(ctx, "user")
	if id == "" {
		return nil, nil
	}
	u, err := w.Store.User(ctx, id)
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}

	stays, err := w.stays(ctx, u)
	if err != nil || !stays {
		return nil, err
	}
	return u, nil
}

// user lets only people pass who have signed in.
func (w *Web) user(next func(http.ResponseWriter, *http.Request, *sheet24.User)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		u := visitOf(r.Context()).user
		if u == nil {
			w.fail(rw, r, sheet24.Errorf(sheet24.Unauthorized, "sign_in"))
			return
		}
		next(rw, r.WithContext(sheet24.Interactive(r.Context())), u)
	}
}

// render writes a page.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	if err := c.Render(r.Context(), rw); err != nil && r.Context().Err() == nil {
		w.Log.Error("render", "path", r.URL.Path, "error", err)
	}
}

// fail shows an error as a page that says what to do.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	e := sheet24.AsError(err)
	if e.Kind == sheet24.Internal || e.Kind == sheet24.Unavailable {
		w.Log.Error("page", "path", r.URL.Path, "error", err)
	}
	w.render(rw, r, api.Status(e.Kind), errorPage(locale.Error(visitOf(r.Context()).lang, e), needsSignIn(e)))
}

// needsSignIn tells whether connecting with Google mends an error.
func needsSignIn(e *sheet24.Error) bool {
	return e.Code == "sign_in" || e.Code == "user_unknown" || strings.HasPrefix(e.Code, "google_") && e.Kind == sheet24.Unauthorized
}
