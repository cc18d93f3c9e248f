// Package bitrix24 speaks Bitrix24's REST API through an inbound webhook: every
// entity by the universal crm.item.* methods, many commands in one batch, and
// never faster than a portal's leaky bucket lets through.
package bitrix24

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sheet24"
)

// The leaky bucket of a portal on any plan below Enterprise holds 50 and leaks 2
// a second; it counts requests, not records, and a batch is one request. A few
// are kept in reserve, since requests do not arrive evenly as they were sent.
const (
	requestsPerSecond = 2
	requestsAtOnce    = 50 - 3
)

// maxAnswer bounds what is read of an answer: 50 lists of 50 full records stay
// well below it.
const maxAnswer = 64 << 20

// Client calls Bitrix24. It implements sheet24.CRM and is safe for concurrent
// use; one Client must serve all calls to a portal, since it holds its limiter.
type Client struct {
	http  *http.Client
	hosts Hosts

	mu       sync.Mutex
	limiters map[string]*rate.Limiter // by host
	fields   map[fieldsKey]cachedFields
}

var _ sheet24.CRM = (*Client)(nil)

// New makes a Client that talks to the hosts allowed.
func New(hosts Hosts) *Client {
	return &Client{
		http: &http.Client{
			Timeout: 70 * time.Second, // a portal cuts requests at 60 s
			// A redirect would carry the secret in the path to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		hosts:    hosts,
		limiters: map[string]*rate.Limiter{},
		fields:   map[fieldsKey]cachedFields{},
	}
}

// Call calls one method with JSON parameters and decodes its result into out,
// which may be nil.
func (c *Client) Call(ctx context.Context, p *sheet24.Portal, method string, params, out any) error {
	base, err := c.hosts.Webhook(p.WebhookURL)
	if err != nil {
		return err
	}
	if err := c.limiter(p.Host).Wait(ctx); err != nil {
		return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", p.Host).Because(err)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base.JoinPath(method).String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", p.Host).Because(withoutURL(err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", p.Host).Because(err)
	}
	return decode(p.Host, resp.StatusCode, answer, out)
}

// decode reads an answer, which is JSON with a result or an error, or, when a
// proxy in front of the portal spoke, HTML.
func decode(host string, status int, answer []byte, out any) error {
	var envelope struct {
		Result      json.RawMessage `json:"result"`
		Error       any             `json:"error"`
		Description string          `json:"error_description"`
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		if status >= 300 && status < 500 {
			return sheet24.Errorf(sheet24.Invalid, "portal_not_bitrix24", host).Because(fmt.Errorf("HTTP %d, not JSON", status))
		}
		return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", host).Because(fmt.Errorf("HTTP %d, not JSON: %w", status, err))
	}
	if envelope.Error != nil && envelope.Error != "" {
		return apiError(host, fmt.Sprint(envelope.Error), envelope.Description)
	}
	if status != http.StatusOK || envelope.Result == nil {
		return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", host).Because(fmt.Errorf("HTTP %d without a result", status))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(envelope.Result, out); err != nil {
		return sheet24.Errorf(sheet24.Unavailable, "portal_answer", host).Because(err)
	}
	return nil
}

func (c *Client) limiter(host string) *rate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.limiters[host]
	if l == nil {
		l = rate.NewLimiter(requestsPerSecond, requestsAtOnce)
		c.limiters[host] = l
	}
	return l
}

// withoutURL drops the URL from a transport error: its path holds the secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
