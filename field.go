package sheet24

// Field describes one field of an entity, as crm.item.fields gives it, with the
// choices of lists, funnels, currencies and users filled in.
type Field struct {
	Name      string // "OPPORTUNITY": upperName; EMAIL, PHONE_MOBILE … for multi-fields
	APIName   string // "opportunity": the key in crm.item.* requests; "fm" for multi-fields
	Title     string // in the portal's language
	Type      string // Bitrix24's type: string, double, crm_status …
	ReadOnly  bool   // never written
	Immutable bool   // written only when a record is created
	Required  bool   // must not be empty
	Multiple  bool
	Multi     MultiKind // which values of "fm" it stands for
	Links     Entity    // the entity that its ids refer to, for crm_company and its like
	Choices   []Choice  // of lists; nil where any value is possible
	Stage     bool      // its choices depend on the record's funnel
}

// Choice is one value of a list field.
type Choice struct {
	ID      string
	Label   string
	Aliases []string // other names: a user's e-mail address, a currency's sign
	Retired bool     // stands for what is past (a user who left): understood, not offered
	Funnel  int64    // of a stage
}

// MultiKind picks values out of a record's multi-fields: all of a type, or those
// of one kind.
type MultiKind struct {
	Type string // EMAIL, PHONE, WEB, IM
	Kind string // WORK, HOME, MOBILE …; empty: any
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
