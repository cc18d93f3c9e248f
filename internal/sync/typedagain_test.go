package sync_test

import (
	"fmt"
	"testing"
	"time"

	"sheet24"
)

// TestRowWithoutIDIsNotSentByAComparison has its owner send the sheet's values while a row that
// was deleted is typed anew, without its id: what a colleague wrote into its record meanwhile is
// not approved with the rest, but in conflict like any other.
func TestRowWithoutIDIsNotSentByAComparison(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}, Conflict: sheet24.Ask})
	w.deleteRow(3)
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	w.portal.Edit(1, 2, map[string]any{"opportunity": 999.0})
	w.edit("B5", []any{"Memet", "2@ornek.com.tr", "Yeni", 200.0})

	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	_, err := w.Compare(t.Context(), w.table.ID)
	w.check(err)
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	_, err = w.Compare(t.Context(), w.table.ID)
	w.check(err)

	w.notify(5, 5)
	w.sync()
	w.later(4 * time.Second)
	w.settled()
	expect(t, "the record", w.lead(2), "Mehmet 2@ornek.com.tr NEW 999")
	asked, err := w.store.ChangesToReview(t.Context(), w.table.ID, 10)
	w.check(err)
	if len(asked) != 1 || asked[0].Fields["OPPORTUNITY"].CRM != any(999.0) {
		t.Errorf("asked: %+v; the row says %v; %+v", asked, w.status(5), w.history())
	}
}

// TestTypedAgainAfterItsKeyWasWritten types a deleted row anew, with another name; the scan that
// gave it a key is followed by one that reads the whole tab: the row is found to be its record by
// its keys, and asks for nothing.
func TestTypedAgainAfterItsKeyWasWritten(t *testing.T) {
	t.Parallel()
	for _, deleted := range []sheet24.Deleted{sheet24.KeepRecord, sheet24.DeleteRecord} {
		w := newWorld(t)
		w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}, Deleted: deleted})
		w.deleteRow(3)
		w.edit("B5", []any{"Memet", "2@ornek.com.tr", "Yeni", 200.0})
		w.edit("A5", []any{"⏳ 1b74w6sufg"}) // the scan that wrote it ended before it noted anything
		w.event(sheet24.Structure, sheet24.Range{})
		w.sync()
		w.later(4 * time.Second)
		w.settled()
		expect(t, "the row", fmt.Sprint(w.id(5), w.status(5)), "2"+ok)
		expect(t, "the record", w.lead(2), "Memet 2@ornek.com.tr NEW 200")
		expect(t, "records", len(w.portal.Records(1)), 4)
	}
}
