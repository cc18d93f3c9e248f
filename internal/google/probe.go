package google

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sheet24"
)

// CheckClient asks Google whether it knows the OAuth client and its secret, and what time
// it is there. It trades a token that there cannot be: a client that is known is told so.
//
// Source: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
func (c *Client) CheckClient(ctx context.Context) (now time.Time, err error) {
	form := url.Values{"client_id": {c.oauth.ClientID}, "client_secret": {c.oauth.ClientSecret}, "grant_type": {"refresh_token"}, "refresh_token": {"1//none"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoints.token, strings.NewReader(form.Encode()))
	if err != nil {
		return now, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return now, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}
	defer resp.Body.Close()
	now, _ = http.ParseTime(resp.Header.Get("Date")) // zero: not told

	var answer struct {
		Error string `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return now, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}
	if answer.Error != "invalid_grant" {
		return now, fmt.Errorf("Google answers %q", answer.Error)
	}
	return now, nil
}
