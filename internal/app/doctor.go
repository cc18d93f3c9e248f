package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/google"
	"sheet24/internal/locale"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
)

// DoctorOptions are the choices of `doctor`.
type DoctorOptions struct {
	EnvFile string
	JSON    bool
	Out     io.Writer
	Log     io.Writer
}

// Finding is what doctor found out about one matter.
type Finding struct {
	What  string `json:"what"`
	State string `json:"state"`          // ok, warning or wrong
	Says  string `json:"says"`           // what was found
	Do    string `json:"do,omitempty"`   // what to do about it
	Code  string `json:"code,omitempty"` // of an error that pages show too
}

// The states of a Finding.
const (
	fine    = "ok"
	warning = "warning"
	wrong   = "wrong"
)

// ErrIll says that doctor found something wrong, and said what.
var ErrIll = errors.New("doctor found something wrong")

// askWithin is how long each of the others that doctor asks may take to answer.
const askWithin = 15 * time.Second

// doctor examines an installation. It changes nothing but what any request would.
type doctor struct {
	config   *Config
	found    []Finding
	store    *sqlstore.Store
	box      *secret.Box
	google   *google.Client
	googleAt time.Time // by Google's clock; zero: not known
	askedAt  time.Time
}

// Doctor examines an installation from its settings to its scripts, beside the service or
// without it, and prints one line for each matter. ErrIll: something is wrong.
func Doctor(ctx context.Context, o DoctorOptions) error {
	d := &doctor{}
	d.examine(ctx, o.EnvFile)

	if o.JSON {
		e := json.NewEncoder(o.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(d.found); err != nil {
			return err
		}
	} else {
		d.print(o.Out)
	}
	if slices.ContainsFunc(d.found, func(f Finding) bool { return f.State == wrong }) {
		return ErrIll
	}
	return nil
}

func (d *doctor) print(out io.Writer) {
	signs := map[string]string{fine: "✓", warning: "!", wrong: "✗"}
	for _, f := range d.found {
		fmt.Fprintf(out, "%s %-9s %s\n", signs[f.State], f.What, f.Says)
		if f.Do != "" {
			fmt.Fprintf(out, "  %-9s → %s\n", "", f.Do)
		}
	}
}

func (d *doctor) say(what, state, says, do string) {
	d.found = append(d.found, Finding{What: what, State: state, Says: says, Do: do})
}

// fault says what an error means; those that pages show have sentences, which say what to
// do.
func (d *doctor) fault(what, about string, err error) {
	e, ok := errors.AsType[*sheet24.Error](err)
	if !ok {
		d.say(what, wrong, about+": "+err.Error(), "")
		return
	}
	d.found = append(d.found, Finding{What: what, State: wrong, Says: about, Do: locale.Error("en", e), Code: fmt.Sprint(e.Code)})
}

func (d *doctor) examine(ctx context.Context, envFile string) {
	if !d.settings(envFile) {
		return // what follows needs them
	}
	d.publicAddress(ctx)
	opened := d.database(ctx)
	d.oauthClient(ctx)
	if opened {
		defer d.store.Close()
		d.clock(ctx)
		if d.keys(ctx) { // without the key nothing more can be read
			d.grants(ctx)
			d.portals(ctx)
			d.scripts(ctx)
		}
	}
}

func (d *doctor) settings(envFile string) bool {
	config, err := LoadConfig(envFile, "")
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			d.say("settings", wrong, strings.TrimSpace(line), "")
		}
		return false
	}
	d.config = config
	d.say("settings", fine, "complete", "")
	return true
}

// database opens what is there, and reports whether it could; a schema is not brought up to
// date by looking.
func (d *doctor) database(ctx context.Context) bool {
	c := d.config
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			d.newFile(path)
			return false
		}
	}
	steps, err := sqlstore.Migrations(ctx, c.DatabaseURL)
	if err != nil {
		d.say("database", wrong, err.Error(), "look whether SHEET24_DATABASE_URL is right, the server runs, and the user may create tables")
		return false
	}
	pending := slices.DeleteFunc(steps, func(m sqlstore.Migration) bool { return !m.Applied.IsZero() })
	if len(pending) > 0 {
		d.say("database", warning, fmt.Sprintf("%d steps of the schema are not applied, the first is %s", len(pending), pending[0].Name), "start serve, or: sheet24 migrate up")
		return false
	}

	if d.box, err = secret.New(c.SecretKey); err == nil {
		d.store, err = sqlstore.Open(ctx, c.DatabaseURL, d.box)
	}
	if err != nil {
		d.say("database", wrong, err.Error(), "")
		return false
	}
	about, err := d.store.About(ctx)
	if err == nil {
		err = d.store.Writable(ctx)
	}
	if err != nil {
		d.say("database", wrong, "cannot be written: "+err.Error(), "look whether the disk is full, the file's owner is whom serve runs as, or the server is a read-only copy")
		return true
	}
	d.say("database", fine, fmt.Sprintf("%s, writable, %.1f MB: %s", about.Program, float64(about.Bytes)/(1<<20), about.Name), "")
	return true
}

func (d *doctor) newFile(path string) {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		d.say("database", wrong, "there is no folder "+folder, "make it, for the user that serve runs as")
		return
	}
	d.say("database", warning, path+" is not there yet", "serve makes it at its first start")
}

// keys reports whether the key opens what the database holds.
func (d *doctor) keys(ctx context.Context) bool {
	sealed, err := d.store.Reseal(ctx, true)
	switch {
	case err != nil:
		d.say("key", wrong, err.Error(), "")
	case sealed.Closed > 0:
		d.say("key", wrong, fmt.Sprintf("%d of %d secrets are opened by none of the keys", sealed.Closed, sealed.All), "add the key that they were sealed with to SHEET24_SECRET_KEY, behind the others; if it is lost, users connect Google and their portals anew")
	case sealed.Former > 0:
		d.say("key", warning, fmt.Sprintf("%d of %d secrets are sealed by a former key", sealed.Former, sealed.All), "sheet24 keys rotate; only then take the former key out")
	case strings.Contains(d.config.SecretKey, ","):
		d.say("key", warning, fmt.Sprintf("%d secrets, all sealed by the first key", sealed.All), "the others can be taken out of SHEET24_SECRET_KEY")
	default:
		d.say("key", fine, fmt.Sprintf("opens all %d secrets", sealed.All), "")
	}
	return err == nil && sealed.Closed == 0
}

// clockMargin is how far clocks may be from each other: signed messages may be 5 minutes
// off, and tokens end a minute early.
const clockMargin = 30 * time.Second

func (d *doctor) clock(ctx context.Context) {
	asked := time.Now()
	about, err := d.store.About(ctx)
	if err == nil && about.Now.Sub(asked).Abs() > clockMargin {
		d.say("clock", wrong, fmt.Sprintf("the database's is %v off ours", about.Now.Sub(asked).Round(time.Second)), "have both machines keep their clocks by NTP")
		return
	}
	if d.googleAt.IsZero() {
		d.say("clock", warning, "nobody could be asked what time it is", "see google")
		return
	}
	if off := d.googleAt.Sub(d.askedAt); off.Abs() > clockMargin {
		d.say("clock", wrong, fmt.Sprintf("%v off Google's: signed messages will be refused", off.Round(time.Second)), "have this machine keep its clock by NTP")
		return
	}
	d.say("clock", fine, "as Google's", "")
}

func (d *doctor) publicAddress(ctx context.Context) {
	address := d.config.PublicURL
	u, err := url.Parse(address)
	if err != nil {
		d.say("address", wrong, err.Error(), "")
		return
	}
	if r, err := url.Parse(d.config.GoogleRedirectURI); err == nil && r.Host != u.Host {
		d.say("address", warning, fmt.Sprintf("GOOGLE_REDIRECT_URI leads to %s, SHEET24_PUBLIC_URL to %s", r.Host, u.Host), "make both the same host, and register the first at Google")
	}

	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		d.say("address", wrong, err.Error(), "")
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.say("address", warning, address+" does not answer: "+err.Error(), "if serve runs: look at its reverse proxy, DNS and certificate")
		return
	}
	resp.Body.Close()
	switch {
	case resp.StatusCode != http.StatusOK:
		d.say("address", wrong, fmt.Sprintf("%s/readyz answers HTTP %d", address, resp.StatusCode), "see the log of serve, and the lines about the database here")
	case u.Scheme != "https":
		d.say("address", warning, address+" answers, but not by https", "scripts in sheets reach https alone: without it edits are found by looking, within 15 to 60 s. See docs/setup.md")
	default:
		d.say("address", fine, address+" answers by https", "")
	}
}

func (d *doctor) oauthClient(ctx context.Context) {
	c := d.config
	var tokens google.Tokens // without a database it is asked for none
	if d.store != nil {
		tokens = d.store
	}
	d.google = google.New(google.Config{ClientID: c.GoogleClientID, ClientSecret: c.GoogleClientSecret, RedirectURL: c.GoogleRedirectURI,
		Access: google.Access(c.GoogleAccess), PerMinute: c.GooglePerMinute, BaseURL: c.GoogleURL}, tokens)
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	d.askedAt = time.Now()
	now, err := d.google.CheckClient(ctx)
	d.googleAt = now
	switch {
	case sheet24.IsKind(err, sheet24.Unavailable):
		d.fault("google", "cannot be reached", err)
	case err != nil:
		d.say("google", wrong, "the OAuth client is refused: "+err.Error(), "compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the client's page in the Google Cloud console")
	default:
		d.say("google", fine, "knows the OAuth client", "")
	}
}

// grants looks, for each user with a table, whether Google lets us read it.
func (d *doctor) grants(ctx context.Context) {
	tables, err := d.store.EnabledTables(ctx)
	if err != nil {
		d.say("sheets", wrong, err.Error(), "")
		return
	}
	asked, wanting := map[string]bool{}, 0
	for _, t := range tables {
		if asked[t.UserID] {
			continue
		}
		asked[t.UserID] = true
		if err := d.grant(ctx, t); err != nil {
			wanting++
			d.fault("sheets", fmt.Sprintf("user %s, %q", d.email(ctx, t.UserID), t.Title()), err)
		}
	}
	if wanting == 0 {
		d.say("sheets", fine, fmt.Sprintf("the APIs answer for all %d users with tables", len(asked)), "")
	}
}

// grant tries the scopes and the APIs of a table's user.
func (d *doctor) grant(ctx context.Context, t *sheet24.Table) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	token, err := d.store.Token(ctx, t.UserID)
	if err != nil {
		return err
	}
	for _, scope := range google.Access(d.config.GoogleAccess).Scopes() {
		if strings.Contains(scope, "/auth/") && !strings.Contains(scope, "/auth/userinfo") && !slices.Contains(token.Scopes, scope) {
			return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleScope, scope[strings.LastIndexByte(scope, '/')+1:])
		}
	}
	if _, err := d.google.Describe(ctx, t.UserID, t.SpreadsheetID); err != nil {
		return err
	}
	if d.config.GoogleAccess == string(google.FullAccess) {
		_, _, err = d.google.Spreadsheets(ctx, t.UserID, "", "")
	}
	return err
}

func (d *doctor) email(ctx context.Context, userID string) string {
	if u, err := d.store.User(ctx, userID); err == nil {
		return u.Email
	}
	return userID
}

// portals asks each portal whom its connection acts for, and what it may.
func (d *doctor) portals(ctx context.Context) {
	all, err := d.store.Portals(ctx)
	if err != nil {
		d.say("portal", wrong, err.Error(), "")
		return
	}
	c := d.config
	hosts := make(bitrix24.Hosts, len(c.Bitrix24Hosts))
	copy(hosts, c.Bitrix24Hosts)
	crm := bitrix24.New(bitrix24.Options{Hosts: hosts, Store: d.store, Buckets: d.store, RequestLimit: time.Duration(c.Bitrix24Seconds) * time.Second,
		App: bitrix24.App{ID: c.Bitrix24ID, Secret: c.Bitrix24Secret, AuthURL: c.Bitrix24AuthURL}})
	for _, p := range all {
		if p.Replaced {
			continue
		}
		d.portal(ctx, crm, p)
	}
	if len(all) == 0 {
		d.say("portal", warning, "none is connected", "each user connects one, at "+c.PublicURL+"/sheet-sync/portal")
	}
}

func (d *doctor) portal(ctx context.Context, crm *bitrix24.Client, p *sheet24.Portal) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	if err := crm.Check(ctx, p); err != nil {
		d.fault("portal", p.Host, err)
		return
	}
	plan := p.Plan
	if plan == (sheet24.Plan{}) {
		plan = sheet24.StandardPlan
	}
	says := fmt.Sprintf("%s: as %s, %g requests a second", p.Host, p.Account.Name, plan.Rate)
	if p.Paused != nil && p.Paused.Until.After(time.Now()) {
		e := sheet24.Errorf(sheet24.Unavailable, p.Paused.Code, p.Host)
		d.say("portal", warning, says+"; it answers, and is paused still: "+locale.Error("en", e), "press “Check” on its page, or wait until "+p.Paused.Until.Format(time.RFC3339))
		return
	}
	d.say("portal", fine, says, "")
}

// scripts tells of each table whose sheet does not tell of its edits.
func (d *doctor) scripts(ctx context.Context) {
	tables, err := d.store.EnabledTables(ctx)
	if err != nil {
		d.say("scripts", wrong, err.Error(), "")
		return
	}
	well := 0
	for _, t := range tables {
		page := d.config.PublicURL + t.Path()
		name := fmt.Sprintf("%q", t.Title())
		switch {
		case t.Problem != "":
			e := sheet24.Errorf(sheet24.Invalid, t.Problem)
			d.say("scripts", wrong, name+" is not read: "+locale.Error("en", e), page)
		case !t.WebhookRegistered:
			d.say("scripts", warning, name+": its script is not active, edits are found by looking", page+"/activation")
		case t.Silent():
			d.say("scripts", warning, name+": its script tells of no edits", page+"/activation")
		default:
			well++
		}
	}
	if well == len(tables) {
		d.say("scripts", fine, fmt.Sprintf("all %d tables are told of edits", well), "")
	}
}
