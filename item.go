package sheet24

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
	Fields map[string]any
	Multi  []MultiValue
}

// Written is how an ItemWrite ended. ID is the record's, also of a new one.
type Written struct {
	ID      int64
	Existed bool           // an earlier creation under the same key had made the record
	Holds   map[string]any // what the answer shows of the record's plain fields, by Name; nil where there was none
	Err     error
}

// Link names a record by what a person typed: a company's title, a contact's
// full name.
type Link struct {
	Entity Entity
	Text   string
}
