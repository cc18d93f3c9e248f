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
	each    time.Duration // what a call takes, about
	booked  time.Duration // for calls under way
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
		o.mu.Lock()
		u := o.use(method)
		limit := o.limit
		if !urgent {
			limit = time.Duration(share * float64(limit))
		}
		now := time.Now()
		room := n
		if u.each > 0 {
			room = min(n, int((limit-u.used-u.booked)/u.each))
		}
		if room < 1 && now.After(u.resetAt) && u.booked == 0 {
			room = 1 // some of it is forgotten by now; one call will tell how much
		}
		if room > 0 {
			u.booked += time.Duration(room) * u.each
			o.mu.Unlock()
			return room, nil
		}
		wait := max(time.Until(u.resetAt), 20*time.Millisecond)
		o.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// settle ends n booked calls. answers are the times of those that were answered.
func (o *operating) settle(method string, n int, answers []timing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.use(method)
	u.booked = max(0, u.booked-time.Duration(n)*u.each)
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
		if u.each > 0 {
			each = (3*u.each + each) / 4
		}
		u.each = each
	}
	if u.booked == 0 || u.each == 0 {
		u.booked = 0
	}
}

// refused tells that the portal would not have another call of a method for now.
func (o *operating) refused(method string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.use(method)
	u.used = o.limit
	u.each = max(u.each, time.Millisecond)
	if !u.resetAt.After(time.Now()) {
		u.resetAt = time.Now().Add(o.limit / 16) // half a minute of eight
	}
}
