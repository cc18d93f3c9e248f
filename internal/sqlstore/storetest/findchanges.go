package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// findChanges looks for changes by all that a filter may say.
func findChanges(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	named := func(row int, id int64, field string, before, after any) sheet24.RowChange {
		return sheet24.RowChange{EntityID: id, Row: row, Status: sheet24.Pending, Fields: map[string]sheet24.Change{field: {Old: before, New: after}}}
	}
	commit(t, s, table, named(2, 11, "EMAIL", "AYŞE@x.tr", "Ömer_1@x.tr"))
	commit(t, s, table, named(3, 12, "NAME", "Ağrı & Co", `"İstanbul" <1>`))
	commit(t, s, table, named(4, 13, "OPPORTUNITY", 1234.5, "100%"))
	done := must(s.ClaimChanges(t.Context(), table.PortalID, 1))(t)
	done[0].Status = sheet24.Completed
	check(t, s.SettleChanges(t.Context(), done))
	between := time.Now()
	time.Sleep(10 * time.Millisecond)

	for name, c := range map[string]struct {
		filter sheet24.ChangeFilter
		want   []int64 // records
	}{
		"all":                      {sheet24.ChangeFilter{}, []int64{13, 12, 11}},
		"status":                   {sheet24.ChangeFilter{Status: sheet24.Completed}, []int64{done[0].EntityID}},
		"record":                   {sheet24.ChangeFilter{Record: 12}, []int64{12}},
		"field":                    {sheet24.ChangeFilter{Field: "NAME"}, []int64{12}},
		"no such field":            {sheet24.ChangeFilter{Field: "AM"}, nil},
		"old value, other case":    {sheet24.ChangeFilter{Text: "ayşe"}, []int64{11}},
		"new value, capitals":      {sheet24.ChangeFilter{Text: "ÖMER"}, []int64{11}},
		"dotted İ":                 {sheet24.ChangeFilter{Text: "istanbul"}, []int64{12}},
		"what JSON escapes":        {sheet24.ChangeFilter{Text: `" <1`}, []int64{12}},
		"an ampersand":             {sheet24.ChangeFilter{Text: "ağrı & co"}, []int64{12}},
		"a number":                 {sheet24.ChangeFilter{Text: "1234.5"}, []int64{13}},
		"a sign of LIKE, as it is": {sheet24.ChangeFilter{Text: "0%"}, []int64{13}},
		"another":                  {sheet24.ChangeFilter{Text: "_1@"}, []int64{11}},
		"both must hold":           {sheet24.ChangeFilter{Text: "1", Field: "NAME"}, []int64{12}},
		"until":                    {sheet24.ChangeFilter{Until: between}, []int64{13, 12, 11}},
		"before all":               {sheet24.ChangeFilter{Until: between.Add(-time.Hour)}, nil},
		"after all":                {sheet24.ChangeFilter{From: between}, nil},
	} {
		found := must(s.FindChanges(t.Context(), table.ID, c.filter, 0, 10))(t)
		var got []int64
		for _, change := range found.Changes {
			got = append(got, change.EntityID)
		}
		if !slices.Equal(got, c.want) || found.Next != 0 {
			t.Errorf("%s: %v, next %d; want %v", name, got, found.Next, c.want)
		}
	}

	// A page at a time.
	first := must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{}, 0, 2))(t)
	rest := must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{}, first.Next, 2))(t)
	if len(first.Changes) != 2 || len(rest.Changes) != 1 || rest.Next != 0 {
		t.Errorf("pages: %+v, %+v", first, rest)
	}

	// What is far back is found by going on, and a record's at once.
	var many []sheet24.RowChange
	for i := range 10_100 {
		many = append(many, named(10+i, int64(1000+i), "NAME", "a", fmt.Sprint("b", i)))
	}
	commit(t, s, table, many...)
	far := must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{Text: "ömer"}, 0, 10))(t)
	if len(far.Changes) != 0 || far.Next == 0 || far.Back.IsZero() {
		t.Fatalf("among those looked at first: %+v", far)
	}
	if far = must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{Text: "ömer"}, far.Next, 10))(t); len(far.Changes) != 1 || far.Next != 0 {
		t.Fatalf("further back: %+v", far)
	}
	if far = must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{Record: 11}, 0, 10))(t); len(far.Changes) != 1 {
		t.Fatalf("a record's: %+v", far)
	}
	if far = must(s.FindChanges(t.Context(), table.ID, sheet24.ChangeFilter{Until: between.Add(-time.Hour)}, 0, 10))(t); len(far.Changes) != 0 || far.Next != 0 {
		t.Fatalf("before all, beside many: %+v", far)
	}
}
