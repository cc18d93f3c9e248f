package bitrix24_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// keeper is a Store that remembers one portal.
type keeper struct {
	mu    sync.Mutex
	p     sheet24.Portal
	saved int
	late  func() // is called once, after the portal was looked up
}

func (k *keeper) SaveGrant(_ context.Context, p *sheet24.Portal) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	grant := *p.Grant
	k.p.Host, k.p.Grant = p.Host, &grant
	k.saved++
	return nil
}

func (k *keeper) SavePlan(_ context.Context, _ int64, plan sheet24.Plan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.p.Plan = plan
	return nil
}

func (k *keeper) Portal(context.Context, int64) (*sheet24.Portal, error) {
	k.mu.Lock()
	p, late := k.p, k.late
	k.late = nil
	k.mu.Unlock()
	if late != nil {
		late()
	}
	return &p, nil
}

// appWorld is a portal that was connected by the application.
func appWorld(t *testing.T, o bitrixsim.Options) (*world, *keeper) {
	t.Helper()
	o.App = bitrixsim.App{ID: "local.1", Secret: "app-secret", Redirect: "https://sheet24.example/callback"}
	if o.Brim == 0 {
		o.Leak, o.Brim = 1000, 1000
	}
	w := &world{t: t, sim: bitrixsim.New(o)}
	w.server = httptest.NewServer(w.sim.Handler())
	t.Cleanup(w.server.Close)
	k := &keeper{}
	hosts := bitrix24.Hosts{w.host(), strings.Replace(w.host(), "127.0.0.1", "localhost", 1)}
	w.Client = bitrix24.New(bitrix24.Options{Hosts: hosts, Store: k, Pace: time.Millisecond, Plan: sheet24.Plan{Rate: 1000, Burst: 1000},
		App: bitrix24.App{ID: "local.1", Secret: "app-secret", AuthURL: w.server.URL}})
	p, err := w.Exchange(t.Context(), w.allow("allow").Get("code"), "oauth.bitrix24.tech")
	w.check(err)
	p.ID, p.UserID = 7, "u"
	k.p = *p
	w.portal = p
	return w, k
}

// allow does what a person does on the portal's page, and returns what the
// portal sends them back with.
func (w *world) allow(answer string) url.Values {
	w.t.Helper()
	link, err := w.AuthorizeURL(w.host(), "state-1")
	w.check(err)
	u, err := url.Parse(link)
	w.check(err)
	form := u.Query()
	form.Set("answer", answer)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(w.server.URL+"/oauth/authorize/", form)
	w.check(err)
	resp.Body.Close()
	back, err := resp.Location()
	w.check(err)
	if back.Query().Get("state") != "state-1" || back.Host != "sheet24.example" {
		w.t.Fatalf("sent back to %s", back)
	}
	return back.Query()
}

func TestApplication(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, bitrixsim.Options{Leak: 2, Brim: 50})
	if p := w.portal; p.Host != w.host() || p.Account.Name != "Ayşe Yılmaz" || p.Plan != sheet24.StandardPlan || p.Grant.MemberID != bitrixsim.MemberID || p.WebhookURL != "" {
		t.Errorf("portal = %+v", p)
	}
	w.check(w.ping(t.Context()))
	if _, err := w.Exchange(t.Context(), "stale", ""); sheet24.AsError(err).Code != sheet24.CodePortalReconnect {
		t.Errorf("a code that is none: %v", err)
	}
	if q := w.allow("deny"); q.Get("code") != "" || q.Get("error") != "access_denied" {
		t.Errorf("denied: %v", q)
	}
	if _, err := bitrix24.New(bitrix24.Options{}).AuthorizeURL("firma.bitrix24.com", "s"); sheet24.AsError(err).Code != sheet24.CodePortalNoApp {
		t.Errorf("without an application: %v", err)
	}
	enterprise, _ := appWorld(t, bitrixsim.Options{Leak: 5, Brim: 250})
	if enterprise.portal.Plan != sheet24.EnterprisePlan {
		t.Errorf("plan = %+v", enterprise.portal.Plan)
	}
}

// TestTokensAreRenewedOnce lets a crowd of calls meet tokens that ran out: the
// refresh token is good once, so one renewal must serve them all.
func TestTokensAreRenewedOnce(t *testing.T) {
	t.Parallel()
	for name, expire := range map[string]func(*world, *keeper){
		"known to have run out": func(w *world, k *keeper) { w.portal.Grant.ExpiresAt, k.p.Grant.ExpiresAt = time.Now(), time.Now() },
		"found by the portal":   func(w *world, _ *keeper) { w.sim.ExpireTokens() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := appWorld(t, bitrixsim.Options{})
			if name == "known to have run out" {
				w.check(w.ping(t.Context())) // the fields are kept now
				grant := *w.portal.Grant
				w.portal.Grant = &grant
				w.Forget(w.portal)
			}
			expire(w, k)
			var calls sync.WaitGroup
			errs := make([]error, 20)
			for i := range errs {
				calls.Go(func() { errs[i] = w.ping(t.Context()) })
			}
			calls.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			if k.saved != 1 {
				t.Errorf("renewed %d times", k.saved)
			}
			// Another process, which still has the old pair, takes the kept one.
			w.Forget(w.portal)
			w.check(w.ping(t.Context()))
			if k.saved != 1 {
				t.Errorf("renewed %d times", k.saved)
			}
		})
	}
}

func TestRenamedPortalIsFoundAgain(t *testing.T) {
	t.Parallel()
	w, k := appWorld(t, bitrixsim.Options{})
	w.check(w.ping(t.Context()))
	renamed := strings.Replace(w.host(), "127.0.0.1", "localhost", 1)
	w.sim.Move(renamed)
	w.check(w.ping(t.Context()))
	if k.p.Host != renamed || k.p.Grant.MemberID != bitrixsim.MemberID {
		t.Errorf("kept: %s", k.p.Host)
	}
}

// TestTwoProcessesRenewAtOnce has another process spend the refresh token between
// this one's look at the store and its own request.
func TestTwoProcessesRenewAtOnce(t *testing.T) {
	t.Parallel()
	w, k := appWorld(t, bitrixsim.Options{})
	w.check(w.ping(t.Context()))
	other := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{w.host()}, Store: k, Pace: time.Millisecond, App: bitrix24.App{ID: "local.1", Secret: "app-secret", AuthURL: w.server.URL}})
	w.sim.ExpireTokens()
	k.late = func() { // after the look
		p := *w.portal
		w.check(other.Check(t.Context(), &p))
	}
	w.check(w.ping(t.Context()))
	if k.saved != 1 {
		t.Errorf("renewed %d times", k.saved)
	}
}

// TestTokenRunsOutBeforeAWrite: it was not sent, and is with the next token; until then
// the record is read again.
func TestTokenRunsOutBeforeAWrite(t *testing.T) {
	t.Parallel()
	w, k := appWorld(t, bitrixsim.Options{})
	w.check(w.ping(t.Context()))
	write := sheet24.ItemWrite{Entity: sheet24.Leads, ID: w.lead("a@x.tr"), Fields: map[string]any{"title": "yeni"}}
	for round := range 2 {
		w.sim.ExpireTokens()
		if d := w.send(sheet24.Request{Writes: []sheet24.ItemWrite{write}}).Written[0]; d.Outcome != sheet24.Unsent || d.Err == nil {
			t.Errorf("round %d, with a token that ran out: %s, %v", round, d.Outcome, d.Err)
		}
		if d := w.send(sheet24.Request{Writes: []sheet24.ItemWrite{write}}).Written[0]; d.Outcome != sheet24.Made {
			t.Errorf("round %d, with the next one: %s, %v", round, d.Outcome, d.Err)
		}
	}
	if k.saved != 2 {
		t.Errorf("renewed %d times", k.saved)
	}
}

func TestRevokedApplication(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, bitrixsim.Options{})
	w.check(w.ping(t.Context()))
	id := w.lead("a@x.tr")
	w.sim.RevokeApp()
	d := w.send(sheet24.Request{Writes: []sheet24.ItemWrite{{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "yeni"}}}}).Written[0]
	wantCode(t, "revoked, a write", d.Err, sheet24.Unauthorized, sheet24.CodePortalReconnect)
	if d.Outcome != sheet24.Refused {
		t.Errorf("outcome: %s", d.Outcome)
	}
	wantCode(t, "revoked", w.ping(t.Context()), sheet24.Unauthorized, sheet24.CodePortalReconnect)
}
