package mapping

import (
	"slices"
	"strconv"
	"strings"

	"sheet24"
)

// Same reports whether a field holds a value already, however the CRM writes it:
// numbers as text, dates with a time, nothing as null, "", 0 or false.
func Same(f sheet24.Field, want, have any) bool {
	if f.Multiple {
		texts := func(v any) []string {
			var list []string
			for _, x := range listOf(v) {
				list = append(list, canonical(f, x))
			}
			slices.Sort(list)
			return slices.Compact(list) // what is there twice is one
		}
		return slices.Equal(texts(want), texts(have))
	}

	if f.Type == "datetime" {
		a, okA := portalTime(Text(want), nil)
		b, okB := portalTime(Text(have), nil)
		if okA && okB {
			return a.Equal(b)
		}
	}
	return canonical(f, want) == canonical(f, have)
}

// Holds reports whether a field holds just what a cell says. Unlike Same it tells 0 and no from
// nothing, except where 0 stands for nothing.
func Holds(f sheet24.Field, want, have any) bool {
	if !Same(f, want, have) {
		return false
	}
	return f.Multiple || ZeroIsNothing(f) || nothing(f, want) || !nothing(f, have)
}

// ZeroIsNothing reports whether a field that holds nothing holds 0: the amounts that records
// have by themselves, links, people and choices.
func ZeroIsNothing(f sheet24.Field) bool {
	switch f.Type {
	case "double":
		return !strings.HasPrefix(f.APIName, "uf")
	case "user", "employee", "crm", "crm_entity", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_quote", "enumeration":
		return true
	}
	return false
}

// nothing reports whether a value is none at all.
func nothing(f sheet24.Field, v any) bool {
	return sheet24.Empties(v) || v == false && f.Type != "boolean"
}

// Blank reports whether a cell says nothing.
func Blank(cell any) bool {
	s, text := cell.(string)
	return cell == nil || text && trimmed(s) == ""
}

// canonical is the one way to write a value, for comparing.
func canonical(f sheet24.Field, v any) string {
	s := trimmed(strings.ReplaceAll(Text(v), "\r\n", "\n"))
	if v == false && f.Type != "boolean" {
		s = ""
	}

	switch f.Type {
	case "double", "integer", "user", "employee", "crm_entity", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_quote", "crm_category", "enumeration":
		n, err := strconv.ParseFloat(s, 64)
		switch {
		case s == "":
			return "0"
		case err == nil:
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	case "boolean":
		if isYes(v) {
			return "Y"
		}
		return "N"
	case "date":
		if t, ok := portalDate(s); ok {
			return t.Format("2006-01-02")
		}
	case "money":
		number, code, _ := strings.Cut(s, "|")
		if n, err := strconv.ParseFloat(number, 64); err == nil {
			return strconv.FormatFloat(n, 'f', -1, 64) + "|" + code
		}
	case "address":
		s, _, _ = strings.Cut(s, "|")
		s = trimmed(s)
	case "crm":
		if s == "0" {
			return ""
		}
	}
	return s
}
