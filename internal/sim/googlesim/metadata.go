package googlesim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"unicode/utf8"
)

// Metadata is developer metadata: a key and a value that belong to a spreadsheet, a
// tab, a row or a column. That of a row or column goes where that goes, and goes with it
// (source: the description of DeveloperMetadata in the discovery document).
type Metadata struct {
	ID         int64
	Key, Value string
	Visibility string // DOCUMENT, PROJECT
	Type       string // SPREADSHEET, SHEET, ROW, COLUMN
	GID        int64  // but for SPREADSHEET
	Index      int    // of the row or column, from 0
}

// maxMetadata is how many characters of keys and values all metadata of a tab, with its
// rows and columns, may have, and all of the spreadsheet itself (source: Google's guide
// to metadata).
const maxMetadata = 30_000

// Named is a named range.
type Named struct {
	ID, Name string
	GID      int64
	Range    Area
}

type metadataJSON struct {
	MetadataID    int64            `json:"metadataId,omitempty"`
	MetadataKey   string           `json:"metadataKey,omitempty"`
	MetadataValue string           `json:"metadataValue,omitempty"`
	Visibility    string           `json:"visibility,omitempty"`
	Location      *metadataAtPlace `json:"location,omitempty"`
}

type metadataAtPlace struct {
	LocationType   string          `json:"locationType,omitempty"`
	Spreadsheet    bool            `json:"spreadsheet,omitempty"`
	SheetID        *int64          `json:"sheetId,omitempty"`
	DimensionRange *dimensionRange `json:"dimensionRange,omitempty"`
}

type dimensionRange struct {
	SheetID    int64  `json:"sheetId,omitempty"`
	Dimension  string `json:"dimension,omitempty"`
	StartIndex int    `json:"startIndex,omitempty"`
	EndIndex   *int   `json:"endIndex,omitempty"`
}

type metadataLookup struct {
	LocationType             string           `json:"locationType,omitempty"`
	MetadataLocation         *metadataAtPlace `json:"metadataLocation,omitempty"`
	LocationMatchingStrategy string           `json:"locationMatchingStrategy,omitempty"`
	MetadataID               *int64           `json:"metadataId,omitempty"`
	MetadataKey              *string          `json:"metadataKey,omitempty"`
	MetadataValue            *string          `json:"metadataValue,omitempty"`
	Visibility               string           `json:"visibility,omitempty"`
}

// json is metadata as the API describes it.
func (m Metadata) json() map[string]any {
	location := map[string]any{"locationType": m.Type}
	switch m.Type {
	case "SPREADSHEET":
		location["spreadsheet"] = true
	case "SHEET":
		location["sheetId"] = m.GID
	default:
		end := m.Index + 1
		location["dimensionRange"] = dimensionRange{SheetID: m.GID, Dimension: m.Type + "S", StartIndex: m.Index, EndIndex: &end}
	}
	v := map[string]any{"metadataId": m.ID, "metadataKey": m.Key, "visibility": m.Visibility, "location": location}
	if m.Value != "" {
		v["metadataValue"] = m.Value
	}
	return v
}

// locate reads where metadata is to be, or is looked for.
func (s *Spreadsheet) locate(l *metadataAtPlace) (Metadata, error) {
	switch {
	case l == nil:
		return Metadata{}, errors.New("A location must be specified.")
	case l.DimensionRange != nil:
		d := l.DimensionRange
		t, ok := s.byGID(d.SheetID)
		if !ok {
			return Metadata{}, fmt.Errorf("No grid with id: %d", d.SheetID)
		}
		rows, columns := t.size()
		size, kind := rows, "ROW"
		switch d.Dimension {
		case "ROWS":
		case "COLUMNS":
			size, kind = columns, "COLUMN"
		default:
			return Metadata{}, errors.New("A dimension must be specified.")
		}
		if d.EndIndex == nil || *d.EndIndex != d.StartIndex+1 || d.StartIndex < 0 {
			return Metadata{}, errors.New("The dimension range must represent a single row or column.")
		}
		if d.StartIndex >= size {
			return Metadata{}, fmt.Errorf("The dimension range exceeds the grid, which has %d.", size)
		}
		return Metadata{Type: kind, GID: d.SheetID, Index: d.StartIndex}, nil
	case l.SheetID != nil:
		if _, ok := s.byGID(*l.SheetID); !ok {
			return Metadata{}, fmt.Errorf("No grid with id: %d", *l.SheetID)
		}
		return Metadata{Type: "SHEET", GID: *l.SheetID}, nil
	case l.Spreadsheet:
		return Metadata{Type: "SPREADSHEET"}, nil
	}
	return Metadata{}, errors.New("A location must be specified.")
}

// createMetadata adds metadata, with a random id if it brings none.
func (s *Spreadsheet) createMetadata(in metadataJSON) (Metadata, error) {
	m, err := s.locate(in.Location)
	if err != nil {
		return m, err
	}
	m.ID, m.Key, m.Value, m.Visibility = in.MetadataID, in.MetadataKey, in.MetadataValue, in.Visibility
	switch {
	case m.Key == "":
		return m, errors.New("Developer metadata must have a key.")
	case m.Visibility != "DOCUMENT" && m.Visibility != "PROJECT":
		return m, errors.New("Developer metadata must have a visibility.")
	case m.ID < 0 || m.ID >= 1<<31:
		return m, errors.New("The metadata id must be positive.")
	case m.ID != 0 && s.hasMetadata(m.ID):
		return m, fmt.Errorf("Developer metadata with id %d already exists.", m.ID)
	}
	for m.ID == 0 || s.hasMetadata(m.ID) {
		m.ID = rand.Int64N(1<<31-1) + 1
	}
	s.Metadata = append(s.Metadata, m)
	return m, s.metadataFits(m)
}

func (s *Spreadsheet) hasMetadata(id int64) bool {
	return slices.ContainsFunc(s.Metadata, func(m Metadata) bool { return m.ID == id })
}

// metadataFits tells if there is more than may be where some was written.
func (s *Spreadsheet) metadataFits(written Metadata) error {
	n := 0
	for _, m := range s.Metadata {
		if m.GID == written.GID && (m.Type == "SPREADSHEET") == (written.Type == "SPREADSHEET") {
			n += utf8.RuneCountInString(m.Key) + utf8.RuneCountInString(m.Value)
		}
	}
	if n > maxMetadata {
		return fmt.Errorf("Developer metadata exceeds the limit of %d characters.", maxMetadata)
	}
	return nil
}

// lookup finds the metadata that match all that a lookup names.
func (s *Spreadsheet) lookup(l metadataLookup) ([]Metadata, error) {
	var at *Metadata
	if l.MetadataLocation != nil {
		place, err := s.locate(l.MetadataLocation)
		if err != nil {
			return nil, err
		}
		at = &place
	} else if l.LocationMatchingStrategy != "" {
		return nil, errors.New("A location matching strategy needs a metadata location.")
	}
	exact := l.LocationMatchingStrategy == "EXACT_LOCATION"
	if l.LocationType == "SPREADSHEET" && at != nil && !exact {
		return nil, errors.New("The location type may not be SPREADSHEET with intersecting locations.")
	}

	var found []Metadata
	for _, m := range s.Metadata {
		switch {
		case l.LocationType != "" && l.LocationType != m.Type,
			l.MetadataID != nil && *l.MetadataID != m.ID,
			l.MetadataKey != nil && *l.MetadataKey != m.Key,
			l.MetadataValue != nil && *l.MetadataValue != m.Value,
			l.Visibility != "" && l.Visibility != m.Visibility,
			at != nil && !m.isAt(*at, exact):
		default:
			found = append(found, m)
		}
	}
	return found, nil
}

// isAt reports whether metadata is at a location, or at one that meets it.
func (m Metadata) isAt(at Metadata, exact bool) bool {
	if m.Type == at.Type && m.GID == at.GID && m.Index == at.Index {
		return true
	}
	if exact {
		return false
	}
	switch {
	case at.Type == "SPREADSHEET" || m.Type == "SPREADSHEET":
		return true
	case at.GID != m.GID:
		return false
	case at.Type == "SHEET" || m.Type == "SHEET":
		return true
	}
	return at.Type != m.Type // a row and a column meet in a cell
}

// place is what metadata's location covers.
func (s *Spreadsheet) placeOf(m Metadata) (place, bool) {
	if m.Type == "SPREADSHEET" {
		return place{tab: s.Sheets[0], block: block{0, -1, 0, -1}}, true
	}
	t, ok := s.byGID(m.GID)
	switch m.Type {
	case "ROW":
		return place{tab: t, block: block{m.Index, m.Index + 1, 0, -1}}, ok
	case "COLUMN":
		return place{tab: t, block: block{0, -1, m.Index, m.Index + 1}}, ok
	}
	return place{tab: t, block: block{0, -1, 0, -1}}, ok
}

// shiftMetadata moves the metadata of rows or columns along with them.
func (s *Spreadsheet) shiftMetadata(t *Sheet, c shift) {
	kind := "ROW"
	if c.Columns {
		kind = "COLUMN"
	}
	var left []Metadata
	for _, m := range s.Metadata {
		there := true
		if m.GID == t.GID && m.Type == kind {
			m.Index, there = c.place(m.Index)
		}
		if there {
			left = append(left, m)
		}
	}
	s.Metadata = left
}

// shiftNamed moves named ranges along with what they cover.
func (s *Spreadsheet) shiftNamed(t *Sheet, c shift) {
	var left []Named
	for _, n := range s.Named {
		if n.GID == t.GID {
			moved := shiftRanges([]Area{n.Range}, c)
			if len(moved) == 0 {
				continue
			}
			n.Range = moved[0]
		}
		left = append(left, n)
	}
	s.Named = left
}

// dropTab removes what belongs to a tab that is gone.
func (s *Spreadsheet) dropTab(gid int64) {
	s.Metadata = slices.DeleteFunc(slices.Clone(s.Metadata), func(m Metadata) bool { return m.Type != "SPREADSHEET" && m.GID == gid })
	s.Named = slices.DeleteFunc(slices.Clone(s.Named), func(n Named) bool { return n.GID == gid })
}
