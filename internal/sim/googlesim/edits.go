package googlesim

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Edit is what a person does to a tab in the browser. Without a kind, values are
// typed or pasted from a range's first cell on.
type Edit struct {
	SpreadsheetID string  `json:"spreadsheet_id"`
	GID           int64   `json:"gid"`
	Kind          string  `json:"kind"`   // see kinds
	Range         string  `json:"range"`  // C5, B2:C9, 5:7 or B:C, without the tab
	Values        [][]any `json:"values"` // typed or pasted
	To            string  `json:"to"`     // where what is cut or moved goes: a cell, a row or a column
	Descending    bool    `json:"descending"`
	Title         string  `json:"title"` // of a tab that is renamed
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

// kinds are the kinds of edits; each does it and tells which events it causes.
var kinds = map[string]func(*Google, *Spreadsheet, *Sheet, Edit) (caused, error){
	"":               (*Google).typeIn,
	"fill":           (*Google).fillDown,
	"clear":          (*Google).clearCells,
	"cut":            (*Google).cutAndPaste,
	"copy":           (*Google).copyAndPaste,
	"insert_rows":    (*Google).insertRows,
	"delete_rows":    (*Google).deleteRows,
	"move_rows":      (*Google).moveRows,
	"insert_columns": (*Google).insertColumns,
	"move_columns":   (*Google).moveColumns,
	"delete_columns": (*Google).deleteColumns,
	"sort":           (*Google).sortRows,
	"undo":           (*Google).undo,
	"rename_tab":     (*Google).renameTab,
	"insert_tab":     (*Google).insertTab,
	"delete_tab":     (*Google).deleteTab,
	"recalculate":    (*Google).recalculate,
	"merge":          (*Google).mergeCells,
	"protect":        (*Google).protect,
	"unprotect":      (*Google).unprotect,
}

// caused are the events that an edit causes.
type caused struct {
	edited []block // an onEdit event for each
	change string  // the changeType of the onChange event
	moved  *block  // cells that changed places, of which nobody knows for certain what Google tells

	// What it takes to undo it:
	shift *shift   // the rows or columns that came, went or moved
	lines [][]cell // what those held that went
}

// Edit edits a tab as a person would, and the triggers run, each in its own time.
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
	do, ok := kinds[e.Kind]
	if !ok {
		return fmt.Errorf("unknown kind of edit %q; there are: %s", e.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), " "))
	}
	before := t.saveCells()
	c, err := do(g, s, t, e)
	if err != nil {
		return err
	}
	if e.Kind != "undo" {
		t.remember(before, c)
	}
	g.modified(s)
	if structure := g.faults.now().Structure; c.moved != nil && structure == "edit" {
		c.edited = append(c.edited, *c.moved)
	} else if c.moved != nil && structure == "none" {
		c.change = ""
	}
	for _, b := range c.edited {
		g.fire(s.ID, "ON_EDIT", func(x *execution) any { return x.editEvent(s.ID, e.GID, b) })
	}
	g.tellChange(s, c.change)
	return nil
}

// tellChange fires the onChange event; g.mu is held.
func (g *Google) tellChange(s *Spreadsheet, change string) {
	if change != "" {
		g.fire(s.ID, "ON_CHANGE", func(x *execution) any {
			return object{"authMode": "FULL", "changeType": change, "source": x.source(s.ID)}
		})
	}
}

// modified keeps that a spreadsheet was changed, by whomever; g.mu is held.
func (g *Google) modified(s *Spreadsheet) {
	s.Modified = g.now()
	s.Version++
	g.drive.note(g, s)
	g.changed()
}

// written is modified for what an API wrote.
func (g *Google) written(s *Spreadsheet) {
	g.modified(s)
	if g.faults.now().Writes {
		g.tellChange(s, "OTHER")
	}
}

// fire runs the triggers that wait for an event, as their creators, and the simple
// onEdit of bound scripts, with what the faults make of it; g.mu is held.
func (g *Google) fire(spreadsheetID, event string, argument func(*execution) any) {
	run := func(p *project, email, handler string, limited bool) {
		files := p.Files // triggers run the newest files, whatever is deployed
		for _, delay := range g.faults.deliveries() {
			g.runs.Go(func() {
				select {
				case <-time.After(delay):
				case <-g.alive.Done():
					return
				}
				x := g.execution(p, files, email)
				x.limited = limited
				if err := x.trigger(g.alive, handler, func() any { return argument(x) }); err != nil && g.alive.Err() == nil {
					slog.Warn("simulated trigger failed", "handler", handler, "error", err)
				}
			})
		}
	}
	for _, p := range g.projects {
		for _, t := range p.Triggers {
			if t.SpreadsheetID == spreadsheetID && t.Event == event {
				run(p, t.Creator, t.Handler, false)
			}
		}
		if p.Parent == spreadsheetID && event == "ON_EDIT" && slices.Contains(functionsOf(p.Files), "onEdit") {
			run(p, p.Owner, "onEdit", true)
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
