package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/setup"
	"sheet24/internal/sim/demo"
)

// activate connects, maps and activates the demo's leads, as their owner would
// in a browser: it signs in at the simulated Google, saves the suggested mapping,
// and allows the script. A table that is active already stays as it is.
func activate(ctx context.Context, a *App, user *sheet24.User, ready Ready) error {
	tables, err := a.Store.TablesOf(ctx, user.ID)
	if err != nil {
		return err
	}

	for _, t := range tables {
		if t.GID == ready.GID && t.WebhookRegistered {
			return nil
		}
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}

	b := browser{ctx: ctx, client: &http.Client{Jar: jar, Timeout: 10 * time.Second}, base: ready.URL}
	if err := b.signIn(); err != nil {
		return fmt.Errorf("sign in at the simulated Google: %w", err)
	}

	draft, err := a.Setup.Inspect(ctx, user.ID, setup.Place{SpreadsheetID: ready.SpreadsheetID, GID: ready.GID, Entity: sheet24.Leads})
	if err != nil {
		return err
	}

	choice := setup.Choice{SpreadsheetID: ready.SpreadsheetID, GID: ready.GID, Entity: sheet24.Leads,
		Fields: map[int]string{}, AddStatus: true, Colors: sheet24.DefaultColors}
	for _, m := range draft.Mappings {
		choice.Fields[m.Column.Index] = m.Field
	}

	table, _, err := a.Setup.Save(ctx, user, choice)
	if err != nil {
		return err
	}

	activation, err := a.Setup.Install(ctx, table)
	if err != nil {
		return err
	}

	if err := b.allowScript(activation.Link); err != nil {
		return fmt.Errorf("allow the script: %w", err)
	}

	if table, err = a.Store.Table(ctx, table.ID); err == nil && !table.WebhookRegistered {
		err = errors.New("the script did not reach the webhook")
	}
	return err
}

// browser walks pages as a person would, with cookies and forms.
type browser struct {
	ctx    context.Context
	client *http.Client
	base   string
}

func (b browser) signIn() error {
	_, consent, err := b.do(http.MethodPost, b.base+"/sheet-sync/oauth/start", nil)
	if err != nil {
		return err
	}
	_, _, err = b.do(http.MethodPost, consent, url.Values{"account": {demo.Owner.Email}, "answer": {"allow"}, "scope": google.FullAccess.Scopes()})
	return err
}

var reviewLink = regexp.MustCompile(`id="review" href="([^"]+)"`)

func (b browser) allowScript(link string) error {
	page, at, err := b.do(http.MethodGet, link, nil)
	if err != nil {
		return err
	}

	if m := reviewLink.FindStringSubmatch(page); m != nil {
		review, err := url.Parse(at)
		if err != nil {
			return err
		}
		next, err := review.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
		if err != nil {
			return err
		}
		if page, _, err = b.do(http.MethodPost, next.String(), url.Values{"account": {demo.Owner.Email}, "answer": {"allow"}}); err != nil {
			return err
		}
	}

	if !strings.Contains(page, "✅") {
		return fmt.Errorf("the script's page says: %s", page)
	}
	return nil
}

// do follows redirects and returns the page and its address.
func (b browser) do(method, address string, form url.Values) (page, at string, err error) {
	req, err := http.NewRequestWithContext(b.ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", "", err
	}

	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.client.Do(req)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()

	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: HTTP %d: %.500s", resp.Request.URL.Path, resp.StatusCode, body)
	}
	return string(body), resp.Request.URL.String(), err
}
