package push_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/backoff"
	"sheet24/internal/bitrix24"
	"sheet24/internal/isolate"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/push"
)

// pushWorld is a database with changes for a simulated portal, and the processes that push
// them.
type pushWorld struct {
	t      *testing.T
	sim    *bitrixsim.Portal
	store  *sqlstore.Store
	portal *sheet24.Portal
	table  *sheet24.Table
	client bitrix24.Options
}

// newPushWorld has a table of leads, by their titles and telephone numbers.
func newPushWorld(t *testing.T, sim bitrixsim.Options, client bitrix24.Options) *pushWorld {
	t.Helper()
	sim.Secret = "gizli"
	if sim.Brim == 0 {
		sim.Leak, sim.Brim = 1000, 1000
		client.Plan = sheet24.Plan{Rate: 1000, Burst: 1000}
	}
	w := &pushWorld{t: t, sim: bitrixsim.New(sim), store: storetest.Open(t), client: client}
	server := httptest.NewServer(w.sim.Handler())
	t.Cleanup(server.Close)
	w.client.Hosts = bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}
	w.client.Pace = time.Millisecond

	user, err := w.store.EnsureUser(t.Context(), owner, "Ayşe", "tr")
	w.check(err)
	w.portal = &sheet24.Portal{UserID: user.ID, Host: w.client.Hosts[0], WebhookURL: server.URL + w.sim.WebhookPath()}
	w.check(w.store.SavePortal(t.Context(), w.portal))
	w.table = w.newTable("s", sheet24.Leads)
	return w
}

// newTable makes a table of the portal.
func (w *pushWorld) newTable(spreadsheet string, e sheet24.Entity) *sheet24.Table {
	w.t.Helper()
	column := func(i int, field, kind string) sheet24.FieldMapping {
		return sheet24.FieldMapping{Column: sheet24.Column{Index: i, Name: field}, Field: field, Type: kind, Updatable: i > 0}
	}
	table := &sheet24.Table{UserID: w.portal.UserID, PortalID: w.portal.ID, SpreadsheetID: spreadsheet, Entity: e, HeaderRow: 1, Language: "tr", TimeZone: "Europe/Istanbul", Enabled: true,
		StatusColumn: sheet24.Column{Index: 9, Name: "Durum"}, Policies: sheet24.Policies{NewRows: sheet24.CreateNew},
		Mappings: []sheet24.FieldMapping{column(0, sheet24.IDField, "integer"), column(1, "TITLE", "string"), column(2, "PHONE", "crm_multifield")}}
	w.check(w.store.SaveTable(w.t.Context(), table, nil))
	return table
}

func (w *pushWorld) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// leads makes records whose titles are "eski", and returns their ids.
func (w *pushWorld) leads(n int) (ids []int64) {
	for range n {
		ids = append(ids, w.sim.Add(1, map[string]any{"title": "eski", "stageId": "NEW"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "+905320000001"}))
	}
	return ids
}

// found stores changes as a scan does.
func (w *pushWorld) found(table *sheet24.Table, changes ...sheet24.RowChange) {
	w.t.Helper()
	var held []sheet24.Snapshot
	for _, c := range changes {
		values := map[string]any{}
		for field, change := range c.Fields {
			values[field] = change.New
		}
		held = append(held, sheet24.Snapshot{EntityID: c.EntityID, Row: c.Row, Values: values})
	}
	w.check(w.store.CommitScan(w.t.Context(), table, sheet24.Scanned{Changes: changes, Snapshots: held}))
}

// titled is a change of a record's title.
func titled(id int64, title string) sheet24.RowChange {
	return sheet24.RowChange{EntityID: id, Row: int(id) + 1, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"TITLE": {Old: "eski", New: title}}}
}

// created is a row that is to become a record.
func created(n int) sheet24.RowChange {
	return sheet24.RowChange{EntityID: -int64(n + 1), Row: n + 2, Action: sheet24.Create, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"TITLE": {New: fmt.Sprint("Yeni ", n)}}}
}

// mortal is a database whose user may be killed.
type mortal struct {
	*sqlstore.Store
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.SettleChanges(ctx, changes)
}

// process is one that pushes.
type process struct {
	*push.Pusher
	w     *pushWorld
	store *mortal
	kill  func() // as kill -9 does: its connections break, and nothing more comes of it
	work  sync.WaitGroup
}

// start starts a process that pushes until it is killed, as often as it takes.
func (w *pushWorld) start() *process {
	p := w.process()
	ctx, cancel := context.WithCancel(w.t.Context())
	p.kill = func() {
		p.store.dead.Store(true)
		cancel()
		p.work.Wait()
	}
	p.work.Go(func() {
		for ctx.Err() == nil {
			if more, err := p.Push(ctx, w.portal.ID); err != nil && ctx.Err() == nil {
				w.t.Error(err)
			} else if !more {
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	w.t.Cleanup(p.kill)
	return p
}

// process makes one that pushes when it is told to.
func (w *pushWorld) process() *process {
	m := &mortal{Store: w.store}
	return &process{w: w, store: m, Pusher: &push.Pusher{Store: m, Claims: m, Begun: m, Base: m, CRM: bitrix24.New(w.client), Rows: isolate.Rows{Store: m, Log: quietLog},
		Retry: backoff.Policy{First: 20 * time.Millisecond, Last: 200 * time.Millisecond, For: time.Hour}, Now: time.Now, Log: quietLog}}
}

// Push pushes one round; nobody is woken.
func (p *process) Push(ctx context.Context, portalID int64) (more bool, err error) {
	next, err := p.Pusher.Push(ctx, portalID, nil)
	return next.More, err
}

// alone are stages of which only the push has anything to do.
type alone struct{ *push.Pusher }

func (alone) Scan(context.Context, int64) (next sheet24.Next, err error)    { return next, nil }
func (alone) Report(context.Context, int64) (next sheet24.Next, err error)  { return next, nil }
func (alone) Compare(context.Context, int64) (next sheet24.Next, err error) { return next, nil }

// eventually waits until something holds.
func (w *pushWorld) eventually(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(50 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not within a minute: %s; %+v", what, w.history(w.table)[:3])
		}
	}
}

// settled waits until nothing waits.
func (w *pushWorld) settled() {
	w.t.Helper()
	w.eventually("nothing waits", func() bool {
		n, err := w.store.CountOpen(w.t.Context(), w.table.ID)
		w.check(err)
		return n == 0
	})
	w.sim.Wait()
}

func (w *pushWorld) history(table *sheet24.Table) []sheet24.RowChange {
	w.t.Helper()
	all, err := w.store.History(context.WithoutCancel(w.t.Context()), table.ID, 0, 10000)
	w.check(err)
	return all
}

// toils has each call of a method take so long from now on.
func (w *pushWorld) toils(method string, ms int) {
	w.t.Helper()
	w.check(w.sim.Fail(bitrixsim.Fault{Kind: "toil", Method: method, MS: ms, Times: 1e6}))
}

const owner = "ayse@ornek.com.tr"

var quietLog = slog.New(slog.DiscardHandler)
