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

// linked are the entities that fields of a type refer to.
var linked = map[string]int{"crm_lead": 1, "crm_deal": 2, "crm_contact": 3, "crm_company": 4, "crm_quote": 7}

// money is an amount as it is kept: with the portal's own currency where none is said, nothing
// where a currency is said and no amount. The currency is not checked (source: the tutorial on
// the contact's form).
func (p *Portal) money(s string, wrong error) (any, error) {
	amount, code, both := strings.Cut(s, "|")
	if amount == "" || !both && currencyCode.MatchString(amount) {
		return nil, nil
	}
	if _, err := strconv.ParseFloat(amount, 64); err != nil {
		return nil, wrong
	}
	return amount + "|" + cmp.Or(code, p.catalogue.Currencies[0].ID), nil
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// tag matches what is taken out of a comment, which is kept as BBCode (source: the same).
var tag = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)

func (p *Portal) acceptOne(e *entity, r *Record, f field, s string) (any, error) {
	wrong := p.wrong(f)
	if f.Name == "comments" {
		s = tag.ReplaceAllString(s, "")
	}
	if s == "" {
		if p.refusesEmpty(f) {
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
	case "integer", "user", "employee", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_quote", "crm_entity", "crm_category":
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
		return p.money(s, wrong)
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

// exists reports whether there is what an id in a field refers to; 0 is nothing.
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
