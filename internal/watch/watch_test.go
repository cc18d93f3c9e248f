package watch_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/api"
	"sheet24/internal/google"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/watch"
)

// rig is a Watch between a simulated Drive, which posts over TLS as the real one does,
// and a store with one table.
type rig struct {
	*watch.Watch
	t      *testing.T
	google *googlesim.Google
	store  *sqlstore.Store
	table  *sheet24.Table
	sheet  *googlesim.Spreadsheet
	other  *googlesim.Spreadsheet
	server *httptest.Server

	mu        sync.Mutex
	rechecked []int64
	told      []string // states of the messages, once they are answered
	status    int      // of the answers, if not Notify's own
	clock     time.Duration
}

func (r *rig) Recheck(_ context.Context, t *sheet24.Table) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rechecked = append(r.rechecked, t.ID)
	return nil
}

func newRig(t *testing.T) *rig {
	t.Helper()
	store := storetest.Open(t)
	r := &rig{t: t, store: store, table: storetest.Seed(t, store)}
	owner := "ayse@ornek.com.tr"
	r.google = googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: owner})
	t.Cleanup(r.google.Close)
	drive := httptest.NewServer(r.google.Handler())
	t.Cleanup(drive.Close)
	r.sheet = &googlesim.Spreadsheet{ID: r.table.SpreadsheetID, Title: "Satış", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 7, Title: "Leads"}}}
	r.other = &googlesim.Spreadsheet{Title: "Notlar", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 0, Title: "x"}}}
	r.google.AddSpreadsheet(r.sheet)
	r.google.AddSpreadsheet(r.other)
	access, refresh := r.google.Grant(owner, google.FullAccess.Scopes())
	if err := store.SaveToken(t.Context(), &sheet24.Token{UserID: r.table.UserID, Email: owner, AccessToken: access, RefreshToken: refresh,
		ExpiresAt: time.Now().Add(time.Hour), Scopes: google.FullAccess.Scopes()}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		defer func() {
			r.mu.Lock()
			r.told = append(r.told, q.Header.Get("X-Goog-Resource-State"))
			r.mu.Unlock()
		}()
		r.mu.Lock()
		status := r.status
		r.mu.Unlock()
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		mux.ServeHTTP(w, q)
	}))
	t.Cleanup(r.server.Close)
	r.google.FetchWith(r.server.Client())
	r.google.Fail(googlesim.Faults{PushDelayMS: 50})
	r.Watch = &watch.Watch{Store: store, Drive: google.New(google.Config{ClientID: "id", ClientSecret: "secret", BaseURL: drive.URL}, store), Work: r,
		Address: r.server.URL + api.DrivePath, Now: func() time.Time { return time.Now().Add(r.clock) }, Log: slog.New(slog.DiscardHandler)}
	(&api.API{Store: store, Watch: r.Watch, PublicURL: r.server.URL, Log: slog.New(slog.DiscardHandler)}).Register(mux)
	return r
}

func (r *rig) renew() {
	r.t.Helper()
	if err := r.Renew(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) channels() []*sheet24.DriveChannel {
	r.t.Helper()
	all, err := r.store.ChannelsOf(r.t.Context(), r.table.UserID)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *rig) edit(s *googlesim.Spreadsheet) {
	r.t.Helper()
	if err := r.google.Edit(googlesim.Edit{SpreadsheetID: s.ID, GID: s.Sheets[0].GID, Range: "A1", Values: [][]any{{"x"}}}); err != nil {
		r.t.Fatal(err)
	}
}

// waits until a condition holds, with the lock held.
func (r *rig) waits(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		ok := is()
		r.mu.Unlock()
		if ok {
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t.Fatalf("%s: told %v, rechecked %v", what, r.told, r.rechecked)
}

// TestChanges has Drive tell of edits that nobody else told of.
func TestChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.renew()
	if all := r.channels(); len(all) != 1 || time.Until(all[0].ExpiresAt) < 6*24*time.Hour {
		t.Fatalf("channels: %+v", all)
	}
	r.waits("the first message", func() bool { return slices.Equal(r.told, []string{"sync"}) })
	r.renew()
	if len(r.channels()) != 1 {
		t.Error("a second channel was made")
	}

	// Several changes are told of once; another file is none of ours.
	r.google.Fail(googlesim.Faults{PushDelayMS: 500})
	for range 5 {
		r.edit(r.sheet)
	}
	r.waits("edits", func() bool { return slices.Equal(r.rechecked, []int64{r.table.ID}) && len(r.told) == 2 })
	r.google.Fail(googlesim.Faults{PushDelayMS: 50})
	r.edit(r.other)
	r.waits("another file", func() bool { return len(r.told) == 3 })

	// Down for a message: the next one brings what was missed.
	r.mu.Lock()
	r.status = http.StatusNotFound
	r.mu.Unlock()
	r.edit(r.sheet)
	r.waits("a message that is lost", func() bool { return len(r.told) == 4 })
	r.mu.Lock()
	r.status, r.rechecked = 0, nil
	r.mu.Unlock()
	r.edit(r.other)
	r.waits("what was missed", func() bool { return slices.Equal(r.rechecked, []int64{r.table.ID}) })
}

// TestRenew replaces a channel before it expires, and loses nothing in between.
func TestRenew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.renew()
	first := r.channels()[0]
	r.mu.Lock()
	r.status = http.StatusNotFound
	r.mu.Unlock()
	r.edit(r.sheet)
	r.waits("a message that is lost", func() bool { return len(r.told) == 2 })
	r.mu.Lock()
	r.status = 0
	r.mu.Unlock()
	r.clock = 6*24*time.Hour + time.Minute
	r.renew()
	all := r.channels()
	if len(all) != 1 || all[0].ID == first.ID || all[0].PageToken != first.PageToken || len(r.google.Channels()) != 1 {
		t.Fatalf("channels: %+v, at Google %v", all, r.google.Channels())
	}
	r.edit(r.other)
	r.waits("what the old channel told of in vain", func() bool { return slices.Equal(r.rechecked, []int64{r.table.ID}) })

	if err := r.Stop(t.Context(), r.table.UserID); err != nil {
		t.Fatal(err)
	}
	if len(r.channels()) != 0 || len(r.google.Channels()) != 0 {
		t.Error("channels are left")
	}
}

// TestRefused is a domain that Google does not post to: it is asked again later.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.google.Fail(googlesim.Faults{NoPush: true})
	r.renew()
	if len(r.channels()) != 0 {
		t.Fatal("a channel that was refused is kept")
	}
	r.google.Fail(googlesim.Faults{PushDelayMS: 50})
	r.renew() // at once: Google is not asked
	if len(r.channels()) != 0 {
		t.Fatal("Google was asked again at once")
	}
	r.clock = time.Hour + time.Minute
	r.renew()
	if len(r.channels()) != 1 {
		t.Fatal("Google was not asked again")
	}
	r.Watch.Address = ""
	if err := r.Stop(t.Context(), r.table.UserID); err != nil {
		t.Fatal(err)
	}
	r.renew()
	if len(r.channels()) != 0 {
		t.Error("a channel without an address")
	}
}

// TestForged posts what Drive did not.
func TestForged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.renew()
	c := r.channels()[0]
	post := func(id, token string) int {
		t.Helper()
		q, err := http.NewRequest(http.MethodPost, r.server.URL+api.DrivePath, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-Goog-Channel-ID", id)
		q.Header.Set("X-Goog-Channel-Token", token)
		q.Header.Set("X-Goog-Resource-State", "change")
		resp, err := r.server.Client().Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, x := range []struct {
		id, token string
		want      int
	}{{"unknown", c.Token, 404}, {c.ID, "forged", 401}, {c.ID, "", 401}, {"", "", 422}, {c.ID, c.Token, 204}} {
		if got := post(x.id, x.token); got != x.want {
			t.Errorf("%q %q: HTTP %d; want %d", x.id, x.token, got, x.want)
		}
	}
}
