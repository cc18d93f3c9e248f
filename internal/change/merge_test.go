package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/mapping"
)

var (
	text    = sheet24.Field{Name: "TITLE", APIName: "title", Type: "string"}
	amount  = sheet24.Field{Name: "OPPORTUNITY", APIName: "opportunity", Type: "double"}
	counter = sheet24.Field{Name: "UF_CRM_1", APIName: "ufCrm_1", Type: "integer"}
	yesNo   = sheet24.Field{Name: "OPENED", APIName: "opened", Type: "boolean"}
	day     = sheet24.Field{Name: "BEGINDATE", APIName: "begindate", Type: "date"}
	words   = sheet24.Field{Name: "UF_CRM_2", APIName: "ufCrm_2", Type: "string", Multiple: true}
	emails  = sheet24.Field{Name: "EMAIL", APIName: "fm", Type: "crm_multifield", Multi: sheet24.MultiKind{Type: "EMAIL"}}
	work    = sheet24.Field{Name: "EMAIL_WORK", APIName: "fm", Type: "crm_multifield", Multi: sheet24.MultiKind{Type: "EMAIL", Kind: "WORK"}}
)

// edited is a cell that held one value, and holds another.
func edited(before, after any) sheet24.Change { return sheet24.Change{Old: before, New: after} }

// merge merges a field of a record as a push does: lastKnown are the values that the CRM may
// hold through us.
func merge(t *testing.T, f sheet24.Field, lastKnown []any, cell sheet24.Change, record *sheet24.Item, policy sheet24.Side) change.Outcome {
	t.Helper()
	at := mapping.Context{Locale: "tr_TR"}
	want, err := mapping.ToCRM(f, cell.New, at)
	if err != nil {
		t.Fatal(err)
	}
	former, err := mapping.ToCRM(f, cell.Old, at)
	return change.Merge(change.Base{LastKnown: lastKnown, Former: former, Invalid: err != nil},
		change.Sheet{Change: cell, Value: want}, change.CRM{Field: f, Record: record, At: at}, policy)
}

// TestMerge: a plain field, what it was last known to hold, the cell before and after, what the
// CRM holds, and who wins a conflict.
func TestMerge(t *testing.T) {
	t.Parallel()
	type values = []any
	const sheetWins, crmWins, ask = sheet24.SheetWins, sheet24.CRMWins, sheet24.Ask

	for _, c := range []struct {
		name      string
		field     sheet24.Field
		lastKnown values
		cell      sheet24.Change
		crm       any
		policy    sheet24.Side
		want      change.Verdict
		recorded  sheet24.Change
	}{
		// One side changed, or both alike.
		{"an edit is written where the CRM is as last known", text, values{"a"}, edited("a", "b"), "a", ask, change.Write, edited("a", "b")},
		{"what the CRM holds already is not written", text, values{"a"}, edited("a", "b"), "b", ask, change.Agree, edited("a", "b")},
		{"the same change on both sides is no conflict", text, values{"a"}, edited("a", "b"), "b", crmWins, change.Agree, edited("a", "b")},
		{"a cell that was empty is written into an empty field", text, values{nil}, edited(nil, "b"), "", ask, change.Write, edited(nil, "b")},
		{"a cleared cell clears the field", text, values{"a"}, edited("a", nil), "a", ask, change.Write, edited("a", nil)},
		{"a cleared cell agrees with an empty field", text, values{"a"}, edited("a", nil), "", ask, change.Agree, edited("a", nil)},
		{"an edit that was taken back is written no more", text, values{"a"}, edited("a", "a"), "a", ask, change.Agree, edited("a", "a")},

		// 0 and nothing.
		{"an emptied 0 is emptied", counter, values{0.0}, edited(0.0, nil), 0.0, ask, change.Write, edited(0.0, nil)},
		{"an emptied 0 that was a text is emptied", counter, values{0.0}, edited("0", " "), 0.0, ask, change.Write, edited("0", " ")},
		{"an emptied 0 agrees with nothing", counter, values{0.0}, edited(0.0, nil), nil, ask, change.Agree, edited(0.0, nil)},
		{"an emptied 0 over what somebody changed is a conflict", counter, values{0.0}, edited(0.0, nil), 7.0, ask, change.NeedsReview, conflict(0.0, nil, 7.0)},
		{"a cell that was empty all along agrees with 0", counter, values{0.0}, edited(nil, nil), 0.0, ask, change.Agree, edited(nil, nil)},
		{"what a portal makes of an emptied number is nothing", counter, values{5.0, nil}, edited(5.0, nil), 0.0, ask, change.Agree, edited(5.0, nil)},
		{"an amount that is nothing is 0", amount, values{0.0}, edited(0.0, nil), 0.0, ask, change.Agree, edited(0.0, nil)},
		{"an emptied no is no", yesNo, values{"N"}, edited("Hayır", nil), "N", ask, change.Agree, edited("Hayır", nil)},

		// Both changed.
		{"a conflict that the sheet wins is written, and recorded", text, values{"a"}, edited("a", "b"), "x", sheetWins, change.Write, conflict("a", "b", "x")},
		{"a conflict that the CRM wins leaves its value", text, values{"a"}, edited("a", "b"), "x", crmWins, change.Keep, stays(conflict("a", "b", "x"))},
		{"a conflict that the owner decides needs review", text, values{"a"}, edited("a", "b"), "x", ask, change.NeedsReview, conflict("a", "b", "x")},
		{"clearing what somebody changed is a conflict", text, values{"a"}, edited("a", nil), "x", ask, change.NeedsReview, conflict("a", nil, "x")},
		{"filling what somebody filled is a conflict", text, values{nil}, edited(nil, "b"), "x", ask, change.NeedsReview, conflict(nil, "b", "x")},
		{"writing what somebody cleared is a conflict", text, values{"a"}, edited("a", "b"), nil, ask, change.NeedsReview, conflict("a", "b", nil)},
		{"a change in the CRM that the cell does not touch is none of its", text, values{"a"}, edited("x", "x"), "x", ask, change.Agree, edited("x", "x")},

		// Answers that were lost, and nothing known.
		{"of a lost answer both values are ours: the old one", text, values{"a", "b"}, edited("a", "c"), "a", ask, change.Write, edited("a", "c")},
		{"of a lost answer both values are ours: the new one", text, values{"a", "b"}, edited("a", "c"), "b", ask, change.Write, edited("a", "c")},
		{"of a lost answer a third value is somebody's", text, values{"a", "b"}, edited("a", "c"), "x", ask, change.NeedsReview, conflict("a", "c", "x")},
		{"where nothing is known the former cell is the base", text, nil, edited("a", "b"), "a", ask, change.Write, edited("a", "b")},
		{"where nothing is known another value than the former cell's is somebody's", text, nil, edited("a", "b"), "x", ask, change.NeedsReview, conflict("a", "b", "x")},
		{"a former cell that was no value replaces nothing", amount, nil, edited("abc", 5.0), 7.0, ask, change.NeedsReview, conflict("abc", 5.0, 7.0)},
		{"nor does it say that the field was empty", amount, nil, edited("abc", 5.0), nil, ask, change.NeedsReview, conflict("abc", 5.0, nil)},
		{"what is known goes before what the cell held", text, values{"a"}, edited("z", "b"), "a", ask, change.Write, edited("z", "b")},
		{"what is known goes before what the cell held, for a conflict too", text, values{"a"}, edited("x", "b"), "x", ask, change.NeedsReview, conflict("x", "b", "x")},

		// Notations.
		{"a number is the same however the CRM writes it", amount, values{"100.00"}, edited(100.0, 120.0), "120.0000", ask, change.Agree, edited(100.0, 120.0)},
		{"a number is as last known however the CRM writes it", amount, values{100.0}, edited(100.0, 120.0), "100.00", ask, change.Write, edited(100.0, 120.0)},
		{"a date is the same with a time beside it", day, values{nil}, edited(nil, "24.11.2026"), "2026-11-24T00:00:00+03:00", ask, change.Agree, edited(nil, "24.11.2026")},
		{"yes is the same in any language", yesNo, values{"N"}, edited("hayır", "evet"), "Y", ask, change.Agree, edited("hayır", "evet")},
		{"space around a text is no difference", text, values{"a"}, edited("a", " b "), "b", ask, change.Agree, edited("a", " b ")},
		{"a list is the same in another order", words, values{[]any{"a"}}, edited("a", "a; b"), []any{"b", "a"}, ask, change.Agree, edited("a", "a; b")},
		{"an amount of nothing is 0", amount, values{nil}, edited(nil, 0.0), nil, ask, change.Agree, edited(nil, 0.0)},
		{"a 0 is written where nothing is not 0", counter, values{nil}, edited(nil, 0.0), nil, ask, change.Write, edited(nil, 0.0)},

		// What a person resolved.
		{"that the CRM wins goes before the policy", text, values{"a"}, stays(edited("a", "b")), "x", sheetWins, change.Keep, stays(conflict("a", "b", "x"))},
		{"that the CRM wins holds though its value is as last known by now", text, values{"a"}, stays(edited("a", "b")), "a", sheetWins, change.Keep, stays(conflict("a", "b", "a"))},
		{"that the CRM wins holds though both agree by now", text, values{"a"}, stays(edited("a", "b")), "b", sheetWins, change.Keep, stays(conflict("a", "b", "b"))},
		{"that the sheet wins lets what was shown be overwritten", text, values{"x"}, conflict("a", "b", "x"), "x", ask, change.Write, conflict("a", "b", "x")},
		{"that the sheet wins lets nothing that came later be overwritten", text, values{"x"}, conflict("a", "b", "x"), "y", ask, change.NeedsReview, conflict("a", "b", "y")},

		// What was recorded before.
		{"a conflict that is none any more is forgotten", text, values{"a"}, conflict("a", "b", "x"), "a", ask, change.Write, edited("a", "b")},
		{"a conflict that a write was begun over is not: it may be what ended it", text, values{"a"}, tried(conflict("a", "b", "x")), "a", ask, change.Write, tried(conflict("a", "b", "x"))},
		{"a conflict that the write ended stays recorded", text, values{"a"}, tried(conflict("a", "b", "x")), "b", ask, change.Agree, tried(conflict("a", "b", "x"))},
		{"what a write may have replaced is remembered beside what came then", text, values{"a"}, tried(conflict("a", "b", "x")), "y", ask, change.NeedsReview,
			sheet24.Change{Old: "a", New: "b", Conflict: true, CRM: "y", Seen: "y", Earlier: []any{"x"}}},
		{"a conflict that a write was begun over, and did not end, is the same one", text, values{"a"}, tried(conflict("a", "b", "x")), "x", ask, change.NeedsReview, tried(conflict("a", "b", "x"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := &sheet24.Item{ID: 11, Values: map[string]any{c.field.Name: c.crm}}
			got := merge(t, c.field, c.lastKnown, c.cell, record, c.policy)
			expect(t, c.want.String(), got.Verdict.String())
			expect(t, c.recorded, got.Change)
			expect(t, c.crm, got.Before)
		})
	}
}

// TestMergeNewRecord: a record that is yet to be created holds nothing, and nobody changed it.
func TestMergeNewRecord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		field sheet24.Field
		cell  any
		want  change.Verdict
	}{
		{"what the cell holds is written", text, "b", change.Write},
		{"a 0 is written, as the portal would choose something else", amount, 0.0, change.Write},
		{"no is written too", yesNo, "hayır", change.Write},
		{"an empty cell is not", text, nil, change.Agree},
		{"nor one that only looks filled", text, "  ", change.Agree},
	} {
		t.Run(c.name, func(t *testing.T) {
			lostAnswer := []any{"what a creation may have set"}
			for _, lastKnown := range [][]any{nil, lostAnswer} {
				got := merge(t, c.field, lastKnown, edited(nil, c.cell), &sheet24.Item{Values: map[string]any{}}, sheet24.Ask)
				expect(t, c.want.String(), got.Verdict.String())
				expect(t, edited(nil, c.cell), got.Change)
			}
		})
	}
}

// TestMergeContacts: addresses in one cell, and the list of them in the CRM, whose ids are 1,
// 2 … in their order.
func TestMergeContacts(t *testing.T) {
	t.Parallel()
	const a, b, c, x = "a@ornek.com", "b@ornek.com", "c@ornek.com", "x@ornek.com"
	list := func(values ...any) any { return append([]any{}, values...) }
	record := func(values ...string) *sheet24.Item {
		item := &sheet24.Item{ID: 11, Values: map[string]any{}}
		for i, v := range values {
			item.Multi = append(item.Multi, sheet24.MultiValue{ID: int64(i + 1), Type: "EMAIL", Kind: "WORK", Value: v})
		}
		return item
	}
	set := func(id int64, value string) sheet24.MultiValue {
		return sheet24.MultiValue{ID: id, Type: "EMAIL", Kind: "WORK", Value: value}
	}
	type sets = []sheet24.MultiValue

	for _, m := range []struct {
		name          string
		lastKnown     []any
		before, after any
		record        *sheet24.Item
		want          change.Verdict
		set           sets
		then          any // what the CRM holds after it
	}{
		{"an address that is there is not written", []any{list(a)}, a, b, record(b), change.Agree, nil, list(b)},
		{"an address is replaced in its place", []any{list(a)}, a, b, record(a), change.Write, sets{set(1, b)}, list(b)},
		{"one that the cell never showed stays", []any{list(a, x)}, a, b, record(a, x), change.Write, sets{set(1, b)}, list(b, x)},
		{"one that somebody added meanwhile stays", []any{list(a)}, a, b, record(a, x), change.Write, sets{set(1, b)}, list(b, x)},
		{"a second one is added", []any{list(a)}, a, a + "; " + b, record(a), change.Write, sets{set(0, b)}, list(a, b)},
		{"one of two is removed", []any{list(a, b)}, a + "; " + b, a, record(a, b), change.Write, sets{set(2, "")}, list(a)},
		{"all of them are removed", []any{list(a, b)}, a + "; " + b, nil, record(a, b), change.Write, sets{set(1, ""), set(2, "")}, list()},
		{"one that somebody removed need not be removed", []any{list(a, b)}, a + "; " + b, a, record(a), change.Agree, nil, list(a)},
		{"one that somebody changed is not removed", []any{list(a, b)}, a + "; " + b, a, record(a, x), change.Agree, nil, list(a, x)},
		{"the order in the cell is no matter", []any{list(a, b)}, a + "; " + b, b + "; " + a, record(a, b), change.Agree, nil, list(a, b)},

		{"replacing what somebody changed is a conflict", []any{list(a)}, a, b, record(x), change.NeedsReview, sets{set(1, b)}, list(b)},
		{"bringing back what somebody removed is a conflict", []any{list(a)}, a, b, record(), change.NeedsReview, sets{set(0, b)}, list(b)},
		{"bringing back one of two is a conflict", []any{list(a, b)}, a + "; " + b, a + "; " + c, record(a), change.NeedsReview, sets{set(0, c)}, list(a, c)},
		{"after a lost answer what may be there is ours", []any{list(a), list(b)}, a, c, record(b), change.Write, sets{set(1, c)}, list(c)},
		{"after a lost answer what is not may be removed by us", []any{list(a), list()}, a, b, record(), change.Write, sets{set(0, b)}, list(b)},
		{"where nothing is known the cell's former address may be replaced", nil, a, b, record(a), change.Write, sets{set(1, b)}, list(b)},
		{"where nothing is known another address may not", nil, a, b, record(x), change.NeedsReview, sets{set(1, b)}, list(b)},
		{"where nothing is known an address is added to none", nil, nil, b, record(), change.Write, sets{set(0, b)}, list(b)},
		{"one address stands for one: the one that was last known is replaced", []any{list(x)}, nil, b, record(x), change.Write, sets{set(1, b)}, list(b)},
	} {
		t.Run(m.name, func(t *testing.T) {
			got := merge(t, emails, m.lastKnown, edited(m.before, m.after), m.record, sheet24.Ask)
			expect(t, m.want.String(), got.Verdict.String())
			expect(t, m.set, got.Contacts)
			expect(t, m.then, got.After)
			expect(t, m.want == change.NeedsReview, got.Change.Conflict)
		})
	}

	t.Run("a conflict of contact values that is none any more is forgotten", func(t *testing.T) {
		cell := sheet24.Change{Old: a, New: b, Conflict: true, CRM: x, Seen: list(x)}
		got := merge(t, emails, []any{list(a)}, cell, record(a), sheet24.Ask)
		expect(t, edited(a, b), got.Change)
		got = merge(t, emails, []any{list(x)}, cell, record(x), sheet24.Ask)
		expect(t, cell, got.Change)
	})
	t.Run("values of another kind are not the field's", func(t *testing.T) {
		item := record(a)
		item.Multi = append(item.Multi, sheet24.MultiValue{ID: 2, Type: "EMAIL", Kind: "HOME", Value: x}, sheet24.MultiValue{ID: 3, Type: "PHONE", Kind: "WORK", Value: "1"})
		got := merge(t, work, []any{list(a)}, edited(a, b), item, sheet24.Ask)
		expect(t, change.Outcome{Verdict: change.Write, Change: edited(a, b), Contacts: sets{set(1, b)}, Before: list(a), After: list(b)}, got)
	})
	t.Run("what a creation with a lost answer may have set is the cell's", func(t *testing.T) {
		former, _ := mapping.ToCRM(emails, nil, mapping.Context{})
		want, _ := mapping.ToCRM(emails, b, mapping.Context{})
		base := change.Base{LastKnown: []any{list(a), list()}, Former: former}.Created()
		got := change.Merge(base, change.Sheet{Change: edited(nil, b), Value: want}, change.CRM{Field: emails, Record: record(a)}, sheet24.Ask)
		expect(t, sets{set(1, b)}, got.Contacts)
		expect(t, change.Write.String(), got.Verdict.String())
	})
}

// TestMergeDeletion: a row of two fields is deleted; what each was last known to hold, and
// what the CRM holds.
func TestMergeDeletion(t *testing.T) {
	t.Parallel()
	email := sheet24.Field{Name: "EMAIL", Type: "string"}
	for _, c := range []struct {
		name         string
		known        []any
		title, email sheet24.Change
		crm          string
		policy       sheet24.Side
		want         change.Verdict
		recorded     sheet24.Change
	}{
		{"a record that is as last known goes with its row", []any{"a"}, edited("a", nil), edited("e", nil), "a", sheet24.Ask, change.Write, edited("a", nil)},
		{"a record of which nothing is known goes with its row", nil, edited("a", nil), edited("e", nil), "x", sheet24.Ask, change.Write, edited("a", nil)},
		{"of a lost answer both values are ours", []any{"a", "x"}, edited("a", nil), edited("e", nil), "x", sheet24.Ask, change.Write, edited("a", nil)},
		{"one that somebody changed goes if the sheet wins, and that is recorded", []any{"a"}, edited("a", nil), edited("e", nil), "x", sheet24.SheetWins, change.Write, conflict("a", nil, "x")},
		{"one that somebody changed stays if the CRM wins", []any{"a"}, edited("a", nil), edited("e", nil), "x", sheet24.CRMWins, change.Keep, conflict("a", nil, "x")},
		{"one that somebody changed needs review if its owner decides", []any{"a"}, edited("a", nil), edited("e", nil), "x", sheet24.Ask, change.NeedsReview, conflict("a", nil, "x")},
		{"one that its owner wants to stay does, and that is no conflict", []any{"a"}, stays(edited("a", nil)), stays(edited("e", nil)), "a", sheet24.SheetWins, change.Keep, stays(edited("a", nil))},
		{"one field that is to stay is enough, though another needs review", []any{"a"}, edited("a", nil), stays(edited("e", nil)), "x", sheet24.Ask, change.Keep, conflict("a", nil, "x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := &sheet24.Item{ID: 11, Values: map[string]any{"TITLE": c.crm, "EMAIL": "e"}}
			cells := map[string]change.Outcome{
				"TITLE": change.Merge(change.Base{LastKnown: c.known}, change.Sheet{Change: c.title, Deleted: true}, change.CRM{Field: text, Record: record}, c.policy),
				"EMAIL": change.Merge(change.Base{LastKnown: []any{"e"}}, change.Sheet{Change: c.email, Deleted: true}, change.CRM{Field: email, Record: record}, c.policy),
			}
			for range 10 { // in whatever order
				verdict, fields := change.MergeDeletion(cells)
				expect(t, c.want.String(), verdict.String())
				expect(t, c.recorded, fields["TITLE"])
			}
		})
	}
}

// TestApprove: an owner was shown that the CRM holds "x" where the sheet holds "b", and wants
// the sheet's.
func TestApprove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		shown      sheet24.Change
		comparable bool
		crm        string
		want       sheet24.Change
		approved   bool
	}{
		{"what was shown is overwritten", edited("x", "b"), true, "x", conflict("x", "b", "x"), true},
		{"what came since is not: it starts from what was shown", edited("x", "b"), true, "y", edited("x", "b"), false},
		{"what was shown of another record is not", edited("x", "b"), false, "x", edited("x", "b"), false},
		{"what was not shown at all is not", sheet24.Change{}, false, "x", edited(nil, "b"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			crm := change.CRM{Field: text, Record: &sheet24.Item{ID: 11, Values: map[string]any{"TITLE": c.crm}}}
			got, approved := change.Approve(edited(c.crm, "b"), c.shown, c.comparable, crm)
			expect(t, c.want, got)
			expect(t, c.approved, approved)
		})
	}
}
