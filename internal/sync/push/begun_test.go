package push_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/jobs"
	"sheet24/internal/sim/bitrixsim"
)

// newLimited has a portal that works at a request for no more than a moment, and clients
// that know it.
func newLimited(t *testing.T, limit time.Duration) *pushWorld {
	t.Helper()
	return newPushWorld(t, bitrixsim.Options{RequestLimit: limit}, bitrix24.Options{RequestLimit: limit})
}

// createdOnce checks that each row became one record.
func (w *pushWorld) createdOnce(rows int) {
	w.t.Helper()
	made := map[string]int{}
	for _, r := range w.sim.Records(1) {
		made[fmt.Sprint(r.Fields["title"])]++
	}
	twice := 0
	for _, n := range made {
		twice += n - 1
	}
	if twice > 0 || len(made) != rows {
		w.t.Errorf("of %d rows %d became records, %d of them twice", rows, len(made), twice)
	}
	for _, c := range w.history(w.table) {
		if c.Status != sheet24.Completed || c.EntityID <= 0 {
			w.t.Errorf("row %d: %s, record %d: %s", c.Row, c.Status, c.EntityID, c.Error)
		}
	}
}

// TestKilledWhileThePortalCreates kills a process between a batch of creations and its
// answer. The portal goes on with it, and the next process is there before it is done.
func TestKilledWhileThePortalCreates(t *testing.T) {
	t.Parallel()
	const rows = 50
	w := newLimited(t, 3*time.Second)
	for n := range rows {
		w.found(w.table, created(n))
	}
	w.toils("crm.item.add", 20)
	first := w.start()
	w.eventually("some are made", func() bool { return len(w.sim.Records(1)) >= rows/5 })
	first.kill()

	w.start()
	w.settled()
	w.createdOnce(rows)
}

// TestBreaksWhileThePortalCreates has connections break at once, and requests done later.
func TestBreaksWhileThePortalCreates(t *testing.T) {
	t.Parallel()
	const rows = 60
	w := newLimited(t, 2*time.Second)
	for n := range rows {
		w.found(w.table, created(n))
	}
	w.check(w.sim.Fail(bitrixsim.Fault{Kind: "late", Method: "crm.item.add", MS: 1000}))
	w.start()
	w.settled()
	w.createdOnce(rows)
}

// TestKilledWhileThePortalAddsNumbers is the same for second telephone numbers.
func TestKilledWhileThePortalAddsNumbers(t *testing.T) {
	t.Parallel()
	const rows = 40
	w := newLimited(t, 3*time.Second)
	ids := w.leads(rows)
	for _, id := range ids {
		w.found(w.table, sheet24.RowChange{EntityID: id, Row: int(id) + 1, Status: sheet24.Pending,
			Fields: map[string]sheet24.Change{"PHONE": {Old: "+905320000001", New: "+905320000001, +905320000002"}}})
	}
	w.toils("crm.item.update", 20)
	first := w.start()
	w.eventually("some are added", func() bool { r, _ := w.sim.Record(1, ids[rows/5]); return len(r.Multi) > 1 })
	first.kill()

	w.start()
	w.settled()
	for _, id := range ids {
		if r, _ := w.sim.Record(1, id); len(r.Multi) != 2 {
			t.Errorf("record %d: %+v", id, r.Multi)
		}
	}
}

// TestLateWriteUndoesNothing has a write land late, after its row was edited again: what
// the row holds by then is what the record holds in the end.
func TestLateWriteUndoesNothing(t *testing.T) {
	t.Parallel()
	w := newLimited(t, 2*time.Second)
	ids := w.leads(10)
	for _, id := range ids {
		w.found(w.table, titled(id, "bir"))
	}
	w.check(w.sim.Fail(bitrixsim.Fault{Kind: "late", Method: "crm.item.update", MS: 1000}))
	w.start()
	w.eventually("they are sent", func() bool { return w.sim.Stats().Faults["late"] == 1 })
	for _, id := range ids {
		w.found(w.table, titled(id, "iki"))
	}
	w.settled()
	for _, id := range ids {
		if r, _ := w.sim.Record(1, id); r.Fields["title"] != "iki" {
			t.Errorf("record %d is %v; its row says iki", id, r.Fields["title"])
		}
	}
	for _, c := range w.history(w.table) {
		if c.Status != sheet24.Completed || c.Fields["TITLE"].Conflict {
			t.Errorf("row %d: %s %+v %s", c.Row, c.Status, c.Fields, c.Error)
		}
	}
}

// serve runs a process's pushes as the service does, until it is stopped within a grace.
func (w *pushWorld) serve() (stop func(grace time.Duration)) {
	w.t.Helper()
	runner, err := jobs.New(w.t.Context(), w.store, true, quietLog)
	w.check(err)
	p := w.process()
	w.check(runner.Start(w.t.Context(), alone{p.Pusher}))
	return func(grace time.Duration) {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		runner.Stop(ctx)
	}
}

// TestStoppedWhileThePortalCreates stops a process cleanly in the midst of a batch of
// creations, for which it has no time, and starts another.
func TestStoppedWhileThePortalCreates(t *testing.T) {
	t.Parallel()
	const rows = 50
	w := newLimited(t, 4*time.Second)
	for n := range rows {
		w.found(w.table, created(n))
	}
	w.toils("crm.item.add", 40)
	stop := w.serve()
	w.eventually("some are made", func() bool { return len(w.sim.Records(1)) >= rows/5 })
	stop(100 * time.Millisecond)

	stop = w.serve()
	w.settled()
	stop(time.Second)
	w.createdOnce(rows)
}

// TestStopWaitsForWhatIsUnderWay has time: what was sent is settled, and no more is sent.
func TestStopWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	const rows = 600
	w := newPushWorld(t, bitrixsim.Options{Leak: 10, Brim: 8}, bitrix24.Options{Plan: sheet24.Plan{Rate: 10, Burst: 8}})
	for n := range rows {
		w.found(w.table, created(n))
	}
	w.toils("crm.item.add", 10)
	stop := w.serve()
	w.eventually("some are made", func() bool { return len(w.sim.Records(1)) >= 10 })
	began := time.Now()
	stop(10 * time.Second)
	took := time.Since(began)

	made := len(w.sim.Records(1))
	done := 0
	for _, c := range w.history(w.table) {
		if c.Status == sheet24.Completed {
			done++
		}
	}
	if made == rows || done != made {
		t.Errorf("%d of %d were made until it stopped, after %v, and %d are known to be", made, rows, took, done)
	}
	time.Sleep(200 * time.Millisecond)
	if n := len(w.sim.Records(1)); n != made {
		t.Errorf("%d more were made after it stopped", n-made)
	}
	stop = w.serve()
	w.settled()
	stop(time.Second)
	w.createdOnce(rows)
}

// TestPoison has a record that the portal breaks down on, among a hundred: it waits alone,
// and takes no others along for long.
func TestPoison(t *testing.T) {
	t.Parallel()
	const rows = 100
	w := newPushWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	ids := w.leads(rows)
	for _, id := range ids {
		w.found(w.table, titled(id, "yeni"))
	}
	w.check(w.sim.Fail(bitrixsim.Fault{Kind: "502", Method: "crm.item.update", Record: ids[42], Times: 1000}))
	p := w.process()
	p.Retry.First = time.Minute
	_, err := p.Push(t.Context(), w.portal.ID)
	w.check(err)
	for _, c := range w.history(w.table) {
		r, _ := w.sim.Record(1, c.EntityID)
		switch {
		case c.EntityID == ids[42] && (c.Status != sheet24.Pending || c.Error == ""):
			t.Errorf("the poison: %s %s", c.Status, c.Error)
		case c.EntityID != ids[42] && (c.Status != sheet24.Completed || r.Changes != 1):
			t.Errorf("record %d: %s, %d changes", c.EntityID, c.Status, r.Changes)
		}
	}
	// Each time that one fails, what it was with is read once more.
	if n := w.sim.Stats().Requests; n > 35 {
		t.Errorf("%d requests", n)
	}
}

// TestPortalThatHangs has the portal not answer: rows that were sent, and those that wait
// behind them, say so, and all arrive.
func TestPortalThatHangs(t *testing.T) {
	t.Parallel()
	const rows = 400
	w := newPushWorld(t, bitrixsim.Options{}, bitrix24.Options{RequestLimit: 2 * time.Second})
	ids := w.leads(rows)
	for _, id := range ids {
		w.found(w.table, titled(id, "yeni"))
	}
	w.check(w.sim.Fail(bitrixsim.Fault{Kind: "hang", Method: "crm.item.update", Times: 4}))
	p := w.process()
	p.Slow = 100 * time.Millisecond
	done := make(chan error)
	go func() {
		_, err := p.Push(t.Context(), w.portal.ID)
		done <- err
	}()
	w.eventually("all rows say that they wait", func() bool {
		told, err := w.store.Unreported(t.Context(), w.table.ID, 1000)
		w.check(err)
		says := 0
		for _, c := range told {
			if strings.Contains(c.Error, "geç yanıt veriyor") {
				says++
			}
		}
		return says == rows
	})
	w.check(<-done)
	w.eventually("all arrive", func() bool {
		_, err := p.Push(t.Context(), w.portal.ID)
		w.check(err)
		n, err := w.store.CountOpen(t.Context(), w.table.ID)
		w.check(err)
		return n == 0
	})
	for _, c := range w.history(w.table) {
		if r, _ := w.sim.Record(1, c.EntityID); c.Error != "" || r.Fields["title"] != "yeni" || r.Changes != 1 {
			t.Errorf("record %d: %v, %d changes, %s", c.EntityID, r.Fields["title"], r.Changes, c.Error)
		}
	}
}
