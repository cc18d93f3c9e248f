package sheet24

import (
	"cmp"
	"regexp"
	"strconv"
	"time"
)

// Table is a synced tab: one tab of one spreadsheet, followed by one entity of
// one portal.
type Table struct {
	ID                int64
	UserID            string
	PortalID          int64
	SpreadsheetID     string
	SpreadsheetTitle  string
	Name              string // as its owner calls it; empty: as its spreadsheet
	GID               int64  // the tab's id, which outlives renaming
	Tab               string // the tab's title when it was last seen
	Entity            Entity
	EntityTitle       string // of a smart process, in the portal's language
	CustomView        bool
	Colors            ColorScheme
	HeaderRow         int    // 1-based row of the column names
	StatusColumn      Column // where "✅ Senkronize" is written; empty name: nowhere
	Language          string // of what is written into the sheet
	TimeZone          string // of the spreadsheet, IANA
	Locale            string // of the spreadsheet: tr_TR
	WebhookURL        string // where the script posts
	WebhookRegistered bool   // true once a signed ping arrived
	Key               []byte // signs notifications; encrypted at rest
	Script            Script
	LastSyncAt        time.Time
	Polling           Polling
	SecondLook        SecondLook
	Policies          Policies
	Enabled           bool
	CreatedAt         time.Time
	Mappings          []FieldMapping
	Lost              []string // names of columns that are mapped but not to be found; they are left alone
	Problem           Code     // code of the error that keeps the sheet from being read
	StatusProblem     Code     // code of the error that keeps the status from being written
	Binding           int64    // counts the exchanges of its portal, entity or mapping; what is made under one belongs to it
}

// SameBinding reports whether what was made for a table as it was means the same for it
// as it is: its portal, its entity, and the column of each field are what they were, wherever
// it stands by now.
func (t *Table) SameBinding(was *Table) bool {
	if t.PortalID != was.PortalID || t.Entity != was.Entity || len(t.Mappings) != len(was.Mappings) {
		return false
	}

	for _, m := range t.Mappings {
		before, mapped := was.Mapping(m.Field)
		if !mapped || before.Column.Name != m.Column.Name {
			return false
		}
		if followed := before.Column.Index >= 0 && m.Column.Name != ""; !followed && before.Column != m.Column {
			return false
		}
	}
	return true
}

// Mapping returns the mapping that feeds the field of that name.
func (t *Table) Mapping(field string) (FieldMapping, bool) {
	for _, m := range t.Mappings {
		if m.Field == field {
			return m, true
		}
	}
	return FieldMapping{}, false
}

// ColumnName is how the column of a field is called, or the field, if it has none.
func (t *Table) ColumnName(field string) string {
	if m, ok := t.Mapping(field); ok {
		return m.Column.Name
	}
	return field
}

// Location is the time zone of a table's spreadsheet; UTC where that is none we know.
func (t *Table) Location() *time.Location {
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Title is what a table is called: as its owner says, or else as its spreadsheet.
func (t *Table) Title() string { return cmp.Or(t.Name, t.SpreadsheetTitle) }

// Ended reports whether a table has to be set up anew to be followed again: another has
// taken its place, or it is being deleted.
func (t *Table) Ended() bool {
	return !t.Enabled && (t.Problem == CodeTabTaken || t.Problem == CodeTableDeleting)
}

// TableContents are numbers of what belongs to a table.
type TableContents struct {
	Rows    int // that are known of its tab
	Changes int // in its history
	Waiting int // of them, that have not reached the CRM
}

// Ref names the tab that a table follows.
func (t *Table) Ref() TabRef {
	return TabRef{UserID: t.UserID, SpreadsheetID: t.SpreadsheetID, GID: t.GID}
}

// Path is where a table's page stands on the server.
func (t *Table) Path() string { return "/sheet-sync/tables/" + strconv.FormatInt(t.ID, 10) }

// Polling is when a table's whole tab is read, whether or not anybody told of an
// edit, and what came of it.
type Polling struct {
	At          time.Time // when next
	EditedAt    time.Time // when an edit was last found
	Unannounced int       // edits found since the script last told of one
}

// SecondLook is what a scan found that changes a table as a whole though nobody announced
// it: nothing is sent before another look, when it is due, finds the same. The zero value
// means that there is none.
type SecondLook struct {
	What   string    `json:"what"`   // columns, or ids
	Digest string    `json:"digest"` // of what was found
	At     time.Time `json:"at"`     // when it is due
	Since  time.Time `json:"since"`  // when the first look was
}

// SilentAfter is how many edits in a row the script may fail to tell of.
const SilentAfter = 3

// Silent reports whether a table's script, though active, tells of nothing.
func (t *Table) Silent() bool { return t.WebhookRegistered && t.Polling.Unannounced >= SilentAfter }

// Script is what was installed into the spreadsheet for a table.
type Script struct {
	ProjectID    string
	DeploymentID string
	WebAppURL    string // …/exec: the user opens it once to allow the triggers
	Version      string // of what was pushed
	Wide         bool   // it asks for all spreadsheets: Google would not install triggers otherwise
}

// EditorURL is where a script's owner finds it, below Google's own address or a
// simulator's.
func (s Script) EditorURL(googleURL string) string {
	if googleURL == "" {
		googleURL = "https://script.google.com"
	}
	return googleURL + "/d/" + s.ProjectID + "/edit"
}

// Column is a column of a tab: its place and the header text found there.
type Column struct {
	Index int // 0-based; less than 0: not known
	Name  string
}

// IDField is the Field of the mapping whose column holds the CRM record's id.
// It is a row's identity: row numbers change under sorting and inserting.
const IDField = "ID"

// FieldMapping feeds one CRM field from one column.
type FieldMapping struct {
	Column    Column
	Field     string // Field.Name: TITLE, EMAIL …
	Type      string // Field.Type when it was mapped
	Updatable bool   // false: shown, never written to the CRM
}

// ColorScheme is the owner's choice of a table's colours, each "#rrggbb".
type ColorScheme struct {
	Header string `json:"header"` // background of the header row
	Text   string `json:"text"`   // text on it
	Accent string `json:"accent"` // buttons, links, the status of a synced row
	Row    string `json:"row"`    // background of every second row
}

// Valid reports whether each of them is a colour as "#rrggbb".
func (c ColorScheme) Valid() bool {
	for _, v := range []string{c.Header, c.Text, c.Accent, c.Row} {
		if !IsColor(v) {
			return false
		}
	}
	return true
}

// IsColor reports whether a text is a colour as "#rrggbb".
func IsColor(s string) bool { return color.MatchString(s) }

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// DefaultColors are offered first.
var DefaultColors = ColorScheme{Header: "#1f5e4b", Text: "#ffffff", Accent: "#1f7a5c", Row: "#eef6f2"}

// Range is a block of cells of a tab. Rows and columns are 1-based and
// inclusive; a zero end is open.
type Range struct {
	FirstRow, LastRow       int
	FirstColumn, LastColumn int
}

// Rows returns whole rows first to last.
func Rows(first, last int) Range { return Range{FirstRow: first, LastRow: last} }

// Cell is one value to be written. Value is a string, float64 or bool.
type Cell struct {
	Row, Column int // 1-based
	Value       any
}

// ColumnLetter names a 0-based column as spreadsheets do: 0 is A, 26 is AA.
func ColumnLetter(index int) string {
	s := ""
	for index >= 0 {
		s = string(rune('A'+index%26)) + s
		index = index/26 - 1
	}
	return s
}
