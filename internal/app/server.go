package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/requestid"
	"sheet24/internal/sqlstore"
)

// stopWithin is how long requests and running work may take to finish, both at the same
// time; what goes on then is cut off, and that takes a moment more, so that all is over
// within 10 s, after which whoever stops processes kills them.
const stopWithin = 7 * time.Second

// writeWithin is how long an answer may take, with the work for it: setting a table up asks
// Google and a portal in turn, each of which may hang for a minute. A stream sets its own.
const writeWithin = 4 * time.Minute

// maxHeader is how large a request's header may be, in bytes.
const maxHeader = 32 << 10

// Serve runs the service until ctx ends, then stops it cleanly. What it logs goes to out.
func Serve(ctx context.Context, c *Config, version string, out io.Writer) error {
	log := newLog(c.Log, out)
	slog.SetDefault(log)
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(errors.New("SHEET24_LISTEN: the address cannot be used"), err)
	}

	a, err := New(ctx, c, version, log)
	if err != nil {
		listener.Close()
		return err
	}

	if err := a.Start(ctx); err != nil {
		listener.Close()
		return errors.Join(err, a.Close(ctx))
	}

	if c.Role != RoleWorker {
		who, err := whoMaySignIn(ctx, c, a.Store)
		if err != nil {
			listener.Close()
			return errors.Join(err, closeApp(a))
		}
		log.Info("who may sign in: " + who)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	metrics, err := a.serveMetrics(ctx, c.MetricsListen, log)
	if err != nil {
		listener.Close()
		return errors.Join(err, closeApp(a))
	}
	log.Info("sheet24 is ready", "url", c.PublicURL, "listen", listener.Addr().String(), "version", version)
	halted := haltWhen(ctx, a)
	err = serveHTTP(ctx, listener, a.Handler())
	cancel()
	return errors.Join(err, <-halted, <-metrics, closeApp(a))
}

// newLog writes lines of JSON for machines, or of text for people.
func newLog(format string, out io.Writer) *slog.Logger {
	if format == "text" {
		return slog.New(requestid.Logs(slog.NewTextHandler(out, nil)))
	}
	return slog.New(requestid.Logs(slog.NewJSONHandler(out, nil)))
}

// serveMetrics serves numbers at an address of their own, if there is one, until ctx ends.
func (a *App) serveMetrics(ctx context.Context, address string, log *slog.Logger) (<-chan error, error) {
	ended := make(chan error, 1)
	if address == "" {
		ended <- nil
		return ended, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, errors.Join(errors.New("SHEET24_METRICS_LISTEN: the address cannot be used"), err)
	}
	log.Info("metrics", "listen", listener.Addr().String())
	go func() { ended <- serveHTTP(ctx, listener, a.Metrics()) }()
	return ended, nil
}

// haltWhen ends an app's work when ctx ends, while requests that are under way finish.
func haltWhen(ctx context.Context, a *App) <-chan error {
	halted := make(chan error, 1)
	go func() {
		<-ctx.Done()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		halted <- a.Halt(within)
	}()
	return halted
}

// whoMaySignIn says which rule holds, and how it is changed.
func whoMaySignIn(ctx context.Context, c *Config, store *sqlstore.Store) (string, error) {
	if len(c.AllowedEmails)+len(c.AllowedDomains) > 0 {
		return strings.Join(slices.Concat(c.AllowedEmails, prefixed("everybody at ", c.AllowedDomains)), ", "), nil
	}

	const change = "; SHEET24_ALLOWED_EMAILS and SHEET24_ALLOWED_DOMAINS name others"
	_, first, err := store.FirstTeam(ctx)
	switch {
	case sheet24.IsKind(err, sheet24.NotFound):
		return "whoever does so first, and whom they invite" + change, nil
	case err != nil:
		return "", err
	}
	return first + ", who did so first, and whom its team invites" + change, nil
}

func prefixed(prefix string, list []string) []string {
	long := make([]string, len(list))
	for i, s := range list {
		long[i] = prefix + s
	}
	return long
}

// closeApp stops an app after its context has ended.
func closeApp(a *App) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return a.Close(ctx)
}

// serveHTTP answers requests until ctx ends, then lets those under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	serving, cut := context.WithCancel(context.Background())
	defer cut()
	server := &http.Server{Handler: handler, BaseContext: func(net.Listener) context.Context { return serving }, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: writeWithin, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: maxHeader}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limited(listener)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	stop, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err := server.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		cut()
		err = server.Close() // a browser that holds a connection does not hold us
	}
	return err
}

// AskHealth asks the service at an address whether it is ready.
func AskHealth(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("SHEET24_LISTEN: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens there, too
	}

	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxHeader))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %s", resp.StatusCode, strings.TrimSpace(string(text)))
	}
	return err
}
