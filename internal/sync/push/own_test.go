package push_test

import (
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// crmWins has what colleagues change in the CRM stay.
func (w *pushWorld) crmWins() {
	w.t.Helper()
	w.table.Policies.Conflict = sheet24.CRMWins
	w.check(w.store.SaveTable(w.t.Context(), w.table, nil))
}

// arrived checks that a row's last edit is in the CRM, and that nobody is told of a conflict.
func (w *pushWorld) arrived(id int64, field string, want any) {
	w.t.Helper()
	if r, _ := w.sim.Record(1, id); r.Fields[field] != want {
		w.t.Errorf("record %d: %s is %v; its row says %v", id, field, r.Fields[field], want)
	}
	for _, c := range w.history(w.table) {
		for name, change := range c.Fields {
			if c.Status != sheet24.Completed || change.Conflict || change.Resolution != "" {
				w.t.Errorf("row %d: %s, %s %+v: %s", c.Row, c.Status, name, change, c.Error)
			}
		}
	}
	cells, err := w.store.CellWrites(w.t.Context(), w.table.ID, 10)
	w.check(err)
	if len(cells) > 0 {
		w.t.Errorf("cells are taken back: %+v", cells)
	}
}

// TestOwnCreationIsNoColleague kills a process between a creation and its answer, while the
// user types on: what the record was made with is no colleague's change, whose value would
// be kept, and the user's cell taken back.
func TestOwnCreationIsNoColleague(t *testing.T) {
	t.Parallel()
	w := newLimited(t, time.Second)
	w.crmWins()
	w.found(w.table, created(0))
	w.toils("crm.item.add", 300)
	first := w.start()
	w.eventually("it is made", func() bool { return w.sim.Stats().Methods["crm.item.add"] == 1 })
	first.kill()

	typed := created(0)
	typed.Fields = map[string]sheet24.Change{"TITLE": {Old: "Yeni 0", New: "Yeni, ve düzeltildi"}, "PHONE": {New: "+905320000009"}}
	w.found(w.table, typed)
	w.start()
	w.settled()
	if n := len(w.sim.Records(1)); n != 1 {
		t.Fatalf("%d records", n)
	}
	w.arrived(w.sim.Records(1)[0].ID, "title", "Yeni, ve düzeltildi")
}

// TestOwnCreationFoundByItsKeyColumn is the same for a row whose record is looked for by its
// telephone number, too, after the portal has given up on the creation.
func TestOwnCreationFoundByItsKeyColumn(t *testing.T) {
	t.Parallel()
	w := newLimited(t, time.Second)
	w.table.Policies.Keys = []string{"PHONE"}
	w.crmWins()
	row := created(0)
	row.Fields["PHONE"] = sheet24.Change{New: "+905320000008"}
	w.found(w.table, row)
	w.toils("crm.item.add", 300)
	first := w.start()
	w.eventually("it is made", func() bool { return w.sim.Stats().Methods["crm.item.add"] == 1 })
	first.kill()

	typed := created(0)
	typed.Fields = map[string]sheet24.Change{"TITLE": {Old: "Yeni 0", New: "Yeni, ve düzeltildi"}}
	w.found(w.table, typed)
	w.start()
	w.settled()
	if n := len(w.sim.Records(1)); n != 1 {
		t.Fatalf("%d records", n)
	}
	w.arrived(w.sim.Records(1)[0].ID, "title", "Yeni, ve düzeltildi")
}

// TestOwnUpdateBesideAColleague loses the answer to a write of two fields, of which a
// colleague then changes one: the other is still known to be our own.
func TestOwnUpdateBesideAColleague(t *testing.T) {
	t.Parallel()
	w := newLimited(t, time.Second)
	w.crmWins()
	id := w.leads(1)[0]
	change := titled(id, "bir")
	change.Fields["PHONE"] = sheet24.Change{Old: "+905320000001", New: "+905320000002"}
	w.found(w.table, change)
	w.toils("crm.item.update", 300)
	first := w.start()
	w.eventually("it is written", func() bool { return w.sim.Stats().Methods["crm.item.update"] == 1 })
	first.kill()
	w.sim.Wait()
	w.eventually("it is done", func() bool { r, _ := w.sim.Record(1, id); return r.Fields["title"] == "bir" })
	r, _ := w.sim.Record(1, id)
	w.sim.Edit(1, id, nil, append(r.Multi, bitrixsim.Multi{ID: 999, TypeID: "PHONE", ValueType: "WORK", Value: "+905320000777"})[1:]...)

	w.found(w.table, titled(id, "iki"))
	w.start()
	w.settled()
	if r, _ := w.sim.Record(1, id); r.Fields["title"] != "iki" {
		t.Errorf("the title is %v; its row says iki", r.Fields["title"])
	}
	for _, c := range w.history(w.table) {
		if c.Fields["TITLE"].Conflict {
			t.Errorf("%s: %+v", c.Status, c.Fields)
		}
	}
}
