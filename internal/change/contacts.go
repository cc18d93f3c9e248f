package change

import (
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// IsContact reports whether a field has several values, each with an id of its own: telephone
// numbers, e-mail addresses, web pages, messengers.
func IsContact(f sheet24.Field) bool { return f.Type == "crm_multifield" }

// ValueOf is what a record holds in a field, in the CRM's own words: of contact values the
// list of their texts, []any of string, as far as the field stands for them.
func ValueOf(f sheet24.Field, item *sheet24.Item) any {
	if !IsContact(f) {
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

// OfKind reports whether a contact value is one of those that a field stands for.
func OfKind(kind sheet24.MultiKind, m sheet24.MultiValue) bool {
	return m.Type == kind.Type && (kind.Kind == "" || m.Kind == kind.Kind)
}

// Same reports whether a field holds the same in two of the CRM's own words: a plain value
// however it is written, contact values in whatever order.
func Same(f sheet24.Field, a, b any) bool {
	if !IsContact(f) {
		return mapping.Same(f, a, b)
	}
	return slices.Equal(texts(a), texts(b))
}

// texts are the contact values of a list as ValueOf returns it, sorted.
func texts(v any) (list []string) {
	values, _ := v.([]any)
	for _, one := range values {
		list = append(list, mapping.Text(one))
	}
	slices.Sort(list)
	return list
}

// overwritesContacts reports whether setting contact values overwrites what somebody changed
// in the CRM: it takes away one that the sheet never showed, or brings back one that was
// removed there.
func overwritesContacts(base Base, sheet Sheet, crm CRM, set []sheet24.MultiValue) bool {
	for _, m := range set {
		if i := replaces(crm, m); i >= 0 && !expected(base, crm, crm.Record.Multi[i].Value) {
			return true
		}
	}
	return bringsBack(base, sheet, crm, set)
}

// replaces is the index of the record's value that one to be set takes the place of; -1: none,
// or only by another notation of it, by which nothing is lost.
func replaces(crm CRM, m sheet24.MultiValue) int {
	return slices.IndexFunc(crm.Record.Multi, func(have sheet24.MultiValue) bool {
		return m.ID != 0 && have.ID == m.ID && !mapping.SameContact(crm.Field.Multi.Type, have.Value, m.Value, "")
	})
}

// expected reports whether the CRM was last known to hold a value, or else the cell showed it.
func expected(base Base, crm CRM, value string) bool {
	if len(base.LastKnown) > 0 {
		return slices.ContainsFunc(base.LastKnown, func(v any) bool { return slices.Contains(texts(v), value) })
	}
	return slices.ContainsFunc(base.Former.Multi, func(m sheet24.MultiValue) bool {
		return mapping.SameContact(crm.Field.Multi.Type, m.Value, value, "")
	})
}

// bringsBack reports whether a value is added in place of one that the CRM was last known to
// hold, and that neither side holds any more: somebody removed or changed it there, and the
// cell would bring it back in its new form.
func bringsBack(base Base, sheet Sheet, crm CRM, set []sheet24.MultiValue) bool {
	adds := slices.ContainsFunc(set, func(m sheet24.MultiValue) bool { return m.ID == 0 })
	if !adds || len(base.LastKnown) != 1 {
		return false
	}

	there := texts(crm.Value())
	return slices.ContainsFunc(texts(base.LastKnown[0]), func(was string) bool {
		wanted := slices.ContainsFunc(sheet.Value.Multi, func(m sheet24.MultiValue) bool { return m.Value == was })
		return !wanted && !slices.Contains(there, was)
	})
}

// contactsAfter are the texts of the values that a field holds once some have been set; an
// empty one removes the value of its id.
func contactsAfter(crm CRM, set []sheet24.MultiValue) []any {
	values := []any{}
	for _, m := range crm.Record.Multi {
		if i := slices.IndexFunc(set, func(s sheet24.MultiValue) bool { return s.ID == m.ID }); i >= 0 {
			m = set[i]
		}
		if OfKind(crm.Field.Multi, m) && m.Value != "" {
			values = append(values, m.Value)
		}
	}

	for _, m := range set {
		if m.ID == 0 {
			values = append(values, m.Value)
		}
	}
	return values
}
