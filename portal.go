package sheet24

import "time"

// Portal is a Bitrix24 account that a user connected by an inbound webhook.
type Portal struct {
	ID         int64
	UserID     string
	Host       string // "firma.bitrix24.com.tr"
	WebhookURL string // https://{host}/rest/{user}/{secret}/ ; a secret, encrypted at rest
	CreatedAt  time.Time
}

// Entity is a kind of CRM record, by its name in the API.
type Entity string

// The entities that can be synced.
const (
	Leads    Entity = "leads"
	Contacts Entity = "contacts"
)

// Entities lists every known entity in the order the pages offer them.
var Entities = []Entity{Leads, Contacts}

// TypeID is the entityTypeId of Bitrix24's crm.item.* methods, 0 if unknown.
func (e Entity) TypeID() int {
	switch e {
	case Leads:
		return 1
	case Contacts:
		return 3
	}
	return 0
}

// Field describes one field of an entity, as crm.item.fields gives it, with the
// choices of a status list filled in.
type Field struct {
	Name     string // "OPPORTUNITY": upperName; EMAIL, PHONE … for multi-fields
	APIName  string // "opportunity": the key in crm.item.* requests; "fm" for multi-fields
	Title    string // in the portal's language
	Type     string // Bitrix24's type: string, double, crm_status …
	ReadOnly bool
	Multiple bool
	Choices  []Choice // of status and enumeration fields
}

// Choice is one value of a list field.
type Choice struct {
	ID    string
	Label string
}

// MultiValue is one value of a multi-field (phone, e-mail …) of a record.
// An ID of 0 means that it does not exist in the CRM yet; an empty Value
// removes it.
type MultiValue struct {
	ID    int64
	Type  string // EMAIL, PHONE, WEB, IM
	Kind  string // WORK, HOME, MOBILE …
	Value string
}

// Item is a CRM record as it stands: plain fields by Name, multi-fields apart.
type Item struct {
	ID     int64
	Values map[string]any
	Multi  []MultiValue
}

// ItemUpdate asks for one record to be changed. Fields holds converted values
// by API name; Multi the multi-field values to set, each naming the id it
// replaces, since an unknown id would add a second value.
type ItemUpdate struct {
	Entity Entity
	ID     int64
	Fields map[string]any
	Multi  []MultiValue
}
