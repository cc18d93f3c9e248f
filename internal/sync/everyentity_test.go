package sync_test

import (
	"slices"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24/officialtest"
	"sheet24/internal/mapping"
	"sheet24/internal/setup"
	"sheet24/internal/sim/bitrixsim"
)

// samplesOfTypes are what people type for a first value of each type of field, and for another.
var samplesOfTypes = map[string][2]any{
	"string": {"x", "y"}, "text": {"x", "y"}, "url": {"https://x.tr", "https://y.tr"}, "address": {"Ankara", "İzmir"}, "crm_multifield": {"", ""},
	"double": {12.5, 13.5}, "integer": {7.0, 8.0}, "boolean": {"Evet", "Hayır"},
	"date": {"31.12.2026", "30.12.2026"}, "datetime": {"31.12.2026 10:00", "30.12.2026 11:00"},
	"user": {1.0, 3.0}, "employee": {1.0, 3.0},
}

// oneOfMany are links of which another field has all.
var oneOfMany = []string{"CONTACT_ID", "COMPANY_ID"}

// samplesOf are a first and another cell of a field, with the ids of records of which links
// name one; false for one that cells do not write.
func samplesOf(f sheet24.Field, linked map[sheet24.Entity]int64) (first, other any, ok bool) {
	switch {
	case f.Links != "":
		return float64(linked[f.Links]), float64(linked[f.Links]), linked[f.Links] != 0 && !f.ReadOnly && mapping.Mappable(f) && !slices.Contains(oneOfMany, f.Name)
	case f.ReadOnly || f.Name == sheet24.IDField || !mapping.Mappable(f):
		return nil, nil, false
	case slices.Contains([]string{"ORIGIN_ID", "ORIGINATOR_ID", "XML_ID", "UTM_TERM"}, f.Name): // until it is created, the key has its place
		return nil, "y", true
	case f.Multi.Type == "PHONE":
		return "+90 532 111 22 33", "+90 532 111 22 34", true
	case f.Multi.Type == "EMAIL":
		return "a@x.tr", "b@x.tr", true
	case f.Multi.Type != "":
		return "https://x.tr", "https://y.tr", true
	case f.Type == "money":
		return "5 TRY", "6 USD", true
	case len(f.Choices) > 0:
		return f.Choices[0].Label, f.Choices[min(1, len(f.Choices)-1)].Label, !f.Stage
	}
	cells, ok := samplesOfTypes[f.Type]
	return cells[0], cells[1], ok
}

// TestSheetOfEveryEntityByTheRules creates, changes, empties and deletes a record of every
// entity from a sheet with a column for each field that cells can write, and holds every
// request that this takes against the documentation's own tables.
func TestSheetOfEveryEntityByTheRules(t *testing.T) {
	t.Parallel()
	for _, entity := range append(slices.Clone(sheet24.Entities), "spa:1036", "spa:1040") {
		t.Run(string(entity), func(t *testing.T) {
			t.Parallel()
			w, columns := newWorldOfAllFields(t, entity)
			record := &officialtest.Recorder{}
			w.record.Store(record)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Deleted: sheet24.DeleteRecord})

			row := func(cell func(column) any) []any {
				cells := []any{}
				for _, c := range columns {
					cells = append(cells, cell(c))
				}
				return cells
			}
			says := func(what string, want ...any) {
				t.Helper()
				w.notify(2, 2)
				w.settled()
				if status := w.status(2); !slices.Contains(want, status) {
					t.Errorf("%s: %v", what, status)
				}
			}
			w.edit("B2", row(func(c column) any { return c.first }))
			says("created", ok)
			w.edit("B2", row(func(c column) any { return c.other }))
			says("changed", ok)
			w.edit("B2", row(func(c column) any {
				if c.kept {
					return c.other
				}
				return nil
			}))
			says("emptied", ok)
			w.deleteRow(2)
			w.event(sheet24.Structure, sheet24.Range{})
			w.settled()
			expect(t, "records", len(w.portal.Records(entity.TypeID())), 1)

			methods, _ := officialtest.ReadWrites(t).Check(t, record.Calls())
			for _, method := range []string{"crm.item.add", "crm.item.update", "crm.item.delete"} {
				if methods[method] == 0 {
					t.Errorf("%s is not called", method)
				}
			}
		})
	}
}

// column is a column for a field.
type column struct {
	field        string
	first, other any
	kept         bool // it cannot be emptied
}

// newWorldOfAllFields has an empty tab with a column for each field of an entity that cells
// write, beside records that links may name.
func newWorldOfAllFields(t *testing.T, entity sheet24.Entity) (*world, []column) {
	t.Helper()
	name := "TITLE"
	if entity == sheet24.Contacts {
		name = "NAME"
	}
	linked := map[sheet24.Entity]int64{}
	w := newWorldOf(t, entity, map[int]string{0: "ID", 1: name}, func(p *bitrixsim.Portal) [][]any {
		for _, e := range append(slices.Clone(sheet24.Entities), "spa:1036", "spa:1040") {
			linked[e] = p.Add(e.TypeID(), map[string]any{"title": "t", "name": "n"})
		}
		return [][]any{{"ID", "Ad", "Senkronizasyon"}}
	})

	portal, err := w.store.Portal(t.Context(), w.table.PortalID)
	w.check(err)
	described, err := w.CRM.Fields(t.Context(), portal, entity)
	w.check(err)
	var columns []column
	header, fields := []any{"ID"}, map[int]string{0: "ID"}
	for _, f := range described {
		first, other, ok := samplesOf(f, linked)
		if !ok {
			continue
		}
		columns = append(columns, column{f.Name, first, other, f.Required || f.Immutable || f.Name == name})
		fields[len(header)] = f.Name
		header = append(header, f.Name)
	}
	w.edit("A1", append(header, "Senkronizasyon"))
	w.table, _, err = w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: w.sheet, GID: gid, Entity: entity, Colors: sheet24.DefaultColors, Fields: fields})
	w.check(err)
	return w, columns
}
