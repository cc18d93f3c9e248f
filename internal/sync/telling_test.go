package sync_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// TestNewRowLikeADeletedOne deletes a record's row and types another customer's, which
// holds the same stage, amount and note, as all rows do: the record does not become it.
func TestNewRowLikeADeletedOne(t *testing.T) {
	t.Parallel()
	for _, inPlace := range []bool{false, true} {
		w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "STATUS_ID", 3: "OPPORTUNITY", 4: "COMMENTS"}, func(p *bitrixsim.Portal) [][]any {
			all := [][]any{{"ID", "Ad", "Durum", "Tutar", "Not", "Senkronizasyon"}}
			for _, name := range []string{"Ayşe", "Mehmet", "Zeynep", "Ali"} {
				id := p.Add(1, map[string]any{"name": name, "stageId": "NEW", "opportunity": 100.0, "comments": "fuar"})
				all = append(all, []any{float64(id), name, "Yeni", 100.0, "fuar"})
			}
			return all
		})
		w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})

		row := 5
		if inPlace {
			row = 3
			w.edit("A3", []any{nil})
		} else {
			w.deleteRow(3)
		}
		w.edit(fmt.Sprint("B", row), []any{"Veli", "Yeni", 100.0, "fuar"})
		w.event(sheet24.Structure, sheet24.Range{})
		w.notify(row, row)
		w.sync()
		w.settled()

		r, _ := w.portal.Record(1, 2)
		expect(t, "the deleted row's record", r.Fields["name"], any("Mehmet"))
		status := fmt.Sprint(w.status(row))
		if created := status == ok && w.id(row) == float64(5); !created && !strings.HasPrefix(status, "❌") {
			t.Errorf("the new row %d: id %v, %s", row, w.id(row), status)
		}
	}
}
