package bitrixsim

import (
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
	e, ok := p.catalogue.entity(int(id))
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

// originalNames tells whether user fields go by their upper-case names.
func (in params) originalNames() bool {
	return strings.EqualFold(in.text("useOriginalUfNames"), "Y") || in.text("useOriginalUfNames") == "1"
}

// key is what a field is called in an answer.
func (f field) key(original bool) string {
	if original && userField.MatchString(f.Name) {
		return f.Upper
	}
	return f.Name
}

func (p *Portal) itemFields(_ caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	fields := map[string]any{}
	for _, f := range e.Fields {
		d := map[string]any{"type": f.Type, "isRequired": f.Required, "isReadOnly": f.ReadOnly, "isImmutable": f.Immutable,
			"isMultiple": f.Multiple, "isDynamic": userField.MatchString(f.Name), "title": f.in(p.options.Language), "upperName": f.Upper}
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
		fields[f.key(in.originalNames())] = d
	}
	return answer{Result: map[string]any{"fields": fields}}, nil
}

func (p *Portal) itemGet(_ caller, in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	return answer{Result: map[string]any{"item": p.view(e, r, nil, in.originalNames())}}, nil
}

func (p *Portal) itemList(_ caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	start, err := in.start()
	if err != nil {
		return answer{}, err
	}
	selected, err := p.selected(e, in)
	if err != nil {
		return answer{}, err
	}
	var found []*Record
	for _, r := range p.candidates(e, in.object("filter")) {
		ok, err := p.matches(e, r, in.object("filter"))
		if err != nil {
			return answer{}, err
		}
		if ok {
			found = append(found, r)
		}
	}
	if err := p.order(e, found, in); err != nil {
		return answer{}, err
	}
	items := []any{}
	first := min(max(start, 0), len(found))
	for _, r := range found[first:min(first+pageSize, len(found))] {
		items = append(items, p.view(e, r, selected, in.originalNames()))
	}
	a := answer{Result: map[string]any{"items": items}}
	if start >= 0 {
		total := len(found)
		a.Total = &total
		if next := start + pageSize; next < total {
			a.Next = &next
		}
	}
	return a, nil
}

// selected are the fields that a list shall show: fm only with '*'.
func (p *Portal) selected(e *entity, in params) (map[string]bool, error) {
	names := map[string]bool{}
	for _, name := range in.object("select") {
		if text(name) == "*" {
			return nil, nil
		}
		f, ok := e.field(text(name))
		if !ok {
			return nil, badRequest("INVALID_ARG_VALUE", "Unknown field definition ["+text(name)+"] for select")
		}
		names[f.Name] = true
	}
	if len(names) == 0 {
		for _, f := range e.Fields {
			names[f.Name] = f.Type != "crm_multifield"
		}
	}
	names["fm"] = false
	names["id"] = true
	return names, nil
}

// view is a record as the API returns it, with the fields selected, or with all.
func (p *Portal) view(e *entity, r *Record, selected map[string]bool, original bool) map[string]any {
	v := map[string]any{}
	for _, f := range e.Fields {
		switch {
		case selected != nil && !selected[f.Name]:
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

// value is a record's value of a field as the API returns it.
func (p *Portal) value(e *entity, r *Record, f field) any {
	switch f.Name {
	case "id":
		return r.ID
	case "createdBy":
		return r.CreatedBy
	case "updatedBy":
		return r.UpdatedBy
	case "createdTime":
		return r.Created.In(zone).Format(time.RFC3339)
	case "updatedTime":
		return r.Updated.In(zone).Format(time.RFC3339)
	case "closed":
		semantics := ""
		for _, s := range p.catalogue.Statuses[e.stagesOf(e.funnel(r))] {
			if s.ID == text(r.Fields["stageId"]) {
				semantics = s.Semantics
			}
		}
		if semantics == "" {
			return "N"
		}
		return "Y"
	}
	v := r.Fields[f.Name]
	if f.Multiple && v == nil {
		return []any{}
	}
	if f.Type == "date" && v != nil {
		return text(v) + "T03:00:00+03:00"
	}
	return v
}

// zone is the portal's time zone.
var zone = time.FixedZone("+03", 3*60*60)

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

func (p *Portal) itemAdd(by caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	now := time.Now()
	r := &Record{Fields: map[string]any{}, Created: now, Updated: now, CreatedBy: by.user.ID, UpdatedBy: by.user.ID}
	for _, f := range e.Fields {
		switch f.Name {
		case "assignedById":
			r.Fields[f.Name] = float64(by.user.ID)
		case "opened":
			r.Fields[f.Name] = "Y"
		case "currencyId":
			r.Fields[f.Name] = p.catalogue.Currencies[0].ID
		case "categoryId":
			r.Fields[f.Name] = float64(e.Categories[0].ID)
		}
	}
	changes, err := p.apply(e, r, in, true)
	if err != nil {
		return answer{}, err
	}
	if stage, ok := e.field("stageId"); ok && r.Fields[stage.Name] == nil {
		r.Fields[stage.Name] = p.catalogue.Statuses[e.stagesOf(e.funnel(r))][0].ID
	}
	for _, f := range e.Fields {
		if f.Required && text(r.Fields[f.Name]) == "" {
			return answer{}, p.missing(f)
		}
	}
	r.note(Entry{now, by.user.ID, by.via, changes})
	p.insert(e.EntityTypeID, r)
	if _, ok := e.field("title"); ok && text(r.Fields["title"]) == "" {
		r.Fields["title"] = e.One.in(p.options.Language) + " #" + strconv.FormatInt(r.ID, 10)
	}
	p.changed()
	return answer{Result: map[string]any{"item": p.view(e, r, nil, in.originalNames())}}, nil
}

func (p *Portal) itemUpdate(by caller, in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	trial := r.clone() // nothing is applied if anything is refused
	changes, err := p.apply(e, &trial, in, false)
	if err != nil {
		return answer{}, err
	}
	if len(changes) > 0 {
		trial.Updated, trial.UpdatedBy = time.Now(), by.user.ID
		trial.Changes++
		trial.note(Entry{trial.Updated, by.user.ID, by.via, changes})
		*r = trial
		p.changed()
	}
	return answer{Result: map[string]any{"item": p.view(e, r, nil, in.originalNames())}}, nil
}

func (p *Portal) itemDelete(_ caller, in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	delete(p.records[e.EntityTypeID], r.ID)
	p.changed()
	return answer{Result: []any{}}, nil
}

// missing is the error for a field that must not be empty.
func (p *Portal) missing(f field) error {
	if p.options.Language == "en" {
		return badRequest("CRM_FIELD_ERROR_REQUIRED", `Field "`+f.EN+`" is required`)
	}
	return badRequest("CRM_FIELD_ERROR_REQUIRED", `"`+f.TR+`" alanı doldurulmalıdır`)
}

// apply sets fields and returns what changed. Fields that are unknown or
// read-only, and immutable ones of a record that is there already, are passed
// over in silence, as the real portal does; the counters tell of them.
func (p *Portal) apply(e *entity, r *Record, in params, adding bool) ([]Line, error) {
	if in.object("fields") == nil {
		if _, ok := in["fields"]; !ok || text(in["fields"]) != "" {
			return nil, badRequest("100", "Could not find value for parameter {fields}")
		}
	}
	// The funnel comes first: the stages allowed depend on it.
	names := in.keys("fields")
	slices.SortStableFunc(names, func(a, b string) int { return boolToInt(b == "categoryId") - boolToInt(a == "categoryId") })
	stageBefore := text(r.Fields["stageId"])
	var changes []Line
	for _, name := range names {
		value := in.object("fields")[name]
		f, ok := e.field(name)
		if !ok || f.ReadOnly || (f.Immutable && !adding) {
			p.stats.ignore(name)
			continue
		}
		if f.Type == "crm_multifield" {
			changes = append(changes, p.applyMulti(r, object(value))...)
			continue
		}
		v, err := p.accept(e, r, f, value)
		if err != nil {
			return nil, err
		}
		if old := r.Fields[f.Name]; print(old) != print(v) {
			changes = append(changes, Line{f.Name, print(old), print(v)})
			r.Fields[f.Name] = v
			p.entail(e, r, f)
		}
	}
	stage := text(r.Fields["stageId"])
	for _, f := range e.Fields {
		if stage != stageBefore && slices.Contains(f.RequiredOn, stage) && text(r.Fields[f.Name]) == "" {
			return nil, p.missing(f)
		}
	}
	return changes, nil
}

// entail sets what follows from a change: another funnel begins at its first
// stage, and the contact is the first of the contacts.
func (p *Portal) entail(e *entity, r *Record, f field) {
	switch f.Name {
	case "categoryId":
		r.Fields["stageId"] = p.catalogue.Statuses[e.stagesOf(e.funnel(r))][0].ID
	case "contactId":
		r.Fields["contactIds"] = nil
		if v := r.Fields["contactId"]; v != nil {
			r.Fields["contactIds"] = []any{v}
		}
	case "contactIds":
		r.Fields["contactId"] = nil
		if list := listOf(r.Fields["contactIds"]); r.Fields["contactIds"] != nil && len(list) > 0 {
			r.Fields["contactId"] = list[0]
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
