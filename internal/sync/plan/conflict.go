package plan

import (
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// Seen is what a record holds in a field, in the CRM's own words: of a multi-field the
// list of its values.
func Seen(f sheet24.Field, item *sheet24.Item) any {
	if f.Type != "crm_multifield" {
		return item.Values[f.Name]
	}
	values := []any{}
	for _, m := range item.Multi {
		if OfKind(f.Multi, m) {
			values = append(values, m.Value)
		}
	}
	return values
}

func OfKind(kind sheet24.MultiKind, m sheet24.MultiValue) bool {
	return m.Type == kind.Type && (kind.Kind == "" || m.Kind == kind.Kind)
}

// same tells whether a field's value is the one that it was known to be.
func same(f sheet24.Field, known, now any) bool {
	if f.Type != "crm_multifield" {
		return mapping.Same(f, known, now)
	}
	return slices.Equal(texts(known), texts(now))
}

func texts(v any) (list []string) {
	values, _ := v.([]any)
	for _, one := range values {
		list = append(list, mapping.Text(one))
	}
	slices.Sort(list)
	return list
}

// changedThere tells whether somebody changed a field in the CRM since we last wrote it
// or showed what it holds. Of a field of which we know nothing yet, the sheet's old
// value says what people took it to hold.
func changedThere(f sheet24.Field, item *sheet24.Item, known []any, old mapping.Values, oldErr error) bool {
	now := Seen(f, item)
	if len(known) > 0 {
		return !slices.ContainsFunc(known, func(k any) bool { return same(f, k, now) })
	}
	return oldErr != nil || !mapping.Same(f, old.Plain, now)
}

// overwrites tells whether a plan for a multi-field takes away a value that nobody saw
// in the sheet, or brings back what somebody removed or changed in the CRM.
func overwrites(f sheet24.Field, item *sheet24.Item, known []any, before, after []sheet24.MultiValue, plan []sheet24.MultiValue) bool {
	expected := func(value string) bool {
		if len(known) > 0 {
			return slices.ContainsFunc(known, func(k any) bool { return slices.Contains(texts(k), value) })
		}
		return slices.ContainsFunc(before, func(m sheet24.MultiValue) bool {
			return mapping.SameContact(f.Multi.Type, m.Value, value, "")
		})
	}
	for _, p := range plan {
		i := slices.IndexFunc(item.Multi, func(m sheet24.MultiValue) bool { return p.ID != 0 && m.ID == p.ID })
		if i < 0 || mapping.SameContact(f.Multi.Type, item.Multi[i].Value, p.Value, "") { // nothing is lost by another notation
			continue
		}
		if !expected(item.Multi[i].Value) {
			return true
		}
	}
	adds := slices.ContainsFunc(plan, func(p sheet24.MultiValue) bool { return p.ID == 0 })
	if !adds || len(known) != 1 {
		return false
	}
	for _, was := range texts(known[0]) {
		wanted := slices.ContainsFunc(after, func(m sheet24.MultiValue) bool { return m.Value == was })
		there := slices.ContainsFunc(item.Multi, func(m sheet24.MultiValue) bool { return OfKind(f.Multi, m) && m.Value == was })
		if !wanted && !there {
			return true
		}
	}
	return false
}

// conflict notes in a change what the CRM holds.
func (b *Planner) conflict(t *sheet24.Table, f sheet24.Field, item *sheet24.Item, c *sheet24.Change) {
	c.Conflict, c.Seen = true, Seen(f, item)
	c.CRM, _ = mapping.FromCRM(f, item, mapping.Context{Locale: t.Locale, Zone: t.Location()}) // what a cell cannot hold it does not show
}
