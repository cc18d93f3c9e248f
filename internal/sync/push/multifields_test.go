package push_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// TestMultiFieldsOfEveryReading changes, adds and removes numbers and addresses, on portals
// that go by the key and on such as go by the id within: no number is doubled, none is lost.
func TestMultiFieldsOfEveryReading(t *testing.T) {
	t.Parallel()
	for _, byInnerID := range []bool{false, true} {
		w := newPushWorld(t, bitrixsim.Options{MultiByInnerID: byInnerID}, bitrix24.Options{})
		id := w.leads(1)[0]
		change := func(from, to any) {
			c := sheet24.RowChange{EntityID: id, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"PHONE": {Old: from, New: to}}}
			w.found(w.table, c)
			p := w.process()
			for more := true; more; {
				var err error
				more, err = p.Push(t.Context(), w.portal.ID)
				w.check(err)
			}
		}
		numbers := func() string {
			r, _ := w.sim.Record(1, id)
			var all []string
			for _, m := range r.Multi {
				all = append(all, fmt.Sprint(m.ID, ":", m.Value))
			}
			return strings.Join(all, " ")
		}

		change("+905320000001", "+905320000002")
		if got := numbers(); got != "1:+905320000002" {
			t.Errorf("%v: changed: %s", byInnerID, got)
		}
		change("+905320000002", "+905320000002; +905320000003")
		if got := numbers(); got != "1:+905320000002 2:+905320000003" {
			t.Errorf("%v: added: %s", byInnerID, got)
		}
		change("+905320000002; +905320000003", "+905320000003")
		if got := numbers(); got != "2:+905320000003" {
			t.Errorf("%v: removed: %s", byInnerID, got)
		}
		change("+905320000003", nil)
		if got := numbers(); got != "" {
			t.Errorf("%v: emptied: %s", byInnerID, got)
		}
	}
}
