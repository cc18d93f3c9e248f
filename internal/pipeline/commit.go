package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
)

// commit stores what a scan found. A row that the database does not take fails alone.
func (p *Pipeline) commit(ctx context.Context, stage sheet24.Stage, t *sheet24.Table, found sheet24.Scanned) error {
	err := isolate.Guard(func() error { return p.Store.CommitScan(ctx, t, found) })
	if !isolate.Fault(err) {
		return err
	}

	err = isolate.Each(partsOf(found), func(some []sheet24.Scanned) error {
		return p.Store.CommitScan(ctx, t, joinParts(some))
	}, func(part sheet24.Scanned, err error) error {
		c := sheet24.RowChange{TableID: t.ID}
		switch {
		case len(part.Changes) > 0:
			c.EntityID, c.Row = part.Changes[0].EntityID, part.Changes[0].Row
		case len(part.Unidentified) > 0:
			c.Row = part.Unidentified[0].Row
		case len(part.Snapshots) > 0:
			c.EntityID, c.Row = part.Snapshots[0].EntityID, part.Snapshots[0].Row
		default: // nothing of a row
			p.broken(stage, c, err)
			return nil
		}
		p.Wake.Report(ctx, t.ID)
		return p.failRow(ctx, stage, t, c, err)
	})
	if err != nil || len(found.Events) == 0 {
		return err
	}
	return p.Store.CommitScan(ctx, t, sheet24.Scanned{Events: found.Events}) // last, so that a kill before it loses nothing
}

// partsOf parts what a scan found by the rows that it is about, without the events.
func partsOf(found sheet24.Scanned) []sheet24.Scanned {
	var parts []sheet24.Scanned
	at := map[int64]int{}
	part := func(id int64) *sheet24.Scanned {
		i, known := at[id]
		if !known || id == 0 { // rows without an id are each for themselves
			i = len(parts)
			at[id], parts = i, append(parts, sheet24.Scanned{})
		}
		return &parts[i]
	}

	for _, c := range found.Changes {
		one := part(c.EntityID)
		one.Changes = append(one.Changes, c)
	}
	for _, n := range found.Snapshots {
		one := part(n.EntityID)
		one.Snapshots = append(one.Snapshots, n)
	}
	for id, known := range found.Known {
		part(id).Known = map[int64]sheet24.Known{id: known}
	}
	for _, key := range found.Dropped {
		part(key).Dropped = []int64{key}
	}
	for _, id := range found.Returned {
		part(id).Returned = []int64{id}
	}
	for _, u := range found.Unidentified {
		one := part(0)
		one.Unidentified = append(one.Unidentified, u)
	}
	for _, w := range found.Written {
		one := part(w.EntityID)
		one.Written = append(one.Written, w)
	}
	return parts
}

// joinParts is the reverse.
func joinParts(parts []sheet24.Scanned) sheet24.Scanned {
	all := sheet24.Scanned{Known: map[int64]sheet24.Known{}}
	for _, one := range parts {
		all.Changes = append(all.Changes, one.Changes...)
		all.Snapshots = append(all.Snapshots, slices.Clone(one.Snapshots)...) // storing changes them
		for id, known := range one.Known {
			all.Known[id] = known
		}
		all.Dropped = append(all.Dropped, one.Dropped...)
		all.Returned = append(all.Returned, one.Returned...)
		all.Unidentified = append(all.Unidentified, one.Unidentified...)
		all.Written = append(all.Written, one.Written...)
	}
	return all
}

// eachRow scans the rows of a page. Should our own code break down on some of them, these
// fail, and the page goes on without them.
func (s *scanning) eachRow(ctx context.Context, tab *tab, rows sheet24.Range) error {
	read := maps.Clone(tab.rows)
	err := isolate.Guard(func() error { return s.page(ctx, tab, rows) })
	if !isolate.Fault(err) {
		return err
	}
	for number, cells := range read { // what was being read once more when it broke down
		if tab.rows[number] == nil {
			tab.rows[number] = cells
		}
	}

	bad := map[int]error{}
	other := isolate.Each(tab.numbers(), func(numbers []int) error {
		some := tab.only(numbers)
		defer tab.take(some) // keys that were given are given
		_, err := s.find(ctx, some)
		return err
	}, func(number int, err error) error {
		bad[number] = err
		return nil
	})
	if other != nil || len(bad) == 0 {
		return cmp.Or(other, err)
	}
	for _, number := range slices.Sorted(maps.Keys(bad)) {
		if err := s.failRow(ctx, tab, number, bad[number]); err != nil {
			return err
		}
	}
	return s.page(ctx, tab.only(slices.DeleteFunc(tab.numbers(), func(number int) bool { return bad[number] != nil })), rows)
}

// failRow fails a row at which a scan broke down. Of one without an id a look at the whole
// tab says nothing: nobody asked about it.
func (s *scanning) failRow(ctx context.Context, tab *tab, number int, err error) error {
	c := sheet24.RowChange{TableID: s.t.ID, EntityID: tab.idAt[number], Row: number}
	if c.EntityID == 0 && s.whole {
		s.broken(sheet24.ScanStage, c, err)
		return nil
	}
	s.report = true
	return s.Pipeline.failRow(ctx, sheet24.ScanStage, s.t, c, err)
}

// numbers are the numbers of the rows that were read, in their order.
func (t *tab) numbers() []int {
	numbers := make([]int, 0, len(t.rows))
	for number := range t.rows {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

// only is a tab of which only some rows were read; all else is the same.
func (t *tab) only(numbers []int) *tab {
	some := *t
	some.rows = make(map[int][]any, len(numbers))
	for _, number := range numbers {
		some.rows[number] = t.rows[number]
	}
	return &some
}

// take takes in what became of some rows.
func (t *tab) take(some *tab) {
	for number, cells := range some.rows {
		t.rows[number] = cells
	}
	t.byID, t.idAt, t.records = some.byID, some.idAt, some.records
}
