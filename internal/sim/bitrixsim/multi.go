package bitrixsim

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// newMulti matches the keys under which new values of a multi-field are given.
var newMulti = regexp.MustCompile(`^n\d+$`)

// applyMulti sets multi-field values as crm.item.* does: an object's key decides. One that is
// the id of the record's value changes it or, with an empty value, removes it; any other adds
// one. A list only adds, whatever ids stand within; what has no typeId does nothing, and what
// is no list does nothing either (source: the documentation's pages crm-item-update.md and
// how-to-change-email-or-phone.md).
func (p *Portal) applyMulti(r *Record, given any) (changes []Line) {
	values := object(given)
	list := isList(values)
	for _, key := range keys(values) {
		v := params(object(values[key]))
		if v.text("typeId") == "" {
			continue
		}

		id := int64(0)
		if !list && !newMulti.MatchString(key) {
			id, _ = strconv.ParseInt(key, 10, 64) // else it is nobody's id
		}
		if p.options.MultiByInnerID {
			id, _ = strconv.ParseInt(v.text("id"), 10, 64)
		}
		changes = append(changes, p.setMulti(r, id, Multi{TypeID: v.text("typeId"), ValueType: v.text("valueType"), Value: v.text("value")})...)
	}
	return changes
}

// isList reports whether an object's names are 0, 1, 2 …, which PHP cannot tell from a list.
func isList(values map[string]any) bool {
	for i := range len(values) {
		if _, ok := values[strconv.Itoa(i)]; !ok {
			return false
		}
	}
	return true
}

// setMulti sets one value: the one of that id, or a new one if there is none.
func (p *Portal) setMulti(r *Record, id int64, m Multi) []Line {
	m.Value = strings.TrimSpace(m.Value)
	i := slices.IndexFunc(r.Multi, func(have Multi) bool { return have.ID == id })
	switch {
	case i >= 0 && m.Value == "":
		gone := r.Multi[i]
		r.Multi = slices.Delete(r.Multi, i, i+1)
		return []Line{{gone.TypeID, gone.Value, ""}}

	case i >= 0:
		old := r.Multi[i]
		kind := cmp.Or(m.ValueType, old.ValueType)
		if old.Value == m.Value && kind == old.ValueType {
			return nil
		}
		r.Multi[i].Value, r.Multi[i].ValueType = m.Value, kind
		return []Line{{old.TypeID, old.Value, m.Value}}

	case m.Value != "":
		p.nextMulti++
		m.ID, m.ValueType = p.nextMulti, cmp.Or(m.ValueType, "WORK")
		r.Multi = append(r.Multi, m)
		return []Line{{m.TypeID, "", m.Value}}
	}
	return nil
}

// applyOwnMulti sets the values of one type as the entity's own methods do: ID says which, and
// DELETE, or no value, removes it; without an ID there is a new one (source: the pages of
// crm.contact.update and its like).
func (p *Portal) applyOwnMulti(r *Record, typeID string, given any) (changes []Line) {
	for _, key := range keys(object(given)) {
		v := params(object(object(given)[key]))
		id, _ := strconv.ParseInt(v.text("ID"), 10, 64)
		m := Multi{TypeID: typeID, ValueType: v.text("VALUE_TYPE"), Value: v.text("VALUE")}
		if strings.EqualFold(v.text("DELETE"), "Y") {
			m.Value = ""
		}
		known := slices.ContainsFunc(r.Multi, func(have Multi) bool { return have.ID == id && have.TypeID == typeID })
		if !known {
			id = 0
		}
		changes = append(changes, p.setMulti(r, id, m)...)
	}
	return changes
}
