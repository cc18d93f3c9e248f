package bitrix24

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"sheet24"
)

// A portal whose requests are not answered is asked for the time, after its patience, and
// is silent if nothing at all is answered for as long again. Patience is some times as long
// as its slowest answer of late, within bounds: a portal under load is slow, and answers.
const (
	patienceTimes = 3
	patienceDecay = 64 // answers until what was slow is forgotten, about
)

// A person does not wait longer than personWaits for one answer, and if the portal is
// known to be silent, no longer than personTries.
const (
	personWaits = 30 * time.Second
	personTries = 5 * time.Second
)

// silentFor is for how long this process sends nothing to a portal that it found silent,
// whatever those who are at work still believe of it; then the database says.
const silentFor = 10 * time.Second

// A silent portal is asked again after askFirst, then whenever it has been silent for as
// long again, but no less often than every askLast. It has askPatience times the least
// patience to answer.
const (
	askFirst    = 10 * time.Second
	askLast     = 2 * time.Minute
	askPatience = 4
)

// pausedBeyond is for how long after it should have been asked a silent portal stays
// paused: if nobody asks it, whoever has work finds out.
const pausedBeyond = 5 * time.Minute

// Silences keep which portals do not answer, for all processes that call them.
type Silences interface {
	// Silent pauses a host's portals until then, and has them asked at askAt.
	Silent(ctx context.Context, host string, until, askAt time.Time) error
	// Answers resumes them.
	Answers(ctx context.Context, host string) error
	// AskDue returns those that are to be asked by now. Others get them from next on.
	AskDue(ctx context.Context, next time.Time) ([]sheet24.Silence, error)
}

// errSilent ends requests to a portal that was found silent.
var errSilent = errors.New("the portal answers nothing")

// silence listens to a portal: whether it answers while there are requests that it
// should answer.
type silence struct {
	least, most time.Duration // patience
	found       func()        // is called when the portal is found silent

	mu        sync.Mutex
	flights   map[*flight]bool // that it listens for
	patience  time.Duration
	heard     time.Time // when it last answered
	asked     bool      // for the time, since then
	until     time.Time // silent: nothing is sent before
	listening bool
}

// flight is a request that is to be answered.
type flight struct {
	ctx    context.Context
	giveUp context.CancelCauseFunc
	stop   context.CancelFunc
	of     *silence
	sent   time.Time
	reads  bool   // and changes nothing, so that it may be given up
	ask    func() // asks the portal for the time
	heard  bool   // it is answered
}

// askingKey is the key of what marks requests that find out whether a portal answers.
type askingKey struct{}

func asking(ctx context.Context) context.Context { return context.WithValue(ctx, askingKey{}, true) }

func isAsking(ctx context.Context) bool { return ctx.Value(askingKey{}) != nil }

// silent returns the error for a request that is not to be sent, since the portal does not
// answer: as this process found, or as the database said when p was read. A person may
// try.
func (s *silence) silent(ctx context.Context, p *sheet24.Portal) error {
	s.mu.Lock()
	known := time.Now().Before(s.until)
	s.mu.Unlock()
	if !known && !pausedSilent(p) || sheet24.IsInteractive(ctx) || isAsking(ctx) {
		return nil
	}
	return silentError(p.Host, errSilent)
}

func pausedSilent(p *sheet24.Portal) bool {
	return p.Paused != nil && p.Paused.Code == sheet24.CodePortalSilent && p.Paused.Until.After(time.Now())
}

func silentError(host string, err error) error {
	return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalSilent, host).Because(err)
}

// fly begins to listen for the answer to a request that is about to be sent. One that only
// asks is not listened for: it is what the others wait for.
func (s *silence) fly(ctx context.Context, p *sheet24.Portal, reads bool, ask func()) *flight {
	f := &flight{of: s, sent: time.Now(), reads: reads, ask: ask, stop: func() {}}
	f.ctx, f.giveUp = context.WithCancelCause(ctx)
	if sheet24.IsInteractive(ctx) {
		limit := personWaits
		if pausedSilent(p) {
			limit = personTries
		}
		f.ctx, f.stop = context.WithTimeoutCause(f.ctx, limit, errSilent)
	}
	if isAsking(ctx) {
		return f
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights[f] = true
	if !s.listening {
		s.listening = true
		go s.listen()
	}
	return f
}

// answered notes that the portal answered a request, whatever it said.
func (f *flight) answered() {
	f.heard = true
	s := f.of
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard, s.asked, s.until = time.Now(), false, time.Time{}
	if slow := patienceTimes * time.Since(f.sent); slow > s.patience {
		s.patience = min(slow, s.most)
	} else {
		s.patience = max(s.least, s.patience-(s.patience-slow)/patienceDecay)
	}
}

// failed is the error of a request that got no answer.
func (f *flight) failed(host string, err error) error {
	if f.reads && errors.Is(context.Cause(f.ctx), errSilent) {
		return silentError(host, err)
	}
	return unreachable(host, err)
}

// end ends that an answer is waited for.
func (f *flight) end() {
	f.of.mu.Lock()
	delete(f.of.flights, f)
	f.of.mu.Unlock()
	f.stop()
	f.giveUp(nil)
}

// listen waits for answers while there are requests.
func (s *silence) listen() {
	for {
		s.mu.Lock()
		oldest := s.oldest()
		if oldest == nil {
			s.listening = false
			s.mu.Unlock()
			return
		}
		quiet := time.Since(oldest.sent)
		if s.heard.After(oldest.sent) {
			quiet = time.Since(s.heard)
		}

		wait := s.patience - quiet
		switch {
		case wait > 0:
		case !s.asked:
			s.asked = true
			go oldest.ask()
			wait = s.patience
		case quiet >= 2*s.patience:
			s.fallSilent()
			wait = s.patience
		default:
			wait += s.patience
		}
		s.mu.Unlock()
		time.Sleep(wait)
	}
}

// oldest is the request that has waited longest; nil: there is none.
func (s *silence) oldest() (oldest *flight) {
	for f := range s.flights {
		if oldest == nil || f.sent.Before(oldest.sent) {
			oldest = f
		}
	}
	return oldest
}

// fallSilent gives up what only reads; what may have changed something goes on until it
// times out. Neither is listened for any longer. s.mu is held.
func (s *silence) fallSilent() {
	s.asked, s.until = false, time.Now().Add(silentFor)
	for f := range s.flights {
		if f.reads {
			f.giveUp(errSilent)
		}
	}
	clear(s.flights)
	go s.found()
}

// newSilence listens to a portal from now on.
func (c *Client) newSilence(host string) *silence {
	least := c.options.Patience
	return &silence{least: least, most: max(least, c.options.RequestLimit/2), patience: least, flights: map[*flight]bool{}, found: func() { c.foundSilent(host) }}
}

// storeWithin is how long it may take to keep what was found out about a portal.
const storeWithin = 15 * time.Second

// foundSilent pauses a portal in which nobody answers.
func (c *Client) foundSilent(host string) {
	c.options.Log.Warn("the portal does not answer; it will be asked again", "portal", host)
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	c.keepSilent(ctx, host, askFirst)
}

func (c *Client) keepSilent(ctx context.Context, host string, ask time.Duration) {
	if c.options.Silences == nil {
		return
	}
	askAt := time.Now().Add(ask)
	if err := c.options.Silences.Silent(ctx, host, askAt.Add(pausedBeyond), askAt); err != nil {
		c.options.Log.Error("pause a portal that does not answer", "portal", host, "error", err)
	}
}

// answers resumes a portal that was taken for silent and answered.
func (c *Client) answers(ctx context.Context, host string) {
	if c.options.Silences == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := c.options.Silences.Answers(ctx, host); err != nil {
		c.options.Log.Error("resume a portal that answers", "portal", host, "error", err)
		return
	}
	c.options.Log.Info("the portal answers again", "portal", host)
}

// AskSilent asks the silent portals that are to be asked by now, all at once, and resumes
// those that answer. Several may call it.
func (c *Client) AskSilent(ctx context.Context) error {
	due, err := c.options.Silences.AskDue(ctx, time.Now().Add(2*c.askWithin()))
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, d := range due {
		all.Go(func() { c.askAgain(ctx, d) })
	}
	all.Wait()
	return ctx.Err()
}

// askAgain asks one silent portal; if it does not answer, it is asked again, later each
// time.
func (c *Client) askAgain(ctx context.Context, d sheet24.Silence) {
	asks, cancel := context.WithTimeout(asking(ctx), c.askWithin())
	defer cancel()
	_, sent, err := c.send(asks, d.Portal, "server.time", struct{}{})
	if ctx.Err() != nil || err != nil && sent.IsZero() { // nobody asked it: soon another will
		return
	}
	if err != nil && asks.Err() != nil {
		c.keepSilent(ctx, d.Portal.Host, min(max(time.Since(d.Since), askFirst), askLast))
		return
	}
	// Any answer is one, and so is that nobody can be reached there: that is found out as
	// ever.
	c.answers(ctx, d.Portal.Host)
}

// askWithin is how long a portal has to say what time it is.
func (c *Client) askWithin() time.Duration { return askPatience * c.options.Patience }

// reads are the methods that change nothing.
var reads = map[string]bool{
	"scope": true, "profile": true, "app.info": true, "server.time": true, "method.get": true, "user.get": true,
	"crm.item.fields": true, "crm.item.get": true, "crm.item.list": true, "crm.status.list": true, "crm.category.list": true,
	"crm.type.list": true, "crm.currency.list": true, "crm.duplicate.findbycomm": true,
}

// onlyReads reports whether a request changes nothing.
func onlyReads(address *url.URL, params any) bool {
	method := path.Base(address.Path)
	if method != "batch" {
		return reads[method]
	}
	in, _ := params.(map[string]any)
	commands, _ := in["cmd"].(map[string]string)
	for _, c := range commands {
		if inner, _, _ := strings.Cut(c, "?"); !reads[inner] {
			return false
		}
	}
	return len(commands) > 0
}
