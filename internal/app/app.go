package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sheet24"
	"sheet24/internal/answer"
	"sheet24/internal/api"
	"sheet24/internal/bitrix24"
	"sheet24/internal/comparison"
	"sheet24/internal/google"
	"sheet24/internal/history"
	"sheet24/internal/jobs"
	"sheet24/internal/limit"
	"sheet24/internal/observe"
	"sheet24/internal/requestid"
	"sheet24/internal/secret"
	"sheet24/internal/setup"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sync/receive"
	"sheet24/internal/sync/stages"
	"sheet24/internal/undo"
	"sheet24/internal/watch"
	"sheet24/internal/web"
)

// App is the service with all its parts.
type App struct {
	Store *sqlstore.Store
	CRM   *bitrix24.Client
	Setup *setup.Setup

	watch    *watch.Watch
	stages   *stages.Stages
	runner   *jobs.Runner
	observer *observe.Observer
	handler  http.Handler
	leave    func() error // the database file to the next process
	stopping atomic.Bool
	halt     sync.Once
	halted   error

	works    bool               // it does more than answer browsers and scripts
	keepDays int                // for how long history is kept; 0: for ever
	stop     context.CancelFunc // of what runs beside the stages
	upkeep   sync.WaitGroup
	log      *slog.Logger
}

// gather is for how long edits that come together, or of one row, become one write.
const gather = time.Second

// New wires the service and brings its database up to date. Close it after use.
func New(ctx context.Context, c *Config, version string, log *slog.Logger) (*App, error) {
	box, err := secret.New(c.SecretKey)
	if err != nil {
		return nil, fmt.Errorf("SHEET24_SECRET_KEY: %w", err)
	}

	leave, err := sqlstore.Occupy(ctx, c.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("SHEET24_DATABASE_URL: %w", err)
	}

	store, err := sqlstore.Open(ctx, c.DatabaseURL, box)
	if err != nil {
		leave()
		return nil, fmt.Errorf("SHEET24_DATABASE_URL: %w", err)
	}

	runner, err := jobs.New(ctx, store, c.Role != RoleWeb, log)
	if err != nil {
		store.Close()
		leave()
		return nil, err
	}

	observer, err := observe.New(ctx, version)
	if err != nil {
		store.Close()
		leave()
		return nil, err
	}
	observer.Watch(store)
	runner.Around = observer.Around
	goog := google.New(google.Config{ClientID: c.GoogleClientID, ClientSecret: c.GoogleClientSecret,
		RedirectURL: c.GoogleRedirectURI, Access: google.Access(c.GoogleAccess), PerMinute: c.GooglePerMinute, Buckets: store, BaseURL: c.GoogleURL}, store)

	hosts := make(bitrix24.Hosts, len(c.Bitrix24Hosts))
	for i, h := range c.Bitrix24Hosts {
		hosts[i] = strings.ToLower(strings.TrimSpace(h))
	}

	crm := bitrix24.New(bitrix24.Options{Hosts: hosts, Store: store, Buckets: store, Silences: store, Log: log, RequestLimit: time.Duration(c.Bitrix24Seconds) * time.Second,
		App: bitrix24.App{ID: c.Bitrix24ID, Secret: c.Bitrix24Secret, AuthURL: c.Bitrix24AuthURL}})
	runner.Polls = c.PollSeconds > 0

	a := &App{
		Store: store,
		CRM:   crm,
		Setup: &setup.Setup{Store: store, Google: goog, CRM: crm, PublicURL: c.PublicURL, Log: log},
		stages: stages.New(stages.Parts{Store: observer.Observed(store), Sheets: goog, CRM: crm, Every: time.Duration(c.PollSeconds) * time.Second,
			Debounce: gather, Retry: c.retry(), Now: time.Now, Log: log}),
		runner:   runner,
		observer: observer,
		leave:    leave,
		keepDays: c.KeepDays,
		works:    c.Role != RoleWeb,
		stop:     func() {},
		log:      log,
	}

	work := &work{receiver: a.stages.Receiver, undo: &undo.Undo{Store: store}, runner: runner}
	a.watch = &watch.Watch{Store: store, Drive: goog, Work: work, Address: driveAddress(c), Now: time.Now, Log: log}

	admission := web.Admission{Emails: c.AllowedEmails, Domains: c.AllowedDomains}
	a.stages.Receiver.Limits = receive.DefaultLimits()
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", web.Assets())
	(&api.API{Receiver: a.stages.Receiver, Wake: runner, Store: store, Scripts: a.Setup, Watch: a.watch, Stalled: runner.Stalled, Stopping: a.stopping.Load, PublicURL: c.PublicURL, Version: version, Log: log}).Register(mux)

	if c.Role != RoleWorker {
		past := &history.Service{Store: store, Sync: work, Wake: runner}
		compared := &comparison.Service{Store: store, Wake: runner}
		pages := (&web.Web{Store: store, Accounts: store, Team: store, Account: store, Beside: mux, PublicURL: c.PublicURL, History: past, Compared: compared, Google: goog, Portals: crm, Setup: a.Setup, Work: work, Watch: a.watch, Wake: runner, Sessions: store.Sessions(), Box: box, Admission: admission,
			BitrixApp: c.Bitrix24ID != "", Polls: runner.Polls, LinksOnly: c.GoogleAccess == string(google.LinkAccess), Secure: strings.HasPrefix(c.PublicURL, "https://"), GoogleURL: c.GoogleURL, Log: log}).Handler()
		mux.Handle("/", pages)
	}

	secure := strings.HasPrefix(c.PublicURL, "https://")
	a.handler = requestid.Handler(observer.Requests(limit.Addressed(answer.Headers(mux, secure))))
	return a, nil
}

// driveAddress is where Drive tells of changes: it posts to https alone, and only
// where it may be asked.
func driveAddress(c *Config) string {
	if !strings.HasPrefix(c.PublicURL, "https://") || c.GoogleAccess == string(google.LinkAccess) {
		return ""
	}
	return c.PublicURL + api.DrivePath
}

// Handler serves the API and the pages.
func (a *App) Handler() http.Handler { return a.handler }

// Metrics serves numbers for Prometheus, which are not for everybody.
func (a *App) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.observer.Handler())
	for _, path := range []string{"GET /healthz", "GET /readyz"} {
		mux.Handle(path, a.handler)
	}
	return mux
}

// Start begins to work, first on what was left when it stopped.
func (a *App) Start(ctx context.Context) error {
	if err := a.recheckAll(ctx); err != nil {
		return err
	}

	if err := a.runner.Start(ctx, a.stages); err != nil {
		return err
	}

	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.upkeep.Go(func() { a.pollRefused(ctx) })
	if a.works {
		a.keepUp(ctx)
	}
	return nil
}

// renewEvery is how often it is looked for users whom Drive does not tell of changes.
const renewEvery = time.Minute

// forgetEvery is how often old history is forgotten.
const forgetEvery = time.Hour

// askEvery is how often it is looked for portals that do not answer and are to be asked
// again, and for rows that wait for one and do not say so.
const askEvery = 2 * time.Second

// keepUp does what is to be done beside the stages until ctx ends. None of it waits for
// another: each asks Google, or a portal, for one after the other, and any may hang.
func (a *App) keepUp(ctx context.Context) {
	upgraded := false
	a.repeat(ctx, renewEvery, "bring scripts up to date", func(ctx context.Context) error {
		if upgraded {
			return nil
		}
		upgraded = true
		return a.Setup.Upgrade(ctx)
	})

	a.repeat(ctx, renewEvery, "watch Drive", a.watch.Renew)
	if a.keepDays > 0 {
		a.repeat(ctx, forgetEvery, "forget old history", func(ctx context.Context) error {
			return a.Store.Forget(ctx, time.Now().AddDate(0, 0, -a.keepDays))
		})
	}

	a.upkeep.Go(func() { a.askSilent(ctx) })
}

// repeat does something at once and then every so often, in one process at a time: while
// another does it, it is not done here, and looked for again.
func (a *App) repeat(ctx context.Context, every time.Duration, what string, do func(context.Context) error) {
	a.upkeep.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()

		for {
			err := a.runner.Alone(ctx, "upkeep: "+what, func(ctx context.Context) { a.note(ctx, what, do(ctx)) })
			a.note(ctx, what, err)

			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// pollEvery is how often it is tried to poll the tabs whose scripts' messages this process
// refused.
const pollEvery = time.Second

// pollRefused polls the tabs of which a message was refused, once the database answers. Until
// then it says nothing: each refusal is in the log.
func (a *App) pollRefused(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		next, err := a.stages.Receiver.PollRefused(ctx)
		a.runner.Wake(ctx, next.Wake...)
		if !sheet24.IsKind(err, sheet24.Unavailable) {
			a.note(ctx, "poll tabs whose messages were refused", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// askSilent has silent portals asked. Who asks waits for an answer, and for nobody else.
func (a *App) askSilent(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()

	for {
		a.upkeep.Go(func() { a.note(ctx, "ask portals that do not answer", a.CRM.AskSilent(ctx)) })
		next, err := a.stages.Reporter.ReportPaused(ctx)
		a.runner.Wake(ctx, next.Wake...)
		a.note(ctx, "tell why rows wait", err)

		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// note logs what went wrong, unless it was being stopped.
func (a *App) note(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		a.log.Error(what, "error", err)
	}
}

// recheckAll asks for a look at every active table: while the service was down,
// nobody heard of edits.
func (a *App) recheckAll(ctx context.Context) error {
	tables, err := a.Store.ActiveTables(ctx)
	if err != nil {
		return err
	}

	for _, t := range tables {
		next, err := a.stages.Receiver.Recheck(ctx, t)
		if err != nil {
			return err
		}
		a.runner.Wake(ctx, next.Wake...)
	}
	return nil
}

// Halt ends the work: from now on the process says that it is not ready, and what runs may
// finish until ctx ends. Requests are still answered.
func (a *App) Halt(ctx context.Context) error {
	a.stopping.Store(true)
	a.halt.Do(func() {
		a.stop()
		a.halted = a.runner.Stop(ctx)
		a.upkeep.Wait()
	})
	return a.halted
}

// Close lets running work finish until ctx ends, and closes the database.
func (a *App) Close(ctx context.Context) error {
	err := a.Halt(ctx)
	sent, cancel := context.WithTimeout(ctx, tracesWithin)
	defer cancel()
	a.note(ctx, "send what is left of traces", a.observer.Close(sent))
	return cmp.Or(err, a.Store.Close(), a.leave())
}

// tracesWithin is how long the end waits for whoever takes traces.
const tracesWithin = 2 * time.Second
