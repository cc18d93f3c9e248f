// Package bitrix24 speaks Bitrix24's REST API: every entity by the universal
// crm.item.* methods, through an inbound webhook or an OAuth application, many
// commands in one batch, at the pace that a portal's limits allow and no faster.
package bitrix24

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"sheet24"
	"sheet24/internal/bucket"
)

// Options say how a Client works. A zero field means its default.
type Options struct {
	Hosts Hosts // that may be called beside Bitrix24's cloud
	App   App   // the OAuth application; needed for portals that have a Grant
	Store Store // keeps what the client learns; needed with App
	Log   *slog.Logger

	// Buckets that are shared with others who call the portals; nil: there are none.
	Buckets bucket.Buckets
	// Silences are shared with them, too; nil: only this process knows who does not answer.
	Silences Silences

	Plan           sheet24.Plan  // of portals whose own is not known: StandardPlan
	Parallel       int           // batches of a portal under way at once: 4
	RequestLimit   time.Duration // after which a portal cuts a request off: 60 s
	OperatingLimit time.Duration // of a method within ten minutes: 480 s
	Fresh          time.Duration // how old descriptions are when Refresh reads them again: 5 s
	Pace           time.Duration // before the second try of a call; then it doubles: 500 ms
	Patience       time.Duration // with a portal that answers nothing, at least: 8 s
}

// Store keeps what a Client learns of a portal.
type Store interface {
	// SaveGrant keeps a grant that was renewed, and the portal's host.
	SaveGrant(ctx context.Context, p *sheet24.Portal) error
	// SavePlan keeps the plan that a portal turned out to have.
	SavePlan(ctx context.Context, portalID int64, plan sheet24.Plan) error
	// Portal returns a portal as it is kept.
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
}

// Client calls Bitrix24. It implements sheet24.CRM and is safe for concurrent
// use; one Client must serve all calls of a process to a portal, since they stand in line
// there.
type Client struct {
	options Options
	http    *http.Client

	mu       sync.Mutex
	lines    map[string]*line      // by host
	watches  map[string]*operating // by connection: each webhook and application has its own time
	fields   map[fieldsKey]cachedFields
	markings map[fieldsKey]marking
	sessions map[int64]*session // by portal

	readers readers
}

var _ sheet24.CRM = (*Client)(nil)

// New makes a Client.
func New(o Options) *Client {
	if o.Plan == (sheet24.Plan{}) {
		o.Plan = sheet24.StandardPlan
	}
	o.Parallel = cmp.Or(o.Parallel, 4)
	o.RequestLimit, o.OperatingLimit = cmp.Or(o.RequestLimit, time.Minute), cmp.Or(o.OperatingLimit, 480*time.Second)
	o.Fresh, o.Pace = cmp.Or(o.Fresh, 5*time.Second), cmp.Or(o.Pace, 500*time.Millisecond)
	o.Patience = cmp.Or(o.Patience, 8*time.Second)
	o.App.AuthURL = cmp.Or(o.App.AuthURL, authServer)
	if o.Buckets == nil {
		o.Buckets = bucket.NewMemory()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns = 2*o.Parallel, 0 // of however many portals
	// A connection that died without a word is given up before its portal is taken for silent.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second}
	return &Client{
		options: o,
		http: &http.Client{
			Transport: transport,
			Timeout:   o.RequestLimit + o.RequestLimit/6, // the portal gives up first
			// A redirect would carry the secret to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		lines:    map[string]*line{},
		watches:  map[string]*operating{},
		fields:   map[fieldsKey]cachedFields{},
		sessions: map[int64]*session{},
	}
}

// line is what requests to one portal share: where they stand in line, how large a batch
// it can bear, and whether it answers.
type line struct {
	limiter *limiter
	size    *batchSize
	silence *silence
}

func (c *Client) line(ctx context.Context, p *sheet24.Portal) *line {
	if isTrial(ctx) {
		return c.trialLine(p.Host)
	}

	plan := p.Plan
	if plan == (sheet24.Plan{}) {
		plan = c.options.Plan
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lines[p.Host]
	if l == nil {
		l = &line{&limiter{host: p.Host, buckets: c.options.Buckets}, newBatchSize(c.options.RequestLimit), c.newSilence(p.Host)}
		c.lines[p.Host] = l
	}
	l.limiter.follow(plan)
	return l
}

// watch is the operating time of a portal's connection.
func (c *Client) watch(p *sheet24.Portal) *operating {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := connection(p)
	if c.watches[key] == nil {
		c.watches[key] = &operating{limit: c.options.OperatingLimit}
	}
	return c.watches[key]
}

// connection names what a portal is reached by.
func connection(p *sheet24.Portal) string {
	if p.Grant != nil {
		return p.UserID + " " + p.Grant.MemberID
	}
	return p.WebhookURL
}

// destination is where requests to a portal go.
type destination struct {
	portal  *sheet24.Portal // under the name that it has now
	address *url.URL        // of a method
	token   string          // of the application, if any: it goes in a header, where logs of addresses do not show it
}

// destination tells where a method of a portal is called. An application's token is
// renewed before it runs out, or if it is the stale one.
func (c *Client) destination(ctx context.Context, p *sheet24.Portal, method, stale string) (destination, error) {
	if p.WebhookURL == "" {
		return c.grantedDestination(ctx, p, method, stale)
	}

	base, err := c.options.Hosts.Webhook(p.WebhookURL)
	if err != nil {
		return destination{}, err
	}
	return destination{p, base.JoinPath(method), ""}, nil
}

// of is the destination for another method.
func (d destination) of(method string) destination {
	d.address = d.address.JoinPath("..", method)
	return d
}

// send makes one request when the portal's bucket has room for it, and tells when that
// was. If the portal finds that a token has run out, it is made once more with a new one.
func (c *Client) send(ctx context.Context, p *sheet24.Portal, method string, params any) (*answer, time.Time, error) {
	stale := ""
	for {
		to, err := c.destination(ctx, p, method, stale)
		if err != nil {
			return nil, time.Time{}, err
		}
		if err := c.wait(ctx, to); err != nil {
			return nil, time.Time{}, err
		}

		sent := time.Now()
		a, err := c.post(ctx, to, params)
		if stale != "" || !renewable(to, err) {
			return a, sent, err
		}
		stale = to.token
	}
}

// wait returns when the portal's bucket has room for a request. For one that does not answer
// nobody waits.
func (c *Client) wait(ctx context.Context, to destination) error {
	l := c.line(ctx, to.portal)
	if err := l.silence.silent(ctx, to.portal); err != nil {
		return err
	}

	err := l.limiter.wait(ctx, sheet24.IsInteractive(ctx))
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil: // the buckets cannot be asked
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeDatabaseBusy).Because(err)
	}
	return unreachable(to.portal.Host, errNotSent{err})
}

// post sends JSON, for which the bucket has room, and reads the answer.
func (c *Client) post(ctx context.Context, to destination, params any) (*answer, error) {
	host, l := to.portal.Host, c.line(ctx, to.portal)
	if err := sheet24.CheckLease(ctx); err != nil { // it may have been frozen while it waited
		return nil, unreachable(host, errNotSent{err})
	}
	if err := l.silence.silent(ctx, to.portal); err != nil { // found while it waited
		return nil, err
	}

	f := l.silence.fly(ctx, to.portal, onlyReads(to.address, params), func() { c.askTime(ctx, to) })
	defer f.end()
	a, err := c.exchange(f, host, to.address, params, to.token)
	if f.heard && pausedSilent(to.portal) && !isAsking(ctx) { // a person tried
		c.answers(ctx, host)
	}

	if !is(err, "QUERY_LIMIT_EXCEEDED") {
		return a, err
	}

	if isTrial(ctx) {
		return a, err
	}
	plan, smaller, filled := l.limiter.overflowed(ctx)
	if filled != nil {
		c.options.Log.Error("fill the portal's bucket", "portal", host, "error", filled)
	}
	if smaller {
		c.learnPlan(ctx, to.portal, plan)
	}
	return a, err
}

// askTime asks a portal for the time. That it answers is heard there.
func (c *Client) askTime(ctx context.Context, to destination) {
	ask, cancel := context.WithTimeout(asking(context.WithoutCancel(ctx)), c.askWithin())
	defer cancel()
	to = to.of("server.time")
	if c.wait(ask, to) == nil {
		_, _ = c.post(ask, to, struct{}{})
	}
}

// exchange sends a request and reads what the portal answers, if it does.
func (c *Client) exchange(f *flight, host string, address *url.URL, params any, token string) (*answer, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(f.ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}

	// Before there is a connection, nothing has been sent.
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	resp, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(f.ctx, trace)))
	if err != nil && !connected.Load() {
		return nil, f.failed(host, errNotSent{withoutURL(err)})
	}
	if err != nil {
		return nil, f.failed(host, withoutURL(err))
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, f.failed(host, err)
	}

	f.answered()
	return decode(host, resp.StatusCode, resp.Header.Get("Location"), data)
}

// learnPlan keeps that a portal's bucket is smaller than was thought.
func (c *Client) learnPlan(ctx context.Context, p *sheet24.Portal, plan sheet24.Plan) {
	c.options.Log.Warn("the portal's bucket is smaller than was thought", "portal", p.Host, "requests_per_second", plan.Rate)
	if c.options.Store == nil || p.ID == 0 {
		return
	}
	if err := c.options.Store.SavePlan(ctx, p.ID, plan); err != nil {
		c.options.Log.Error("save plan", "portal", p.Host, "error", err)
	}
}
