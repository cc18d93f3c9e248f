package bitrix24

import (
	"context"
	"net/url"
	"time"

	"sheet24"
)

// methodOf are the methods that calls are made by.
var methodOf = map[sheet24.Call]string{
	sheet24.Reading:  "crm.item.list",
	sheet24.Creating: "crm.item.add",
	sheet24.Updating: "crm.item.update",
	sheet24.Deleting: "crm.item.delete",
}

// methodFor is the method that makes a write.
func methodFor(w sheet24.ItemWrite) string {
	if w.Own {
		return ownUpdates[w.Entity]
	}
	return methodOf[w.Call()]
}

// turn is the right to one request.
type turn struct {
	c  *Client
	p  *sheet24.Portal
	to destination
	l  *line

	booked map[string]int // calls by method
	sent   bool           // or about to be
}

// Turn waits until the portal's bucket has room for a request.
func (c *Client) Turn(ctx context.Context, p *sheet24.Portal) (sheet24.Turn, error) {
	to, err := c.destination(ctx, p, "batch", "")
	if err != nil {
		return nil, err
	}
	if err := c.wait(ctx, to); err != nil {
		return nil, err
	}
	return &turn{c: c, p: p, to: to, l: c.line(ctx, to.portal)}, nil
}

// GivesUp is how long after it was sent a request may still be carried out: as long as a
// portal works at one, and a margin for the way there and for clocks that differ.
func (c *Client) GivesUp() time.Duration {
	return c.options.RequestLimit + c.options.RequestLimit/6
}

// Size is how many commands the portal can bear at once.
func (t *turn) Size() int { return t.l.size.get() }

// Spare is how many more requests there is room for.
func (t *turn) Spare() int { return t.l.limiter.spare() }

// Pace is how long it takes until there is room for one more.
func (t *turn) Pace() time.Duration { return t.l.limiter.pace() }

// Alone reports whether a write must be a request of its own: its texts would mean something
// in a batch. One that cannot be made fails wherever it is.
func (t *turn) Alone(w sheet24.ItemWrite) bool {
	fields, _ := t.c.lastFields(t.p, w.Entity)
	if w.Own {
		cmd, _ := ownClearing(w, fields)
		return cmd.alone()
	}
	params := url.Values{}
	setFields(params, w, fields)
	return command{params: params}.alone()
}

// Room is how many calls the portal has working time left for.
func (t *turn) Room(call sheet24.Call) (calls int, again time.Time) {
	return t.c.watch(t.p).room(methodOf[call], false)
}

// Book takes working time for a request.
func (t *turn) Book(r sheet24.Request) {
	t.booked = map[string]int{methodOf[sheet24.Reading]: r.Commands() - len(r.Writes)}
	for _, w := range r.Writes {
		t.booked[methodFor(w)]++
	}
	for method, n := range t.booked {
		t.c.watch(t.p).bookNow(method, n)
	}
}

// unbook gives back the working time of a request that is not sent.
func (t *turn) unbook() {
	for method, n := range t.booked {
		t.c.watch(t.p).settle(method, n, nil)
	}
	t.booked = nil
}

// GiveBack gives back the room for a request that was not sent, and what was booked for it.
func (t *turn) GiveBack() {
	t.unbook()
	if !t.sent {
		t.sent = true
		t.l.limiter.giveBack()
	}
}
