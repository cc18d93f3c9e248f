package api

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"sheet24"
	"sheet24/internal/locale"
)

// writableFor is for how long it is believed that the database can be written, or cannot:
// whoever asks, and however often, it is tried no more often.
const writableFor = time.Second

// writableWithin is how long such a try may take.
const writableWithin = 5 * time.Second

// writable tries whether the database can be written. Those who ask at the same time share
// one answer.
type writable struct {
	mu    sync.Mutex
	tried time.Time
	err   error
}

func (w *writable) check(ctx context.Context, try func(context.Context) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.tried) < writableFor {
		return w.err
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writableWithin)
	defer cancel()
	w.err, w.tried = try(ctx), time.Now()
	return w.err
}

// well reports that the database takes what is written, and that what is due is taken up.
// What hangs, or fails, for one owner or portal is told on their pages.
func (a *API) well(ctx context.Context) error {
	if err := a.writes.check(ctx, a.Store.Writable); err != nil {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeDatabaseBusy).Because(err)
	}
	if a.Stalled != nil {
		if stages := a.Stalled(); len(stages) > 0 {
			return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeWorkStalled, strings.Join(stages, ", "))
		}
	}
	return nil
}

// healthz answers whether the installation works, to whoever restarts or alarms.
func (a *API) healthz(w http.ResponseWriter, r *http.Request) { a.tell(w, r, a.well(r.Context())) }

// readyz answers whether this process is to be given requests, to whoever balances them.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) {
	if a.Stopping != nil && a.Stopping() {
		a.tell(w, r, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeStopping))
		return
	}
	a.tell(w, r, a.well(r.Context()))
}

func (a *API) tell(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err == nil {
		io.WriteString(w, "ok\n")
		return
	}
	if a.Stopping == nil || !a.Stopping() {
		a.Log.ErrorContext(r.Context(), "health", "error", err)
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, locale.Error(locale.Match(r.Header.Get("Accept-Language")), sheet24.AsError(err))+"\n")
}
