package bitrixsim

import "strings"

// pageSize is the size of every list's pages.
const pageSize = 50

func (p *Portal) entityOf(in params) (*entity, error) {
	id, err := in.integer("entityTypeId")
	if err != nil {
		return nil, err
	}
	e, ok := p.catalogue.entity(int(id))
	if !ok {
		return nil, p.noType()
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
		return nil, nil, p.noItem()
	}
	return e, r, nil
}

// originalNames reports whether user fields go by their upper-case names.
func (in params) originalNames() bool {
	return strings.EqualFold(in.text("useOriginalUfNames"), "Y") || in.text("useOriginalUfNames") == "1"
}

func (p *Portal) itemFields(_ caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}

	fields := map[string]any{}
	for _, f := range e.Fields {
		if !f.Off {
			d := p.describe(f)
			d["upperName"] = f.Upper
			fields[f.key(in.originalNames())] = d
		}
	}
	return answer{Result: map[string]any{"fields": fields}}, nil
}

func (p *Portal) itemGet(_ caller, in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	return p.item(e, r, in), nil
}

// item is the answer that shows a record.
func (p *Portal) item(e *entity, r *Record, in params) answer {
	return answer{Result: map[string]any{"item": p.view(e, r, nil, in.originalNames())}}
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
	found, err := p.find(e, in.object("filter"), in)
	if err != nil {
		return answer{}, err
	}

	items, selected := []any{}, p.selected(e, in)
	first := min(max(start, 0), len(found))
	for _, r := range found[first:min(first+pageSize, len(found))] {
		items = append(items, p.view(e, r, selected, in.originalNames()))
	}
	a := answer{Result: map[string]any{"items": items}}
	a.count(len(found), start)
	return a, nil
}

// count adds how many there are, and where the next page begins; a start of -1 asks for none
// of it.
func (a *answer) count(total, start int) {
	if start < 0 {
		return
	}
	a.Total = &total
	if next := start + pageSize; next < total {
		a.Next = &next
	}
}

// find returns the records that match a filter, in the order that "order" says.
func (p *Portal) find(e *entity, filter map[string]any, in params) (found []*Record, err error) {
	if err := p.allowedFilter(e, filter); err != nil {
		return nil, err
	}
	for _, r := range p.candidates(e, filter) {
		if p.matches(e, r, filter) {
			found = append(found, r)
		}
	}
	return found, p.order(e, found, in)
}

func (p *Portal) itemAdd(by caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	r, err := p.create(by, e, func(r *Record) (change, error) { return p.apply(e, r, in, true) })
	if err != nil {
		return answer{}, err
	}
	return p.item(e, r, in), nil
}

// itemUpdate changes a record. Its answer may show as empty what was to be cleared and was not
// (source: issue 269 of the documentation's repository).
func (p *Portal) itemUpdate(by caller, in params) (answer, error) {
	e, r, err := p.record(in)
	if err != nil {
		return answer{}, err
	}
	done, err := p.update(by, r, func(r *Record) (change, error) { return p.apply(e, r, in, false) })
	if err != nil {
		return answer{}, err
	}

	if len(done.hidden) == 0 {
		return p.item(e, r, in), nil
	}
	shown := r.clone()
	for _, name := range done.hidden {
		shown.Fields[name] = nil
	}
	return p.item(e, &shown, in), nil
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
