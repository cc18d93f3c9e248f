package push

import (
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/sync/plan"
)

// The ways in which a field is brought to hold what its row does, where an answer does not
// show that it did: one after the other.
const (
	usually    = 1 // by the method for all entities
	byOwn      = 2 // by the entity's own one
	multiField = "fm"
)

// toProve has a row read again whose write was made, but the answer does not show what became
// of it; or was refused with what it was to empty, which there is another way for. What the
// CRM holds of the fields that were written may be the old or the new.
func (b *pushing) toProve(r *row) {
	key := plan.Key{Table: r.change.TableID, Record: r.change.EntityID}
	known, may := maps.Clone(b.plan.Known[key]), maps.Clone(r.may)
	if known == nil {
		known = sheet24.Known{}
	}
	if may == nil {
		may = sheet24.Known{}
	}
	for field, now := range r.plan.Known {
		values := append([]any{r.plan.Held[field]}, now...)
		known[field], may[field] = values, values
	}
	b.plan.Known[key], r.may = known, may

	way := usually
	if r.plan.Write.Own {
		way = byOwn
	}
	if r.ways == nil {
		r.ways = map[string]int{}
	}
	for _, api := range doubtful(r.plan.Write) {
		r.ways[api] = max(r.ways[api], way)
	}
	r.refusal = nil
	if sheet24.AsError(r.plan.Err).Code == sheet24.CodePortalRefused {
		r.refusal = r.plan.Err
	}
	r.plan.Err = nil
}

// doubtful are the fields of a write, by their API names, of which an answer may say that they
// are as they should be though they are not.
func doubtful(w sheet24.ItemWrite) (apis []string) {
	for api, v := range w.Fields {
		if sheet24.Empties(v) {
			apis = append(apis, api)
		}
	}
	if len(w.Multi) > 0 {
		apis = append(apis, multiField)
	}
	return apis
}

// proves reports whether a row has to be read again before its write counts as made.
func (r *row) proves(w sheet24.Written) bool {
	switch {
	case r.plan.Write.ID == 0 || r.plan.Write.Delete:
		return false
	case w.Outcome == sheet24.Made:
		return w.Unproven
	}

	// What is refused with something to be emptied may be refused for that alone.
	code := sheet24.AsError(w.Err).Code
	return w.Outcome == sheet24.Refused && (code == sheet24.CodePortalRefused || code == sheet24.CodePortalMethod) && len(r.untried()) > 0
}

// untried are what a row's write empties that was not sent before in this way.
func (r *row) untried() (apis []string) {
	way := usually
	if r.plan.Write.Own {
		way = byOwn
	}
	for api, v := range r.plan.Write.Fields {
		if sheet24.Empties(v) && r.ways[api] < way {
			apis = append(apis, api)
		}
	}
	return apis
}

// nextWay plans a row by what was tried for it already and did not bring its record to hold
// what the row does: fields go by the entity's own method, by itself, then. Where that did not
// help either, or there is none, the row says that Bitrix24 keeps them.
func (b *pushing) nextWay(r *row, p plan.Plan) plan.Plan {
	if p.Err != nil || p.Create || len(r.ways) == 0 {
		return p
	}

	own := sheet24.ItemWrite{Entity: p.Write.Entity, ID: p.Write.ID, Own: true, Fields: map[string]any{}}
	var kept []string
	for _, api := range doubtful(p.Write) {
		switch {
		case r.ways[api] == 0:
		case (r.ways[api] == byOwn || !p.Write.Entity.HasOwnMethods()) && b.keepsZero(r, &p, api):
		case r.ways[api] == byOwn || !p.Write.Entity.HasOwnMethods():
			kept = append(kept, api)
		case api == multiField:
			own.Multi = p.Write.Multi
		default:
			own.Fields[api] = p.Write.Fields[api]
		}
	}
	switch {
	case len(kept) > 0 && r.refusal != nil:
		return plan.Plan{Err: r.refusal}
	case len(kept) > 0:
		return plan.Plan{Err: b.keeps(r, kept)}
	}
	if len(own.Fields)+len(own.Multi) > 0 {
		p.Write = own
	}
	return p
}

// keepsZero reports whether what Bitrix24 keeps in a field that was to be emptied is but a 0,
// which is no failure: the plan lets it be, and the row says so.
func (b *pushing) keepsZero(r *row, p *plan.Plan, api string) bool {
	t := b.plan.Tables[r.change.TableID]
	for _, m := range t.Mappings {
		f := b.fields[t.Entity][m.Field]
		held, ours := p.Held[m.Field]
		if !ours || f.APIName != api || f.Multiple || !mapping.Same(f, held, nil) {
			continue
		}
		delete(p.Write.Fields, api)
		p.Known[m.Field] = []any{held}
		r.change.Note = sentences(r.change.Note, locale.T(t.Language, "note.holds", m.Column.Name, mapping.Text(held)))
		return true
	}
	return false
}

// keeps says of the columns of fields that Bitrix24 keeps what these held.
func (b *pushing) keeps(r *row, apis []string) error {
	t := b.plan.Tables[r.change.TableID]
	fields := b.fields[t.Entity]
	var bad plan.BadCells
	for _, m := range t.Mappings {
		if _, ours := r.change.Fields[m.Field]; ours && slices.Contains(apis, fields[m.Field].APIName) {
			bad.Add(t, m.Column.Name, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueKept))
		}
	}
	return bad.Err()
}

// passedOver are the fields of a write that the answer shows as they were before it: Bitrix24
// passes over in silence what it does not take. What it keeps otherwise than it was set, it is
// said of; a robot may have set it.
func (b *pushing) passedOver(r *row, w sheet24.Written) (apis []string) {
	if w.Holds == nil || r.plan.Create || r.plan.Write.Delete {
		return nil
	}
	t := b.plan.Tables[r.change.TableID]
	for _, m := range t.Mappings {
		f := b.fields[t.Entity][m.Field]
		want, set := r.plan.Write.Fields[f.APIName]
		if !set || sheet24.Empties(want) || change.IsContact(f) || mapping.Same(f, want, w.Holds[f.Name]) {
			continue
		}
		if mapping.Same(f, r.plan.Held[m.Field], w.Holds[f.Name]) {
			apis = append(apis, f.APIName)
		} else {
			held := &sheet24.Item{Values: w.Holds}
			cell, _ := mapping.FromCRM(f, held, mapping.Context{Locale: t.Locale, Zone: t.Location()})
			r.change.Note = sentences(r.change.Note, locale.T(t.Language, "note.holds", m.Column.Name, locale.Value(t.Language, mapping.Text(cell))))
		}
	}
	return apis
}
