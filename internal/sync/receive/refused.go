package receive

import (
	"context"
	"slices"
	"sync"

	"sheet24"
	"sheet24/internal/tab"
)

// So many messages whose signer could not be looked up are kept, and none longer than that:
// anybody may have sent them. A script's has some hundred bytes.
const (
	mostUnproven    = 1000
	longestUnproven = 1 << 10
)

// refused are the tabs of messages that could not be stored. Their senders try again with the
// next edit, which may be tomorrow's; so the tabs are polled as soon as the database answers.
// A process that ends forgets them: one that starts polls all tabs.
type refused struct {
	mu       sync.Mutex
	proven   map[provenTab]bool
	unproven []unproven
}

// provenTab is a tab of which a user's script told.
type provenTab struct {
	key    tab.Key
	userID string
}

// unproven is a message whose signer could not be looked up.
type unproven struct {
	message *message
	sig     Signature
	body    []byte
}

// add remembers a user's tab.
func (r *refused) add(t provenTab) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.proven == nil {
		r.proven = map[provenTab]bool{}
	}
	r.proven[t] = true
}

// addUnproven remembers a message, unless it is no script's or there are too many.
func (r *refused) addUnproven(u unproven) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(u.body) <= longestUnproven && len(r.unproven) < mostUnproven {
		u.body = slices.Clone(u.body)
		r.unproven = append(r.unproven, u)
	}
}

// takeProven forgets the tabs, and returns them.
func (r *refused) takeProven() map[provenTab]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	tabs := r.proven
	r.proven = nil
	return tabs
}

// takeUnproven forgets the messages, and returns them.
func (r *refused) takeUnproven() []unproven {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages := r.unproven
	r.unproven = nil
	return messages
}

// PollRefused asks for a look at each tab of which a message was refused since this was asked
// last. Where the database does not answer still, the error is Unavailable, and the tabs stay
// remembered.
func (p *Receiver) PollRefused(ctx context.Context) (next sheet24.Next, err error) {
	// Who signed is looked up now; what nobody did is dropped.
	for _, u := range p.refused.takeUnproven() {
		t, failed := p.signer(ctx, u.message, u.sig, u.body)
		switch {
		case failed == nil:
			p.refused.add(provenTab{u.message.tab(), t.UserID})
		case sheet24.IsKind(failed, sheet24.Unavailable):
			p.refused.addUnproven(u)
			err = failed
		}
	}

	for t := range p.refused.takeProven() {
		if err == nil {
			err = p.poll(ctx, t, &next)
		}
		if err != nil {
			p.refused.add(t)
		}
	}
	return next, err
}

// poll asks for a look at a user's tab.
func (p *Receiver) poll(ctx context.Context, t provenTab, next *sheet24.Next) error {
	tables, err := p.Followers.OfNow(ctx, t.key)
	if err != nil {
		return busy(err)
	}

	for _, table := range tables {
		if table.UserID != t.userID || !table.Enabled {
			continue
		}
		more, err := p.Recheck(ctx, table)
		if err != nil {
			return busy(err)
		}
		next.Wake = append(next.Wake, more.Wake...)
	}
	return nil
}
