package mapping

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"sheet24"
)

// kinds are the words for the kinds of a multi-field's values.
var kinds = func() map[string]string {
	m := map[string]string{}
	for kind, list := range map[string]string{
		"WORK": "is ofis isyeri work office рабочий раб", "MOBILE": "cep mobil gsm mobile cell мобильный моб", "HOME": "ev home домашний дом",
		"FAX": "faks fax факс", "PAGER": "cagri pager пейджер", "MAILING": "bulten mailing рассылка", "OTHER": "diger other другой",
		"TELEGRAM": "telegram", "WHATSAPP": "whatsapp", "VIBER": "viber", "SKYPE": "skype", "FACEBOOK": "facebook", "INSTAGRAM": "instagram",
		"VK": "vk", "LINKEDIN": "linkedin",
	} {
		for _, w := range strings.Fields(list) {
			m[Normalize(w)] = kind
		}
	}
	return m
}()

var (
	kindBefore = regexp.MustCompile(`^(\pL+)\s*:\s*([^/].*)$`) // "Cep: 0532 …", but not https://
	kindAfter  = regexp.MustCompile(`^(.*\S)\s*\((\pL+)\)$`)   // "0532 … (cep)"
)

// withKind takes the word for a kind off a value.
func withKind(s string) (value, kind string) {
	if m := kindBefore.FindStringSubmatch(s); m != nil && kinds[Normalize(m[1])] != "" {
		return m[2], kinds[Normalize(m[1])]
	}
	if m := kindAfter.FindStringSubmatch(s); m != nil && kinds[Normalize(m[2])] != "" {
		return m[1], kinds[Normalize(m[2])]
	}
	return s, ""
}

// toMulti reads the values of a multi-field in a cell, each with its kind if one
// is written beside it.
func toMulti(f sheet24.Field, v any) ([]sheet24.MultiValue, error) {
	var values []sheet24.MultiValue
	for _, s := range split(Text(v), ",;\n") {
		if sheetError.MatchString(s) {
			return nil, sheet24.Errorf(sheet24.Invalid, "value_sheet_error", s)
		}
		value, kind := withKind(s)
		switch f.Multi.Type {
		case "EMAIL":
			if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
				return nil, sheet24.Errorf(sheet24.Invalid, "value_email", s)
			}
		case "PHONE":
			if !phone.MatchString(value) {
				return nil, sheet24.Errorf(sheet24.Invalid, "value_phone", s)
			}
		}
		if f.Multi.Kind != "" {
			kind = f.Multi.Kind // the column says it already
		}
		values = append(values, sheet24.MultiValue{Type: f.Multi.Type, Kind: kind, Value: value})
	}
	return values, nil
}

// phone matches what people write for a telephone number, an extension included.
var phone = regexp.MustCompile(`^\+?\(?[0-9][0-9 ()./-]{2,30}( ?(#|x|dahili|ext\.?|доб\.?) ?[0-9]{1,6})?$`)

// PlanMulti says what to change so that the values that a cell held become those
// it holds now. A value that changed keeps its id in the CRM, since a value sent
// without one is added as a second; what the cell never showed is left alone.
// The plan is empty if there is nothing to do.
func PlanMulti(of sheet24.MultiKind, current, before, after []sheet24.MultiValue) []sheet24.MultiValue {
	holds := func(list []sheet24.MultiValue, value string) bool {
		return slices.ContainsFunc(list, func(m sheet24.MultiValue) bool { return m.Value == value })
	}
	var shown, others []sheet24.MultiValue // values of the type that the cell showed, and the rest
	for _, m := range current {
		if m.Type != of.Type || (of.Kind != "" && m.Kind != of.Kind) {
			continue
		}
		if slices.ContainsFunc(before, func(v sheet24.MultiValue) bool { return sameContact(of.Type, v.Value, m.Value) }) || holds(after, m.Value) {
			shown = append(shown, m)
		} else {
			others = append(others, m)
		}
	}
	var plan, wanted []sheet24.MultiValue // wanted: values of the cell that the CRM lacks
	for _, v := range after {
		i := slices.IndexFunc(shown, func(m sheet24.MultiValue) bool { return m.Value == v.Value })
		switch {
		case i < 0 && !holds(wanted, v.Value):
			wanted = append(wanted, v)
		case i >= 0 && v.Kind != "" && v.Kind != shown[i].Kind:
			shown[i].Kind = v.Kind
			plan = append(plan, shown[i])
		}
	}
	reuse := func(m sheet24.MultiValue) {
		m.Value = "" // an empty value removes it
		if len(wanted) > 0 {
			m.Value = wanted[0].Value
			if wanted[0].Kind != "" {
				m.Kind = wanted[0].Kind
			}
			wanted = wanted[1:]
		}
		plan = append(plan, m)
	}
	for _, m := range shown {
		if !holds(after, m.Value) {
			reuse(m)
		}
	}
	// The CRM holds something else than the cell did: one value stands for one.
	if len(shown) == 0 && len(others) > 0 && len(wanted) > 0 {
		reuse(others[0])
	}
	for _, v := range wanted {
		plan = append(plan, sheet24.MultiValue{Type: of.Type, Kind: defaultKind(of, v.Kind), Value: v.Value})
	}
	return plan
}

// sameContact tells whether a cell showed a value of the CRM: a cell that held a
// telephone number as a number had none of its leading zeros and blanks.
func sameContact(typeID, shown, have string) bool {
	return shown == have || typeID == "PHONE" && significant(shown) == significant(have) && significant(have) != ""
}

// ContactKey is what e-mail addresses (EMAIL), or telephone numbers (PHONE), that are
// the same have in common; "" of what is none.
func ContactKey(typeID, value string) string {
	if typeID == "PHONE" {
		return significant(value)
	}
	return strings.ToLower(strings.TrimSpace(value))
}

// significant are a telephone number's digits without leading zeros.
func significant(phone string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone), "0")
}

// defaultKind is the kind of a new value.
func defaultKind(of sheet24.MultiKind, kind string) string {
	switch {
	case kind != "":
		return kind
	case of.Kind != "":
		return of.Kind
	case of.Type == "IM":
		return "OTHER"
	}
	return "WORK"
}

// fromMulti shows a record's values of a multi-field in one cell.
func fromMulti(of sheet24.MultiKind, values []sheet24.MultiValue) any {
	var list []string
	for _, m := range values {
		if m.Type == of.Type && (of.Kind == "" || m.Kind == of.Kind) {
			list = append(list, m.Value)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return strings.Join(list, "; ")
}
