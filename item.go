package sheet24

import (
	"slices"
	"time"
)

// ItemRef names one record.
type ItemRef struct {
	Entity Entity
	ID     int64
}

// Item is a CRM record as it stands: plain fields by Name, multi-fields apart.
type Item struct {
	ID     int64
	Funnel int64 // its categoryId, 0 where there are no funnels
	Values map[string]any
	Multi  []MultiValue
}

// ItemWrite asks for one record to be created, changed or deleted. Fields holds
// converted values by API name: string, float64, []string, or nil to clear;
// Multi the multi-field values to set, each naming the id it replaces, since an
// unknown id would add a second value.
type ItemWrite struct {
	Entity Entity
	ID     int64  // 0: create
	Key    string // of a creation: the same key never creates twice
	Delete bool
	Own    bool // by the entity's own method, which empties fields that the usual one may keep: it carries nothing else
	Fields map[string]any
	Multi  []MultiValue
}

// Empties reports whether a value of an ItemWrite empties its field.
func Empties(v any) bool {
	list, isList := v.([]string)
	return v == nil || v == "" || isList && len(list) == 0
}

// Call is a kind of call: a portal counts the time that each takes it.
type Call string

// The calls that a request to a portal may carry.
const (
	Reading  Call = "read"
	Creating Call = "create"
	Updating Call = "update"
	Deleting Call = "delete"
)

// Call is the kind of call that a write is.
func (w ItemWrite) Call() Call {
	switch {
	case w.Delete:
		return Deleting
	case w.ID == 0:
		return Creating
	}
	return Updating
}

// Adds reports whether doing a write twice would be more than doing it once: it creates a
// record, or adds a value to a multi-field.
func (w ItemWrite) Adds() bool {
	return w.ID == 0 || slices.ContainsFunc(w.Multi, func(m MultiValue) bool { return m.ID == 0 })
}

// Begun is a write that was sent and not answered: the portal may have carried it out, and
// may yet do so, until it must have given up on the request.
type Begun struct {
	Write    ItemWrite
	At       time.Time // when it was sent, or was about to be
	Together int       // how many writes its request carried
	Blind    bool      // that it was carried out does not show: another write set the same
}

// Outcome is what is known of a write.
type Outcome string

// The outcomes. Of one whose outcome is open nothing is known but that it was sent.
const (
	Made    Outcome = ""
	Unsent  Outcome = "unsent"  // nothing of it was done, and it may be sent again
	Open    Outcome = "open"    // it may have been done, or may yet be
	Refused Outcome = "refused" // nothing of it was done, and sending it again would not help by itself
)

// Written is how an ItemWrite ended. ID is the record's, also of a new one.
type Written struct {
	ID      int64
	Outcome Outcome
	Holds   map[string]any // what the answer shows of the record's plain fields, by Name; nil where there was none
	Err     error          // why it is not done

	// Made, but the answer does not show it for certain: the record has to be read.
	Unproven bool
}

// ItemKey names the record that a creation with a key makes.
type ItemKey struct {
	Entity Entity
	Key    string
}

// Link names a record by what a person typed: a company's title, a contact's
// full name.
type Link struct {
	Entity Entity
	Text   string
}
