package tab

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// proofRows is how many records report whether a column is the one it is taken for.
const proofRows = 500

// proven says where a table's columns stand after some were moved or renamed. A name
// alone is no proof: people give an old name to another column. A column is the one
// it was when it holds what it held; one that does not is lost, and left alone.
func (p *Access) proven(ctx context.Context, t *sheet24.Table, got *Tab) (mapping.Layout, error) {
	l := got.Layout
	id, _ := t.Mapping(sheet24.IDField)
	var renamed sheet24.Column // of the ID
	if l.ID < 0 {
		if c, ok := mapping.Renamed(t, got.Header, id); ok {
			renamed = c
			l.ID, l.IDName = c.Index, c.Name
		}
	}
	idMoved := l.ID != id.Column.Index || renamed.Name != ""

	suspects, trusted := suspects(t, got.Header, l)
	if l.ID < 0 || len(suspects) == 0 && !idMoved {
		return withFields(t, l, trusted), nil
	}

	// What they hold, and what they were last known to hold.
	held, err := p.ReadAt(ctx, t, mapping.Layout{ID: l.ID, Status: -1, Fields: append(formerPlaces(t, suspects), suspects...)}, Whole(t))
	if err != nil {
		return l, err
	}
	if !slices.Equal(held.Header, got.Header) {
		return l, ErrMoves
	}
	ids := held.uniqueRecords(proofRows)
	known, err := p.Store.Snapshots(ctx, t.ID, ids)
	if err != nil {
		return l, err
	}

	if idMoved && !mostly(len(known), len(ids), renamed.Name != "") {
		l.ID, l.IDName = -1, ""
		return withFields(t, l, trusted), nil
	}
	return withFields(t, l, append(trusted, p.accepted(t, suspects, held, known)...)), nil
}

// withFields is a layout that has the fields that were found, and lost the others.
func withFields(t *sheet24.Table, l mapping.Layout, found []sheet24.FieldMapping) mapping.Layout {
	slices.SortFunc(found, func(a, b sheet24.FieldMapping) int { return a.Column.Index - b.Column.Index })
	l.Fields, l.Lost = found, lostOf(t, l, found)
	return l
}

// uniqueRecords are the first of the records that show in one row each.
func (t *Tab) uniqueRecords(most int) (ids []int64) {
	for _, row := range slices.Sorted(maps.Keys(t.IDAt)) {
		if record := t.IDAt[row]; record > 0 && len(t.ByID[record]) == 1 && len(ids) < most {
			ids = append(ids, record)
		}
	}
	return ids
}

// formerPlaces are columns as they last stood.
func formerPlaces(t *sheet24.Table, columns []sheet24.FieldMapping) (former []sheet24.FieldMapping) {
	for _, m := range columns {
		before, _ := t.Mapping(m.Field)
		former = append(former, before)
	}
	return former
}

// fewRecords are so few that an edit of each is no proof of anything.
const fewRecords = 2

// accepted are the suspects that are what they are taken for: those that hold what their
// column held, and those that keep their name and moved as far as such a one did, since
// a column inserted before them moves all alike. Where most was edited meanwhile, a name is
// believed if more of what the column held stands there than where it stood before.
func (p *Access) accepted(t *sheet24.Table, suspects []sheet24.FieldMapping, held *Tab, known map[int64]sheet24.Snapshot) (found []sheet24.FieldMapping) {
	moved := map[int]bool{} // by how far, for certain
	var doubted []sheet24.FieldMapping
	for _, m := range suspects {
		before, _ := t.Mapping(m.Field)
		renamed := before.Column.Name != m.Column.Name
		same, of := held.same(m, known)
		switch {
		case mostly(same, of, renamed):
			found = append(found, m)
			moved[m.Column.Index-before.Column.Index] = moved[m.Column.Index-before.Column.Index] || same > 0 && !renamed
		case !renamed:
			doubted = append(doubted, m)
		}
	}

	// Where most was edited meanwhile, the place that holds more of it is believed.
	for _, m := range doubted {
		before, _ := t.Mapping(m.Field)
		same, of := held.same(m, known)
		still, _ := held.same(before, known)
		if same*4 >= of && same > still {
			found = append(found, m)
			continue
		}

		if moved[m.Column.Index-before.Column.Index] || len(known) <= fewRecords && still == 0 {
			found = append(found, m)
		}
	}
	return found
}

// suspects are the columns that stand elsewhere than they did, or whose place has a
// new name; trusted are the others that were found.
func suspects(t *sheet24.Table, header []string, l mapping.Layout) (suspects, trusted []sheet24.FieldMapping) {
	for _, m := range l.Fields {
		before, _ := t.Mapping(m.Field)
		if before.Column == m.Column {
			trusted = append(trusted, m)
		} else {
			suspects = append(suspects, m)
		}
	}

	// Those that were renamed.
	for _, m := range l.Lost {
		if c, ok := mapping.Renamed(t, header, m); ok && m.Field != sheet24.IDField {
			m.Column = c
			suspects = append(suspects, m)
		}
	}

	return suspects, trusted
}

// lostOf are a table's columns that are not among those found.
func lostOf(t *sheet24.Table, l mapping.Layout, found []sheet24.FieldMapping) (lost []sheet24.FieldMapping) {
	for _, m := range t.Mappings {
		at := func(other sheet24.FieldMapping) bool { return other.Field == m.Field }
		if m.Field == sheet24.IDField && l.ID < 0 || m.Field != sheet24.IDField && !slices.ContainsFunc(found, at) {
			lost = append(lost, m)
		}
	}
	return lost
}

// same counts the known records whose row holds in a column what it held, and those
// that held anything.
func (t *Tab) same(m sheet24.FieldMapping, known map[int64]sheet24.Snapshot) (same, held int) {
	for id, snapshot := range known {
		before := snapshot.Values[m.Field]
		if before == nil {
			continue
		}
		held++
		if Cell(t.Rows[t.ByID[id][0]], m.Column.Index) == before {
			same++
		}
	}
	return same, held
}

// mostly reports whether enough is the same for a column to be the one it was. Under a
// new name that takes nearly all, but for one edit; under its own, half.
func mostly(same, held int, renamed bool) bool {
	if renamed {
		return same > held-same && held-same <= max(1, held/10)
	}
	return same*2 >= held
}
