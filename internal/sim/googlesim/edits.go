package googlesim

import (
	"fmt"
	"log/slog"
	"net/http"
)

// Edit is what a person does to a tab in the browser: values typed or pasted
// from a range's first cell on.
type Edit struct {
	SpreadsheetID string  `json:"spreadsheet_id"`
	GID           int64   `json:"gid"`
	Range         string  `json:"range"` // C5, or B2:C9 without the tab
	Values        [][]any `json:"values"`
}

func (g *Google) routeEdits(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/google/edits", func(w http.ResponseWriter, r *http.Request) {
		var e Edit
		if !decode(w, r, &e) {
			return
		}
		if err := g.Edit(e); err != nil {
			invalid(w, err.Error())
			return
		}
		reply(w, http.StatusOK, map[string]any{"edited": e.Range})
	})
	mux.HandleFunc("GET /sim/google/cells", func(w http.ResponseWriter, r *http.Request) {
		var gid int64
		fmt.Sscan(r.URL.Query().Get("gid"), &gid)
		title, rows, ok := g.Cells(r.URL.Query().Get("spreadsheet_id"), gid)
		if !ok {
			notFound(w)
			return
		}
		reply(w, http.StatusOK, map[string]any{"title": title, "rows": rows})
	})
}

// Edit edits a tab as a person would: what is typed becomes values, and the
// triggers run, each in its own time.
func (g *Google) Edit(e Edit) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.spreadsheets[e.SpreadsheetID]
	if !ok {
		return fmt.Errorf("no spreadsheet %q", e.SpreadsheetID)
	}
	t, ok := s.byGID(e.GID)
	if !ok {
		return fmt.Errorf("no tab %d in %q", e.GID, s.Title)
	}
	_, at, err := parseA1(e.Range)
	if err != nil {
		return err
	}
	if len(e.Values) == 0 || len(e.Values[0]) == 0 {
		return fmt.Errorf("values are missing: [[\"x\"]]")
	}
	width := 0
	for i, row := range e.Values {
		width = max(width, len(row))
		for j, v := range row {
			switch v.(type) {
			case string, float64, bool:
			case nil:
				v = ""
			default:
				return fmt.Errorf("values[%d][%d] is not a text, a number or a boolean", i, j)
			}
			t.set(at.row+i, at.col+j, typed(v, s.Locale))
		}
	}
	s.Modified = g.now()
	g.changed()
	edited := block{at.row, at.row + len(e.Values), at.col, at.col + width}
	g.fire(s.ID, "ON_EDIT", func(x *execution) any { return x.editEvent(s.ID, e.GID, edited) })
	g.fire(s.ID, "ON_CHANGE", func(x *execution) any {
		return object{"authMode": "FULL", "changeType": "EDIT", "source": x.source(s.ID)}
	})
	return nil
}

// fire runs the triggers that wait for an event, as their creators; g.mu is held.
func (g *Google) fire(spreadsheetID, event string, argument func(*execution) any) {
	for _, p := range g.projects {
		for _, t := range p.Triggers {
			if t.SpreadsheetID != spreadsheetID || t.Event != event {
				continue
			}
			files := p.Files // triggers run the newest files, whatever is deployed
			g.runs.Go(func() {
				if _, err := g.run(g.alive, p, files, t.Creator, t.Handler, argument); err != nil && g.alive.Err() == nil {
					slog.Warn("simulated trigger failed", "handler", t.Handler, "error", err)
				}
			})
		}
	}
}

// editEvent is the argument of an onEdit handler. It has no values: for more than
// one cell Google sends none, and for one they are not to be trusted.
func (x *execution) editEvent(spreadsheetID string, gid int64, b block) object {
	return object{
		"authMode": "FULL", "triggerUid": "1", "source": x.source(spreadsheetID), "user": object{"email": x.email},
		"range": object{
			"columnStart": b.col + 1, "columnEnd": b.endCol, "rowStart": b.row + 1, "rowEnd": b.endRow,
			"getRow": func() int { return b.row + 1 }, "getLastRow": func() int { return b.endRow },
			"getColumn": func() int { return b.col + 1 }, "getLastColumn": func() int { return b.endCol },
			"getSheet": func() object { return object{"getSheetId": func() int64 { return gid }} },
		},
	}
}
