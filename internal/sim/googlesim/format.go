package googlesim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Format is how a range of cells was made to look.
type Format struct {
	Cell json.RawMessage
	Rows [2]int // first and end, from 0
}

// batchUpdate answers POST /v4/spreadsheets/{id}:batchUpdate, of whose requests the
// simulated Sheets knows repeatCell and appendDimension of columns.
func (g *Google) batchUpdate(w http.ResponseWriter, r *http.Request, s *Spreadsheet) {
	var body struct {
		Requests []struct {
			RepeatCell *struct {
				Range  gridRange
				Cell   json.RawMessage
				Fields string
			}
			AppendDimension *struct {
				SheetID   int64
				Dimension string
				Length    int
			}
		}
	}
	if !decode(w, r, &body) {
		return
	}
	replies := []any{}
	for _, q := range body.Requests {
		if a := q.AppendDimension; a != nil {
			t, ok := s.byGID(a.SheetID)
			if !ok || a.Dimension != "COLUMNS" || a.Length < 1 {
				invalid(w, "Invalid requests[0].appendDimension")
				return
			}
			_, columns := t.size()
			t.Columns = columns + a.Length
			replies = append(replies, map[string]any{})
			continue
		}
		if q.RepeatCell == nil {
			invalid(w, "Invalid requests: only repeatCell and appendDimension are simulated")
			return
		}
		p, err := s.at(dataFilter{GridRange: &q.RepeatCell.Range})
		if err != nil {
			invalid(w, "Invalid requests[0].repeatCell: "+err.Error())
			return
		}
		if q.RepeatCell.Fields == "" {
			invalid(w, "Invalid requests[0].repeatCell: At least one field must be listed in 'fields'.")
			return
		}
		p.tab.Formatted = append(p.tab.Formatted, Format{Cell: q.RepeatCell.Cell, Rows: [2]int{p.row, p.endRow}})
		replies = append(replies, map[string]any{})
	}
	g.written(s)
	reply(w, http.StatusOK, map[string]any{"spreadsheetId": s.ID, "replies": replies})
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

// isBatchUpdate parts a path's id from the method behind it.
func isBatchUpdate(id string) (string, bool) { return strings.CutSuffix(id, ":batchUpdate") }
