package change

import (
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// Base is what a field was last known to hold: of the three versions that a merge compares,
// the one that the other two come from.
type Base struct {
	// LastKnown is what the CRM was last known to hold, in its own words: what sheet24 wrote
	// there, or showed to somebody. Several values are those that may be there, since an
	// answer was lost. Empty: nothing is known, and Former says what people took it to hold.
	LastKnown []any

	Former  mapping.Values // what the cell held before, as the CRM would hold it
	Invalid bool           // the cell held what is no value of the field: it replaces nothing
}

// Created is the base of a row's record that a creation of ours may have made whose answer
// was lost: the contact values that it may have set are the cell's, though the cell shows
// others by now.
func (b Base) Created() Base {
	values := slices.Clone(b.Former.Multi)
	for _, v := range b.LastKnown {
		for _, text := range texts(v) {
			values = append(values, sheet24.MultiValue{Value: text})
		}
	}
	b.Former.Multi = values
	return b
}

// Sheet is the sheet's side of a field.
type Sheet struct {
	Change  sheet24.Change // the cell before and after, and what is recorded of a conflict already
	Value   mapping.Values // what the cell holds, as the CRM would hold it
	Deleted bool           // the row is gone, and its record is to go with it
}

// CRM is the CRM's side of a field.
type CRM struct {
	Field  sheet24.Field
	Record *sheet24.Item   // as it was just read; without an ID it is yet to be created
	At     mapping.Context // how a cell of the table shows what the record holds
}

// Value is what the record holds in the field, in the CRM's own words.
func (c CRM) Value() any { return ValueOf(c.Field, c.Record) }

// Verdict is what a merge decides about a field.
type Verdict int

// The verdicts.
const (
	Agree       Verdict = iota // the CRM holds already what the cell does
	Write                      // the sheet's value is written
	Keep                       // the CRM's value stays, and the sheet is to show it
	NeedsReview                // the table's owner decides
)

func (v Verdict) String() string {
	return [...]string{"agree", "write", "keep", "needs review"}[v]
}

// Outcome is what a merge decides, and what follows from it.
type Outcome struct {
	Verdict Verdict
	Change  sheet24.Change // the cell's, with what the CRM holds where that is a conflict

	// What is written: the value of a plain field (string, float64, []string, or nil to clear
	// it), or the contact values to set, each with the id that it replaces.
	Plain    any
	Contacts []sheet24.MultiValue

	Before any // what the CRM holds, in its own words: of contact values the list of texts
	After  any // and what it will once that is written
}

// Merge decides about one field of one row: base is what it was last known to hold, sheet and
// crm what each side holds now, policy who wins where both were changed.
//
//	the CRM holds what the cell does        agree
//	it does not, and is as last known       write
//	it does not, and was changed there too  a conflict: as the policy says
//
// What a person has resolved already, sheet.Change.Kept, goes before the policy. A conflict is
// recorded in the Change with the CRM's value, whoever wins, so that the history has both.
//
// All that writes asks this: a push, a comparison, the deletion of a row, an undo. Of contact
// values (several telephone numbers in one cell) the same holds value by value: replacing one
// that the sheet never showed, or bringing back one that somebody removed, is a conflict; what
// the cell never showed and is in nobody's way stays.
func Merge(base Base, sheet Sheet, crm CRM, policy sheet24.Side) Outcome {
	d := differenceOf(base, sheet, crm)
	out := Outcome{Change: sheet.Change, Plain: sheet.Value.Plain, Contacts: d.contacts, Before: crm.Value(), After: d.after}

	winner := sheet.Change.Kept
	if d.overwrites && winner == sheet24.SheetWins {
		winner = policy
	}
	out.Change = recorded(d, sheet, crm, winner)

	switch {
	case winner == sheet24.Ask:
		out.Verdict = NeedsReview
	case winner == sheet24.CRMWins:
		out.Verdict = Keep
	case d.differs:
		out.Verdict = Write
	}
	return out
}

// MergeDeletion decides about the record of a deleted row by what was decided about each of
// its fields: if the CRM's value of one stays, so does the record; else if one needs review,
// the record does. fields are the row's, with their conflicts.
func MergeDeletion(cells map[string]Outcome) (verdict Verdict, fields Fields) {
	verdict, fields = Write, Fields{}
	for name, o := range cells {
		fields[name] = o.Change
		switch {
		case o.Verdict == Keep:
			verdict = Keep
		case o.Verdict == NeedsReview && verdict != Keep:
			verdict = NeedsReview
		}
	}
	return verdict, fields
}

// Approve returns a cell's change as its owner approved of it, who was shown what differs
// between the sheet and the CRM and wants the sheet's sent: cell is the change as a comparison
// finds it now, with what the CRM holds as its Old, shown the one that they were shown (zero:
// none), comparable whether that was of the same record. What they were shown is approved to
// be overwritten; what came there since is a conflict like any other.
func Approve(cell, shown sheet24.Change, comparable bool, crm CRM) (c sheet24.Change, approved bool) {
	if !comparable || shown.Old != cell.Old {
		cell.Old = shown.Old
		return cell, false
	}
	cell.Conflict, cell.CRM, cell.Seen = true, cell.Old, crm.Value()
	return cell, true
}

// difference is how the sheet and the CRM differ in a field.
type difference struct {
	differs    bool // the CRM lacks what the cell holds
	overwrites bool // and writing it would overwrite what somebody changed there
	contacts   []sheet24.MultiValue
	after      any
}

func differenceOf(base Base, sheet Sheet, crm CRM) (d difference) {
	switch {
	case sheet.Deleted:
		d.differs = true
		d.overwrites = len(base.LastKnown) > 0 && !crm.isOneOf(base.LastKnown)
	case IsContact(crm.Field):
		d.contacts = mapping.PlanMulti(crm.Field.Multi, crm.Record.Multi, base.Former.Multi, sheet.Value.Multi)
		d.differs = len(d.contacts) > 0
		d.overwrites = d.differs && overwritesContacts(base, sheet, crm, d.contacts)
		d.after = contactsAfter(crm, d.contacts)
	default:
		d.differs = lacks(base, sheet, crm)
		d.overwrites = d.differs && crm.Record.ID != 0 && changed(base, crm)
		d.after = sheet.Value.Plain
	}
	return d
}

// recorded is a cell's change with what is to be said of a conflict.
func recorded(d difference, sheet Sheet, crm CRM, winner sheet24.Side) sheet24.Change {
	c := sheet.Change
	switch {
	// That a deletion was declined is no conflict, and what a field was then is no matter.
	case sheet.Deleted:
		if d.overwrites {
			c = inConflict(c, crm)
		}

	case d.overwrites || winner == sheet24.CRMWins:
		if c.Tried && !Same(crm.Field, c.Seen, crm.Value()) { // a write may have replaced that, and then this came
			c.Earlier, c.Tried = append(slices.Clone(c.Earlier), c.CRM), false
		}
		c = inConflict(c, crm)
		if c.Kept = winner; winner == sheet24.Ask {
			c.Kept = ""
		}

	// It was one, and is none any more.
	case d.differs && c.Conflict && !c.Tried && !Same(crm.Field, c.Seen, crm.Value()):
		c.Conflict, c.CRM, c.Seen = false, nil, nil
	}
	return c
}

// inConflict records what the CRM holds, as far as a cell can show it.
func inConflict(c sheet24.Change, crm CRM) sheet24.Change {
	c.Conflict, c.Seen = true, crm.Value()
	c.CRM, _ = mapping.FromCRM(crm.Field, crm.Record, crm.At)
	return c
}

// lacks reports whether a plain field has to be sent the value of a cell. A cell's 0 or no is
// a value: for a new record the portal would choose another one, and a record that holds
// nothing does not hold that. An emptied cell says nothing, which is as good as 0, unless 0 is
// what the cell said before.
func lacks(base Base, sheet Sheet, crm CRM) bool {
	have := crm.Record.Values[crm.Field.Name]
	switch {
	case mapping.Blank(sheet.Change.New) && saidZero(base, crm.Field):
		return !mapping.Holds(crm.Field, have, sheet.Value.Plain)
	case mapping.Blank(sheet.Change.New):
		return !mapping.Same(crm.Field, sheet.Value.Plain, have)
	case crm.Record.ID == 0 && !sheet24.Empties(sheet.Value.Plain):
		return true
	}
	return !mapping.Holds(crm.Field, sheet.Value.Plain, have)
}

// saidZero reports whether a cell held 0 before, in a field that tells it from nothing.
func saidZero(base Base, f sheet24.Field) bool {
	return !base.Invalid && !mapping.Holds(f, base.Former.Plain, nil) && mapping.Same(f, base.Former.Plain, nil)
}

// changed reports whether somebody changed a plain field in the CRM since we last wrote it or
// showed what it holds. Of a field of which nothing is known yet, the cell's former value says
// what people took it to hold.
func changed(base Base, crm CRM) bool {
	if len(base.LastKnown) > 0 {
		return !crm.isOneOf(base.LastKnown)
	}
	return base.Invalid || !mapping.Same(crm.Field, base.Former.Plain, crm.Value())
}

// isOneOf reports whether the CRM holds one of some values.
func (c CRM) isOneOf(values []any) bool {
	return slices.ContainsFunc(values, func(v any) bool { return Same(c.Field, v, c.Value()) })
}
