// Package push brings due changes to the CRM: it reads their records, has them planned, sends
// them in batches, a few requests at once, and settles what came of each.
package push

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sheet24"
	"sheet24/internal/backoff"
	"sheet24/internal/isolate"
	"sheet24/internal/sync/plan"
)

// Store is what a push keeps of changes and of their portal.
type Store interface {
	Table(ctx context.Context, id int64) (*sheet24.Table, error)
	Bindings(ctx context.Context, tableIDs []int64) (map[int64]int64, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	PausePortal(ctx context.Context, portalID int64, pause sheet24.Pause) error
	ResumePortal(ctx context.Context, portalID int64) error
	Hold(ctx context.Context, portalID int64, call sheet24.Call, until time.Time, why func(language string) string) error
	Delayed(ctx context.Context, portalID int64, why func(language string) string) error
	LinkRows(ctx context.Context, tableID int64, links []sheet24.RowLink) ([]sheet24.Linked, error)
	SettleChanges(ctx context.Context, changes []sheet24.RowChange) error
	AddEvent(ctx context.Context, e *sheet24.Event) error
}

// Claims are the changes that are due, and those that one push takes for itself.
type Claims interface {
	Due(ctx context.Context, portalID int64) (bool, error)
	DueElsewhere(ctx context.Context, portalID int64) (bool, error)
	Debouncing(ctx context.Context, portalID int64) (rows int, oldest, latest time.Time, err error)
	ClaimChanges(ctx context.Context, portalID int64, limit int) ([]sheet24.RowChange, error)
	ClaimOf(ctx context.Context, portalID, tableID int64, limit int) ([]sheet24.RowChange, error)
	Interrupted(ctx context.Context, portalID int64) ([]sheet24.RowChange, error)
}

// Begun are the writes that were sent, and those of which no answer has come.
type Begun interface {
	Begin(ctx context.Context, changes []sheet24.RowChange) error
	Begun(ctx context.Context, portalID int64, before time.Time) ([]sheet24.BegunWrite, error)
	NoteFields(ctx context.Context, changes []sheet24.RowChange) error
}

// Pusher pushes to portals. All fields but Debounce, Retry, Parallel and Slow are required.
type Pusher struct {
	Store    Store
	Claims   Claims
	Begun    Begun
	Base     plan.Store
	CRM      sheet24.CRM
	Rows     isolate.Rows
	Debounce time.Duration  // for which a burst of edits becomes one write; 0: none
	Retry    backoff.Policy // of a fault that may pass; zero: backoff.Default
	Now      func() time.Time
	Log      *slog.Logger

	Parallel int           // requests to a portal under way at once: 4; 1: nothing goes on beside one
	Slow     time.Duration // how long a request may take before rows say that they wait: 10 s

	down sync.Map // by portal: how often in a row it was left alone
}

// Push brings a portal's due changes to the CRM: their records are read, merged with what
// the rows hold, and written right after, many to a request and a few requests at once,
// until nothing waits. It returns what follows; what need not wait for its end
// goes to meanwhile, unless that is nil. One at a time may run for a portal.
func (p *Pusher) Push(ctx context.Context, portalID int64, meanwhile func(...sheet24.WakeUp)) (next sheet24.Next, err error) {
	defer p.Rows.Survive(sheet24.PushStage, portalID, &next.More, &err)

	portal, err := p.Store.Portal(ctx, portalID)
	if err != nil {
		return next, sheet24.IgnoreNotFound(err)
	}
	wait, _, err := p.debounce(ctx, portalID)
	if err != nil {
		return next, err
	}
	if wait > 0 {
		next.PushLater(portalID, wait)
		return next, nil
	}

	b := newPushing(p, portal)
	b.next, b.meanwhile = &next, meanwhile
	return next, b.run(ctx)
}

// row is a claimed change on its way. It is looked up, if other records have to be found
// for it, then waits to be read, is planned with what was read, and is ready to be written
// for a moment; then it waits to be read again.
type row struct {
	change  sheet24.RowChange
	found   map[sheet24.Link][]int64 // records that its cells name
	unfound map[sheet24.Link]error
	plan    plan.Plan
	read    time.Time                 // when its record was
	before  map[string]sheet24.Change // its fields before what a write over them was noted
	sending *sheet24.Begun            // the write that is under way
	begun   *sheet24.Begun            // one that was sent before, and not answered
	others  []sheet24.Begun           // and of the same record, for other rows
	may     sheet24.LastKnown         // what the CRM holds of the fields that it set, whether or not it was carried out
	ways    map[string]int            // how fields of which an answer shows nothing were tried, by API name
	refusal error                     // what Bitrix24 said to the last way of them, if it refused
	tries   int                       // how often it was turned away
	most    int                       // with how many rows it may share a request, itself included; 0: any number
	until   time.Time                 // before which nothing can be done about it
}

// pushing is one push at work. All of it is done by one goroutine, but for waiting for a
// turn and for answers.
type pushing struct {
	pusher    *Pusher
	plan      *plan.Planner
	portal    *sheet24.Portal
	next      *sheet24.Next
	meanwhile func(...sheet24.WakeUp)

	pause   *sheet24.Pause
	refused map[int64]plan.Plan            // changes that cannot be sent, known before they are planned
	settled map[int64]bool                 // changes
	fields  map[sheet24.Entity]plan.Fields // as they were last described

	raw     []*row                     // to be looked up
	waiting []*row                     // to be read
	ready   []*row                     // to be written, the first read first
	busy    map[sheet24.ItemRef]*row   // records that are being read, or are to be written: one row of each at a time
	begun   map[int64][]beginning      // by entity id, what was sent to the portal before and not answered
	full    map[sheet24.Call]time.Time // kinds of calls for which the portal has no working time until then

	flights []*flight
	answers chan answer
	turns   chan turned
	asked   bool         // for a turn
	alone   bool         // the last request was one write that goes alone
	held    sheet24.Turn // kept to write what another reads
	lanes   int          // how many requests are to be under way at once
	took    time.Duration
	glanced time.Time // when it last looked what else there is

	due    bool          // changes wait to be claimed
	flood  int           // claims for which more than enough waits, so that no burst has to be gathered
	later  time.Duration // a burst is gathered until then
	stuck  bool          // nothing can be sent before an answer comes, or time passes
	yields bool          // it begins with no more rows, others wait
	stops  bool          // it sends nothing more
	until  time.Time     // after which it yields
	failed int           // requests in a row that failed
	unmade int           // requests with writes in a row that failed
	why    error         // the portal is paused
	err    error
}

// beginning is a write that was begun, for a row of a table.
type beginning struct {
	row plan.Key
	of  sheet24.ItemRef
	sheet24.Begun
}

// How many requests are under way at once, where nothing else is set.
const underWay = 4

// pushFor is how long one push goes on at most: then others may have the portal, and the
// worker.
const pushFor = time.Minute

func newPushing(p *Pusher, portal *sheet24.Portal) *pushing {
	return &pushing{
		pusher: p, plan: plan.New(p.Base, p.CRM, p.Rows, portal), portal: portal, fields: map[sheet24.Entity]plan.Fields{},
		refused: map[int64]plan.Plan{}, settled: map[int64]bool{},
		busy: map[sheet24.ItemRef]*row{}, begun: map[int64][]beginning{}, full: map[sheet24.Call]time.Time{},
		answers: make(chan answer, p.parallel()), turns: make(chan turned, 1), lanes: 1,
		due: true, until: time.Now().Add(pushFor),
	}
}

func (p *Pusher) parallel() int {
	if p.Parallel == 0 {
		return underWay
	}
	return p.Parallel
}

// turned is what waiting for a turn ended with.
type turned struct {
	turn sheet24.Turn
	err  error
}

// glance is how often a push that waits for answers looks what else there is. The longer it
// has waited, the less often it asks the database, so that portals which hang cost hardly
// anything: after a tenth of that time, and after rarest at the latest.
const (
	glance = 100 * time.Millisecond
	tenth  = 10
	rarest = time.Second
)

// run pushes until nothing is left to do, or it is to stop. What is under way then is
// waited for, and what is known of it is stored; what was not sent is left as it is, for
// the next push to begin with.
func (b *pushing) run(ctx context.Context) error {
	patience, leave := context.WithCancel(ctx) // for a turn
	defer leave()

	tick := time.NewTicker(glance)
	defer tick.Stop()

	b.fail(b.resume(ctx))
	stop, gone := sheet24.Stopping(ctx), ctx.Done()
	for {
		b.advance(ctx, patience)
		if b.stops {
			leave()
		}
		if b.over() {
			break
		}

		var act func() error
		back := sheet24.Outside(ctx)
		select {
		case got := <-b.turns:
			act = func() error { b.asked = false; return b.take(ctx, got) }
		case a := <-b.answers:
			act = func() error { return b.answered(ctx, a) }
		case <-tick.C:
			act = func() error { return b.glance(ctx) }
		case <-stop:
			act = func() error { b.stops, stop = true, nil; return nil }
		case <-gone:
			act = func() error { b.stops, gone = true, nil; return nil }
		}
		back()
		b.fail(act())
	}

	if b.held != nil {
		b.held.GiveBack()
	}

	if b.err == nil {
		b.err = ctx.Err()
	}
	if b.later > 0 && b.err == nil {
		b.next.PushLater(b.portal.ID, b.later)
	}
	b.next.More = b.yields && b.pause == nil
	return b.err
}

// wakes tells what was left work for, at once if somebody hears of it.
func (b *pushing) wakes(tell func(*sheet24.Next)) {
	if b.meanwhile == nil {
		tell(b.next)
		return
	}
	var now sheet24.Next
	tell(&now)
	b.meanwhile(now.Wake...)
}

// report has the report of a table woken.
func (b *pushing) report(tableID int64) { b.wakes(func(n *sheet24.Next) { n.Report(tableID) }) }

// fail keeps the first error, which ends it all. Of a table that has been exchanged
// meanwhile, the next push does what is to be done.
func (b *pushing) fail(err error) {
	if sheet24.Exchanged(err) {
		b.stops, b.yields = true, true
		return
	}
	if err != nil && b.err == nil {
		b.err, b.stops = err, true
	}
}

// over reports whether nothing is under way, nor left to do.
func (b *pushing) over() bool {
	if len(b.flights) > 0 || b.asked {
		return false
	}
	if b.stops || b.yields && len(b.ready) == 0 {
		return true
	}
	return len(b.raw)+len(b.waiting)+len(b.ready) == 0 && !b.due
}

// advance does what can be done without waiting for anybody, and asks for a turn if there
// is something to send.
func (b *pushing) advance(ctx, patience context.Context) {
	if !b.stops && len(b.raw) > 0 {
		b.fail(b.lookUp(ctx))
	}

	// Whoever has nothing to do claims more.
	if idle := len(b.raw)+len(b.waiting)+len(b.ready)+len(b.flights) == 0 && !b.asked; idle && !b.stops && !b.yields {
		b.fail(b.claim(ctx, listRows))
		if !b.stops && len(b.raw) > 0 {
			b.fail(b.lookUp(ctx))
		}
	}
	if !b.wants() {
		return
	}

	b.asked = true
	b.beside(func() {
		turn, err := b.pusher.CRM.Turn(patience, b.portal)
		b.turns <- turned{turn, err}
	})
}

// wants reports whether there is something to send, and room for one more request under
// way.
func (b *pushing) wants() bool {
	if b.stops || b.asked || b.stuck || b.pause != nil || len(b.flights) >= b.lanes {
		return false
	}
	if b.held != nil && len(b.flights) > 0 {
		return false // what is read now is written with that turn
	}
	return len(b.ready) > 0 || !b.yields && (b.due || b.readable())
}

// beside does something while others go on, unless one thing at a time is to be done.
func (b *pushing) beside(do func()) {
	if b.pusher.parallel() == 1 {
		do()
		return
	}
	go do()
}

// take uses a turn that has come.
func (b *pushing) take(ctx context.Context, got turned) error {
	switch {
	case got.err != nil && b.stops:
		return nil
	case got.err != nil:
		return b.away(ctx, nil, got.err)
	case b.stops:
		got.turn.GiveBack()
		return nil
	}

	// Turns that come late bring nothing but records read too long ago. Then one is kept,
	// and the next one reads what is written with the first at once.
	late := b.drop(got.turn)
	if late && len(b.ready)+len(b.flights) == 0 && b.held == nil {
		b.held = got.turn
		return nil
	}
	return b.fill(ctx, got.turn)
}

// glance looks what else there is while answers, or turns, are waited for.
func (b *pushing) glance(ctx context.Context) error {
	b.stuck = false
	if time.Now().After(b.until) {
		b.yields = true
	}
	if err := b.delayed(ctx); err != nil || b.stops || b.yields {
		return err
	}
	if time.Since(b.glanced) < min(b.waited()/tenth, rarest) {
		return nil
	}
	b.glanced = time.Now()

	var err error
	if b.yields, err = b.pusher.Claims.DueElsewhere(ctx, b.portal.ID); err != nil || b.yields || b.due {
		return err
	}
	due, err := b.pusher.Claims.Due(ctx, b.portal.ID)
	if b.later = 0; err != nil || !due {
		return err
	}
	b.later, _, err = b.pusher.debounce(ctx, b.portal.ID)
	b.due = err == nil && b.later == 0
	return err
}

// waited is for how long the oldest request under way has been.
func (b *pushing) waited() (longest time.Duration) {
	for _, f := range b.flights {
		longest = max(longest, time.Since(f.sent))
	}
	return longest
}
