package bitrixsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ownTypes are the entities that have methods of their own beside crm.item.*: crm.lead.get and
// its like, which are marked as deprecated.
var ownTypes = map[string]int{"lead": 1, "deal": 2, "contact": 3, "company": 4, "quote": 7}

// ownMulti are the multi-fields, which those methods have as fields of their own.
var ownMulti = []string{"PHONE", "EMAIL", "WEB", "IM", "LINK"}

func init() {
	for name, typeID := range ownTypes {
		of := func(run func(*Portal, caller, *entity, params) (answer, error)) func(*Portal, caller, params) (answer, error) {
			return func(p *Portal, by caller, in params) (answer, error) {
				e, _ := p.catalogue.entity(typeID)
				return run(p, by, e, in.folded())
			}
		}
		for method, m := range map[string]method{
			"fields": {"crm", false, of((*Portal).ownFields)}, "get": {"crm", false, of((*Portal).ownGet)}, "list": {"crm", false, of((*Portal).ownList)},
			"add": {"crm", true, of((*Portal).ownAdd)}, "update": {"crm", true, of((*Portal).ownUpdate)}, "delete": {"crm", true, of((*Portal).ownDelete)},
		} {
			methods["crm."+name+"."+method] = m
		}
	}
}

// folded are parameters by their names in small letters: these methods take ID and FIELDS too.
func (in params) folded() params {
	out := make(params, len(in))
	orders := map[string][]string{}
	for name, v := range in {
		out[strings.ToLower(name)] = v
	}
	if given, ok := in[sent].(map[string][]string); ok {
		for name, order := range given {
			orders[strings.ToLower(name)] = order
		}
		out[sent] = orders
	}
	return out
}

// ownError is an error of these methods: most have no code.
func ownError(description string) error { return badRequest("", description) }

// ownName is what the entity's own methods call a field, "" if they lack it.
func (e *entity) ownName(f field) string {
	switch {
	case f.ItemOnly || f.Off || f.Type == "crm_multifield":
		return ""
	case f.Name == "typeId" && e.EntityTypeID == 4:
		return "COMPANY_TYPE"
	case f.Name == "contactIds" && e.EntityTypeID == 4:
		return "CONTACT_ID"
	case f.Name == "stageSemanticId" && e.EntityTypeID == 1:
		return "STATUS_SEMANTIC_ID"
	}
	switch f.Name {
	case "createdTime":
		return "DATE_CREATE"
	case "updatedTime":
		return "DATE_MODIFY"
	case "createdBy":
		return "CREATED_BY_ID"
	case "updatedBy":
		return "MODIFY_BY_ID"
	case "movedBy":
		return "MOVED_BY_ID"
	}
	return f.Upper
}

// ownFieldsOf are an entity's fields as its own methods have them.
func (e *entity) ownFieldsOf() (list []field) {
	for _, f := range slices.Concat(e.Fields, e.Own) {
		if e.ownName(f) == "" {
			continue
		}
		switch f.OwnAccess {
		case "read":
			f.ReadOnly = true
		case "write":
			f.ReadOnly = false
		}
		list = append(list, f)
	}
	return list
}

func (e *entity) ownField(name string) (field, bool) {
	list := e.ownFieldsOf()
	i := slices.IndexFunc(list, func(f field) bool { return e.ownName(f) == strings.ToUpper(name) })
	if i < 0 {
		return field{}, false
	}
	return list[i], true
}

// ownTypeNames are the types that those methods call otherwise.
var ownTypeNames = map[string]string{"boolean": "char", "text": "string"}

func (p *Portal) ownFields(_ caller, e *entity, _ params) (answer, error) {
	fields := map[string]any{}
	for _, f := range e.ownFieldsOf() {
		if t, ok := ownTypeNames[f.Type]; ok && !userField.MatchString(f.Name) {
			f.Type = t
		}
		fields[e.ownName(f)] = p.describe(f)
	}
	if e.has("fm") {
		for _, name := range ownMulti {
			fields[name] = map[string]any{"type": "crm_multifield", "isRequired": false, "isReadOnly": false, "isImmutable": false,
				"isMultiple": true, "isDynamic": false, "title": name}
		}
	}
	return answer{Result: fields}, nil
}

// ownRecord finds what id names.
func (p *Portal) ownRecord(e *entity, in params) (*Record, error) {
	id, err := strconv.ParseInt(in.text("id"), 10, 64)
	if err != nil || id <= 0 {
		return nil, ownError("ID is not defined or invalid.")
	}
	r, ok := p.records[e.EntityTypeID][id]
	if !ok {
		return nil, ownError("Not found")
	}
	return r, nil
}

func (p *Portal) ownGet(_ caller, e *entity, in params) (answer, error) {
	r, err := p.ownRecord(e, in)
	if err != nil {
		return answer{}, err
	}
	return answer{Result: p.ownView(e, r, nil)}, nil
}

// ownView is a record as the entity's own methods return it: texts throughout, and each kind
// of multi-field apart; of a list only what is selected.
func (p *Portal) ownView(e *entity, r *Record, selected []string) map[string]any {
	shown := func(name string) bool { return selected == nil || slices.Contains(selected, name) }
	v := map[string]any{}
	for _, f := range e.ownFieldsOf() {
		if name := e.ownName(f); shown(name) && !(f.Name == "contactIds" || f.Name == "companyIds") {
			v[name] = p.ownValue(e, r, f)
		}
	}
	for _, m := range r.Multi {
		if slices.Contains(ownMulti, m.TypeID) && shown(m.TypeID) {
			list, _ := v[m.TypeID].([]any)
			v[m.TypeID] = append(list, map[string]any{"ID": strconv.FormatInt(m.ID, 10), "VALUE_TYPE": m.ValueType, "VALUE": m.Value, "TYPE_ID": m.TypeID})
		}
	}
	return v
}

func (p *Portal) ownValue(e *entity, r *Record, f field) any {
	v := p.value(e, r, f)
	user := userField.MatchString(f.Name)
	switch {
	case f.Multiple && print(v) == "":
		return false
	case f.Multiple:
		return v
	case f.Type == "double" && !user:
		n, _ := strconv.ParseFloat(text(v), 64)
		return strconv.FormatFloat(n, 'f', 2, 64)
	case v == nil && (f.Type == "date" || f.Type == "datetime" || user):
		return ""
	case v == nil || linked[f.Type] != 0 && zero(v):
		return nil
	}
	return text(v)
}

func (p *Portal) ownList(_ caller, e *entity, in params) (answer, error) {
	for _, name := range []string{"order", "filter"} {
		if v, given := in[name]; given && object(v) == nil && text(v) != "" {
			return answer{}, ownError("Parameter '" + name + "' must be array.")
		}
	}
	start, err := in.start()
	if err != nil {
		return answer{}, err
	}

	filter, err := e.ownConditions(in.object("filter"))
	if err != nil {
		return answer{}, err
	}
	order := params{"order": map[string]any{}}
	for _, name := range in.keys("order") {
		if f, ok := e.ownField(name); ok {
			order["order"].(map[string]any)[f.Name] = in.object("order")[name]
		}
	}
	found, err := p.find(e, filter, order)
	if err != nil {
		return answer{}, err
	}

	rows := []any{}
	first := min(max(start, 0), len(found))
	for _, r := range found[first:min(first+pageSize, len(found))] {
		rows = append(rows, p.ownView(e, r, e.ownSelected(in)))
	}
	a := answer{Result: rows}
	a.count(len(found), start)
	return a, nil
}

// ownConditions are a filter's, by the names of crm.item.*. One on what there is not is passed
// over.
func (e *entity) ownConditions(filter map[string]any) (map[string]any, error) {
	conditions := map[string]any{}
	for key, want := range filter {
		name := strings.TrimLeft(key, "@!><=%")
		if f, ok := e.ownField(name); ok {
			conditions[strings.TrimSuffix(key, name)+f.Name] = want
		} else if slices.Contains(ownMulti, name) {
			return nil, ownError(fmt.Sprintf("the simulated portal does not filter by %s", name))
		}
	}
	return conditions, nil
}

// ownSelected are the fields that a list shows: without a selection, or with '*', all but user
// fields and multi-fields.
func (e *entity) ownSelected(in params) []string {
	var names []string
	given := in.object("select")
	for _, name := range given {
		names = append(names, strings.ToUpper(text(name)))
	}
	if len(given) == 0 || slices.Contains(names, "*") {
		for _, f := range e.ownFieldsOf() {
			if !userField.MatchString(f.Name) {
				names = append(names, e.ownName(f))
			}
		}
	}
	if slices.Contains(names, "UF_*") {
		for _, f := range e.ownFieldsOf() {
			if userField.MatchString(f.Name) {
				names = append(names, e.ownName(f))
			}
		}
	}
	return append(names, "ID")
}

// ownApply sets fields by the names of the entity's own methods.
func (p *Portal) ownApply(e *entity, r *Record, in params, adding bool) (done change, err error) {
	if v, given := in["fields"]; given && object(v) == nil && text(v) != "" {
		return change{}, ownError("Parameter 'fields' must be array.")
	}

	stageBefore := text(r.Fields["stageId"])
	for _, name := range in.keys("fields") {
		value := in.object("fields")[name]
		if slices.Contains(ownMulti, name) && e.has("fm") {
			done.lines = append(done.lines, p.applyOwnMulti(r, name, value)...)
			continue
		}
		f, ok := e.ownField(name)
		if !ok || f.ReadOnly || f.Immutable && !adding {
			p.stats.ignore(name)
			continue
		}
		if err := p.applyOne(e, r, f, value, adding, true, &done); err != nil {
			return change{}, err
		}
	}
	return done, p.complete(e, r, stageBefore)
}

func (p *Portal) ownAdd(by caller, e *entity, in params) (answer, error) {
	r, err := p.create(by, e, func(r *Record) (change, error) { return p.ownApply(e, r, in, true) })
	if err != nil {
		return answer{}, err
	}
	return answer{Result: json.Number(strconv.FormatInt(r.ID, 10))}, nil
}

func (p *Portal) ownUpdate(by caller, e *entity, in params) (answer, error) {
	r, err := p.ownRecord(e, in)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.update(by, r, func(r *Record) (change, error) { return p.ownApply(e, r, in, false) }); err != nil {
		return answer{}, err
	}
	return answer{Result: true}, nil
}

func (p *Portal) ownDelete(_ caller, e *entity, in params) (answer, error) {
	r, err := p.ownRecord(e, in)
	if err != nil {
		return answer{}, err
	}
	delete(p.records[e.EntityTypeID], r.ID)
	p.changed()
	return answer{Result: true}, nil
}
