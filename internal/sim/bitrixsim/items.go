package bitrixsim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pageSize is the size of every list's pages.
const pageSize = 50

func (p *Portal) entityOf(in params) (*entity, error) {
	id, err := in.integer("entityTypeId")
	if err != nil {
		return nil, err
	}
	e, ok := p.entity(int(id))
	if !ok {
		return nil, badRequest("NOT_FOUND", "Smart process not found")
	}
	return e, nil
}

// record finds what entityTypeId and id name.
func (p *Portal) record(in params) (*entity, *Record, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return nil, nil, err
	}
	id, err := in.integer("id")
	if err != nil {
		return nil, nil, err
	}
	r, ok := p.records[e.EntityTypeID][id]
	if !ok {
		return nil, nil, badRequest("NOT_FOUND", "Item not found")
	}
	return e, r, nil
}

func (p *Portal) itemFields(in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	fields := map[string]any{}
	for _, f := range e.Fields {
		d := map[string]any{"type": f.Type, "isRequired": false, "isReadOnly": f.ReadOnly, "isImmutable": false,
			"isMultiple": f.Multiple, "isDynamic": false, "title": f.Title, "upperName": f.UpperName}
		if f.StatusType != "" {
			d["statusType"] = f.StatusType
		}
		fields[f.Name] = d
	}
	return answer{Result: map[string]any{"fields": fields}}, nil
}

func (p *Portal) itemGet(in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	return answer{Result: map[string]any{"item": e.view(r, true)}}, nil
}

func (p *Portal) itemList(in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	var found []*Record
	for _, r := range p.records[e.EntityTypeID] {
		ok, err := e.matches(r, in.object("filter"))
		if err != nil {
			return answer{}, err
		}
		if ok {
			found = append(found, r)
		}
	}
	e.order(found, in.object("order"))
	all := false
	for _, name := range in.object("select") {
		all = all || text(name) == "*"
	}
	start := 0
	counted := true
	if s := in.text("start"); s == "-1" {
		counted = false
	} else if s != "" {
		if start, err = strconv.Atoi(s); err != nil || start < 0 {
			return answer{}, badRequest("100", "Invalid value {"+s+"} to match with parameter {start}. Should be value of type int.")
		}
	}
	items := []any{}
	for _, r := range found[min(start, len(found)):min(start+pageSize, len(found))] {
		items = append(items, e.view(r, all))
	}
	a := answer{Result: map[string]any{"items": items}}
	if counted {
		total := len(found)
		a.Total = &total
		if next := start + pageSize; next < total {
			a.Next = &next
		}
	}
	return a, nil
}

// matches applies a filter: {"@id": […], ">id": 7, "stageId": "NEW"}.
func (e *entity) matches(r *Record, filter map[string]any) (bool, error) {
	for key, want := range filter {
		name := strings.TrimLeft(key, "@!><=%")
		op := strings.TrimSuffix(key, name)
		f, ok := e.field(name)
		if !ok {
			return false, badRequest("INVALID_ARG_VALUE", "Unknown field definition ["+name+"] for filter")
		}
		have := text(e.value(r, f))
		var is bool
		switch op {
		case "", "=":
			is = slices.ContainsFunc(listOf(want), func(v any) bool { return text(v) == have })
		case "@":
			is = slices.ContainsFunc(listOf(want), func(v any) bool { return text(v) == have })
		case "!", "!=":
			is = text(want) != have
		case "%":
			is = strings.Contains(strings.ToLower(have), strings.ToLower(text(want)))
		case ">", ">=", "<", "<=":
			c := compare(have, text(want))
			is = (strings.HasPrefix(op, ">") && c > 0) || (strings.HasPrefix(op, "<") && c < 0) || (strings.HasSuffix(op, "=") && c == 0)
		default:
			return false, badRequest("INVALID_ARG_VALUE", "Unknown filter operation ["+op+"]")
		}
		if !is {
			return false, nil
		}
	}
	return true, nil
}

func listOf(v any) []any {
	if m := object(v); m != nil {
		return slices.Collect(maps.Values(m))
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

func (e *entity) order(records []*Record, order map[string]any) {
	by, desc := "id", false
	for name, direction := range order {
		by, desc = name, strings.EqualFold(text(direction), "DESC")
	}
	f, _ := e.field(by)
	slices.SortFunc(records, func(a, b *Record) int {
		c := cmp.Or(compare(text(e.value(a, f)), text(e.value(b, f))), cmp.Compare(a.ID, b.ID))
		if desc {
			return -c
		}
		return c
	})
}

// value is a record's value of a field as the API returns it.
func (e *entity) value(r *Record, f field) any {
	switch f.Name {
	case "id":
		return r.ID
	case "createdBy", "updatedBy":
		return UserID
	case "createdTime", "updatedTime":
		return r.Updated.Format(time.RFC3339)
	}
	return r.Fields[f.Name]
}

// view is a record as the API returns it; fm comes only when all is selected.
func (e *entity) view(r *Record, all bool) map[string]any {
	v := map[string]any{"entityTypeId": e.EntityTypeID}
	for _, f := range e.Fields {
		if f.Type != "crm_multifield" {
			v[f.Name] = e.value(r, f)
		}
	}
	if all {
		v["fm"] = append([]Multi{}, r.Multi...)
	}
	return v
}

func (p *Portal) itemAdd(in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	r := &Record{Fields: map[string]any{}}
	if _, err := p.apply(e, r, in); err != nil {
		return answer{}, err
	}
	p.nextID[e.EntityTypeID]++
	r.ID, r.Updated = p.nextID[e.EntityTypeID], time.Now()
	p.records[e.EntityTypeID][r.ID] = r
	p.changed()
	return answer{Result: map[string]any{"item": e.view(r, true)}}, nil
}

func (p *Portal) itemUpdate(in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	trial := r.clone() // nothing is applied if anything is refused
	changed, err := p.apply(e, &trial, in)
	if err != nil {
		return answer{}, err
	}
	if changed {
		trial.Updated = time.Now()
		trial.Changes++
		*r = trial
		p.changed()
	}
	return answer{Result: map[string]any{"item": e.view(r, true)}}, nil
}

func (p *Portal) itemDelete(in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	delete(p.records[e.EntityTypeID], r.ID)
	p.changed()
	return answer{Result: []any{}}, nil
}

// apply sets fields and tells whether any value changed. Unknown and read-only
// fields are ignored in silence, as the real portal does.
func (p *Portal) apply(e *entity, r *Record, in params) (bool, error) {
	if _, ok := in["fields"]; !ok {
		return false, badRequest("100", "Could not find value for parameter {fields}")
	}
	changed := false
	for _, name := range in.keys("fields") {
		value := in.object("fields")[name]
		f, ok := e.field(name)
		if !ok || f.ReadOnly {
			continue
		}
		if f.Type == "crm_multifield" {
			if p.applyMulti(r, object(value)) {
				changed = true
			}
			continue
		}
		v, err := p.accept(f, text(value))
		if err != nil {
			return false, err
		}
		if text(r.Fields[name]) != text(v) {
			r.Fields[name] = v
			changed = true
		}
	}
	return changed, nil
}

// accept checks a value against its field and returns it as it is stored.
func (p *Portal) accept(f field, s string) (any, error) {
	wrong := &apiError{http.StatusBadRequest, "CRM_FIELD_ERROR_VALUE_NOT_VALID", `"` + f.Title + `" alanı için geçersiz değer`}
	if s == "" {
		return nil, nil
	}
	switch f.Type {
	case "double":
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, wrong
		}
		return n, nil
	case "integer", "user", "crm_company":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, wrong
		}
		return n, nil
	case "boolean":
		if s != "Y" && s != "N" {
			return nil, wrong
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, s[:min(len(s), 10)]); err != nil {
			return nil, wrong
		}
	case "crm_status":
		if !slices.ContainsFunc(p.catalogue.Statuses, func(st status) bool { return st.EntityID == f.StatusType && st.StatusID == s }) {
			return nil, wrong
		}
	}
	return s, nil
}

// applyMulti sets multi-field values: a known id changes or, with an empty value,
// removes that value; anything else adds one.
func (p *Portal) applyMulti(r *Record, values map[string]any) bool {
	changed := false
	for _, key := range keys(values) {
		v := params(object(values[key]))
		id, _ := strconv.ParseInt(cmp.Or(v.text("id"), key), 10, 64)
		if _, named := v["id"]; !named && v["typeId"] != nil {
			id = 0 // a list's position is not an id
		}
		i := slices.IndexFunc(r.Multi, func(m Multi) bool { return m.ID == id })
		value := strings.TrimSpace(v.text("value"))
		switch {
		case i >= 0 && value == "":
			r.Multi = slices.Delete(r.Multi, i, i+1)
		case i >= 0:
			if r.Multi[i].Value == value && cmp.Or(v.text("valueType"), r.Multi[i].ValueType) == r.Multi[i].ValueType {
				continue
			}
			r.Multi[i].Value = value
			r.Multi[i].ValueType = cmp.Or(v.text("valueType"), r.Multi[i].ValueType)
		case value != "":
			p.nextMulti++
			r.Multi = append(r.Multi, Multi{ID: p.nextMulti, TypeID: v.text("typeId"), ValueType: cmp.Or(v.text("valueType"), "WORK"), Value: value})
		default:
			continue
		}
		changed = true
	}
	return changed
}

func (p *Portal) statusList(in params) (answer, error) {
	list := []any{}
	for i, s := range p.catalogue.Statuses {
		if want := in.object("filter")["ENTITY_ID"]; want != nil && text(want) != s.EntityID {
			continue
		}
		var semantics any
		if s.Semantics != "" {
			semantics = s.Semantics
		}
		list = append(list, map[string]any{"ID": strconv.Itoa(101 + 2*i), "ENTITY_ID": s.EntityID, "STATUS_ID": s.StatusID,
			"NAME": s.Name, "NAME_INIT": s.Name, "SORT": strconv.Itoa(s.Sort), "SYSTEM": "Y", "CATEGORY_ID": nil, "SEMANTICS": semantics})
	}
	total := len(list)
	return answer{Result: list, Total: &total}, nil
}
