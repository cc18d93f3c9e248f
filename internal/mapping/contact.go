package mapping

import (
	"cmp"
	"strings"

	"sheet24"
)

// SameContact reports whether two values of a multi-field mean the same: telephone numbers
// (PHONE) by the number and the extension, however they are written, e-mail addresses (EMAIL)
// whatever their letters' case, anything else if it is written alike. Where neither number has
// its country's code, locale, the sheet's, says whose they are.
func SameContact(typeID, a, b, locale string) bool {
	switch typeID {
	case "PHONE":
		return samePhone(a, b, locale)
	case "EMAIL":
		return foldAddress(a) == foldAddress(b)
	}
	return a == b
}

// ContactKey is what e-mail addresses (EMAIL), or telephone numbers (PHONE), that are
// the same have in common; "" of what is none.
func ContactKey(typeID, value, locale string) string {
	if typeID != "PHONE" {
		return foldAddress(value)
	}

	n, ok := readPhone(value)
	if !ok {
		return ""
	}
	key := n.e164(locale)
	if key == "" {
		key = cmp.Or(strings.TrimLeft(n.digits, "0"), n.digits)
	}
	if n.extension != "" {
		key += ";" + n.extension
	}
	return key
}

// ContactForms are the ways in which the CRM may hold an e-mail address or a telephone number
// that is typed in a sheet of a locale: those that are likeliest, and then the others, twenty
// of each at most.
func ContactForms(typeID, value, locale string) (likely, others []string) {
	if typeID == "PHONE" {
		return phoneForms(value, locale)
	}
	forms := emailForms(value)
	n := min(2, len(forms))
	return forms[:n], forms[n:]
}

// Keys are what a cell says of which record its row is: each of its e-mail addresses or
// telephone numbers, or its text; none where it is no value of the field.
func Keys(f sheet24.Field, cell any, at Context) []string {
	v, err := ToCRM(f, cell, at)
	if err != nil {
		return nil
	}
	if f.Type != "crm_multifield" {
		return each(strings.TrimSpace(Text(v.Plain)))
	}

	var keys []string
	for _, m := range v.Multi {
		keys = append(keys, m.Value)
	}
	return keys
}
