package push

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
	"sheet24/internal/sync/plan"
)

// A portal goes on with a request whose sender is gone, or was told nothing. So a write is
// stored as begun before it is sent, and as long as it is not answered and the portal has
// not given up on it, nothing is done to its record that it would undo by landing late.

// open reports whether a write may still be carried out.
func (b *pushing) open(w *sheet24.Begun) bool {
	return w != nil && b.pusher.Now().Before(b.landed(*w))
}

// landed is when a write has been carried out, if it is at all.
func (b *pushing) landed(w sheet24.Begun) time.Time { return w.At.Add(b.pusher.CRM.GivesUp()) }

// recall finds what was sent for a row's record and not answered.
func (b *pushing) recall(r *row) {
	own, of := plan.Key{Table: r.change.TableID, Record: r.change.EntityID}, b.plan.Ref(r.change)

	r.begun, r.others = nil, nil
	for _, w := range b.begun[r.change.EntityID] {
		switch {
		case w.row == own:
			r.begun = &w.Begun
		case w.of == of && of.ID > 0:
			r.others = append(r.others, w.Begun)
		}
	}
}

// note keeps what was sent for a row and not answered, if anything, in place of what was
// kept before.
func (b *pushing) note(r *row) {
	for _, id := range []int64{r.change.EntityID, r.change.Key} {
		own := plan.Key{Table: r.change.TableID, Record: id}
		b.begun[id] = slices.DeleteFunc(b.begun[id], func(w beginning) bool { return w.row == own })
	}
	if id := r.change.EntityID; r.begun != nil {
		b.begun[id] = append(b.begun[id], beginning{plan.Key{Table: r.change.TableID, Record: id}, b.plan.Ref(r.change), *r.begun})
	}
}

// land notes which of the writes that were sent for a record have been carried out, as it
// shows: what they set there is our own.
func (b *pushing) land(r *row, item *sheet24.Item) {
	if w := r.begun; w != nil && w.Write.ID != 0 {
		b.own(r, item, w.Write)
		if !w.Blind && b.shows(item, w.Write) {
			r.begun = nil
		}
	}
	r.others = slices.DeleteFunc(r.others, func(w sheet24.Begun) bool { return !w.Blind && b.shows(item, w.Write) })
}

// own notes that the CRM holds what it does through us, in each field that holds what a
// write of ours would set it to: somebody may have changed the others since.
func (b *pushing) own(r *row, item *sheet24.Item, w sheet24.ItemWrite) {
	if item == nil {
		return
	}

	key := plan.Key{Table: r.change.TableID, Record: r.change.EntityID}
	for _, f := range b.fields[w.Entity] {
		if _, set := sets(f, w); set && showsField(f, item, w, mapping.Same) {
			held := anyOf(b.plan.LastKnown[key][f.Name], change.ValueOf(f, item))
			b.plan.LastKnown[key], r.may = with(b.plan.LastKnown[key], f.Name, held), with(r.may, f.Name, held)
		}
	}
}

// made notes what the CRM may hold through a creation of which nobody has heard: what it
// set, or nothing. Whatever a row says by then, it is no colleague's.
func (b *pushing) made(r *row) {
	if r.begun == nil || r.begun.Write.ID != 0 || r.may != nil {
		return
	}

	known := b.plan.LastKnown[plan.Key{Table: r.change.TableID, Record: r.change.EntityID}]
	nothing := &sheet24.Item{Values: map[string]any{}}
	for _, f := range b.fields[r.begun.Write.Entity] {
		if value, set := sets(f, r.begun.Write); set {
			r.may = with(r.may, f.Name, anyOf(known[f.Name], value, change.ValueOf(f, nothing)))
		}
	}
}

// recallMade adds what the CRM may hold through us to what is known of a row's record.
func (b *pushing) recallMade(r *row) {
	key := plan.Key{Table: r.change.TableID, Record: r.change.EntityID}
	for field, may := range r.may {
		b.plan.LastKnown[key] = with(b.plan.LastKnown[key], field, anyOf(b.plan.LastKnown[key][field], may...))
	}
}

// shows reports whether a record, nil if there is none, is as a write would have it.
func (b *pushing) shows(item *sheet24.Item, w sheet24.ItemWrite) bool {
	if w.Delete || item == nil {
		return item == nil
	}

	for _, f := range b.fields[w.Entity] {
		if !showsField(f, item, w, mapping.Holds) { // a 0 that is under way may still come where nothing is
			return false
		}
	}
	return true
}

// showsField reports whether a record holds in a field what a write sets, if it does; holds
// compares them.
func showsField(f sheet24.Field, item *sheet24.Item, w sheet24.ItemWrite, holds func(f sheet24.Field, want, have any) bool) bool {
	if change.IsContact(f) {
		return !slices.ContainsFunc(w.Multi, func(m sheet24.MultiValue) bool { return change.OfKind(f.Multi, m) && !showsValue(item, m) })
	}
	want, set := w.Fields[f.APIName]
	return !set || holds(f, want, item.Values[f.Name])
}

// sets is what a write sets a field to, if it does: of a multi-field the values.
func sets(f sheet24.Field, w sheet24.ItemWrite) (value any, set bool) {
	if !change.IsContact(f) {
		value, set = w.Fields[f.APIName]
		return value, set
	}

	values := []any{}
	for _, m := range w.Multi {
		if change.OfKind(f.Multi, m) {
			values = append(values, m.Value)
		}
	}
	return values, len(values) > 0
}

// showsValue reports whether a record holds a value of a multi-field as it was set, or
// does not hold one that was removed.
func showsValue(item *sheet24.Item, m sheet24.MultiValue) bool {
	i := slices.IndexFunc(item.Multi, func(have sheet24.MultiValue) bool {
		return have.Type == m.Type && (have.ID == m.ID || m.ID == 0 && have.Value == m.Value)
	})
	if m.Value == "" {
		return i < 0
	}
	return i >= 0 && item.Multi[i].Value == m.Value
}

// mayLand reports whether something that was sent for a row's record before may still be
// carried out, and would undo what is planned.
func (b *pushing) mayLand(r *row, item *sheet24.Item) bool {
	undoes := func(w sheet24.Begun) bool {
		switch {
		case !b.open(&w):
			return false
		case w.Write.ID == 0:
			return true
		case r.plan.Write.Delete:
			return false
		case r.plan.Writes() && covers(r.plan.Write, w.Write):
			return false
		}
		return !b.shows(item, w.Write) || touches(r.plan.Write, w.Write) // it would set what is there anyway
	}
	return r.begun != nil && undoes(*r.begun) || slices.ContainsFunc(r.others, undoes)
}

// covers reports whether a write leaves a record the same whether an earlier one is carried
// out before it, after it, or not at all: it sets all of that to the same again.
func covers(w, earlier sheet24.ItemWrite) bool {
	if earlier.Adds() || earlier.Delete {
		return false
	}

	for name, v := range earlier.Fields {
		if again, set := w.Fields[name]; !set || !sameJSON(v, again) {
			return false
		}
	}
	return !slices.ContainsFunc(earlier.Multi, func(m sheet24.MultiValue) bool { return !slices.Contains(w.Multi, m) })
}

// touches reports whether a write sets what another one sets too.
func touches(w, other sheet24.ItemWrite) bool {
	for name := range other.Fields {
		if _, set := w.Fields[name]; set {
			return true
		}
	}
	return len(w.Multi) > 0 && len(other.Multi) > 0
}

// anyOf are values, and those of more that are not among them.
func anyOf(values []any, more ...any) []any {
	all := slices.Clone(values)
	for _, v := range more {
		if !slices.ContainsFunc(all, func(have any) bool { return sameJSON(have, v) }) {
			all = append(all, v)
		}
	}
	return all
}

// sameJSON compares values of which one may have been stored.
func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// begin stores what a flight is about to write: that it is, and which values that somebody
// set in the CRM it overwrites. Should the process end before it is answered, nothing else
// would tell of either. What cannot be stored is not sent, and fails.
func (b *pushing) begin(ctx context.Context, f *flight) error {
	var err error
	if f.writes, err = b.boundRows(ctx, f.writes); err != nil {
		return err
	}

	at, together := b.pusher.Now(), len(f.writes)
	sends := map[*row]bool{}
	err = isolate.Each(f.writes, func(some []*row) error {
		var begun, noted []sheet24.RowChange
		for _, r := range some {
			c := r.change
			c.Begun = &sheet24.Begun{Write: r.plan.Write, At: at, Together: together, Blind: b.open(r.begun)}
			begun = append(begun, c)
			if r.overwrites() {
				noted = append(noted, r.change)
			}
		}

		if len(noted) > 0 {
			if err := b.pusher.Begun.NoteFields(ctx, noted); err != nil {
				return err
			}
		}

		if err := b.pusher.Begun.Begin(ctx, begun); err != nil {
			return err
		}

		for i, r := range some {
			r.sending, sends[r] = begun[i].Begun, true
		}
		return nil
	}, func(r *row, err error) error { return b.breaks(ctx, r, err) })

	f.writes = slices.DeleteFunc(f.writes, func(r *row) bool { return !sends[r] })
	return err
}

// overwrites notes in a row's change what its write is about to overwrite that somebody
// changed in the CRM, and reports whether there is anything.
func (r *row) overwrites() bool {
	r.before = r.change.Fields
	r.change.Fields = maps.Clone(r.change.Fields)
	conflict := false
	for field, change := range r.plan.Fields {
		if change.Conflict {
			change.Tried, conflict = true, true
			r.plan.Fields[field] = change
		}
		r.change.Fields[field] = change
	}
	return conflict
}
