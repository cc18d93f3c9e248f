package bitrix24

import "sheet24"

// Forget drops what this process knows of a portal's grant.
func (c *Client) Forget(p *sheet24.Portal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, p.ID)
}
