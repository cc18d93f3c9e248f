package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/secret"
	"sheet24/internal/sim/demo"
	"sheet24/internal/sim/tlsproxy"
	"sheet24/internal/web"
)

// DemoOptions are the choices of `demo` and `simulate`.
type DemoOptions struct {
	Listen    string
	Address   string // where browsers reach it; empty: where it listens (demo alone)
	Data      string // folder in which all is kept; empty: a temporary one, removed at the end
	Activated bool   // begin with the leads connected, mapped and activated (demo alone)
	Language  string // of the simulated portal: tr, en or ru
	Redirect  string // where the simulated portal answers its application (simulate alone)
	Proxy     string // address of a proxy that answers under the real names; empty: none (simulate alone)
	CA        string // file for the certificate of the proxy's authority
	JSON      io.Writer
	Log       *slog.Logger
	Version   string
}

// Ready is what `--json` prints when all answers.
type Ready struct {
	URL                string `json:"url"`
	DemoURL            string `json:"demo_url"`
	SpreadsheetID      string `json:"spreadsheet_id"`
	GID                int64  `json:"gid"`
	PortalWebhook      string `json:"portal_webhook"`
	GoogleURL          string `json:"google_url"`
	GoogleClientID     string `json:"google_client_id"`
	GoogleClientSecret string `json:"google_client_secret"`
	BitrixClientID     string `json:"bitrix24_client_id"`
	BitrixClientSecret string `json:"bitrix24_client_secret"`
	ProxyURL           string `json:"proxy_url,omitempty"`
}

// newWorld makes the simulators for an address, and what there is to say of them.
func newWorld(folder, address, language string) (*demo.World, Ready, error) {
	w, err := demo.New(folder, language)
	if err != nil {
		return nil, Ready{}, err
	}

	w.Google.SetURL(address)
	w.Portal.RedirectTo(address + web.PortalCallback)

	return w, Ready{
		URL: address, DemoURL: address + "/demo", SpreadsheetID: w.SpreadsheetID, GID: demo.LeadsGID,
		PortalWebhook: address + w.Portal.WebhookPath(), GoogleURL: address,
		GoogleClientID: w.Client.ID, GoogleClientSecret: w.Client.Secret,
		BitrixClientID: w.PortalApp.ID, BitrixClientSecret: w.PortalApp.Secret,
	}, nil
}

func (r Ready) announce(o DemoOptions, text string) error {
	if o.JSON != nil {
		return json.NewEncoder(o.JSON).Encode(r)
	}
	_, err := fmt.Fprint(os.Stderr, text)
	return err
}

// Simulate runs the simulators alone until ctx ends.
func Simulate(ctx context.Context, o DemoOptions) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()

	w, ready, err := newWorld(o.Data, "http://"+listener.Addr().String(), o.Language)
	if err != nil {
		return err
	}
	defer w.Google.Close()

	if o.Redirect != "" {
		w.Portal.RedirectTo(o.Redirect)
	}

	mux := http.NewServeMux()
	mux.Handle("/", w.Handler())
	mux.Handle("GET /assets/", web.Assets())

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	proxied := make(chan error, 1)
	if o.Proxy == "" {
		proxied <- nil
	} else {
		p, err := listenAsProxy(o, mux)
		if err != nil {
			return err
		}
		ready.ProxyURL = "http://" + p.listener.Addr().String()
		go func() { proxied <- serveHTTP(ctx, p.listener, p.handler) }()
	}

	err = ready.announce(o, fmt.Sprintf("\n  Google and Bitrix24, simulated: %s\n  the sheet and the CRM:          %s\n  Bitrix24 webhook:               %s\n%s  stop with Ctrl-C\n\n",
		ready.URL, ready.DemoURL, ready.PortalWebhook, ready.proxyHint(o.CA)))
	if err == nil {
		err = serveHTTP(ctx, listener, mux)
	}

	cancel()
	return errors.Join(err, <-proxied)
}

// proxyHint says how unmodified clients are led to the simulators.
func (r Ready) proxyHint(ca string) string {
	if r.ProxyURL == "" {
		return ""
	}
	return fmt.Sprintf("  under the real names:           HTTPS_PROXY=%s SSL_CERT_FILE=%s (Node: NODE_EXTRA_CA_CERTS)\n", r.ProxyURL, ca)
}

type proxyServer struct {
	listener net.Listener
	handler  http.Handler
}

// simulated tells for which hosts the simulators answer.
func simulated(host string) bool {
	host = strings.ToLower(host)
	switch host {
	case "accounts.google.com", "script.google.com", "docs.google.com", "oauth.bitrix.info":
		return true
	}
	_, err := bitrix24.Hosts(nil).Portal(host)
	return err == nil || strings.HasSuffix(host, ".googleapis.com")
}

// listenAsProxy makes the proxy, and writes the certificate that its clients trust.
func listenAsProxy(o DemoOptions, handler http.Handler) (*proxyServer, error) {
	if o.CA == "" {
		return nil, errors.New("--proxy needs --ca FILE, where the certificate that clients have to trust is written")
	}

	p, err := tlsproxy.New(handler, simulated)
	if err != nil {
		return nil, err
	}

	if err := os.WriteFile(o.CA, p.CA(), 0o644); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Proxy)
	return &proxyServer{listener, p}, err
}

// Demo runs the service and the simulators in one process until ctx ends.
func Demo(ctx context.Context, o DemoOptions) (err error) {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	defer listener.Close()

	folder := o.Data
	if folder == "" {
		if folder, err = os.MkdirTemp("", "sheet24-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(folder)
	}

	address := strings.TrimRight(cmp.Or(o.Address, "http://"+listener.Addr().String()), "/")
	keep := ""
	if o.Data != "" {
		keep = filepath.Join(folder, "simulators")
	}

	world, ready, err := newWorld(keep, address, o.Language)
	if err != nil {
		return err
	}
	defer world.Google.Close()

	key, err := demoKey(filepath.Join(folder, "secret.key"))
	if err != nil {
		return err
	}

	a, err := New(ctx, &Config{
		GoogleClientID: world.Client.ID, GoogleClientSecret: world.Client.Secret, GoogleRedirectURI: address + callbackPath,
		DatabaseURL: "sqlite:" + filepath.Join(folder, "sheet24.db"), PublicURL: address, SecretKey: key,
		GoogleURL: address, GooglePerMinute: demoPerMinute, PollSeconds: demoPollSeconds, Bitrix24Hosts: []string{strings.TrimPrefix(address, "http://")},
		AllowedEmails: []string{demo.Owner.Email, demo.Colleague.Email},
		Bitrix24ID:    world.PortalApp.ID, Bitrix24Secret: world.PortalApp.Secret, Bitrix24AuthURL: address,
	}, o.Version, o.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeApp(a)) }()

	mux := http.NewServeMux()
	mux.Handle("/", a.Handler())
	simulators := world.Handler()
	for _, path := range demo.Paths {
		mux.Handle(path, simulators)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- serveHTTP(ctx, listener, mux) }()

	user, err := seedUser(ctx, a, ready)
	if err == nil {
		err = a.Start(ctx)
	}
	if err == nil && o.Activated {
		err = activate(ctx, a, user, ready)
	}
	if err == nil {
		err = ready.announce(o, fmt.Sprintf("\n  sheet24:               %s\n  the sheet and the CRM: %s\n  stop with Ctrl-C\n\n", ready.URL, ready.DemoURL))
	}

	if err != nil {
		cancel()
		return errors.Join(err, <-served)
	}
	return <-served
}

// demoPerMinute is how often a minute the demo may read its sheet: the simulated
// Google has no quota.
const demoPerMinute = 6000

// demoPollSeconds lets the demo show that it works without a script too.
const demoPollSeconds = 3

// seedUser connects the simulated portal for the owner of the spreadsheet, who
// has yet to sign in.
func seedUser(ctx context.Context, a *App, ready Ready) (*sheet24.User, error) {
	u, err := a.Store.EnsureUser(ctx, demo.Owner.Email, demo.Owner.Name, "tr")
	if err != nil {
		return nil, err
	}

	p, err := a.CRM.Connect(ctx, ready.PortalWebhook)
	if err != nil {
		return nil, err
	}

	p.UserID = u.ID
	return u, a.Store.SavePortal(ctx, p)
}

// demoKey reads the key that seals the demo's database, made when it is new.
func demoKey(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err == nil {
		return string(data), nil
	}

	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	key := secret.NewKey()
	return key, os.WriteFile(file, []byte(key), 0o600)
}
