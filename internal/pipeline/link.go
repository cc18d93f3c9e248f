package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
)

// link makes rows without an id the records that their keys find, before anything is sent
// of them: from then on they are records' rows like any others. One record is one row, so
// of two rows that find the same the later one is refused. It returns the changes that
// are left: those of a record whose row was gone are part of its new row's.
func (b *pushBatch) link(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	matches := b.match(ctx, changes)
	found := map[int64][]int{} // by table
	for i, m := range matches {
		switch {
		case m.err != nil:
			b.refused[changes[i].ID] = rowPlan{err: m.err, twin: m.twin}
		case m.record > 0:
			found[changes[i].TableID] = append(found[changes[i].TableID], i)
		}
	}

	l := &linking{pushBatch: b, changes: changes, matches: matches, joined: map[int64]bool{}, records: map[int64]int64{}}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if err := l.link(ctx, b.tables[id], found[id]); err != nil {
			return nil, err
		}
	}

	// Who is in a row's way may be a record by now.
	for id, refused := range b.refused {
		if record, ok := l.records[refused.twin]; ok {
			refused.twin = record
			b.refused[id] = refused
		}
	}
	return slices.DeleteFunc(changes, func(c sheet24.RowChange) bool { return l.joined[c.ID] }), nil
}

// linking is one call of link at work.
type linking struct {
	*pushBatch
	changes []sheet24.RowChange
	matches []match
	joined  map[int64]bool  // changes that are part of others by now
	records map[int64]int64 // by the keys that became them
}

// link links rows of one table, named by their indexes.
func (l *linking) link(ctx context.Context, t *sheet24.Table, indexes []int) error {
	stale := false
	err := isolate.Each(indexes, func(some []int) error {
		var links []sheet24.RowLink
		for _, i := range some {
			record := l.matches[i].record
			links = append(links, sheet24.RowLink{Change: l.changes[i], EntityID: record, Note: locale.T(t.Language, "note.record_again", fmt.Sprint(record))})
		}
		linked, err := l.Store.LinkRows(ctx, t.ID, links)
		for n, done := range linked {
			if err == nil && l.take(some[n], done) {
				stale = true
			}
		}
		return err
	}, func(i int, err error) error {
		l.refused[l.changes[i].ID] = rowPlan{err: l.broken(sheet24.PushStage, l.changes[i], err)}
		return nil
	})
	if err != nil || !stale {
		return err
	}
	return l.Recheck(ctx, t) // that another row is the record is what was last seen: it may be gone
}

// take takes what became of a row; true: another was the record before.
func (l *linking) take(i int, done sheet24.Linked) bool {
	record := l.matches[i].record
	if done.Row == 0 {
		l.records[l.changes[i].EntityID] = record
		l.changes[i] = done.Change
		for _, id := range done.Joined {
			l.joined[id], l.settled[id] = true, true
		}
		return false
	}

	l.refused[l.changes[i].ID] = rowPlan{err: taken(record, done.Row), twin: record}
	return !slices.Contains(slices.Collect(maps.Values(l.records)), record)
}
