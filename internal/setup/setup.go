// Package setup makes a synced table out of a tab: it finds the mapping from the
// header row, takes the rows as they are for the start, and installs the script
// that announces edits.
package setup

import (
	"context"
	"log/slog"
	"net/url"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/google"
	"sheet24/internal/mapping"
	"sheet24/internal/pipeline"
)

// Google is what setting up needs of google.Client.
type Google interface {
	sheet24.Sheets
	Write(ctx context.Context, userID, spreadsheetID string, gid int64, cells []sheet24.Cell) error
	Spreadsheet(ctx context.Context, userID, id string) (*google.Spreadsheet, error)
	AppendColumns(ctx context.Context, userID, spreadsheetID string, gid int64, n int) error
	FormatHeader(ctx context.Context, userID, spreadsheetID string, gid int64, row, columns int, colors sheet24.ColorScheme) error
	scripts
}

// Store is what setting up needs of the database.
type Store interface {
	PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error)
	SaveTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error
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
}

// Entities lists what tables of a user can follow, and the portal that has it.
func (s *Setup) Entities(ctx context.Context, userID string) (*sheet24.Portal, []sheet24.EntityType, error) {
	portals, err := s.Store.PortalsOf(ctx, userID)
	if err != nil {
		return nil, nil, err
	}
	if len(portals) == 0 {
		return nil, nil, sheet24.Errorf(sheet24.Invalid, "portal_missing")
	}
	all, err := s.CRM.Entities(ctx, portals[0])
	return portals[0], all, err
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
	return nil, sheet24.Errorf(sheet24.Invalid, "portal_missing")
}

// Inspect looks at a tab and suggests how its columns map to an entity. headerRow,
// from 1, is where the column names stand; 0: it is found. It reads no more of the tab
// than it needs for that.
func (s *Setup) Inspect(ctx context.Context, userID, spreadsheetID string, gid int64, entity sheet24.Entity, headerRow int) (*Draft, error) {
	if entity.TypeID() == 0 {
		return nil, sheet24.Errorf(sheet24.NotFound, "entity_unknown", string(entity))
	}
	portal, entities, err := s.Entities(ctx, userID)
	if err != nil {
		return nil, err
	}
	d := &Draft{Entity: entity, Portal: portal}
	for _, e := range entities {
		if e.Entity == entity {
			d.EntityTitle = e.Title
		}
	}
	if d.Spreadsheet, err = s.Google.Spreadsheet(ctx, userID, spreadsheetID); err != nil {
		return nil, err
	}
	found := false
	for _, t := range d.Spreadsheet.Tabs {
		if t.GID == gid {
			d.Tab, found = t, true
		}
	}
	if !found {
		return nil, sheet24.Errorf(sheet24.NotFound, "tab_unknown")
	}
	read, err := s.Google.Read(ctx, userID, spreadsheetID, gid, []sheet24.Range{sheet24.Rows(1, max(searched, headerRow)+sampled)})
	if err != nil {
		return nil, err
	}
	if d.Fields, err = s.CRM.Fields(ctx, d.Portal, entity); err != nil {
		return nil, err
	}
	all := read[0]
	if err := s.detect(ctx, d, all, headerRow); err != nil {
		return nil, err
	}
	if len(all) < d.HeaderRow || len(all[d.HeaderRow-1]) == 0 {
		return nil, sheet24.Errorf(sheet24.Invalid, "header_empty", d.Tab.Title, strconv.Itoa(d.HeaderRow))
	}
	d.Header = pipeline.Header(all[d.HeaderRow-1])
	below := all[d.HeaderRow:]
	for _, row := range below[:min(samples, len(below))] {
		texts := make([]string, len(d.Header))
		for i := range min(len(texts), len(row)) {
			texts[i] = mapping.Text(row[i])
		}
		d.Samples = append(d.Samples, texts)
	}
	return d, nil
}

// SpreadsheetURL is where a person opens a table's tab.
func SpreadsheetURL(t *sheet24.Table, googleURL string) string {
	if googleURL == "" {
		googleURL = "https://docs.google.com"
	}
	return strings.TrimRight(googleURL, "/") + "/spreadsheets/d/" + url.PathEscape(t.SpreadsheetID) + "/edit#gid=" + mapping.Text(float64(t.GID))
}
