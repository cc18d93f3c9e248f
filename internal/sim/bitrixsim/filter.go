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
	for _, key := range []string{"@id", "id", "=id", "@ID", "ID", "=ID"} {
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

// operations are what may stand in front of a field's name in a filter.
var operations = []string{"", "=", "@", "!", "!=", "!@", "%", "!%", "=%", "%=", "!=%", "!%=", ">", ">=", "<", "<="}

// allowedFilter refuses a filter by what there is not, whether or not there are records.
func (p *Portal) allowedFilter(e *entity, filter map[string]any) error {
	for key, want := range filter {
		if _, numbered := strconv.Atoi(key); numbered == nil {
			if err := p.allowedFilter(e, object(want)); err != nil {
				return err
			}
			continue
		}
		name := strings.TrimLeft(key, "@!><=%")
		f, ok := e.sortable(name)
		known := ok && p.canBeFiltered(f) && slices.Contains(operations, strings.TrimSuffix(key, name))
		if key != "logic" && !known {
			return badRequest("INVALID_ARG_VALUE", "Invalid filter: field '"+name+"' is not allowed in filter")
		}
	}
	return nil
}

// matches applies a filter: {"@id": […], ">id": 7, "stageId": "NEW"}, all of
// which must hold; an object without a field's name is a filter of its own, and
// "logic": "OR" within it means that one condition is enough.
func (p *Portal) matches(e *entity, r *Record, filter map[string]any) bool {
	either := strings.EqualFold(text(filter["logic"]), "OR")
	some := false
	for key, want := range filter {
		if key == "logic" {
			continue
		}
		var is bool
		if _, numbered := strconv.Atoi(key); numbered == nil {
			is = p.matches(e, r, object(want))
		} else {
			is = p.holds(e, r, key, want)
		}
		some = some || is
		if !is && !either {
			return false
		}
	}
	return some || !either
}

// holds reports whether one condition does.
func (p *Portal) holds(e *entity, r *Record, key string, want any) bool {
	name := strings.TrimLeft(key, "@!><=%")
	op := strings.TrimSuffix(key, name)
	f, _ := e.sortable(name)
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
	alike := func(have string) bool { return like(strings.ToLower(have), strings.ToLower(text(want))) }
	switch op {
	case "", "=", "@":
		return some(among)
	case "!", "!=", "!@":
		return !some(among)
	case "%":
		return some(contains)
	case "!%":
		return !some(contains)
	case "=%", "%=":
		return some(alike)
	case "!=%", "!%=":
		return !some(alike)
	}
	return some(func(have string) bool {
		c := compare(have, text(want))
		return (op[0] == '>' && c > 0) || (op[0] == '<' && c < 0) || (len(op) == 2 && c == 0)
	})
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

// sortable is a field as filters and orders name it; the id may be ID as well.
func (e *entity) sortable(name string) (field, bool) {
	if name == "ID" {
		name = "id"
	}
	return e.field(name)
}

// order sorts records as "order" says, its first field first, at last by id.
func (p *Portal) order(e *entity, records []*Record, in params) error {
	type criterion struct {
		by   field
		desc bool
	}
	var criteria []criterion
	for _, name := range in.keys("order") {
		f, ok := e.sortable(name)
		if !ok || !p.canBeFiltered(f) {
			return badRequest("INVALID_ARG_VALUE", "Invalid order: field '"+name+"' is not allowed in order")
		}
		direction := text(in.object("order")[name])
		if d := strings.ToUpper(direction); d != "ASC" && d != "DESC" {
			return badRequest("INVALID_ARG_VALUE", "Invalid order: allowed sort directions are `ASC, DESC`. But got '"+direction+"' for field '"+name+"'")
		}
		criteria = append(criteria, criterion{f, strings.EqualFold(direction, "DESC")})
	}

	slices.SortFunc(records, func(a, b *Record) int {
		for _, c := range criteria {
			n := compare(text(p.value(e, a, c.by)), text(p.value(e, b, c.by)))
			if n != 0 && c.desc {
				return -n
			}
			if n != 0 {
				return n
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return nil
}
