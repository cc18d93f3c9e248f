package sheet24

// IDColumn is a column of a tab that holds the ids of one portal's records of one entity,
// and of no others: a number means another record elsewhere.
type IDColumn struct {
	Column      Column
	PortalID    int64
	Entity      Entity
	EntityTitle string // of a smart process
}
