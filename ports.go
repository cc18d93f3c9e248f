package sheet24

import "context"

// Sheets reads and writes the cells of a tab with the grant of a user.
type Sheets interface {
	// Read returns the values of each range in one request: float64, bool or
	// string, untyped by locale; dates are serial numbers. Trailing empty cells
	// and rows are missing.
	Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []Range) ([][][]any, error)
	// Shown returns the texts of each range as the sheet shows them, by the formats
	// of its cells and its locale.
	Shown(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []Range) ([][][]any, error)
	// Describe returns what a spreadsheet is like.
	Describe(ctx context.Context, userID, spreadsheetID string) (SheetInfo, error)
	// Merged returns the blocks of a tab's cells that are merged into one.
	Merged(ctx context.Context, userID, spreadsheetID string, gid int64) ([]Range, error)
	// Write sets cells in one request, as they are: a leading "=" stays text.
	Write(ctx context.Context, userID, spreadsheetID string, gid int64, cells []Cell) error
}

// SheetInfo is what a spreadsheet is like.
type SheetInfo struct {
	Title    string
	Locale   string           // tr_TR
	TimeZone string           // IANA
	Tabs     map[int64]string // titles by gid
}

// CRM reads and writes the records of a portal. An error of kind Unavailable may
// pass.
type CRM interface {
	// Entities lists what the portal has: the standard entities, then its smart
	// processes, as far as the connection may see them.
	Entities(ctx context.Context, p *Portal) ([]EntityType, error)
	// Fields describes an entity, from a cache of a few minutes.
	Fields(ctx context.Context, p *Portal, e Entity) ([]Field, error)
	// Refresh describes an entity anew, unless that was done a moment ago.
	Refresh(ctx context.Context, p *Portal, e Entity) ([]Field, error)
	// Items returns the records that exist among refs, and why those of an entity
	// could not be read.
	Items(ctx context.Context, p *Portal, refs []ItemRef) (map[ItemRef]*Item, map[Entity]error)
	// Resolve finds the records that links name, one, none or several each, and
	// tells why some could not be looked for.
	Resolve(ctx context.Context, p *Portal, links []Link) (map[Link][]int64, map[Link]error)
	// Find finds the records of an entity that hold values in a field: EMAIL, PHONE or
	// a plain field's Name; one, none or several for each value.
	Find(ctx context.Context, p *Portal, e Entity, field string, values []string) (map[string][]int64, error)
	// Write makes changes and tells how each ended. One whose answer was lost has
	// been settled by reading; if even that was not possible, its error is of kind
	// Unavailable and leaves open whether it was made.
	Write(ctx context.Context, p *Portal, writes []ItemWrite) []Written
}

// interactive is the key of what Interactive marks.
type interactive struct{}

// Interactive marks work that a person waits for: it goes ahead of the rest.
func Interactive(ctx context.Context) context.Context {
	return context.WithValue(ctx, interactive{}, true)
}

// IsInteractive tells whether a person waits for the work of ctx.
func IsInteractive(ctx context.Context) bool { return ctx.Value(interactive{}) != nil }
