package googlesim

import (
	"slices"
	"strconv"
)

// getMetadata answers developerMetadata.get.
func (g *Google) getMetadata(c *sheetsCall) {
	for _, m := range c.Metadata {
		if strconv.FormatInt(m.ID, 10) == c.arg {
			c.reply(m.json())
			return
		}
	}
	notFound(c.w)
}

// searchMetadata answers developerMetadata.search: what is at, or meets, the places that
// filters name, or matches their lookups, each once.
func (g *Google) searchMetadata(c *sheetsCall) {
	var body struct {
		DataFilters []dataFilter `json:"dataFilters"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.searchMetadata, &body) {
		return
	}
	var all []any
	seen := map[int64]bool{}
	for _, f := range body.DataFilters {
		found, err := c.metadataBy(f)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		for _, m := range found {
			if !seen[m.ID] {
				seen[m.ID] = true
				all = append(all, map[string]any{"developerMetadata": m.json(), "dataFilters": []dataFilter{f}})
			}
		}
	}
	answer := map[string]any{}
	if len(all) > 0 {
		answer["matchedDeveloperMetadata"] = all
	}
	c.reply(answer)
}

// metadataBy are the metadata that a data filter finds.
func (s *Spreadsheet) metadataBy(f dataFilter) ([]Metadata, error) {
	if f.DeveloperMetadataLookup != nil {
		return s.lookup(*f.DeveloperMetadataLookup)
	}
	places, err := s.at(f)
	if err != nil {
		return nil, err
	}
	var found []Metadata
	for _, m := range s.Metadata {
		at, ok := s.placeOf(m)
		if ok && m.Type != "SPREADSHEET" && slices.ContainsFunc(places, func(p place) bool {
			return p.tab == at.tab && p.tab.within(p.block).meets(at.tab.within(at.block))
		}) {
			found = append(found, m)
		}
	}
	return found, nil
}
