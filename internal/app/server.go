package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// stopWithin is how long requests and running work may take to finish.
const stopWithin = 10 * time.Second

// writeWithin is how long an answer may take, with the work for it: setting a table up asks
// Google and a portal in turn, each of which may hang for a minute. A stream sets its own.
const writeWithin = 4 * time.Minute

// maxHeader is how large a request's header may be, in bytes.
const maxHeader = 32 << 10

// Serve runs the service until ctx ends, then stops it cleanly.
func Serve(ctx context.Context, c *Config, version string, log *slog.Logger) error {
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

	log.Info("sheet24 is ready", "url", c.PublicURL, "listen", listener.Addr().String(), "version", version)
	err = serveHTTP(ctx, listener, a.Handler())
	return errors.Join(err, closeApp(a))
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
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: writeWithin, IdleTimeout: 2 * time.Minute,
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
		err = server.Close() // a browser that holds a connection does not hold us
	}
	return err
}
