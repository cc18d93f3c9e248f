package bitrix24

import (
	"context"
	"sync"
	"time"
)

// operating watches how long a portal's methods have worked: each may use up 480
// seconds within ten minutes, summed over all its calls; then its next call is
// refused. Every answer tells where its method stands.
type operating struct {
	limit time.Duration

	mu      sync.Mutex
	methods map[string]*methodUse
}

type methodUse struct {
	used    time.Duration // as the portal last said
	said    float64       // when it said so: the answer's start
	resetAt time.Time     // when the oldest part of it is forgotten
	known   bool          // a call was answered
	each    time.Duration // what a call takes, about
	booked  int           // calls under way
}

// share is how much of the limit calls in bulk use up; the rest is for those that
// a person waits for.
const share = 0.95

func (o *operating) use(method string) *methodUse {
	if o.methods == nil {
		o.methods = map[string]*methodUse{}
	}
	if o.methods[method] == nil {
		o.methods[method] = &methodUse{}
	}
	return o.methods[method]
}

// book makes room for up to n calls of a method and returns for how many there
// is room, at least one; it waits until there is.
func (o *operating) book(ctx context.Context, method string, n int, urgent bool) (int, error) {
	for {
		room, again := o.room(method, urgent)
		if room > 0 {
			n = min(n, room)
			o.bookNow(method, n)
			return n, nil
		}

		select {
		case <-time.After(max(glance, time.Until(again))):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// glance is how soon it is looked again whether calls under way have left room.
const glance = 20 * time.Millisecond

// room is how many calls of a method there is room for. If there is none, it is worth
// asking again then; at a zero time, once those under way are answered.
func (o *operating) room(method string, urgent bool) (calls int, again time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.use(method)
	limit := o.limit
	if !urgent {
		limit = time.Duration(share * float64(limit))
	}

	calls = maxBatch
	if !u.known && u.booked > 0 {
		calls = 0 // what a call takes will be known in a moment
	}
	if u.each > 0 {
		calls = int((limit-u.used)/u.each) - u.booked
	}
	if calls < 1 && time.Now().After(u.resetAt) && u.booked == 0 {
		calls = 1 // some of it is forgotten by now; one call will tell how much
	}
	if calls < 1 && u.booked == 0 {
		again = u.resetAt
	}
	return max(calls, 0), again
}

// bookNow takes room for n calls.
func (o *operating) bookNow(method string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use(method).booked += n
}

// settle ends n booked calls. answers are the times of those that were answered.
func (o *operating) settle(method string, n int, answers []timing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.use(method)
	u.booked -= n

	var took time.Duration
	for _, t := range answers {
		took += t.duration()
		if t.ResetAt > 0 && t.Start >= u.said {
			u.said, u.used = t.Start, time.Duration(t.Operating*float64(time.Second))
			u.resetAt = time.Unix(0, int64(t.ResetAt*float64(time.Second)))
		}
	}

	if len(answers) > 0 {
		each := took / time.Duration(len(answers))
		u.each, u.known = max(each, (3*u.each+each)/4), true // slower at once, quicker by and by
	}
}

// refused tells that the portal would not have another call of a method for now.
func (o *operating) refused(method string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.use(method)
	u.used = o.limit
	u.each, u.known = max(u.each, time.Millisecond), true
	if !u.resetAt.After(time.Now()) {
		u.resetAt = time.Now().Add(o.limit / 16) // half a minute of eight
	}
}
