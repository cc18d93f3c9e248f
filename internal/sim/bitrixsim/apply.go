package bitrixsim

import (
	"slices"
	"strings"
	"time"
)

// change is what a request does to a record.
type change struct {
	lines  []Line
	hidden []string // fields that the answer shows as empty though they are not
}

// apply sets the fields of a request to crm.item.add or crm.item.update. Fields that are
// unknown or read-only, and immutable ones of a record that is there already, are passed over
// in silence, as the real portal does; the counters tell of them.
func (p *Portal) apply(e *entity, r *Record, in params, adding bool) (change, error) {
	if in.object("fields") == nil {
		if _, ok := in["fields"]; !ok || text(in["fields"]) != "" {
			return change{}, badRequest("100", "Could not find value for parameter {fields}")
		}
	}

	stageBefore := text(r.Fields["stageId"])
	var done change
	for _, name := range funnelFirst(in.keys("fields")) {
		value := in.object("fields")[name]
		f, ok := e.field(name)
		switch {
		case p.options.UTMIgnored && strings.HasPrefix(name, "utm"):
			continue
		case !ok || f.ReadOnly || f.Off || (f.Immutable && !adding):
			p.stats.ignore(name)
			continue
		case f.Type == "crm_multifield":
			done.lines = append(done.lines, p.applyMulti(r, value)...)
			continue
		}

		if err := p.applyOne(e, r, f, value, adding, false, &done); err != nil {
			return change{}, err
		}
	}
	return done, p.complete(e, r, stageBefore)
}

// funnelFirst puts the funnel in front: the stages allowed depend on it.
func funnelFirst(names []string) []string {
	slices.SortStableFunc(names, func(a, b string) int { return boolToInt(b == "categoryId") - boolToInt(a == "categoryId") })
	return names
}

// applyOne sets one plain field; own says that the entity's own method does.
func (p *Portal) applyOne(e *entity, r *Record, f field, value any, adding, own bool, done *change) error {
	empty, asList := emptyValue(value)
	if f.Multiple && !asList && !empty && !own {
		return notIterable(value)
	}
	if empty && !(adding && f.Name == "title") && !p.refusesEmpty(f) {
		switch p.options.Clearing.clear(e, f, asList, own) {
		case isRefused:
			return notIterable(value)
		case isHidden:
			if !adding {
				done.hidden = append(done.hidden, f.Name)
				return nil
			}
		case isKept:
			return nil
		}
	}
	if p.options.Clearing == ClearsNever && !own && linked[f.Type] != 0 && zero(value) {
		done.hidden = append(done.hidden, f.Name)
		return nil
	}

	v, err := p.accept(e, r, f, value)
	if err != nil {
		return err
	}
	if p.options.ZerosForgotten && (v == "N" || v == 0.0) && f.Type != "crm_category" {
		v = nil
	}
	if p.options.ZerosKept && (f.Type == "integer" || f.Type == "double") && v == nil {
		v = 0.0
	}
	if old := r.Fields[f.Name]; print(old) != print(v) {
		done.lines = append(done.lines, Line{f.Name, print(old), print(v)})
		r.Fields[f.Name] = v
		p.entail(e, r, f)
	}
	return nil
}

// refusesEmpty reports whether a field must not be empty.
func (p *Portal) refusesEmpty(f field) bool {
	return f.Name == "stageId" || f.Name == "categoryId" || f.Required && f.Type != "boolean"
}

func notIterable(value any) error {
	return badRequest("100", "Expected iterable value for multiple field, but got "+phpType(value)+" instead")
}

// complete checks what a record must have: a person one of the names, and what its stage
// requires.
func (p *Portal) complete(e *entity, r *Record, stageBefore string) error {
	if e.EntityTypeID == 3 && text(r.Fields["name"]) == "" && text(r.Fields["lastName"]) == "" {
		f, _ := e.field("name")
		return p.missing(f)
	}

	stage := text(r.Fields["stageId"])
	for _, f := range e.Fields {
		if stage != stageBefore && slices.Contains(f.RequiredOn, stage) && text(r.Fields[f.Name]) == "" {
			return p.missing(f)
		}
	}
	return nil
}

// entail sets what follows from a change: another funnel begins at its first
// stage, and the contact is the first of the contacts.
func (p *Portal) entail(e *entity, r *Record, f field) {
	first := func(list, one string) {
		r.Fields[one] = nil
		if ids := listOf(r.Fields[list]); r.Fields[list] != nil && len(ids) > 0 {
			r.Fields[one] = ids[0]
		}
	}
	only := func(one, list string) {
		r.Fields[list] = nil
		if v := r.Fields[one]; v != nil && e.has(list) {
			r.Fields[list] = []any{v}
		}
	}

	switch f.Name {
	case "categoryId":
		if e.has("stageId") {
			r.Fields["stageId"] = p.catalogue.Statuses[e.stagesOf(e.funnel(r))][0].ID
		}
	case "contactId":
		only("contactId", "contactIds")
	case "contactIds":
		if e.has("contactId") {
			first("contactIds", "contactId")
		}
	case "companyId":
		if e.has("companyIds") {
			only("companyId", "companyIds")
		}
	case "companyIds":
		first("companyIds", "companyId")
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// create makes a record with what a portal sets by itself, lets set add the rest, and keeps
// it.
func (p *Portal) create(by caller, e *entity, set func(*Record) (change, error)) (*Record, error) {
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
			if len(e.Categories) > 0 {
				r.Fields[f.Name] = float64(e.Categories[0].ID)
			}
		}
	}

	done, err := set(r)
	if err != nil {
		return nil, err
	}
	if e.has("stageId") && r.Fields["stageId"] == nil {
		r.Fields["stageId"] = p.catalogue.Statuses[e.stagesOf(e.funnel(r))][0].ID
	}
	for _, f := range e.Fields {
		if f.Required && text(r.Fields[f.Name]) == "" {
			return nil, p.missing(f)
		}
	}

	r.note(Entry{now, by.user.ID, by.via, done.lines})
	p.insert(e.EntityTypeID, r)
	if e.has("title") && text(r.Fields["title"]) == "" {
		r.Fields["title"] = e.One.in(p.options.Language) + " #" + text(float64(r.ID))
	}
	p.changed()
	return r, nil
}

// update changes a record with set. Nothing is applied if anything is refused, and nothing is
// saved if nothing changes.
func (p *Portal) update(by caller, r *Record, set func(*Record) (change, error)) (change, error) {
	trial := r.clone()
	done, err := set(&trial)
	if err != nil || len(done.lines) == 0 {
		return done, err
	}

	trial.Updated, trial.UpdatedBy = time.Now(), by.user.ID
	trial.Changes++
	trial.note(Entry{trial.Updated, by.user.ID, by.via, done.lines})
	*r = trial
	p.changed()
	return done, nil
}
