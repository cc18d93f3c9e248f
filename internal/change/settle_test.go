package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
)

// TestSettle: a change has ended; what is stored of it, of what waits for its row, and what
// follows.
func TestSettle(t *testing.T) {
	t.Parallel()
	underWay := status(sheet24.Syncing)
	later := func(all ...says) *sheet24.RowChange { return stored(append([]says{id(9)}, all...)...) }
	asks := func(fields change.Fields) says { return func(c *sheet24.RowChange) { c.Review = fields } }
	left := func(c *sheet24.RowChange) { c.Ignored = true }
	forget := func(c *sheet24.RowChange) { c.Discard = true }
	atNoon := func(c *sheet24.RowChange) { c.CreatedAt = noon }

	overridden := cell("TITLE", stays(conflict("a", "b", "x")))
	question := conflict("a", "b", "x")
	crmShown := []sheet24.CellWrite{{EntityID: 11, Field: "TITLE", Value: "x", Seen: "x"}}

	for _, c := range []struct {
		name    string
		stored  *sheet24.RowChange // nil: as it was claimed, and says nothing
		ended   *sheet24.RowChange
		waiting *sheet24.RowChange
		want    change.Settlement
	}{
		// Completed.
		{"what is completed is told", nil, stored(done, title("a", "b")), nil,
			change.Settlement{Change: *stored(done, title("a", "b"), settledAt(0)), Notify: true}},
		{"what came meanwhile waits on", nil, stored(done, title("a", "b")), later(title("b", "c")),
			change.Settlement{Change: *stored(done, title("a", "b"), settledAt(0)), Notify: true, Waiting: later(title("b", "c"))}},
		{"a note is told with it", nil, stored(done, note("as the CRM writes it"), title("a", "b")), nil,
			change.Settlement{Change: *stored(done, note("as the CRM writes it"), title("a", "b"), settledAt(0)), Notify: true}},
		{"where the CRM's value stays, the sheet shows it", nil, stored(done, overridden), nil,
			change.Settlement{Change: *stored(done, overridden, settledAt(0)), Notify: true, Cells: crmShown}},
		{"a cell that was edited meanwhile shows what was typed", nil, stored(done, overridden), later(title("b", "c")),
			change.Settlement{Change: *stored(done, overridden, settledAt(0)), Notify: true, Waiting: later(title("b", "c"))}},
		{"an edit of another cell does not keep the CRM's value out", nil, stored(done, overridden), later(email("x", "y")),
			change.Settlement{Change: *stored(done, overridden, settledAt(0)), Notify: true, Waiting: later(email("x", "y")), Cells: crmShown}},
		{"a conflict that the sheet wins is in the history alone", nil, stored(done, cell("TITLE", question)), nil,
			change.Settlement{Change: *stored(done, cell("TITLE", question), settledAt(0)), Notify: true}},
		{"a row without a record shows nothing of the CRM", nil, stored(newRow, done, matching, overridden), nil,
			change.Settlement{Change: *stored(newRow, done, matching, overridden, settledAt(0)), Notify: true}},
		{"a deleted row shows nothing of the CRM", nil, stored(done, deletion, overridden), nil,
			change.Settlement{Change: *stored(done, deletion, overridden, settledAt(0)), Notify: true}},

		// Fields that need review.
		{"fields that need review wait for it apart from the rest", nil, stored(done, email("x", "y"), asks(change.Fields{"TITLE": question})), nil,
			change.Settlement{Change: *stored(done, email("x", "y"), asks(change.Fields{"TITLE": question}), settledAt(0)), Notify: true,
				Waiting: stored(id(0), review, cell("TITLE", question), atNoon)}},
		{"of a row that matches, so does what needs review", nil, stored(done, matching, email("x", "y"), asks(change.Fields{"TITLE": question})), nil,
			change.Settlement{Change: *stored(done, matching, email("x", "y"), asks(change.Fields{"TITLE": question}), settledAt(0)), Notify: true,
				Waiting: stored(id(0), review, matching, cell("TITLE", question), atNoon)}},
		{"of a row that was created, what needs review is an update", nil, stored(done, creation, email("x", "y"), asks(change.Fields{"TITLE": question})), nil,
			change.Settlement{Change: *stored(done, creation, email("x", "y"), asks(change.Fields{"TITLE": question}), settledAt(0)), Notify: true,
				Waiting: stored(id(0), review, cell("TITLE", question), atNoon)}},
		{"if the row was edited meanwhile, that is looked at first, questions included", nil, stored(done, asks(change.Fields{"TITLE": question})), later(title("b", "c")),
			change.Settlement{Change: *stored(done, asks(change.Fields{"TITLE": question}), settledAt(0)), Notify: true,
				Waiting: later(cell("TITLE", conflict("a", "c", "x")))}},
		{"a row that needs review as a whole does", nil, stored(review, cell("TITLE", question)), nil,
			change.Settlement{Change: *stored(review, cell("TITLE", question), settledAt(0)), Notify: true}},
		{"unless it was edited meanwhile: then it is looked at again at once", nil, stored(review, cell("TITLE", question), sentence("which?"), due(-9)), later(title("b", "c")),
			change.Settlement{Change: *stored(cell("TITLE", conflict("a", "c", "x"))), Notify: true}},
		{"a row that needs review and was deleted meanwhile is deleted", nil, stored(review, cell("TITLE", question)), later(deletion, title("b", nil), due(60)),
			change.Settlement{Change: *stored(deletion, title("b", nil), due(60)), Notify: true}},

		// Failed.
		{"what failed is told", nil, stored(failed, sentence("not a number"), title("a", "b")), nil,
			change.Settlement{Change: *stored(failed, sentence("not a number"), title("a", "b"), settledAt(0)), Notify: true}},
		{"what failed to be sent goes along with what came meanwhile", nil, stored(failed, title("a", "b"), email("x", "bad")), later(email("bad", "y")),
			change.Settlement{Change: *stored(failed, title("a", "b"), email("x", "bad"), settledAt(0)), Notify: true,
				Waiting: later(title("a", "b"), email("x", "y"))}},
		{"a deletion that failed hands nothing on", nil, stored(failed, deletion, title("a", nil), email("x", nil)), later(title("a", "b")),
			change.Settlement{Change: *stored(failed, deletion, title("a", nil), email("x", nil), settledAt(0)), Notify: true, Waiting: later(title("a", "b"))}},
		{"a row that was deleted meanwhile is sent nothing", nil, stored(failed, title("a", "b")), later(deletion, title("b", nil)),
			change.Settlement{Change: *stored(failed, title("a", "b"), settledAt(0)), Notify: true, Waiting: later(deletion, title("b", nil))}},
		{"a second row of a record says which is the first", nil, stored(newRow, failed, twinOf(11), title(nil, "b")), nil,
			change.Settlement{Change: *stored(newRow, failed, twinOf(11), title(nil, "b"), settledAt(0)), Notify: true}},

		// Postponed, and interrupted.
		{"what is postponed waits and says why", nil, stored(sentence("503"), title("a", "b"), due(8)), nil,
			change.Settlement{Change: *stored(sentence("503"), title("a", "b"), due(8)), Notify: true}},
		{"that it waits is told once", stored(underWay, sentence("502")), stored(sentence("503"), title("a", "b"), due(8)), nil,
			change.Settlement{Change: *stored(sentence("503"), title("a", "b"), due(8))}},
		{"that it waits no more is told", stored(underWay, sentence("502")), stored(title("a", "b"), due(8)), nil,
			change.Settlement{Change: *stored(title("a", "b"), due(8)), Notify: true}},
		{"what is postponed takes in what came meanwhile", nil, stored(sentence("503"), title("a", "b"), due(8)), later(title("b", "c"), email("x", "y")),
			change.Settlement{Change: *stored(sentence("503"), title("a", "c"), email("x", "y"), due(8)), Notify: true}},
		{"what is postponed is not hurried by what came meanwhile", nil, stored(title("a", "b"), due(600)), later(title("b", "c"), due(0)),
			change.Settlement{Change: *stored(title("a", "c"), due(600)), Notify: true}},
		{"a postponed update of a row that was deleted meanwhile is a deletion", nil, stored(title("a", "b"), due(8)), later(deletion, title("b", nil), due(60)),
			change.Settlement{Change: *stored(deletion, title("b", nil), due(60)), Notify: true}},
		{"a postponed creation stays one", nil, stored(newRow, creation, title(nil, "b"), due(8)), later(newRow, email(nil, "y")),
			change.Settlement{Change: *stored(newRow, creation, title(nil, "b"), email(nil, "y"), due(8)), Notify: true}},
		{"what is postponed is no second row any more", nil, stored(newRow, twinOf(11), title(nil, "b")), nil,
			change.Settlement{Change: *stored(newRow, title(nil, "b")), Notify: true}},
		{"a write that was interrupted remembers what it may have replaced", nil, stored(cell("TITLE", tried(question))), later(cell("TITLE", conflict("b", "c", "y"))),
			change.Settlement{Change: *stored(cell("TITLE", sheet24.Change{Old: "a", New: "c", Conflict: true, CRM: "y", Seen: "y", Earlier: []any{"x"}})), Notify: true}},

		// Created.
		{"what a record was created with is no edit any more", nil, stored(done, creation, createdAs(-5), title(nil, "b")), later(title(nil, "b")),
			change.Settlement{Change: *stored(done, creation, createdAs(-5), title(nil, "b"), settledAt(0)), Notify: true}},
		{"what was typed while it was created starts from what it was created with", nil, stored(done, creation, createdAs(-5), title(nil, "b")), later(title(nil, "c")),
			change.Settlement{Change: *stored(done, creation, createdAs(-5), title(nil, "b"), settledAt(0)), Notify: true, Waiting: later(title("b", "c"))}},
		{"a cell that it was not created with is an edit", nil, stored(done, creation, createdAs(-5), title(nil, "b")), later(title(nil, "b"), email(nil, "y")),
			change.Settlement{Change: *stored(done, creation, createdAs(-5), title(nil, "b"), settledAt(0)), Notify: true, Waiting: later(email(nil, "y"))}},
		{"a record that is found to be there is compared with all that its row holds", nil, stored(creation, createdAs(-5), title(nil, "b")), later(title(nil, "b"), email(nil, "y")),
			change.Settlement{Change: *stored(creation, createdAs(-5), title(nil, "b"), email(nil, "y")), Notify: true}},

		// Of which nothing comes.
		{"of what there was nothing to do nothing is left", nil, stored(done, forget), nil,
			change.Settlement{Change: *stored(done, forget), Discard: true, Notify: true}},
		{"of what there was nothing to do, what came meanwhile waits on", nil, stored(done, forget), later(title("b", "c")),
			change.Settlement{Change: *stored(done, forget), Discard: true, Notify: true, Waiting: later(title("b", "c"))}},
		{"a row that becomes no record is ignored", nil, stored(newRow, done, matching, left, title(nil, "b")), nil,
			change.Settlement{Change: *stored(newRow, done, matching, left, title(nil, "b"), settledAt(0)), Notify: true, Ignore: true}},
		{"unless it was edited meanwhile: that goes on", nil, stored(newRow, done, matching, left, title(nil, "b")), later(newRow, title("b", "c")),
			change.Settlement{Change: *stored(newRow, done, matching, left, title(nil, "b")), Discard: true, Notify: true, Waiting: later(newRow, title("b", "c"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var was sheet24.RowChange
			if c.stored != nil {
				was = *c.stored
			}
			expect(t, c.want, change.Settle(was, *c.ended, c.waiting, noon))

			// What settles alone does so whatever came meanwhile.
			if change.SettlesAlone(*c.ended) {
				for _, waiting := range []*sheet24.RowChange{nil, later(title("b", "c"), email("x", "z")), later(review, title("b", "c")), later(deletion)} {
					c.want.Waiting = waiting
					expect(t, c.want, change.Settle(was, *c.ended, waiting, noon))
				}
			}
		})
	}
}

// TestSettleLeavesWaiting: what waits and stays as it is, is not written again.
func TestSettleLeavesWaiting(t *testing.T) {
	t.Parallel()
	waiting := stored(id(9), title("b", "c"))
	if got := change.Settle(sheet24.RowChange{}, *stored(done, title("a", "b")), waiting, noon).Waiting; got != waiting {
		t.Errorf("another change waits: %+v", got)
	}
}

func TestRoutine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ended *sheet24.RowChange
		want  bool
	}{
		{"an update that is completed is routine", stored(done, title("a", "b")), true},
		{"one that failed is not", stored(failed, title("a", "b")), false},
		{"a creation is not", stored(done, creation), false},
		{"a deletion is not", stored(done, deletion), false},
		{"a row that became a record is not", stored(done, createdAs(-5)), false},
		{"one with a conflict is not", stored(done, cell("TITLE", conflict("a", "b", "x"))), false},
		{"one over which a value may have been replaced is not", stored(done, cell("TITLE", sheet24.Change{Earlier: []any{"x"}})), false},
		{"one of which a field needs review is not", stored(done, func(c *sheet24.RowChange) { c.Review = change.Fields{"TITLE": {}} }), false},
		{"one that lost a column is not", stored(done, func(c *sheet24.RowChange) { c.Dropped = change.Fields{"TITLE": {}} }), false},
		{"one with a note is not", stored(done, note("!")), false},
		{"one of which nothing came is not", stored(done, func(c *sheet24.RowChange) { c.Discard = true }), false},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, c.want, change.Routine(*c.ended)) })
	}
}

func TestRestored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		dropped change.Fields
		waiting *sheet24.RowChange
		want    map[string]any
	}{
		{"a cell whose column is gone is looked at anew should it come back", change.Fields{"TITLE": {Old: "a", New: "b"}}, nil, map[string]any{"TITLE": "a", "EMAIL": "y"}},
		{"a cell that was empty is empty", change.Fields{"TITLE": {New: "b"}}, nil, map[string]any{"EMAIL": "y"}},
		{"a cell that was edited meanwhile is what it is", change.Fields{"TITLE": {Old: "a", New: "b"}}, stored(title("b", "c")), map[string]any{"TITLE": "b", "EMAIL": "y"}},
		{"an edit of another cell is no matter", change.Fields{"TITLE": {Old: "a", New: "b"}}, stored(email("y", "z")), map[string]any{"TITLE": "a", "EMAIL": "y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshot := map[string]any{"TITLE": "b", "EMAIL": "y"}
			expect(t, c.want, change.Restored(snapshot, c.dropped, c.waiting))
			expect(t, map[string]any{"TITLE": "b", "EMAIL": "y"}, snapshot)
		})
	}
}

func TestSettleFormer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ended *sheet24.RowChange
		want  change.Former
	}{
		{"what reached the former table's records is said", stored(done), change.FormerMade},
		{"what had nothing to do is not", stored(done, func(c *sheet24.RowChange) { c.Discard = true }), change.FormerNothing},
		{"why it failed is said", stored(failed), change.FormerReason},
		{"what would be tried again is not, and nobody knows what became of it", stored(), change.FormerNothing},
		{"what would be asked about is asked no more", stored(review), change.FormerNothing},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, c.want, change.SettleFormer(*c.ended)) })
	}
}
