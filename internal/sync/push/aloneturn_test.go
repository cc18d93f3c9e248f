package push_test

import (
	"fmt"
	"testing"

	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// TestTextsThatGoAlone has texts among others' that mean something in a batch: they arrive as
// they were typed, and the others have their turns in between.
func TestTextsThatGoAlone(t *testing.T) {
	t.Parallel()
	const rows, every = 120, 30
	w := newPushWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	want := map[int64]string{}
	for i, id := range w.leads(rows) {
		title := fmt.Sprint("yeni ", i)
		if i%every == 0 {
			title = fmt.Sprintf("$result[c%02d][item][title]", i/every)
		}
		want[id] = title
		w.found(w.table, titled(id, title))
	}
	_, err := w.process().Push(t.Context(), w.portal.ID)
	w.check(err)

	for id, title := range want {
		if r, _ := w.sim.Record(1, id); r.Fields["title"] != title || r.Changes != 1 {
			t.Errorf("record %d is %v after %d changes; its row says %s", id, r.Fields["title"], r.Changes, title)
		}
	}
	if n, alone := w.sim.Stats().Requests, rows/every; n > 6+3*alone {
		t.Errorf("%d requests", n)
	}
}
