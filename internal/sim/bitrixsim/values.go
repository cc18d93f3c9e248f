package bitrixsim

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// print is a value as a record's history shows it.
func print(v any) string {
	if list, ok := v.([]any); ok {
		var all []string
		for _, x := range list {
			all = append(all, text(x))
		}
		return strings.Join(all, ", ")
	}
	return text(v)
}

// accept checks a value against its field and returns it as it is stored: nil if
// it is empty.
func (p *Portal) accept(e *entity, r *Record, f field, v any) (any, error) {
	if f.Type == "file" {
		if text(v) == "" {
			return nil, nil
		}
		if list := listOf(v); len(list) != 2 {
			return nil, p.wrong(f)
		}
		data, _ := json.Marshal(v)
		return string(data), nil
	}
	if !f.Multiple {
		if object(v) != nil {
			return nil, p.wrong(f)
		}
		return p.acceptOne(e, r, f, text(v))
	}
	var list []any
	for _, x := range listOf(v) {
		one, err := p.acceptOne(e, r, f, text(x))
		if err != nil {
			return nil, err
		}
		if one != nil {
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

func (p *Portal) wrong(f field) error {
	if p.options.Language == "en" {
		return badRequest("CRM_FIELD_ERROR_VALUE_NOT_VALID", `Invalid value for field "`+f.EN+`"`)
	}
	return badRequest("CRM_FIELD_ERROR_VALUE_NOT_VALID", `"`+f.TR+`" alanı için geçersiz değer`)
}

// linked are the entities that fields of a type refer to.
var linked = map[string]int{"crm_lead": 1, "crm_deal": 2, "crm_contact": 3, "crm_company": 4}

var moneyValue = regexp.MustCompile(`^-?\d+(\.\d+)?\|([A-Z]{3})$`)

func (p *Portal) acceptOne(e *entity, r *Record, f field, s string) (any, error) {
	wrong := p.wrong(f)
	if s == "" {
		if f.Name == "stageId" || f.Name == "assignedById" || f.Name == "categoryId" || f.Required {
			return nil, p.missing(f)
		}
		return nil, nil
	}
	switch f.Type {
	case "double":
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, wrong
		}
		return n, nil
	case "integer", "user", "employee", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_entity", "crm_category":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || !p.exists(e, f, n) {
			return nil, wrong
		}
		if n == 0 && f.Type != "integer" && f.Type != "crm_category" {
			return nil, nil
		}
		return float64(n), nil
	case "boolean":
		switch strings.ToUpper(s) {
		case "Y", "1", "TRUE":
			return "Y", nil
		case "N", "0", "FALSE":
			return "N", nil
		}
		return nil, wrong
	case "date":
		if _, err := time.Parse(time.DateOnly, s[:min(len(s), 10)]); err != nil {
			return nil, wrong
		}
		return s[:10], nil
	case "datetime":
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			if t, err = time.ParseInLocation("2006-01-02T15:04:05", s, zone); err != nil {
				return nil, wrong
			}
		}
		return t.In(zone).Format(time.RFC3339), nil
	case "crm_status":
		list := f.StatusType
		if f.Name == "stageId" {
			list = e.stagesOf(e.funnel(r))
		}
		if !slices.ContainsFunc(p.catalogue.Statuses[list], func(st status) bool { return st.ID == s }) {
			return nil, wrong
		}
	case "crm_currency":
		if !slices.ContainsFunc(p.catalogue.Currencies, func(c currency) bool { return c.ID == s }) {
			return nil, wrong
		}
	case "enumeration":
		if !slices.ContainsFunc(f.Items, func(c choice) bool { return strconv.Itoa(c.ID) == s }) {
			return nil, wrong
		}
		n, _ := strconv.Atoi(s)
		return float64(n), nil
	case "money":
		m := moneyValue.FindStringSubmatch(s)
		if m == nil || !slices.ContainsFunc(p.catalogue.Currencies, func(c currency) bool { return c.ID == m[2] }) {
			return nil, wrong
		}
	case "crm":
		if n, err := strconv.ParseInt(s, 10, 64); err != nil || p.records[3][n] == nil {
			return nil, wrong
		}
	case "url":
		if strings.ContainsAny(s, " \n") {
			return nil, wrong
		}
	}
	return s, nil
}

// exists tells whether there is what an id in a field refers to; 0 is nothing.
func (p *Portal) exists(e *entity, f field, id int64) bool {
	target := linked[f.Type]
	switch f.Type {
	case "user", "employee":
		return slices.ContainsFunc(p.users, func(u User) bool { return int64(u.ID) == id })
	case "crm_category":
		return slices.ContainsFunc(e.Categories, func(c category) bool { return int64(c.ID) == id })
	case "crm_entity":
		n, _ := f.Settings["parentEntityTypeId"].(float64)
		target = int(n)
	}
	if target == 0 || id == 0 {
		return true
	}
	_, ok := p.records[target][id]
	return ok
}

// applyMulti sets multi-field values: a known id changes or, with an empty value,
// removes that value; anything else adds one.
func (p *Portal) applyMulti(r *Record, values map[string]any) []Line {
	var changes []Line
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
			changes = append(changes, Line{r.Multi[i].TypeID, r.Multi[i].Value, ""})
			r.Multi = slices.Delete(r.Multi, i, i+1)
		case i >= 0:
			kind := cmp.Or(v.text("valueType"), r.Multi[i].ValueType)
			if r.Multi[i].Value == value && kind == r.Multi[i].ValueType {
				continue
			}
			changes = append(changes, Line{r.Multi[i].TypeID, r.Multi[i].Value, value})
			r.Multi[i].Value, r.Multi[i].ValueType = value, kind
		case value != "":
			p.nextMulti++
			m := Multi{ID: p.nextMulti, TypeID: v.text("typeId"), ValueType: cmp.Or(v.text("valueType"), "WORK"), Value: value}
			changes = append(changes, Line{m.TypeID, "", value})
			r.Multi = append(r.Multi, m)
		}
	}
	return changes
}
