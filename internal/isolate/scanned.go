package isolate

import (
	"context"
	"slices"

	"sheet24"
)

// Commits stores what a scan found.
type Commits interface {
	CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error
}

// CommitScan stores what a scan found. A row that the database does not take fails alone.
func (r Rows) CommitScan(ctx context.Context, store Commits, next *sheet24.Next, stage sheet24.Stage, t *sheet24.Table, found sheet24.Scanned) error {
	err := Guard(func() error { return store.CommitScan(ctx, t, found) })
	if !Fault(err) {
		return err
	}

	err = Each(partsOf(found), func(some []sheet24.Scanned) error {
		return store.CommitScan(ctx, t, joinParts(some))
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
			_ = r.Broken(stage, c, err)
			return nil
		}

		next.Report(t.ID)
		return r.Fail(ctx, stage, t, c, err)
	})

	if err != nil || len(found.Events) == 0 {
		return err
	}
	return store.CommitScan(ctx, t, sheet24.Scanned{Events: found.Events}) // last, so that a kill before it loses nothing
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
	for id, known := range found.LastKnown {
		part(id).LastKnown = map[int64]sheet24.LastKnown{id: known}
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
	all := sheet24.Scanned{LastKnown: map[int64]sheet24.LastKnown{}}
	for _, one := range parts {
		all.Changes = append(all.Changes, one.Changes...)
		all.Snapshots = append(all.Snapshots, slices.Clone(one.Snapshots)...) // storing changes them
		for id, known := range one.LastKnown {
			all.LastKnown[id] = known
		}
		all.Dropped = append(all.Dropped, one.Dropped...)
		all.Returned = append(all.Returned, one.Returned...)
		all.Unidentified = append(all.Unidentified, one.Unidentified...)
		all.Written = append(all.Written, one.Written...)
	}
	return all
}
