package mapping

import (
	"maps"
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
// is written beside it. What is the same twice is there once.
func toMulti(f sheet24.Field, v any, locale string) ([]sheet24.MultiValue, error) {
	var values []sheet24.MultiValue
	for _, part := range split(Text(v), ",;\n") {
		if sheetError.MatchString(part) {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueSheetError, part)
		}
		value, kind := withKind(visible(part))
		if f.Multi.Kind != "" {
			kind = f.Multi.Kind // the column says it already
		}

		texts, err := contacts(f.Multi.Type, value, locale)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			values = withContact(values, sheet24.MultiValue{Type: f.Multi.Type, Kind: kind, Value: text}, locale)
		}
	}
	return values, nil
}

// contacts are the values in one part of a cell.
func contacts(typeID, part, locale string) ([]string, error) {
	switch typeID {
	case "EMAIL":
		var texts []string
		for _, one := range emailsIn(part) {
			text, err := email(one)
			if err != nil {
				return nil, err
			}
			texts = append(texts, text)
		}
		return texts, nil
	case "PHONE":
		return toPhones(part, locale)
	}
	return []string{part}, nil
}

// withContact adds a value to those of a cell, unless it is among them; a kind beside either
// is that of both.
func withContact(values []sheet24.MultiValue, m sheet24.MultiValue, locale string) []sheet24.MultiValue {
	i := slices.IndexFunc(values, func(have sheet24.MultiValue) bool { return SameContact(m.Type, have.Value, m.Value, locale) })
	if i < 0 {
		return append(values, m)
	}
	if values[i].Kind == "" {
		values[i].Kind = m.Kind
	}
	return values
}

// PlanMulti says what to change so that the values that a cell held become those
// it holds now. A value that changed keeps its id in the CRM, since a value sent
// without one is added as a second, and so does one that is only written otherwise; what
// the cell never showed is left alone. The plan is empty if there is nothing to do.
func PlanMulti(of sheet24.MultiKind, current, before, after []sheet24.MultiValue) []sheet24.MultiValue {
	means := func(list []sheet24.MultiValue, value string) bool {
		return slices.ContainsFunc(list, func(m sheet24.MultiValue) bool { return SameContact(of.Type, m.Value, value, "") })
	}
	current = slices.DeleteFunc(slices.Clone(current), func(m sheet24.MultiValue) bool {
		return m.Type != of.Type || of.Kind != "" && m.Kind != of.Kind
	})

	// What the cell holds and the CRM has, and what of the cell it lacks.
	var plan, wanted []sheet24.MultiValue
	there := pairs(of.Type, current, after)
	for i, v := range after {
		at, ok := there[i]
		if !ok {
			if !means(after[:i], v.Value) {
				wanted = append(wanted, v)
			}
			continue
		}
		m := current[at]
		m.Value = v.Value
		if v.Kind != "" {
			m.Kind = v.Kind
		}
		if m != current[at] {
			plan = append(plan, m)
		}
	}

	// What else the cell showed makes place for what is wanted, or goes.
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
	paired := slices.Collect(maps.Values(there))
	shown := len(paired) > 0
	var others []sheet24.MultiValue
	for at, m := range current {
		switch {
		case slices.Contains(paired, at):
		case means(before, m.Value) && !means(after, m.Value):
			shown = true
			reuse(m)
		default:
			others = append(others, m)
		}
	}

	// The CRM holds something else than the cell did: one value stands for one.
	if !shown && len(others) > 0 && len(wanted) > 0 {
		reuse(others[0])
	}
	for _, v := range wanted {
		plan = append(plan, sheet24.MultiValue{Type: of.Type, Kind: defaultKind(of, v.Kind), Value: v.Value})
	}
	return plan
}

// pairs are, for the values of a cell, those of the CRM that are the same, by their places:
// one that is written alike before one that means the same.
func pairs(typeID string, current, after []sheet24.MultiValue) map[int]int {
	there, taken := map[int]int{}, map[int]bool{}
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		func(a, b string) bool { return SameContact(typeID, a, b, "") },
	} {
		for i, v := range after {
			if _, ok := there[i]; ok {
				continue
			}
			for at, m := range current {
				if !taken[at] && same(v.Value, m.Value) {
					there[i], taken[at] = at, true
					break
				}
			}
		}
	}
	return there
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
