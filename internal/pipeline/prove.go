package pipeline

import (
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
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
	key := knownKey{r.change.TableID, r.change.EntityID}
	known, may := maps.Clone(b.known[key]), maps.Clone(r.may)
	if known == nil {
		known = sheet24.Known{}
	}
	if may == nil {
		may = sheet24.Known{}
	}
	for field, now := range r.plan.known {
		values := append([]any{r.plan.held[field]}, now...)
		known[field], may[field] = values, values
	}
	b.known[key], r.may = known, may

	way := usually
	if r.plan.write.Own {
		way = byOwn
	}
	if r.ways == nil {
		r.ways = map[string]int{}
	}
	for _, api := range doubtful(r.plan.write) {
		r.ways[api] = max(r.ways[api], way)
	}
	r.refusal = nil
	if sheet24.AsError(r.plan.err).Code == "portal_refused" {
		r.refusal = r.plan.err
	}
	r.plan.err = nil
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
	case r.plan.write.ID == 0 || r.plan.write.Delete:
		return false
	case w.Outcome == sheet24.Made:
		return w.Unproven
	}

	// What is refused with something to be emptied may be refused for that alone.
	code := sheet24.AsError(w.Err).Code
	return w.Outcome == sheet24.Refused && (code == "portal_refused" || code == "portal_method") && len(r.untried()) > 0
}

// untried are what a row's write empties that was not sent before in this way.
func (r *row) untried() (apis []string) {
	way := usually
	if r.plan.write.Own {
		way = byOwn
	}
	for api, v := range r.plan.write.Fields {
		if sheet24.Empties(v) && r.ways[api] < way {
			apis = append(apis, api)
		}
	}
	return apis
}

// nextWay plans a row by what was tried for it already and did not bring its record to hold
// what the row does: fields go by the entity's own method, by itself, then. Where that did not
// help either, or there is none, the row says that Bitrix24 keeps them.
func (b *pushing) nextWay(r *row, plan rowPlan) rowPlan {
	if plan.err != nil || plan.create || len(r.ways) == 0 {
		return plan
	}

	own := sheet24.ItemWrite{Entity: plan.write.Entity, ID: plan.write.ID, Own: true, Fields: map[string]any{}}
	var kept []string
	for _, api := range doubtful(plan.write) {
		switch {
		case r.ways[api] == 0:
		case r.ways[api] == byOwn || !plan.write.Entity.HasOwnMethods():
			kept = append(kept, api)
		case api == multiField:
			own.Multi = plan.write.Multi
		default:
			own.Fields[api] = plan.write.Fields[api]
		}
	}
	switch {
	case len(kept) > 0 && r.refusal != nil:
		return rowPlan{err: r.refusal}
	case len(kept) > 0:
		return rowPlan{err: b.keeps(r, kept)}
	}
	if len(own.Fields)+len(own.Multi) > 0 {
		plan.write = own
	}
	return plan
}

// keeps says of the columns of fields that Bitrix24 keeps what these held.
func (b *pushing) keeps(r *row, apis []string) error {
	t := b.tables[r.change.TableID]
	fields := b.fields[t.Entity]
	var bad badCells
	for _, m := range t.Mappings {
		if _, ours := r.change.Fields[m.Field]; ours && slices.Contains(apis, fields[m.Field].APIName) {
			bad.add(t, m.Column.Name, sheet24.Errorf(sheet24.Invalid, "value_kept"))
		}
	}
	return bad.err()
}

// passedOver are the fields of a write that the answer shows as they were before it: Bitrix24
// passes over in silence what it does not take. What it keeps otherwise than it was set, it is
// said of; a robot may have set it.
func (b *pushing) passedOver(r *row, w sheet24.Written) (apis []string) {
	if w.Holds == nil || r.plan.create || r.plan.write.Delete {
		return nil
	}
	t := b.tables[r.change.TableID]
	for _, m := range t.Mappings {
		f := b.fields[t.Entity][m.Field]
		want, set := r.plan.write.Fields[f.APIName]
		if !set || sheet24.Empties(want) || change.IsContact(f) || mapping.Same(f, want, w.Holds[f.Name]) {
			continue
		}
		if mapping.Same(f, r.plan.held[m.Field], w.Holds[f.Name]) {
			apis = append(apis, f.APIName)
		} else {
			held := &sheet24.Item{Values: w.Holds}
			cell, _ := mapping.FromCRM(f, held, mapping.Context{Locale: t.Locale, Zone: location(t)})
			r.change.Note = sentences(r.change.Note, locale.T(t.Language, "note.holds", m.Column.Name, shown(t, cell)))
		}
	}
	return apis
}
