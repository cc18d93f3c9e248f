package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
)

// TestResolve: a question, who wins, and what the next push is to do.
func TestResolve(t *testing.T) {
	t.Parallel()
	question := conflict("a", "b", "x")
	for _, c := range []struct {
		name      string
		review    *sheet24.RowChange
		winner    sheet24.Side
		want      *sheet24.RowChange
		lastKnown sheet24.LastKnown
	}{
		{"that the sheet wins lets the value that was shown be overwritten", stored(review, cell("TITLE", question), sentence("which?"), due(-9)), sheet24.SheetWins,
			stored(review, cell("TITLE", question)), sheet24.LastKnown{"TITLE": {"x"}}},
		{"that the CRM wins keeps its value", stored(review, cell("TITLE", question)), sheet24.CRMWins,
			stored(review, cell("TITLE", stays(question))), sheet24.LastKnown{}},
		{"a field without a conflict is sent as it is", stored(review, title("a", "b")), sheet24.SheetWins,
			stored(review, title("a", "b")), sheet24.LastKnown{}},
		{"a new row is created if the sheet wins", stored(newRow, review, matching, title(nil, "b")), sheet24.SheetWins,
			stored(newRow, review, creation, title(nil, "b")), sheet24.LastKnown{}},
		{"a new row is not created if the CRM wins", stored(newRow, review, matching, title(nil, "b")), sheet24.CRMWins,
			stored(newRow, review, matching, cell("TITLE", sheet24.Change{New: "b", Resolution: sheet24.CRMWins})), sheet24.LastKnown{}},
		{"a record that was matched is not created", stored(review, matching, cell("TITLE", question)), sheet24.SheetWins,
			stored(review, matching, cell("TITLE", question)), sheet24.LastKnown{"TITLE": {"x"}}},
		{"a deletion goes on if the sheet wins", stored(review, deletion, cell("TITLE", question)), sheet24.SheetWins,
			stored(review, deletion, cell("TITLE", question)), sheet24.LastKnown{"TITLE": {"x"}}},
		{"a deletion ends if the CRM wins", stored(review, deletion, title("a", nil)), sheet24.CRMWins,
			stored(review, deletion, cell("TITLE", sheet24.Change{Old: "a", Resolution: sheet24.CRMWins})), sheet24.LastKnown{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resolved, lastKnown := change.Resolve(*c.review, c.winner, noon)
			expect(t, *c.want, resolved)
			expect(t, c.lastKnown, lastKnown)
		})
	}
}

// TestRetry: what failed goes back to work, with what came for its row meanwhile.
func TestRetry(t *testing.T) {
	t.Parallel()
	was := stored(failed, sentence("not a number"), title("a", "b"), due(-99), twinOf(12))

	pending, notify := change.Postpone(*was, change.Retry(*was, noon), nil)
	expect(t, *stored(title("a", "b")), pending)
	expect(t, true, notify)

	pending, _ = change.Postpone(*was, change.Retry(*was, noon), stored(id(9), review, email("x", "y")))
	expect(t, *stored(title("a", "b"), email("x", "y")), pending)
}

func TestDeclined(t *testing.T) {
	t.Parallel()
	expect(t, false, change.Declined(edit(title(nil, "b"))))
	expect(t, true, change.Declined(edit(email(nil, "y"), cell("TITLE", sheet24.Change{New: "b", Resolution: sheet24.CRMWins}))))
}
