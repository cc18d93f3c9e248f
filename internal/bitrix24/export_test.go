package bitrix24

import (
	"time"

	"sheet24"
)

// AgeFields makes the kept descriptions as old as if a minute had passed.
func (c *Client) AgeFields() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, f := range c.fields {
		f.read = f.read.Add(-time.Minute)
		c.fields[key] = f
	}
}

// Forget drops what this process knows of a portal's grant.
func (c *Client) Forget(p *sheet24.Portal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, p.ID)
}
