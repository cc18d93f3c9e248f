package sheet24

import "context"

// Sheets reads and writes the cells of a tab with the grant of a user.
type Sheets interface {
	// Read returns the values of each range in one request: float64, bool or
	// string, untyped by locale; dates are serial numbers. Trailing empty cells
	// and rows are missing.
	Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []Range) ([][][]any, error)
	// ReadFormatted returns the values of each range, as Read does, and beside them the
	// texts that the sheet shows for them by their formats and its locale: both of one
	// moment. No two ranges may begin at the same cell.
	ReadFormatted(ctx context.Context, tab TabRef, ranges []Range) (values, texts [][][]any, err error)
	// ReadColumns returns whole columns, each from row 1 on, wherever they stand by now.
	// It fails with a Conflict if one is no longer where its header was seen, and the
	// header has to be read again.
	ReadColumns(ctx context.Context, tab TabRef, headerRow int, columns []Column) ([][]any, error)
	// WriteColumns sets cells of columns, as they are, wherever these columns stand when
	// it is done, and returns what they hold after it, as ReadColumns does, all in one
	// request. Rows may have moved since they were numbered: that shows in a column of
	// ids, which is read back along with the others if it is named with no cells.
	WriteColumns(ctx context.Context, tab TabRef, headerRow int, writes []ColumnWrite) ([][]any, error)
	// Replace exchanges the text of all cells of a tab that hold exactly another one.
	Replace(ctx context.Context, tab TabRef, replacements []Replacement) error
	// Describe returns what a spreadsheet is like.
	Describe(ctx context.Context, userID, spreadsheetID string) (SheetInfo, error)
	// Merged returns the blocks of a tab's cells that are merged into one.
	Merged(ctx context.Context, userID, spreadsheetID string, gid int64) ([]Range, error)
}

// TabRef names a tab, and the user whose grant reaches it.
type TabRef struct {
	UserID        string
	SpreadsheetID string
	GID           int64
}

// ColumnWrite are cells of a column, by their rows from 1 on. A value is a string,
// float64 or bool; "" empties a cell.
type ColumnWrite struct {
	Column Column // as it was last seen
	Cells  map[int]any
	Last   int // the row down to which it is read back at least
}

// Replacement exchanges a cell's whole text. A text that is a number may become one.
type Replacement struct{ Find, Text string }

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
	// a plain field's Name; one, none or several for each value. Telephone numbers are
	// found however they are written, in a sheet of a locale or in the CRM.
	Find(ctx context.Context, p *Portal, e Entity, field string, values []string, locale string) (map[string][]int64, error)
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
