package bitrix24

import (
	"context"
	"slices"

	"sheet24"
)

// Connect checks a webhook URL that a person pasted: that it is one, that the
// portal answers, and that it may use the CRM. It returns a Portal without an id
// or an owner.
func (c *Client) Connect(ctx context.Context, webhookURL string) (*sheet24.Portal, error) {
	base, err := c.hosts.Webhook(webhookURL)
	if err != nil {
		return nil, err
	}
	p := &sheet24.Portal{Host: base.Host, WebhookURL: base.String()}
	var scopes []string
	if err := c.Call(ctx, p, "scope", map[string]any{}, &scopes); err != nil {
		return nil, err
	}
	if !slices.Contains(scopes, "crm") {
		return nil, sheet24.Errorf(sheet24.Unauthorized, "portal_scope", p.Host)
	}
	return p, nil
}
