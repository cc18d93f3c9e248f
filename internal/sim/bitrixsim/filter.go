package bitrixsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// candidates are the records that a filter can match: looked up where it names
// ids, else all.
func (p *Portal) candidates(e *entity, filter map[string]any) []*Record {
	all := p.records[e.EntityTypeID]
	var list []*Record
	for _, key := range []string{"@id", "id", "=id"} {
		if want, ok := filter[key]; ok {
			for _, v := range listOf(want) {
				id, _ := strconv.ParseInt(text(v), 10, 64)
				if r, ok := all[id]; ok && !slices.Contains(list, r) {
					list = append(list, r)
				}
			}
			return list
		}
	}
	for _, r := range all {
		list = append(list, r)
	}
	return list
}

// matches applies a filter: {"@id": […], ">id": 7, "stageId": "NEW"}, all of
// which must hold; an object without a field's name is a filter of its own, and
// "logic": "OR" within it means that one condition is enough.
func (p *Portal) matches(e *entity, r *Record, filter map[string]any) (bool, error) {
	either := strings.EqualFold(text(filter["logic"]), "OR")
	some := false
	for key, want := range filter {
		if key == "logic" {
			continue
		}
		var is bool
		var err error
		if _, numbered := strconv.Atoi(key); numbered == nil {
			is, err = p.matches(e, r, object(want))
		} else {
			is, err = p.holds(e, r, key, want)
		}
		if err != nil {
			return false, err
		}
		some = some || is
		if !is && !either {
			return false, nil
		}
	}
	return some || !either, nil
}

// holds tells whether one condition does.
func (p *Portal) holds(e *entity, r *Record, key string, want any) (bool, error) {
	name := strings.TrimLeft(key, "@!><=%")
	op := strings.TrimSuffix(key, name)
	f, ok := e.field(name)
	if !ok || f.Type == "crm_multifield" {
		return false, badRequest("INVALID_ARG_VALUE", "Unknown field definition ["+name+"] for filter")
	}
	var values []string
	if v := p.value(e, r, f); f.Multiple {
		for _, x := range listOf(v) {
			values = append(values, text(x))
		}
	} else {
		values = []string{text(v)}
	}
	some := func(is func(string) bool) bool { return slices.ContainsFunc(values, is) }
	among := func(have string) bool {
		return slices.ContainsFunc(listOf(want), func(v any) bool { return strings.EqualFold(text(v), have) })
	}
	contains := func(have string) bool {
		return strings.Contains(strings.ToLower(have), strings.ToLower(strings.Trim(text(want), "%")))
	}
	switch op {
	case "", "=", "@":
		return some(among), nil
	case "!", "!=", "!@":
		return !some(among), nil
	case "%":
		return some(contains), nil
	case "!%":
		return !some(contains), nil
	case "=%", "%=":
		return some(func(have string) bool { return like(strings.ToLower(have), strings.ToLower(text(want))) }), nil
	case ">", ">=", "<", "<=":
		return some(func(have string) bool {
			c := compare(have, text(want))
			return (op[0] == '>' && c > 0) || (op[0] == '<' && c < 0) || (len(op) == 2 && c == 0)
		}), nil
	}
	return false, badRequest("INVALID_ARG_VALUE", "Unknown filter operation ["+op+"]")
}

// like matches as SQL's LIKE does with % alone.
func like(s, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return s == pattern
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if m := object(v); m != nil {
		var list []any
		for _, k := range keys(m) {
			list = append(list, m[k])
		}
		return list
	}
	return []any{v}
}

// compare orders numbers as numbers and the rest as text.
func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// order sorts records as "order" says, at last by id.
func (p *Portal) order(e *entity, records []*Record, in params) error {
	by, desc := field{Name: "id"}, false
	for name, direction := range in.object("order") {
		f, ok := e.field(name)
		if !ok {
			return badRequest("INVALID_ARG_VALUE", "Unknown field definition ["+name+"] for order")
		}
		switch d := strings.ToUpper(text(direction)); d {
		case "ASC", "DESC":
			by, desc = f, d == "DESC"
		default:
			return badRequest("INVALID_ARG_VALUE", "Order direction ["+d+"] is neither ASC nor DESC")
		}
	}
	slices.SortFunc(records, func(a, b *Record) int {
		c := cmp.Or(compare(text(p.value(e, a, by)), text(p.value(e, b, by))), cmp.Compare(a.ID, b.ID))
		if desc {
			return -c
		}
		return c
	})
	return nil
}
