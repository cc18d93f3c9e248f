package change

import (
	"time"

	"sheet24"
)

// Resolve returns a change that needed review and was resolved, as the next push is to do it:
// what the sheet holds wins, or what the CRM does. lastKnown is what the CRM is to be taken to
// hold from now on: the owner was shown those values, so they may be overwritten, and nothing
// that comes after them.
//
// Of a row without a record, that the sheet wins means that it is created, and that the CRM
// does means that it is not.
func Resolve(review sheet24.RowChange, winner sheet24.Side, now time.Time) (resolved sheet24.RowChange, lastKnown sheet24.LastKnown) {
	if isRowKey(review.EntityID) && review.Action == sheet24.Match && winner == sheet24.SheetWins {
		review.Action = sheet24.Create
	}

	fields := make(Fields, len(review.Fields))
	lastKnown = sheet24.LastKnown{}
	for field, c := range review.Fields {
		switch {
		case winner == sheet24.CRMWins:
			c.Resolution = sheet24.CRMWins
		case c.Conflict:
			lastKnown[field] = []any{c.Seen}
		}
		fields[field] = c
	}

	review.Fields, review.Error, review.NotBefore, review.TriedSince = fields, "", now, time.Time{}
	return review, lastKnown
}
