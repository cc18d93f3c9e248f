package googlesim

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
)

func (g *Google) routeCopies(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/google/copies", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			SpreadsheetID string `json:"spreadsheet_id"`
		}
		if !decode(w, r, &body) {
			return
		}
		s, ok := g.Copy(body.SpreadsheetID)
		if !ok {
			notFound(w)
			return
		}
		reply(w, http.StatusOK, map[string]any{"spreadsheet_id": s.ID, "title": s.Title})
	})
}

// Copy copies a spreadsheet as "Make a copy" does: its scripts go along, as projects
// of their own; their deployments, properties, triggers and consents do not.
func (g *Google) Copy(spreadsheetID string) (*Spreadsheet, bool) {
	g.mu.Lock()
	original, ok := g.spreadsheets[spreadsheetID]
	if !ok {
		g.mu.Unlock()
		return nil, false
	}
	data, err := json.Marshal(original)
	s := &Spreadsheet{}
	if err == nil {
		err = json.Unmarshal(data, s)
	}
	if err != nil {
		panic(err) // spreadsheets are plain data
	}
	s.ID, s.Title = "1"+rand.Text()+rand.Text()[:17], original.Title+" kopyası"
	for _, p := range g.projects {
		if p.Parent == spreadsheetID {
			twin := newProject(p.Title, s.ID, p.Owner, g.now())
			twin.Files = slices.Clone(p.Files)
			g.projects[twin.ID] = twin
		}
	}
	g.mu.Unlock()
	g.AddSpreadsheet(s)
	return s, true
}
