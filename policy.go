package sheet24

import "slices"

// Policies say what a table does where more than one thing would be right. The zero
// value does nothing that its owner did not ask for.
type Policies struct {
	NewRows  NewRows         `json:"new_rows,omitempty"`
	Keys     []string        `json:"keys,omitempty"` // fields that tell which record a row without an id is
	Deleted  Deleted         `json:"deleted,omitempty"`
	Stage    string          `json:"stage,omitempty"` // of the record of a row that was deleted, under SetStage
	Conflict Side            `json:"conflict,omitempty"`
	Fields   map[string]Side `json:"fields,omitempty"` // where a field's conflicts are decided otherwise
}

// NewRows is what becomes of rows without an id.
type NewRows string

// What may become of them. A row that the keys find a record for is that record's,
// whatever the policy.
const (
	IgnoreNew NewRows = ""
	CreateNew NewRows = "create"
	ReviewNew NewRows = "ask"
)

// Deleted is what becomes of the record of a row that was deleted.
type Deleted string

// What may become of it.
const (
	KeepRecord   Deleted = ""
	DeleteRecord Deleted = "delete"
	SetStage     Deleted = "stage"
)

// Side is who wins where the sheet and the CRM were both changed.
type Side string

// The sides; Ask leaves it to the table's owner.
const (
	SheetWins Side = ""
	CRMWins   Side = "crm"
	Ask       Side = "ask"
)

// Winner is who wins a conflict of a field.
func (p Policies) Winner(field string) Side {
	if side, ok := p.Fields[field]; ok {
		return side
	}
	return p.Conflict
}

// SeeksOtherwise reports whether rows without an id may become other records than they
// did under former policies, or some at all.
func (p Policies) SeeksOtherwise(before Policies) bool {
	return p.NewRows != before.NewRows || !slices.Equal(p.Keys, before.Keys)
}

// Seeks reports whether rows without an id are more than notes to a table.
func (p Policies) Seeks() bool { return p.NewRows != IgnoreNew || len(p.Keys) > 0 }
