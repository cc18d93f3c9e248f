package bitrix24

import (
	"context"
	"errors"
	"time"

	"sheet24"
)

// stale is how long ago writes may have been noted as begun: a process that was frozen
// since then must not send them, for others count from that time.
const stale = 2 * time.Second

// Send makes one request: the writes in their order, then what it reads. Nothing of it is
// repeated: before that, whoever asked has to look what the records hold by then.
func (t *turn) Send(ctx context.Context, r sheet24.Request) sheet24.Reply {
	q := t.compose(ctx, r)
	if len(q.commands) == 0 {
		t.GiveBack()
		return q.reply
	}
	if !r.Begun.IsZero() && time.Since(r.Begun) > stale {
		t.GiveBack()
		return q.failed(unreachable(t.p.Host, errNotSent{errors.New("begun too long ago")}))
	}

	q.part()
	t.sent = true
	got, err := t.c.batch(ctx, t.to, q.commands, t.c.watch(t.p), t.booked)
	t.booked = nil
	if err != nil {
		return q.failed(t.renew(ctx, err))
	}

	t.proven()
	q.read(got)
	return q.reply
}

// renew gets the next token if the portal refused this one: then nothing was done, and it
// can be tried again. A token that is new and refused all the same is of no use.
func (t *turn) renew(ctx context.Context, err error) error {
	if !renewable(t.to, err) {
		return err
	}
	s := t.c.session(t.p)
	s.mu.Lock()
	again := s.renewed == t.to.token
	s.mu.Unlock()
	if again {
		return err
	}

	to, renewing := t.c.destination(ctx, t.p, "batch", t.to.token)
	if renewing != nil {
		return renewing
	}
	s.mu.Lock()
	s.renewed = to.token
	s.mu.Unlock()
	return unreachable(t.p.Host, errNotSent{err})
}

// proven notes that the portal took the token.
func (t *turn) proven() {
	if t.to.token == "" {
		return
	}

	s := t.c.session(t.p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.renewed == t.to.token {
		s.renewed = ""
	}
}

// exchange is a Request as commands, and its Reply as far as it is known.
type exchange struct {
	t        *turn
	request  sheet24.Request
	commands []command
	takes    []func(result) // what becomes of each command's result
	reply    sheet24.Reply
}

// compose makes commands of a request. A write that cannot be made one is refused.
func (t *turn) compose(ctx context.Context, r sheet24.Request) *exchange {
	q := &exchange{t: t, request: r, reply: sheet24.Reply{
		Written: make([]sheet24.Written, len(r.Writes)), Items: map[sheet24.ItemRef]*sheet24.Item{}, Created: map[sheet24.ItemKey]int64{},
		Unread: map[sheet24.Entity]error{}, Unfound: map[sheet24.Entity]error{}, Horizon: map[sheet24.Entity]time.Time{},
	}}

	for i, w := range r.Writes {
		cmd, err := t.c.writing(ctx, t.p, w)
		if err != nil {
			q.reply.Written[i] = sheet24.Written{ID: w.ID, Outcome: sheet24.Refused, Err: err}
			continue
		}
		q.add(cmd, func(r result) { q.reply.Written[i] = t.c.written(t.p, w, r) })
	}

	for e, ids := range byEntity(r.Items) {
		fields, err := t.c.kept(ctx, t.p, e)
		if err != nil {
			q.reply.Unread[e] = err
			continue
		}
		names := apiNames(fields)
		for _, list := range itemLists(e, ids) {
			q.add(list, func(r result) { note(q.reply.Unread, e, keepItems(t.p.Host, e, r, names, q.reply.Items)) })
		}
	}

	for e, keys := range keysByEntity(r.Keys) {
		m, err := t.c.marksOf(ctx, t.p, e)
		if err != nil {
			q.reply.Unfound[e] = err
			continue
		}
		for _, list := range keyLists(e, m, keys, !t.c.marking(t.p, e).unfiltered) {
			q.add(list, func(r result) { q.lookFor(e, m, r) })
		}
	}
	return q
}

func (q *exchange) add(c command, take func(result)) {
	q.commands, q.takes = append(q.commands, c), append(q.takes, take)
}

// part leaves in the request what may go together; the rest counts as not sent.
func (q *exchange) part() {
	var all []int
	for i := range q.commands {
		all = append(all, i)
	}
	took, rest := together(q.commands, all, len(all))
	if len(rest) == 0 {
		return
	}

	for _, i := range rest {
		q.takes[i](result{err: unreachable(q.t.p.Host, errNotSent{errors.New("it goes alone")})})
	}

	commands, takes := q.commands, q.takes
	q.commands, q.takes = nil, nil
	for _, i := range took {
		q.add(commands[i], takes[i])
	}
}

// note keeps the first error of an entity.
func note(errs map[sheet24.Entity]error, e sheet24.Entity, err error) {
	if err != nil && errs[e] == nil {
		errs[e] = err
	}
}

// read takes what came of each command.
func (q *exchange) read(got batchAnswer) {
	for i, take := range q.takes {
		take(got.of(q.t.p.Host, key(i)))
	}
}

// failed is the reply to a request that failed as a whole.
func (q *exchange) failed(err error) sheet24.Reply {
	q.reply.Outcome, q.reply.Err = outcome(err), err
	for i, w := range q.request.Writes {
		if q.reply.Written[i].Err == nil {
			q.reply.Written[i] = sheet24.Written{ID: w.ID, Outcome: outcome(err), Err: err}
		}
	}
	return q.reply
}

// keysByEntity are the keys of creations, each once.
func keysByEntity(all []sheet24.ItemKey) map[sheet24.Entity][]string {
	keys := map[sheet24.Entity][]string{}
	seen := map[sheet24.ItemKey]bool{}
	for _, k := range all {
		if !seen[k] {
			seen[k] = true
			keys[k.Entity] = append(keys[k.Entity], k.Key)
		}
	}
	return keys
}
