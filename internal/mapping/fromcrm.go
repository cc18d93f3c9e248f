package mapping

import (
	"slices"
	"strconv"
	"strings"

	"sheet24"
)

// FromCRM is what a cell shows for a record's field: a string, a float64 (dates
// are serial numbers in the sheet's zone), a bool, or nil for nothing. Converted
// back it is the same value. Fields that a cell cannot hold are an error.
func FromCRM(f sheet24.Field, item *sheet24.Item, at Context) (any, error) {
	if err := writable(f); err != nil {
		return nil, err
	}

	if f.Type == "crm_multifield" {
		return fromMulti(f.Multi, item.Multi), nil
	}

	v := item.Values[f.Name]
	at.Funnel = item.Funnel
	if !f.Multiple {
		return fromPlain(f, v, at), nil
	}

	var list []string
	for _, one := range listOf(v) {
		cell := fromPlain(f, one, at)
		s := Text(cell)
		if _, number := cell.(float64); number {
			s = decimal(s, at.Locale)
		}
		if s != "" {
			list = append(list, s)
		}
	}

	if len(list) == 0 {
		return nil, nil
	}
	return strings.Join(list, "; "), nil
}

// listOf is a multiple value, which may come as a list, as one value or as none.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil, bool:
		return nil
	case []any:
		return v
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	case string:
		if v == "" {
			return nil
		}
	}
	return []any{v}
}

func fromPlain(f sheet24.Field, v any, at Context) any {
	s := Text(v)
	if s == "" || (v == false && f.Type != "boolean") {
		return nil
	}

	switch f.Type {
	case "double", "integer":
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return s
		}
		return n
	case "money":
		return fromMoney(s, at.Locale)
	case "boolean":
		return isYes(v)
	case "date":
		if t, ok := portalDate(s); ok {
			return serial(t)
		}
	case "datetime":
		if t, ok := portalTime(s, at.PortalZone); ok {
			return serial(t.In(at.zone()))
		}
	case "crm_status", "crm_category", "crm_currency", "enumeration", "user", "employee":
		if s == "0" && f.Type != "crm_category" {
			return nil
		}
		return label(f, s, at)
	case "crm", "crm_entity", "crm_lead", "crm_deal", "crm_contact", "crm_company", "crm_quote":
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return s
		}
		if id == 0 {
			return nil
		}
		if at.Title != nil {
			if title := at.Title(sheet24.ItemRef{Entity: f.Links, ID: id}); title != "" {
				return title
			}
		}
		return float64(id)
	case "address":
		text, _, _ := strings.Cut(s, "|") // behind it stand its coordinates
		return trimmed(text)
	}
	return s
}

// label is a choice's label, or its id where the label would be misread.
func label(f sheet24.Field, id string, at Context) any {
	i := slices.IndexFunc(f.Choices, func(c sheet24.Choice) bool { return c.ID == id && (!f.Stage || c.Funnel == at.Funnel) })
	if i < 0 {
		return id
	}

	// With several of one name, only the id says which.
	back := f
	back.Multiple = false
	if v, err := ToCRM(back, f.Choices[i].Label, at); err != nil || v.Plain != id {
		return id
	}
	return f.Choices[i].Label
}

func isYes(v any) bool {
	s := Text(v)
	return s == "Y" || s == "1" || s == "TRUE" || s == "true"
}
