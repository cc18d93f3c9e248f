package push

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/sync/plan"
)

// link makes rows without an id the records that their keys find, before anything is sent
// of them: from then on they are records' rows like any others. One record is one row, so
// of two rows that find the same the later one is refused. It returns the changes that
// are left: those of a record whose row was gone are part of its new row's.
func (b *pushing) link(ctx context.Context, changes []sheet24.RowChange) ([]sheet24.RowChange, error) {
	matches := b.plan.Match(ctx, changes)
	found := map[int64][]int{} // by table
	for i, m := range matches {
		switch {
		case m.Err != nil:
			b.refused[changes[i].ID] = plan.Plan{Err: m.Err, Twin: m.Twin}
		case m.Record > 0:
			found[changes[i].TableID] = append(found[changes[i].TableID], i)
		}
	}

	l := &linking{push: b, changes: changes, matches: matches, joined: map[int64]bool{}, records: map[int64]int64{}}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if err := l.link(ctx, b.plan.Tables[id], found[id]); err != nil {
			return nil, err
		}
	}

	// Who is in a row's way may be a record by now.
	for id, refused := range b.refused {
		if record, ok := l.records[refused.Twin]; ok {
			refused.Twin = record
			b.refused[id] = refused
		}
	}
	return slices.DeleteFunc(changes, func(c sheet24.RowChange) bool { return l.joined[c.ID] }), nil
}

// linking is one call of link at work.
type linking struct {
	push    *pushing
	changes []sheet24.RowChange
	matches []plan.Match
	joined  map[int64]bool  // changes that are part of others by now
	records map[int64]int64 // by the keys that became them
}

// link links rows of one table, named by their indexes.
func (l *linking) link(ctx context.Context, t *sheet24.Table, indexes []int) error {
	stale := false
	err := isolate.Each(indexes, func(some []int) error {
		var links []sheet24.RowLink
		for _, i := range some {
			record := l.matches[i].Record
			links = append(links, sheet24.RowLink{Change: l.changes[i], EntityID: record, Note: locale.T(t.Language, "note.record_again", fmt.Sprint(record))})
		}

		linked, err := l.push.pusher.Store.LinkRows(ctx, t.ID, links)
		for n, done := range linked {
			if err == nil && l.take(some[n], done) {
				stale = true
			}
		}
		return err
	}, func(i int, err error) error {
		l.push.refused[l.changes[i].ID] = plan.Plan{Err: l.push.pusher.Rows.Broken(sheet24.PushStage, l.changes[i], err)}
		return nil
	})

	if err != nil || !stale {
		return err
	}

	// Some rows changed by it: they are read anew.
	if err := l.push.pusher.Store.AddEvent(ctx, sheet24.NewRecheck(t.ID)); err != nil { // that another row is the record is what was last seen: it may be gone
		return err
	}
	l.push.wakes(func(n *sheet24.Next) { n.Scan(t.ID) })
	return nil
}

// take takes what became of a row; true: another was the record before.
func (l *linking) take(i int, done sheet24.Linked) bool {
	record := l.matches[i].Record
	if done.Row == 0 {
		l.records[l.changes[i].EntityID] = record
		l.changes[i] = done.Change
		for _, id := range done.Joined {
			l.joined[id], l.push.settled[id] = true, true
		}
		return false
	}

	l.push.refused[l.changes[i].ID] = plan.Plan{Err: plan.Taken(record, done.Row), Twin: record}
	return !slices.Contains(slices.Collect(maps.Values(l.records)), record)
}
