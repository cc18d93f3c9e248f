package googlesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Format is how a range of cells was made to look.
type Format struct {
	Cell json.RawMessage
	Rows [2]int // first and end, from 0
}

// Formatted returns what was done to the looks of a tab.
func (g *Google) Formatted(spreadsheetID string, gid int64) []Format {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.spreadsheets[spreadsheetID].byGID(gid); ok {
		return t.Formatted
	}
	return nil
}

// update is what the requests of a batchUpdate are done to.
type update struct {
	*Spreadsheet
	google *Google
	email  string
}

// request makes a handler of a function that takes a request's own type.
func request[T any](do func(*update, T) (any, error)) func(*update, []byte) (any, error) {
	return func(u *update, data []byte) (any, error) {
		var body T
		if err := json.Unmarshal(data, &body); err != nil {
			return nil, err
		}
		return do(u, body)
	}
}

// requests are the requests of batchUpdate that the simulated Sheets knows. Each
// returns its reply, nil for an empty one.
var requests = map[string]func(*update, []byte) (any, error){
	"findReplace":                 request((*update).findReplace),
	"updateCells":                 request((*update).updateCells),
	"repeatCell":                  request((*update).repeatCell),
	"appendCells":                 request((*update).appendCells),
	"copyPaste":                   request((*update).copyPaste),
	"cutPaste":                    request((*update).cutPaste),
	"sortRange":                   request((*update).sortRange),
	"insertRange":                 request((*update).insertRange),
	"deleteRange":                 request((*update).deleteRange),
	"insertDimension":             request((*update).insertDimension),
	"deleteDimension":             request((*update).deleteDimension),
	"moveDimension":               request((*update).moveDimension),
	"appendDimension":             request((*update).appendDimension),
	"updateDimensionProperties":   request((*update).updateDimensionProperties),
	"autoResizeDimensions":        request((*update).autoResizeDimensions),
	"updateSheetProperties":       request((*update).updateSheetProperties),
	"updateSpreadsheetProperties": request((*update).updateSpreadsheetProperties),
	"addSheet":                    request((*update).addSheet),
	"deleteSheet":                 request((*update).deleteSheet),
	"duplicateSheet":              request((*update).duplicateSheet),
	"addProtectedRange":           request((*update).addProtectedRange),
	"updateProtectedRange":        request((*update).updateProtectedRange),
	"deleteProtectedRange":        request((*update).deleteProtectedRange),
	"mergeCells":                  request((*update).mergeCells),
	"unmergeCells":                request((*update).unmergeCells),
	"setDataValidation":           request((*update).setDataValidation),
	"addNamedRange":               request((*update).addNamedRange),
	"updateNamedRange":            request((*update).updateNamedRange),
	"deleteNamedRange":            request((*update).deleteNamedRange),
	"createDeveloperMetadata":     request((*update).createDeveloperMetadata),
	"updateDeveloperMetadata":     request((*update).updateDeveloperMetadata),
	"deleteDeveloperMetadata":     request((*update).deleteDeveloperMetadata),
	"setBasicFilter":              request((*update).setBasicFilter),
	"clearBasicFilter":            request((*update).clearBasicFilter),
	"addConditionalFormatRule":    request((*update).addConditionalFormatRule),
}

// batchUpdate answers spreadsheets.batchUpdate: the requests are done in their order,
// all or none, and the answer can show the cells as they are then.
func (g *Google) batchUpdate(c *sheetsCall) {
	var body struct {
		Requests                     []map[string]json.RawMessage `json:"requests"`
		IncludeSpreadsheetInResponse bool                         `json:"includeSpreadsheetInResponse"`
		ResponseRanges               []string                     `json:"responseRanges"`
		ResponseIncludeGridData      bool                         `json:"responseIncludeGridData"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchUpdate, &body) {
		return
	}
	if len(body.Requests) == 0 {
		invalid(c.w, "Must specify at least one request.")
		return
	}

	u := &update{Spreadsheet: c.Spreadsheet, google: g, email: c.email}
	answer := map[string]any{"spreadsheetId": c.ID}
	err := g.atomic(c.Spreadsheet, func() error {
		replies := []any{}
		for i, q := range body.Requests {
			reply, err := u.do(i, q)
			if err != nil {
				return err
			}
			replies = append(replies, reply)
		}
		answer["replies"] = replies

		if !body.IncludeSpreadsheetInResponse {
			return nil
		}
		var places []place
		for _, a := range body.ResponseRanges {
			p, err := c.atA1(a)
			if err == nil {
				err = p.inGrid()
			}
			if err != nil {
				return err
			}
			places = append(places, p)
		}
		answer["updatedSpreadsheet"] = g.resource(c.Spreadsheet, places, body.ResponseIncludeGridData, c.requested().at("updatedSpreadsheet"))
		return nil
	})
	if err != nil {
		c.refuse(err)
		return
	}
	c.reply(answer)
}

// do does one request, and returns its reply.
func (u *update) do(i int, q map[string]json.RawMessage) (any, error) {
	kinds := slices.Sorted(maps.Keys(q))
	if len(kinds) != 1 {
		return nil, fmt.Errorf("Invalid requests[%d]: %s", i, map[bool]string{true: "No request set.", false: "Only one request may be set."}[len(kinds) == 0])
	}
	do, known := requests[kinds[0]]
	if !known {
		return nil, fmt.Errorf("Invalid requests[%d].%s: the simulated Sheets does not know this request", i, kinds[0])
	}
	reply, err := do(u, q[kinds[0]])
	if err != nil {
		return nil, fmt.Errorf("Invalid requests[%d].%s: %w", i, kinds[0], err)
	}
	if reply == nil {
		return map[string]any{}, nil
	}
	return map[string]any{kinds[0]: reply}, nil
}

// open finds a range that may be written.
func (u *update) open(r *gridRange) (place, error) {
	if r == nil {
		return place{}, errors.New("A range must be specified.")
	}
	p, err := u.atGrid(*r)
	if err != nil {
		return p, err
	}
	if rows, columns := p.tab.size(); p.row >= rows || p.col >= columns || p.endRow > rows || p.endCol > columns {
		return p, p.outside()
	}
	p.block = p.tab.within(p.block)
	return p, p.tab.unprotected(p.block, u.email)
}

// tab finds a tab by its id.
func (u *update) tab(id *int64) (*Sheet, error) {
	gid := int64(0)
	if id != nil {
		gid = *id
	}
	t, ok := u.byGID(gid)
	if !ok {
		return nil, fmt.Errorf("No grid with id: %d", gid)
	}
	return t, nil
}

// fieldsNamed reads the field mask of a request, which must name something.
func fieldsNamed(text string) (*mask, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
	}
	m, err := parseMask(text)
	if err == nil && m.fields["*"] != nil {
		return everything, nil
	}
	return m, err
}
