package tab

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/match"
)

// What a write of ids takes from a row that it was not meant for is known by the record that
// stands nowhere since. An id that stands in several rows stands in another one still, and
// what is no id tells of no record: of these it is stored, before the write is sent, where
// they stood and beside what.

// stoodMost is of how many such rows that is stored. Where there are more, nothing tells rows
// by that column.
const stoodMost = 500

// stood are the cells of the ID column, but for those that are to be written, whose rows it
// does not tell, and what these hold.
func (p *Access) stood(ctx context.Context, t *sheet24.Table, tab *Tab, ids *Places, meant map[int]any) ([]sheet24.StoodCell, error) {
	var numbers []int
	for i, v := range ids.cells[0] {
		number := i + 1
		id, known := RecordID(v)
		_, written := meant[number]
		if number > t.HeaderRow && !written && orNil(v) != nil && (!known || len(ids.Rows[id]) > 1) {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 0 || len(numbers) > stoodMost {
		return nil, nil
	}

	read, err := p.ReadAt(ctx, t, tab.Layout, BlocksOf(numbers))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(read.Header, tab.Header) {
		return nil, ErrMoves
	}

	var stood []sheet24.StoodCell
	for _, number := range numbers {
		v := Cell(read.Rows[number], tab.Layout.ID)
		if v != orNil(ids.cells[0][number-1]) {
			return nil, ErrMoves
		}
		stood = append(stood, sheet24.StoodCell{Value: v, Held: Values(tab.Layout, read.Rows[number])})
	}
	return stood, nil
}

// missing are those of some cells that stood in the ID column whose like stands there less
// often by now, and how many of each are missing.
func (s *Places) missing(stood []sheet24.StoodCell) (cells []sheet24.StoodCell, count map[any]int) {
	count = map[any]int{}
	for _, c := range stood {
		count[c.Value]++
	}

	for _, v := range s.cells[0][min(s.headerRow, len(s.cells[0])):] {
		count[v]--
	}
	maps.DeleteFunc(count, func(_ any, n int) bool { return n <= 0 })
	return slices.DeleteFunc(slices.Clone(stood), func(c sheet24.StoodCell) bool { return count[c.Value] == 0 }), count
}

// onlyMissing has cells of writes know only of what is missing since of all that stood
// beside them, and how many of each.
func (s *settling) onlyMissing(ctx context.Context, cells []openCell) error {
	if !slices.ContainsFunc(cells, func(c openCell) bool { return len(c.stood) > 0 }) {
		return nil
	}

	at, err := s.access.ReadPlaces(ctx, s.t, []sheet24.Column{IDColumnOf(s.t, s.tab.Layout)})
	if err != nil {
		return err
	}
	if !maps.EqualFunc(at.Rows, s.tab.ByID, slices.Equal) {
		return ErrMoves
	}

	for i, c := range cells {
		var count map[any]int
		cells[i].stood, count = at.missing(c.stood)
		maps.Copy(s.missed, count)
	}
	return nil
}

// stoodIn is what is missing since and stood in the ID cell of a row, by what that holds: as
// much as at least so many fields; nil: none did. It is sure if nothing else may have.
func (c openCell) stoodIn(now map[string]any, least int) (v any, sure bool) {
	best := max(least, 1)
	for _, stood := range c.stood {
		same := match.EqualFields(now, stood.Held)
		switch {
		case len(now)+len(stood.Held) == 0: // as a heading's row, which holds nothing else
			same = best
		case same < best:
			continue
		}
		v, sure, best = stood.Value, same > best || v == nil || v == stood.Value, same
	}
	return v, sure
}
