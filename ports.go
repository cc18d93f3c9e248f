package sheet24

import "context"

// Sheets reads and writes the cells of a tab with the grant of a user.
type Sheets interface {
	// Read returns the values of each range in one request: float64, bool or
	// string, untyped by locale; dates are serial numbers. Trailing empty cells
	// and rows are missing.
	Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []Range) ([][][]any, error)
	// Write sets cells in one request, as they are: a leading "=" stays text.
	Write(ctx context.Context, userID, spreadsheetID string, gid int64, cells []Cell) error
}

// CRM reads and writes the records of a portal.
type CRM interface {
	Fields(ctx context.Context, p *Portal, e Entity) ([]Field, error)
	// Items returns the records that exist among ids.
	Items(ctx context.Context, p *Portal, e Entity, ids []int64) (map[int64]*Item, error)
	// Update changes records and returns one error, or nil, for each. An error of
	// kind Unavailable may pass, and leaves open whether the record was changed.
	Update(ctx context.Context, p *Portal, updates []ItemUpdate) []error
}
