package sheet24

import (
	"strconv"
	"strings"
)

// Entity is a kind of CRM record, by its name in the API: "leads", or
// "spa:1036" for the smart process whose entityTypeId is 1036.
type Entity string

// The entities that every portal has.
const (
	Leads     Entity = "leads"
	Deals     Entity = "deals"
	Contacts  Entity = "contacts"
	Companies Entity = "companies"
	Quotes    Entity = "quotes"
	Invoices  Entity = "invoices"
)

// Entities lists them in the order the pages offer them.
var Entities = []Entity{Leads, Deals, Contacts, Companies, Quotes, Invoices}

var typeIDs = map[Entity]int{Leads: 1, Deals: 2, Contacts: 3, Companies: 4, Quotes: 7, Invoices: 31}

// spaPrefix begins the name of a smart process; their entityTypeIds start at 128.
const (
	spaPrefix = "spa:"
	firstSPA  = 128
)

// TypeID is the entityTypeId of Bitrix24's crm.item.* methods, 0 if unknown.
func (e Entity) TypeID() int {
	if n, ok := strings.CutPrefix(string(e), spaPrefix); ok {
		id, err := strconv.Atoi(n)
		if err != nil || id < firstSPA || strconv.Itoa(id) != n {
			return 0
		}
		return id
	}
	return typeIDs[e]
}

// HasOwnMethods reports whether Bitrix24 has methods for the entity alone (crm.lead.update …)
// beside those for all.
func (e Entity) HasOwnMethods() bool {
	switch e {
	case Leads, Deals, Contacts, Companies, Quotes:
		return true
	}
	return false
}

// EntityOf names the entity of an entityTypeId, "" if there is none.
func EntityOf(typeID int) Entity {
	for e, id := range typeIDs {
		if id == typeID {
			return e
		}
	}

	if typeID >= firstSPA {
		return Entity(spaPrefix + strconv.Itoa(typeID))
	}
	return ""
}

// EntityType is an entity as a portal has it. The title, in the portal's
// language, is empty for those that every portal has.
type EntityType struct {
	Entity Entity
	Title  string
}
