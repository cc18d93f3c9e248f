package sync_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// TestNewRowsSayNo creates records of every entity from rows that say no and 0: a portal's
// default, or nothing, is neither.
func TestNewRowsSayNo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entity  sheet24.Entity
		columns []string // behind the name and OPENED
		header  []any
		cells   []any
		want    map[string]any
	}{
		{sheet24.Leads, []string{"OPPORTUNITY"}, []any{"Tutar"}, []any{0.0}, map[string]any{"opportunity": 0.0}},
		{sheet24.Deals, []string{"OPPORTUNITY", "PROBABILITY", "UF_CRM_1700000106", "UF_CRM_1700000112", "UF_CRM_1700000115"},
			[]any{"Tutar", "Olasılık", "Garantili", "Adet", "Oran"}, []any{0.0, 0.0, "Hayır", 0.0, "0"},
			map[string]any{"opportunity": 0.0, "probability": 0.0, "ufCrm_1700000106": "N", "ufCrm_1700000112": 0.0, "ufCrm_1700000115": []any{0.0}}},
		{sheet24.Contacts, []string{"EXPORT"}, []any{"Dışa aktarılabilir"}, []any{false}, map[string]any{"export": "N"}},
		{sheet24.Companies, []string{"REVENUE"}, []any{"Ciro"}, []any{0.0}, map[string]any{"revenue": 0.0}},
		{sheet24.Quotes, []string{"OPPORTUNITY"}, []any{"Tutar"}, []any{0.0}, map[string]any{"opportunity": 0.0}},
		{sheet24.Invoices, []string{"OPPORTUNITY"}, []any{"Tutar"}, []any{0.0}, map[string]any{"opportunity": 0.0}},
		{"spa:1036", []string{"UF_CRM_5_1700000201"}, []any{"Onaylı"}, []any{"Hayır"}, map[string]any{"ufCrm5_1700000201": "N"}},
	} {
		t.Run(string(c.entity), func(t *testing.T) {
			t.Parallel()
			name := "TITLE"
			if c.entity == sheet24.Contacts {
				name = "NAME"
			}
			fields := map[int]string{0: "ID", 1: name, 2: "OPENED"}
			for i, column := range c.columns {
				fields[3+i] = column
			}
			w := newWorldOf(t, c.entity, fields, func(p *bitrixsim.Portal) [][]any {
				return [][]any{append(append([]any{"ID", "Ad", "Herkese açık"}, c.header...), "Senkronizasyon")}
			})
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})

			for i, no := range []any{"Hayır", false, "No", 0.0} {
				w.edit(fmt.Sprint("B", 2+i), append([]any{fmt.Sprint("a", i), no}, c.cells...))
			}
			w.edit("B6", append([]any{"a4", nil}, c.cells...)) // says nothing: the portal's own choice
			w.nudge(2, 6)
			w.settled()

			records := w.portal.Records(c.entity.TypeID())
			expect(t, "records", len(records), 5)
			for i, r := range records {
				opened := any("N")
				if text := fmt.Sprint(r.Fields["title"], r.Fields["name"]); text == "a4<nil>" || text == "<nil>a4" {
					opened = "Y"
				}
				expect(t, fmt.Sprint("opened of ", r.ID), r.Fields["opened"], opened)
				for field, want := range c.want {
					expect(t, fmt.Sprint(field, " of ", r.ID), r.Fields[field], want)
				}
				expect(t, "the row", w.status(2+i), any(ok))
			}
		})
	}
}

// zeroFields are fields that hold nothing, by the columns of zeroDeal, and what is typed there.
var zeroFields = []struct {
	column, field string
	typed, held   any
}{
	{"B", "probability", 0.0, 0.0}, {"C", "ufCrm_1700000106", "Hayır", "N"}, {"D", "ufCrm_1700000112", "0", 0.0},
}

// zeroDeal is a deal that holds nothing in the fields of its columns, which show nothing.
func zeroDeal(t *testing.T, cells ...any) *world {
	t.Helper()
	return newWorldOf(t, sheet24.Deals, map[int]string{0: "ID", 1: "PROBABILITY", 2: "UF_CRM_1700000106", 3: "UF_CRM_1700000112", 4: "UF_CRM_1700000115", 5: "OPPORTUNITY", 6: "COMMENTS"},
		func(p *bitrixsim.Portal) [][]any {
			id := p.Add(2, map[string]any{"title": "d", "stageId": "NEW", "categoryId": 0.0, "comments": "c"})
			return [][]any{{"ID", "Olasılık", "Garantili", "Adet", "Oran", "Tutar", "Yorum", "Senkronizasyon"}, append([]any{float64(id)}, cells...)}
		})
}

// TestZeroIsNotNothing types 0 and no where a record holds nothing. An amount that is nothing
// is 0.
func TestZeroIsNotNothing(t *testing.T) {
	t.Parallel()
	w := zeroDeal(t, nil, nil, nil, nil, nil, "c")
	for i, f := range zeroFields {
		w.change(2, f.column, f.typed)
		r, _ := w.portal.Record(2, 1)
		expect(t, f.field, r.Fields[f.field], f.held)
		expect(t, "the row", w.status(2), any(ok))
		expect(t, "writes", w.writes(), i+1)
	}
	w.change(2, "F", 0.0)
	expect(t, "writes of an amount", w.writes(), len(zeroFields))

	// What the record holds is not written again.
	w.portal.Edit(2, 1, map[string]any{"probability": 0.0})
	w.change(2, "B", 5.0)
	w.portal.Edit(2, 1, map[string]any{"probability": 0.0})
	before := w.writes()
	w.change(2, "B", 0.0)
	expect(t, "writes of what is there", w.writes(), before)
}

// TestForgottenZeros has a portal that keeps nothing where it was told 0: its row is synced,
// and nothing is sent again and again, beside something that is emptied neither.
func TestForgottenZeros(t *testing.T) {
	t.Parallel()
	w := zeroDeal(t, nil, nil, nil, nil, nil, "c")
	w.portal.ForgetZeros()
	for i, f := range zeroFields {
		w.change(2, f.column, f.typed)
		w.settled()
		expect(t, "the row", w.status(2), any(ok))
		expect(t, "writes", w.writes(), i+1)
	}

	w.edit("B2", []any{"0", "Hayır", 0.0, "0", 0.0, nil})
	w.edit("D2", []any{7.0})
	w.nudge(2, 2)
	w.settled()
	w.edit("D2", []any{0.0, 0.0, 0.0, "yorum"})
	w.nudge(2, 2)
	w.settled()
	r, _ := w.portal.Record(2, 1)
	expect(t, "the comment", r.Fields["comments"], any("yorum"))
	expect(t, "the row", w.status(2), any(ok))
	before := w.writes()
	w.edit("D2", []any{0.0, 0.0, 0.0, nil})
	w.edit("C2", []any{"No"})
	w.nudge(2, 2)
	w.settled()
	r, _ = w.portal.Record(2, 1)
	expect(t, "the comment, emptied", r.Fields["comments"], any(nil))
	expect(t, "the row", w.status(2), any(ok))
	if n := w.writes() - before; n > 3 {
		t.Errorf("%d writes", n)
	}
}

// TestComparisonTellsZeroFromNothing compares a row that says 0 and no with a record that holds
// nothing, pushes it, and compares again.
func TestComparisonTellsZeroFromNothing(t *testing.T) {
	t.Parallel()
	w := zeroDeal(t, 0.0, "Hayır", "0", nil, 0.0, "c")
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	expect(t, "counts", w.compare().Counts, sheet24.ComparisonCounts{Update: 1})
	rows, err := w.store.Differences(t.Context(), w.table.ID, 0, 100)
	w.check(err)
	expect(t, "fields", len(rows[0].Fields), len(zeroFields))
	for field, c := range rows[0].Fields {
		expect(t, field, c.Old, any(nil))
	}

	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	expect(t, "state", w.compare().State, sheet24.Done)
	w.settled()
	r, _ := w.portal.Record(2, 1)
	for _, f := range zeroFields {
		expect(t, f.field, r.Fields[f.field], f.held)
	}
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	expect(t, "again", w.compare().Counts, sheet24.ComparisonCounts{Same: 1})
}

// TestEmptiedZeros empties cells that said 0 where the record holds 0: it holds nothing then, or
// the row says that Bitrix24 keeps the 0. A cell that was empty all along is no difference.
func TestEmptiedZeros(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		t.Run(fmt.Sprint("keeps ", keeps), func(t *testing.T) {
			t.Parallel()
			w := zeroDeal(t, nil, nil, nil, nil, nil, "c")
			if keeps {
				w.portal.KeepZeros()
			}
			for _, f := range zeroFields {
				w.change(2, f.column, f.typed)
			}
			w.change(2, "F", 0.0)

			for _, f := range zeroFields {
				w.change(2, f.column, nil)
				r, _ := w.portal.Record(2, 1)
				holds, note := any(nil), ""
				switch {
				case f.held == "N":
					holds = "N" // empty is no
				case keeps:
					holds, note = 0.0, "olarak duruyor"
				}
				expect(t, f.field, r.Fields[f.field], holds)
				if says := fmt.Sprint(w.status(2)); !strings.HasPrefix(says, "✅") {
					t.Errorf("%s: the row says %s", f.field, says)
				}
				if got := w.history()[0].Note; note == "" && got != "" || !strings.Contains(got, note) {
					t.Errorf("%s: the history says %q", f.field, got)
				}
			}

			before := w.writes()
			w.change(2, "F", nil) // an amount that is nothing is 0
			expect(t, "the row", w.status(2), any(ok))
			w.change(2, "G", "d")
			expect(t, "the row", w.status(2), any(ok))
			expect(t, "writes", w.writes(), before+1)
		})
	}
}
