package sheet24

// Work says where work waits.
type Work struct {
	Scan    []int64 // tables with events that no scan has seen, or with cells to be written
	Poll    []int64 // tables whose whole tab is to be read by now
	Push    []int64 // portals with changes that are due
	Report  []int64 // tables with results that their sheet has not been told of
	Compare []int64 // tables that are being compared with the CRM
}

// Belongs says whose work is meant by a table or a portal.
type Belongs struct {
	UserID        string
	SpreadsheetID string // of a table
	Host          string // of the portal
}
