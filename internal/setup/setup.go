// Package setup makes a synced table out of a tab: it finds the mapping from the
// header row, takes the rows as they are for the start, and installs the script
// that announces edits.
package setup

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/google"
	"sheet24/internal/mapping"
	"sheet24/internal/tab"
)

// Google is what setting up needs of google.Client.
type Google interface {
	sheet24.Sheets
	Write(ctx context.Context, userID, spreadsheetID string, gid int64, cells []sheet24.Cell) error
	Spreadsheet(ctx context.Context, userID, id string) (*google.Spreadsheet, error)
	AppendColumns(ctx context.Context, userID, spreadsheetID string, gid int64, n int) error
	FormatHeader(ctx context.Context, userID, spreadsheetID string, gid int64, row, columns int, colors sheet24.ColorScheme) error
	Notes(ctx context.Context, userID, spreadsheetID string, gid int64, row int) (map[int]string, error)
	SetNotes(ctx context.Context, userID, spreadsheetID string, gid int64, row int, notes map[int]string) error
	scripts
}

// Store is what setting up needs of the database.
type Store interface {
	PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error)
	Portal(ctx context.Context, id int64) (*sheet24.Portal, error)
	Token(ctx context.Context, userID string) (*sheet24.Token, error)
	TablesOfTab(ctx context.Context, spreadsheetID string, gid int64) ([]*sheet24.Table, error)
	FormerIDColumns(ctx context.Context, spreadsheetID string, gid int64) ([]sheet24.IDColumn, error)
	SaveTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error
	AddTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error
	CheckWritten(ctx context.Context, t *sheet24.Table) error
	RetireTable(ctx context.Context, t *sheet24.Table, code string) error
	DeleteTable(ctx context.Context, t *sheet24.Table) error
	GiveTable(ctx context.Context, t *sheet24.Table, toID string) error
	// Corrections returns what users chose for columns of an entity, by detect.Key.
	Corrections(ctx context.Context, portalID int64, e sheet24.Entity) (map[string]string, error)
	SaveCorrections(ctx context.Context, portalID int64, e sheet24.Entity, fields map[string]string) error
	scriptStore
}

// Setup sets tables up. All fields are required.
type Setup struct {
	Store     Store
	Google    Google
	CRM       sheet24.CRM
	PublicURL string // where Google's scripts reach this server, without a slash at its end
	Log       *slog.Logger
}

// searched is how many of a tab's first rows may have the column names, sampled how many
// rows below them are looked at, and samples how many a draft shows.
const (
	searched = 20
	sampled  = 12
	samples  = 3
)

// Place is a tab, and what it is to feed.
type Place struct {
	SpreadsheetID string
	GID           int64
	PortalID      int64 // 0: the first one that the user connected
	Entity        sheet24.Entity
	HeaderRow     int // from 1; 0: it is found

	Beside   bool  // the tables that the user has on the tab already stay
	Replaces int64 // the one of them whose place the table takes; 0: the only one
}

// Draft is a tab looked at, with the mapping suggested for it.
type Draft struct {
	Spreadsheet *google.Spreadsheet
	Tab         google.Tab
	Entity      sheet24.Entity
	EntityTitle string // of a smart process
	Portal      *sheet24.Portal
	HeaderRow   int // from 1
	Header      []string
	Samples     [][]string // rows of texts, each as long as the header
	Fields      []sheet24.Field
	NoHeader    bool // no row looks like column names; the first is taken for now
	Found       detect.Found
	Mappings    []sheet24.FieldMapping // of the columns that are selected
	Status      sheet24.Column         // where the status can be written
	HasStatus   bool
	HasID       bool // a column looks as if it had the records' ids

	Was    *sheet24.Table   // the table whose place this one takes; nil: none
	Beside []*sheet24.Table // the other tables that the user has on the tab
	Taken  bool             // another user's table has the tab feed the same entity of the same portal
	Ended  []*sheet24.Table // tables as those, which nobody polls any more
	Owned  map[int]Owned    // columns that are other tables', by their places
	Notes  map[int]string   // on the header, by column

	ownID, ownStatus int // the columns that are this table's already, -1: none
}

// Portals lists the portals that a user can set tables up for, the first one connected
// first.
func (s *Setup) Portals(ctx context.Context, userID string) ([]*sheet24.Portal, error) {
	all, err := s.Store.PortalsOf(ctx, userID)
	if err != nil {
		return nil, err
	}

	portals := slices.DeleteFunc(all, func(p *sheet24.Portal) bool { return p.Replaced })
	if len(portals) == 0 {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalMissing)
	}

	return portals, nil
}

// Entities lists what tables of a user can follow in one of their portals, 0: the first.
func (s *Setup) Entities(ctx context.Context, userID string, portalID int64) (*sheet24.Portal, []sheet24.EntityType, error) {
	portals, err := s.Portals(ctx, userID)
	if err != nil {
		return nil, nil, err
	}

	i := slices.IndexFunc(portals, func(p *sheet24.Portal) bool { return portalID == 0 || p.ID == portalID })
	if i < 0 {
		return nil, nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodePortalUnknown)
	}

	all, err := s.CRM.Entities(ctx, portals[i])
	return portals[i], all, err
}

// Fields describes the entity that a table follows.
func (s *Setup) Fields(ctx context.Context, t *sheet24.Table) ([]sheet24.Field, error) {
	portals, err := s.Store.PortalsOf(ctx, t.UserID)
	if err != nil {
		return nil, err
	}

	for _, p := range portals {
		if p.ID == t.PortalID {
			return s.CRM.Fields(ctx, p, t.Entity)
		}
	}

	return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalMissing)
}

// Inspect looks at a tab and suggests how its columns map to an entity, leaving out what
// is other tables'. It reads no more of the tab than it needs for that.
func (s *Setup) Inspect(ctx context.Context, userID string, p Place) (*Draft, error) {
	if p.Entity.TypeID() == 0 {
		return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeEntityUnknown, string(p.Entity))
	}

	portal, entities, err := s.Entities(ctx, userID, p.PortalID)
	if err != nil {
		return nil, err
	}

	d := &Draft{Entity: p.Entity, Portal: portal}
	for _, e := range entities {
		if e.Entity == p.Entity {
			d.EntityTitle = e.Title
		}
	}

	if d.Spreadsheet, err = s.Google.Spreadsheet(ctx, userID, p.SpreadsheetID); err != nil {
		return nil, err
	}

	found := false
	for _, t := range d.Spreadsheet.Tabs {
		if t.GID == p.GID {
			d.Tab, found = t, true
		}
	}

	if !found {
		return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeTabUnknown)
	}

	read, err := s.Google.Read(ctx, userID, p.SpreadsheetID, p.GID, []sheet24.Range{sheet24.Rows(1, max(searched, p.HeaderRow)+sampled)})
	if err != nil {
		return nil, err
	}

	if d.Fields, err = s.CRM.Fields(ctx, d.Portal, p.Entity); err != nil {
		return nil, err
	}

	all := read[0]
	sheet, err := s.sheet(ctx, d, all, p.HeaderRow)
	if err != nil {
		return nil, err
	}

	if len(all) < d.HeaderRow || len(all[d.HeaderRow-1]) == 0 {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeHeaderEmpty, d.Tab.Title, strconv.Itoa(d.HeaderRow))
	}

	d.Header = headerOf(all[d.HeaderRow-1])
	below := all[d.HeaderRow:]
	for _, row := range below[:min(samples, len(below))] {
		texts := make([]string, len(d.Header))
		for i := range min(len(texts), len(row)) {
			texts[i] = mapping.Text(row[i])
		}
		d.Samples = append(d.Samples, texts)
	}

	if err := s.findOwned(ctx, userID, d, p, all); err != nil {
		return nil, err
	}

	s.detect(ctx, d, sheet)
	return d, nil
}

// headerOf reads a header row as texts.
func headerOf(row []any) []string { return tab.Header(row) }

// SpreadsheetURL is where a person opens a table's tab.
func SpreadsheetURL(t *sheet24.Table, googleURL string) string {
	if googleURL == "" {
		googleURL = "https://docs.google.com"
	}
	return strings.TrimRight(googleURL, "/") + "/spreadsheets/d/" + url.PathEscape(t.SpreadsheetID) + "/edit#gid=" + mapping.Text(float64(t.GID))
}
