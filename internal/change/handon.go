package change

import (
	"maps"
	"slices"
	"time"

	"sheet24"
)

// HandOn says what waits for a record once the row that waited under a key has become it:
// waiting is what came for the row meanwhile (nil: nothing), open what is open of the record
// itself, the oldest first. The record is new, but somebody may have typed its id into a row
// of their own before we heard of it: those edits join what waits, and all of open ends.
//
// From then on the row is a record's like any other, so what waits is an update of it.
func HandOn(created sheet24.RowChange, waiting *sheet24.RowChange, open []sheet24.RowChange, now time.Time) (next *sheet24.RowChange, ended []int64) {
	edited := Fields{}
	for _, c := range open {
		ended = append(ended, c.ID)
		if c.Action != sheet24.Delete {
			edited = Coalesce(edited, c.Fields)
		}
	}

	switch {
	case waiting != nil:
		joined := *waiting
		joined.EntityID, joined.Fields = created.EntityID, Coalesce(edited, waiting.Fields)
		if joined.Status == sheet24.Pending {
			joined.Action = sheet24.Update
		}
		return &joined, ended
	case len(edited) > 0:
		return &sheet24.RowChange{TableID: created.TableID, UserID: created.UserID, Binding: created.Binding, EntityID: created.EntityID, Row: created.Row,
			Status: sheet24.Pending, Fields: edited, NotBefore: now, CreatedAt: now}, ended
	}
	return nil, ended
}

// Link returns a row's change as it stands once the row, which waited under a key, was found
// to be a record, and the ids of what was open of that record, the oldest first: all of it is
// part of the row's change, or ended. note is for the history, should it end the record's
// deletion: its row is there again.
//
// The change matches the record from then on. Only if its creation was sent and no answer
// came (creationSent) it remains one, as the record is what it made.
func Link(c sheet24.RowChange, record int64, open []sheet24.RowChange, creationSent bool, note string) (linked sheet24.RowChange, joined []int64) {
	for _, other := range open {
		joined = append(joined, other.ID)
		if other.Action == sheet24.Delete {
			c.Note = note
		} else {
			c.Fields = Coalesce(other.Fields, c.Fields)
		}
	}

	if !creationSent {
		c.Action = sheet24.Match
	}

	c.Key, c.EntityID = c.EntityID, record
	return c, joined
}

// ResolveKeys puts into what a scan found the records that rows have become since the scan
// read them. records has them by the rows' keys, 0 for a row that is ignored since; snapshots
// are the records', by their ids: what was last stored of their rows.
//
// What a record was created with is no change any more. Of rows that are ignored nothing is
// left, and the events behind the scan are looked into once more, as an edit may be what
// follows from them.
func ResolveKeys(found sheet24.Scanned, records map[int64]int64, snapshots map[int64]sheet24.Snapshot) sheet24.Scanned {
	found = withoutIgnored(found, records)

	held := map[int64]map[string]any{} // by records, what their rows were found to hold
	found.Snapshots = slices.Clone(found.Snapshots)
	for i, n := range found.Snapshots {
		if record := records[n.EntityID]; record != 0 {
			found.Snapshots[i].EntityID, held[record] = record, n.Values
		}
	}

	var changes []sheet24.RowChange
	for _, c := range found.Changes {
		if record := records[c.EntityID]; record != 0 {
			c.EntityID, c.Action = record, sheet24.Update
			c.Fields = editedSince(c.Fields, snapshots[record].Values, held[record])
			if len(c.Fields) == 0 {
				continue
			}
		}
		changes = append(changes, c)
	}
	found.Changes = changes
	return found
}

// editedSince are those of a row's fields that differ from what is stored of it by now.
func editedSince(fields Fields, stored, held map[string]any) Fields {
	edited := maps.Clone(fields)
	for field, c := range fields {
		c.Old = stored[field]
		edited[field] = c
		if c.Old == held[field] {
			delete(edited, field)
		}
	}
	return edited
}

// withoutIgnored takes out what a scan found of rows that are ignored since.
func withoutIgnored(found sheet24.Scanned, records map[int64]int64) sheet24.Scanned {
	ignored := func(key int64) bool {
		record, resolved := records[key]
		return resolved && record == 0
	}

	n := len(found.Changes)
	found.Changes = slices.DeleteFunc(slices.Clone(found.Changes), func(c sheet24.RowChange) bool { return ignored(c.EntityID) })
	found.Snapshots = slices.DeleteFunc(slices.Clone(found.Snapshots), func(n sheet24.Snapshot) bool { return ignored(n.EntityID) })
	if len(found.Changes) < n {
		found.Events = nil
	}
	return found
}
