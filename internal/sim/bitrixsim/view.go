package bitrixsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// zone is the portal's time zone.
var zone = time.FixedZone("+03", 3*60*60)

// key is what a field is called in an answer.
func (f field) key(original bool) string {
	if original && userField.MatchString(f.Name) {
		return f.Upper
	}
	return f.Name
}

// view is a record as the API returns it, with the fields selected, or with all.
func (p *Portal) view(e *entity, r *Record, selected map[string]bool, original bool) map[string]any {
	v := make(map[string]any, len(e.Fields)+1)
	for _, f := range e.Fields {
		switch {
		case f.Name == "contacts" || selected != nil && !selected[f.Name]: // no sample shows contacts
		case f.Type == "crm_multifield":
			v[f.Name] = append([]Multi{}, r.Multi...)
		default:
			v[f.key(original)] = p.value(e, r, f)
		}
	}
	if selected == nil {
		v["entityTypeId"] = e.EntityTypeID
	}
	return v
}

// value is a record's value of a field as the API returns it. What is empty is what the
// documentation's samples show: null, or 0 for a link and an amount, "" for some texts, an
// empty list.
func (p *Portal) value(e *entity, r *Record, f field) any {
	if f.Off {
		return nil
	}
	if v, ok := p.derived(e, r, f.Name); ok {
		return v
	}

	v := r.Fields[f.Name]
	switch {
	case v == nil && f.Multiple:
		return []any{}
	case v == nil:
		return f.Empty
	case f.Type == "date":
		return text(v) + "T03:00:00+03:00"
	}
	return v
}

// derived is a value that a record has without anybody having set it.
func (p *Portal) derived(e *entity, r *Record, name string) (any, bool) {
	switch name {
	case "id":
		return r.ID, true
	case "createdBy", "movedBy":
		return r.CreatedBy, true
	case "updatedBy", "lastActivityBy":
		return r.UpdatedBy, true
	case "createdTime", "movedTime":
		return r.Created.In(zone).Format(time.RFC3339), true
	case "updatedTime", "lastActivityTime":
		return r.Updated.In(zone).Format(time.RFC3339), true

	case "hasPhone", "hasEmail":
		return yesNo(r.FirstOf(strings.ToUpper(name[3:])) != ""), true
	case "hasImol", "isNew", "isReturnCustomer", "isRepeatedApproach":
		return "N", true
	case "isRecurring", "isManualOpportunity", "isMyCompany", "export":
		if r.Fields[name] == nil {
			return "N", true
		}
	case "phone", "phoneWork", "phoneMobile", "phoneMailing", "email", "emailWork", "emailHome", "emailMailing":
		return r.alias(name), true

	case "quoteNumber", "accountNumber":
		if r.Fields[name] == nil {
			return strconv.FormatInt(r.ID, 10), true
		}
	case "closed":
		return yesNo(p.semantics(e, r) != ""), true
	case "stageSemanticId":
		if s := p.semantics(e, r); s != "" {
			return s, true
		}
		return "P", true
	case "dateClosed":
		if p.semantics(e, r) != "" {
			return r.Updated.In(zone).Format(time.RFC3339), true
		}
		return nil, true
	}
	return nil, false
}

// alias is the first value of a kind: phoneMobile is the first telephone number of kind
// MOBILE, phone the first of any.
func (r *Record) alias(name string) string {
	typeID := "PHONE"
	if strings.HasPrefix(name, "email") {
		typeID = "EMAIL"
	}
	kind := strings.ToUpper(name[len(typeID):])
	for _, m := range r.Multi {
		if m.TypeID == typeID && (kind == "" || m.ValueType == kind) {
			return m.Value
		}
	}
	return ""
}

// semantics is "S" or "F" for a record that is in a last stage.
func (p *Portal) semantics(e *entity, r *Record) string {
	stage := text(r.Fields["stageId"])
	if stage == "" {
		return ""
	}
	for _, s := range p.catalogue.Statuses[e.stagesOf(e.funnel(r))] {
		if s.ID == stage {
			return s.Semantics
		}
	}
	return ""
}

// funnel is the funnel that a record is in.
func (e *entity) funnel(r *Record) int {
	if len(e.Categories) == 0 {
		return 0
	}
	if n, err := strconv.Atoi(text(r.Fields["categoryId"])); err == nil {
		return n
	}
	return e.Categories[0].ID
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// describe is a field as the methods that list fields describe it.
func (p *Portal) describe(f field) map[string]any {
	d := map[string]any{"type": f.Type, "isRequired": f.Required, "isReadOnly": f.ReadOnly, "isImmutable": f.Immutable,
		"isMultiple": f.Multiple, "isDynamic": userField.MatchString(f.Name), "title": f.in(p.options.Language)}
	if f.Deprecated {
		d["isDeprecated"] = true
	}
	if f.StatusType != "" {
		d["statusType"] = f.StatusType
	}
	if f.Settings != nil {
		d["settings"] = f.Settings
	}
	if len(f.Items) > 0 {
		items := []any{}
		for _, c := range f.Items {
			items = append(items, map[string]any{"ID": strconv.Itoa(c.ID), "VALUE": c.in(p.options.Language)})
		}
		d["items"] = items
	}
	return d
}

// selected are the fields that a list shall show: fm only with '*', and what there is not is
// passed over, as the documentation knows no error for it.
func (p *Portal) selected(e *entity, in params) map[string]bool {
	names := map[string]bool{}
	for _, name := range in.object("select") {
		if text(name) == "*" {
			return nil
		}
		if f, ok := e.field(text(name)); ok {
			names[f.Name] = true
		}
	}
	if len(in.object("select")) == 0 {
		for _, f := range e.Fields {
			names[f.Name] = f.Type != "crm_multifield"
		}
	}
	names["fm"] = false
	names["id"] = true
	return names
}

// canBeFiltered reports whether lists can be filtered and ordered by a field.
func (p *Portal) canBeFiltered(f field) bool {
	if strings.HasPrefix(f.Name, "utm") && p.options.UTMHidden {
		return false
	}
	return f.Type != "crm_multifield" && !f.Off && !slices.Contains([]string{"contacts", "searchContent"}, f.Name)
}
