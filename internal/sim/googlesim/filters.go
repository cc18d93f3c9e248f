package googlesim

import (
	"errors"
	"fmt"
	"strings"
)

// place is where a range or a data filter points.
type place struct {
	tab *Sheet
	block
	said string // the range as it was asked for, in A1 notation
}

// inGrid tells if a place begins outside the grid: of such a range nothing can be read
// or written (airbytehq/airbyte issue 1740 for reading, cloudfour/lighthouse-parade 151
// for writing, socialpoint-labs/sheetfu 53 for grid ranges). Where it ends does not
// matter, to reading.
func (p place) inGrid() error {
	rows, columns := p.tab.size()
	if p.row < rows && p.col < columns {
		return nil
	}
	return p.outside()
}

func (p place) outside() error {
	said := p.said
	if said == "" {
		said = a1Loose(p.tab.Title, p.block)
	} else if !strings.Contains(said, "!") {
		said = quoted(p.tab.Title) + "!" + said
	}
	rows, columns := p.tab.size()
	return fmt.Errorf("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", said, rows, columns)
}

// dataFilter points by A1, by a grid range, which names the tab's gid, or by the
// developer metadata of what is meant.
type dataFilter struct {
	A1Range                 string          `json:"a1Range,omitempty"`
	GridRange               *gridRange      `json:"gridRange,omitempty"`
	DeveloperMetadataLookup *metadataLookup `json:"developerMetadataLookup,omitempty"`
}

// gridRange is a range as the API has it: from 0, ends excluded, and open where they are
// not named.
type gridRange struct {
	SheetID          int64 `json:"sheetId,omitempty"`
	StartRowIndex    int   `json:"startRowIndex,omitempty"`
	EndRowIndex      *int  `json:"endRowIndex,omitempty"`
	StartColumnIndex int   `json:"startColumnIndex,omitempty"`
	EndColumnIndex   *int  `json:"endColumnIndex,omitempty"`
}

// toRead is where a data filter points, to be read from: what begins outside the grid is
// refused, unless the faults have grid ranges clamped, which nobody knows.
func (g *Google) toRead(s *Spreadsheet, f dataFilter) ([]place, error) {
	places, err := s.at(f)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if err := p.inGrid(); err != nil && !(f.GridRange != nil && g.faults.now().ClampRanges) {
			return nil, err
		}
	}
	return places, nil
}

// at is where a data filter points, as things stand when it is asked: metadata may be
// at several places, or at none.
func (s *Spreadsheet) at(f dataFilter) ([]place, error) {
	switch {
	case f.GridRange != nil:
		p, err := s.atGrid(*f.GridRange)
		return []place{p}, err
	case f.DeveloperMetadataLookup != nil:
		found, err := s.lookup(*f.DeveloperMetadataLookup)
		var places []place
		for _, m := range found {
			if p, ok := s.placeOf(m); ok {
				places = append(places, p)
			}
		}
		return places, err
	case f.A1Range != "":
		p, err := s.atA1(f.A1Range)
		return []place{p}, err
	}
	return nil, errors.New("A data filter must have one of its fields set.")
}

func (s *Spreadsheet) atGrid(r gridRange) (place, error) {
	t, ok := s.byGID(r.SheetID)
	if !ok {
		return place{}, fmt.Errorf("No grid with id: %d", r.SheetID)
	}
	b := block{r.StartRowIndex, -1, r.StartColumnIndex, -1}
	if r.EndRowIndex != nil {
		b.endRow = *r.EndRowIndex
	}
	if r.EndColumnIndex != nil {
		b.endCol = *r.EndColumnIndex
	}
	if b.row < 0 || b.col < 0 || (r.EndRowIndex != nil && b.endRow <= b.row) || (r.EndColumnIndex != nil && b.endCol <= b.col) {
		return place{}, errors.New("Invalid GridRange: its end must be greater than its start.")
	}
	return place{tab: t, block: b}, nil
}
