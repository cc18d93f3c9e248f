package bitrixsim

import (
	"maps"
	"slices"
	"time"
)

// Record is one CRM record: plain fields by API name, and its multi-fields.
type Record struct {
	ID                   int64
	Fields               map[string]any
	Multi                []Multi
	Created, Updated     time.Time
	CreatedBy, UpdatedBy int
	Changes              int     // how often it was changed
	History              []Entry // oldest first, the last hundred
}

// Entry is one change of a record.
type Entry struct {
	At     time.Time
	UserID int
	Via    string // "webhook" or the application's id
	Lines  []Line
}

// Line is one field's value before and after.
type Line struct{ Field, Old, New string }

// Multi is one value of a multi-field.
type Multi struct {
	ID        int64  `json:"id"`
	TypeID    string `json:"typeId"`
	ValueType string `json:"valueType"`
	Value     string `json:"value"`
}

// keptEntries is how much of a record's history is kept.
const keptEntries = 100

func (r *Record) note(e Entry) {
	r.History = append(r.History, e)
	if n := len(r.History) - keptEntries; n > 0 {
		r.History = r.History[n:]
	}
}

func (r *Record) clone() Record {
	c := *r
	c.Fields, c.Multi, c.History = maps.Clone(r.Fields), slices.Clone(r.Multi), slices.Clone(r.History)
	return c
}

// FirstOf is the first value of a multi-field type, "" if there is none.
func (r Record) FirstOf(typeID string) string {
	for _, m := range r.Multi {
		if m.TypeID == typeID {
			return m.Value
		}
	}
	return ""
}
