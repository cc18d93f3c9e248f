package bitrix24

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sheet24"
)

// What empties a field is doubtful (source: the documentation's page of crm.item.update, its
// tutorials on forms, its repository's issues 145 and 269). A text for a multiple field is
// refused, so it gets an empty list, which only a request of its own can carry; nothing is 0
// for an amount and a link. Even so lists of choices, and companies' fields, may stay as they
// are while the answer says that they are empty. So whoever asked for it has to look, and the
// entity's own method is said to empty what crm.item.update does not.

// setNothing writes that a field is to hold nothing.
func setNothing(params url.Values, key string, f sheet24.Field, v any) {
	_, list := v.([]string)
	switch {
	case list || f.Multiple:
		params.Set(key+emptyList, "")
	case nothingIsZero(f):
		params.Set(key, "0")
	default:
		params.Set(key, "")
	}
}

// nothingIsZero reports whether a field that holds nothing holds 0: the amounts that records
// have by themselves, and links.
func nothingIsZero(f sheet24.Field) bool {
	return f.Type == "double" && !strings.HasPrefix(f.APIName, "uf") || linkTypes[f.Type] != "" || f.Type == "crm_entity"
}

// described is a field of that API name, an empty one if it is not known.
func described(fields []sheet24.Field, api string) sheet24.Field {
	if i := slices.IndexFunc(fields, func(f sheet24.Field) bool { return f.APIName == api }); i >= 0 {
		return fields[i]
	}
	return sheet24.Field{APIName: api}
}

// ownUpdates are the entities' own methods that change a record. They are marked as
// deprecated; the successor does not empty all that they do.
var ownUpdates = map[sheet24.Entity]string{
	sheet24.Leads: "crm.lead.update", sheet24.Deals: "crm.deal.update", sheet24.Contacts: "crm.contact.update",
	sheet24.Companies: "crm.company.update", sheet24.Quotes: "crm.quote.update",
}

// ownNames are the fields that those methods call otherwise than by the upperName of
// crm.item.fields (source: the pages of crm.company.fields, crm.lead.fields, crm.quote.fields).
var ownNames = map[sheet24.Entity]map[string]string{
	sheet24.Companies: {"typeId": "COMPANY_TYPE", "contactIds": "CONTACT_ID"},
	sheet24.Leads:     {"stageId": "STATUS_ID"},
	sheet24.Quotes:    {"stageId": "STATUS_ID"},
}

// ownClearing is the call that empties fields by the entity's own method.
func ownClearing(w sheet24.ItemWrite, fields []sheet24.Field) (command, error) {
	method, ok := ownUpdates[w.Entity]
	if !ok {
		return command{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalMethod)
	}

	params := url.Values{"id": {itoa(w.ID)}}
	for api, v := range w.Fields {
		f := described(fields, api)
		name := f.Name
		if own, otherwise := ownNames[w.Entity][api]; otherwise {
			name = own
		}
		key := "fields[" + name + "]"
		if _, list := v.([]string); list || f.Multiple {
			key += emptyList
		}
		params.Set(key, "")
	}

	ownValues := map[string]int{} // of each type so far
	for _, m := range w.Multi {
		key := "fields[" + m.Type + "][" + strconv.Itoa(ownValues[m.Type]) + "]"
		ownValues[m.Type]++
		if m.ID != 0 {
			params.Set(key+"[ID]", itoa(m.ID))
		}
		params.Set(key+"[VALUE_TYPE]", m.Kind)
		params.Set(key+"[VALUE]", m.Value)
		if m.Value == "" {
			params.Set(key+"[DELETE]", "Y")
		}
	}
	return command{method, params}, nil
}

// unproven reports whether the answer to a write leaves open that the record is as it should
// be: what was emptied always, for answers are known to say so of what they keep; a value of a
// multi-field, unless it is shown as it was set.
func unproven(w sheet24.ItemWrite, item *sheet24.Item) bool {
	if w.ID == 0 {
		return false
	}
	for _, v := range w.Fields {
		if sheet24.Empties(v) {
			return true
		}
	}
	return len(w.Multi) > 0 && (item == nil || !holdsMulti(item, w.Multi))
}

// holdsMulti reports whether a record has multi-field values as they were to be set.
func holdsMulti(item *sheet24.Item, values []sheet24.MultiValue) bool {
	for _, m := range values {
		i := slices.IndexFunc(item.Multi, func(have sheet24.MultiValue) bool {
			return have.Type == m.Type && (have.ID == m.ID || m.ID == 0 && have.Value == m.Value)
		})
		if m.Value == "" && i >= 0 || m.Value != "" && (i < 0 || item.Multi[i].Value != m.Value) {
			return false
		}
	}
	return true
}
