package googlesim

import "net/http"

// routeShares lets a spreadsheet be shared, as its owner does in Drive.
func (g *Google) routeShares(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/google/shares", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			SpreadsheetID string `json:"spreadsheet_id"`
			Email         string `json:"email"`
		}
		if !decode(w, r, &body) {
			return
		}

		g.mu.Lock()
		_, there := g.spreadsheets[body.SpreadsheetID]
		g.mu.Unlock()
		if _, known := g.account(body.Email); !there || !known {
			notFound(w)
			return
		}
		g.Share(body.SpreadsheetID, body.Email)
		reply(w, http.StatusOK, map[string]any{"shared": body.SpreadsheetID})
	})
}
