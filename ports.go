package sheet24

import (
	"context"
	"time"
)

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
	// Turn waits until the portal may be sent a request, and returns the right to one.
	Turn(ctx context.Context, p *Portal) (Turn, error)
	// GivesUp is how long after it was sent a request may still be carried out, whoever
	// waits for its answer.
	GivesUp() time.Duration
}

// Turn is the right to send a portal one request now. It ends with Send or GiveBack.
type Turn interface {
	// Size is how many commands the request may carry.
	Size() int
	// Spare is how many more requests the portal would let through at once.
	Spare() int
	// Pace is how long it takes until it lets one more through, once it does not.
	Pace() time.Duration
	// Alone reports whether a write must be a request of its own.
	Alone(w ItemWrite) bool
	// Room is how many calls of a kind the portal has working time left for. If none, it
	// is worth asking again then; at a zero time, once an answer has come.
	Room(call Call) (calls int, again time.Time)
	// Book takes the working time for what Send will make.
	Book(r Request)
	// Send makes the request that was booked: its writes in their order, then what it
	// reads. It repeats nothing.
	Send(ctx context.Context, r Request) Reply
	// GiveBack gives back a turn with which nothing was sent.
	GiveBack()
}

// Request is what one request to a portal carries.
type Request struct {
	Writes []ItemWrite
	Items  []ItemRef // records to read
	Keys   []ItemKey // creations to look for: their records may be there

	Begun time.Time // when its writes were noted as begun; if that is too long ago, they are not sent
}

// ListSize is how many records, or keys, one command reads.
const ListSize = 50

// Commands is how many commands a request carries.
func (r Request) Commands() int {
	items, keys := map[Entity]int{}, map[Entity]int{}
	for _, ref := range r.Items {
		items[ref.Entity]++
	}
	for _, key := range r.Keys {
		keys[key.Entity]++
	}

	n := len(r.Writes)
	for _, lists := range []map[Entity]int{items, keys} {
		for _, list := range lists {
			n += (list + ListSize - 1) / ListSize
		}
	}
	return n
}

// Reply is what came of a Request. Err is why it failed as a whole, and Outcome what that
// says of it; then that is how its writes ended too, and nothing was read.
type Reply struct {
	Written []Written // as its writes
	Items   map[ItemRef]*Item
	Created map[ItemKey]int64
	Unread  map[Entity]error // why records of an entity could not be read
	Unfound map[Entity]error // why creations of an entity could not be looked for

	// Of an entity whose records do not keep their keys for certain: a creation that was sent
	// before then, and is not among Created, may have been made all the same.
	Horizon map[Entity]time.Time
	Outcome Outcome
	Err     error
}

// interactive is the key of what Interactive marks.
type interactive struct{}

// Interactive marks work that a person waits for: it goes ahead of the rest.
func Interactive(ctx context.Context) context.Context {
	return context.WithValue(ctx, interactive{}, true)
}

// IsInteractive reports whether a person waits for the work of ctx.
func IsInteractive(ctx context.Context) bool { return ctx.Value(interactive{}) != nil }
