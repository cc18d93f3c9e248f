package bitrixsim

import (
	"maps"
	"slices"
	"strings"
)

// mostFound is how many records of one type an answer has, and with how many of one type it
// has no others (source: the page of crm.duplicate.findbycomm).
const mostFound = 20

// findByComm finds records that share a telephone number or an e-mail address. What is stored
// is compared with what is given, letter by letter, except for an extension: a number in
// another notation is another number (source: the tutorial on searching by telephone). Of
// addresses the documentation says nothing, so neither is more than what is given.
func (p *Portal) findByComm(_ caller, in params) (answer, error) {
	kind, values := strings.ToUpper(in.text("type")), in.object("values")
	switch {
	case kind == "":
		return answer{}, badRequest("", "Communication type is not defined.")
	case kind != "EMAIL" && kind != "PHONE":
		return answer{}, badRequest("", "Communication type '"+kind+"' is not supported in current context.")
	case len(values) == 0:
		return answer{}, badRequest("", "Communication values is not defined.")
	case len(values) > 20:
		return answer{}, badRequest("", "From 1 to 20 communication values are expected.")
	}

	wanted := map[string]bool{}
	for _, v := range values {
		wanted[p.comm(kind, text(v))] = true
	}
	found := map[string]any{}
	for _, of := range []struct {
		name   string
		typeID int
	}{{"LEAD", 1}, {"CONTACT", 3}, {"COMPANY", 4}} {
		if want := in.text("entity_type"); want != "" && want != of.name {
			continue
		}
		ids := p.sharing(of.typeID, kind, wanted)
		if len(ids) > 0 {
			found[of.name] = ids
		}
		if len(ids) >= mostFound {
			break
		}
	}
	return answer{Result: phpArray(found)}, nil
}

// sharing are the records of a type that hold any of the values, the first of them.
func (p *Portal) sharing(typeID int, kind string, wanted map[string]bool) (ids []int64) {
	for _, id := range slices.Sorted(maps.Keys(p.records[typeID])) {
		holds := func(m Multi) bool { return m.TypeID == kind && wanted[p.comm(kind, m.Value)] }
		if len(ids) < mostFound && slices.ContainsFunc(p.records[typeID][id].Multi, holds) {
			ids = append(ids, id)
		}
	}
	return ids
}

// comm is a value as it is compared. Portals that read notations take an address whatever its
// letters' case, and of a number its digits, without a zero in front and with Russia's 8 as 7:
// so some are seen to.
func (p *Portal) comm(kind, value string) string {
	if kind == "PHONE" {
		value, _, _ = strings.Cut(value, "#")
	}
	switch {
	case !p.options.ReadsNotations:
		return value
	case kind == "EMAIL":
		return strings.ToLower(strings.TrimSpace(value))
	}

	digits := digits(value)
	if len(digits) >= 10 {
		for _, lead := range []struct{ is, becomes string }{{"00", ""}, {"80", "80"}, {"81", "81"}, {"82", "82"}, {"8", "7"}, {"0", ""}} {
			if rest, ok := strings.CutPrefix(digits, lead.is); ok {
				return lead.becomes + rest
			}
		}
	}
	return digits
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
