package googlesim

import (
	"errors"
	"net/http"
)

// menuItem is an item that a script put into the menu of its spreadsheet.
type menuItem struct {
	Project  string `json:"project"`
	Menu     string `json:"menu"`
	Caption  string `json:"caption"`
	Function string `json:"function"`
}

func (g *Google) routeMenu(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/google/menu", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, map[string]any{"items": g.Menu(r.Context(), r.URL.Query().Get("spreadsheet_id"), g.visitor(r))})
	})
	mux.HandleFunc("POST /sim/google/menu", g.clickMenu)
	mux.HandleFunc("GET /d/{project}/edit", g.editor)
	mux.HandleFunc("POST /d/{project}/edit", g.runInEditor)
}

// scriptsOf are the projects bound to a spreadsheet, with their newest files.
func (g *Google) scriptsOf(spreadsheetID string) map[*project][]scriptFile {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := map[*project][]scriptFile{}
	for _, p := range g.projects {
		if p.Parent == spreadsheetID {
			all[p] = p.Files
		}
	}
	return all
}

// clicked is what a click on a menu item comes with, and what came of it.
type clicked struct {
	Project       string   `json:"project"`
	Function      string   `json:"function"`
	Answer        *string  `json:"answer,omitempty"` // to what the script asks; without one the question is cancelled
	Said          []string `json:"said"`             // what the script told its user
	Authorization string   `json:"authorization"`    // where its user has to agree first, and then clicks again
}

func (g *Google) clickMenu(w http.ResponseWriter, r *http.Request) {
	var c clicked
	if !decode(w, r, &c) {
		return
	}
	p, ok := g.project(c.Project)
	if !ok {
		notFound(w)
		return
	}
	said, err := g.runAsUser(r, p, c.Function, c.Answer)
	switch {
	case errors.Is(err, errNeedsConsent):
		c.Authorization = consentURL(p, "/spreadsheets/d/"+p.Parent+"/edit")
	case err != nil:
		said = append(said, "Error: "+err.Error())
	}
	c.Said = said
	reply(w, http.StatusOK, c)
}

// runAsUser runs a function of a script that its user started; who has not agreed
// to what it asks for is to do so first.
func (g *Google) runAsUser(r *http.Request, p *project, function string, answer *string) ([]string, error) {
	email := g.visitor(r)
	g.mu.Lock()
	files := p.Files
	g.mu.Unlock()
	if m, _ := manifestOf(files); len(m.OAuthScopes) > 0 {
		if _, ok := g.consentTo(email, p); !ok {
			return nil, errNeedsConsent
		}
	}
	x := g.execution(p, files, email)
	x.answer, x.hasUI = answer, true
	_, err := x.call(r.Context(), function, func() any { return nil })
	return x.said, err
}

// editor is the script editor: what a project holds, and a button for each function.
func (g *Google) editor(w http.ResponseWriter, r *http.Request) {
	p, ok := g.project(r.PathValue("project"))
	if !ok {
		page(w, "sorry.html", nil)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	page(w, "editor.html", map[string]any{"Title": p.Title, "Files": p.Files, "Said": r.URL.Query()["said"], "Functions": functionsOf(p.Files)})
}

func (g *Google) runInEditor(w http.ResponseWriter, r *http.Request) {
	p, ok := g.project(r.PathValue("project"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	answer := r.FormValue("answer")
	said, err := g.runAsUser(r, p, r.FormValue("function"), &answer)
	if errors.Is(err, errNeedsConsent) {
		http.Redirect(w, r, consentURL(p, r.URL.Path), http.StatusSeeOther)
		return
	}
	if err != nil {
		said = append(said, "Error: "+err.Error())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	page(w, "editor.html", map[string]any{"Title": p.Title, "Files": p.Files, "Said": said, "Functions": functionsOf(p.Files)})
}
