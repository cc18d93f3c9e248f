package googlesim

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// project is an Apps Script project bound to a spreadsheet.
type project struct {
	ID, Title, Parent, Owner string
	Created                  time.Time
	Files                    []scriptFile
	Versions                 [][]scriptFile // number n at n-1
	Deployments              map[string]*deployment
	Properties               map[string]string
	Triggers                 []trigger
}

type scriptFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Source string `json:"source"`
}

type deployment struct {
	ID          string
	Version     int // 0 is HEAD
	Description string
	Updated     time.Time
}

// trigger is an installed trigger; it runs as the account that created it.
type trigger struct {
	ID            string
	Handler       string
	Event         string // ON_EDIT, ON_CHANGE
	SpreadsheetID string
	Creator       string
}

// manifest is what appsscript.json says.
type manifest struct {
	OAuthScopes       []string `json:"oauthScopes"`
	URLFetchWhitelist []string `json:"urlFetchWhitelist"`
	WebApp            *struct {
		ExecuteAs string `json:"executeAs"`
		Access    string `json:"access"`
	} `json:"webapp"`
}

func manifestOf(files []scriptFile) (manifest, bool) {
	var m manifest
	for _, f := range files {
		if f.Name == "appsscript" && f.Type == "JSON" {
			return m, json.Unmarshal([]byte(f.Source), &m) == nil
		}
	}
	return m, false
}

func (g *Google) routeScript(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/projects", g.createProject)
	mux.HandleFunc("GET /v1/projects/{id}", g.inProject("script.projects", g.getProject))
	mux.HandleFunc("GET /v1/projects/{id}/content", g.inProject("script.projects", g.getContent))
	mux.HandleFunc("PUT /v1/projects/{id}/content", g.inProject("script.projects", g.putContent))
	mux.HandleFunc("POST /v1/projects/{id}/versions", g.inProject("script.projects", g.createVersion))
	mux.HandleFunc("GET /v1/projects/{id}/deployments", g.inProject("script.deployments", g.listDeployments))
	mux.HandleFunc("POST /v1/projects/{id}/deployments", g.inProject("script.deployments", g.createDeployment))
	mux.HandleFunc("PUT /v1/projects/{id}/deployments/{deployment}", g.inProject("script.deployments", g.updateDeployment))
}

// inProject finds the project of a request, which must be its sender's, and
// holds the lock while it is answered.
func (g *Google) inProject(scope string, f func(http.ResponseWriter, *http.Request, *project)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email, ok := g.authorized(w, r, scope)
		if !ok {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		p, ok := g.projects[r.PathValue("id")]
		if !ok || p.Owner != email {
			notFound(w)
			return
		}
		f(w, r, p)
	}
}

func (g *Google) createProject(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "script.projects")
	if !ok {
		return
	}
	var body struct {
		Title    string `json:"title"`
		ParentID string `json:"parentId"`
	}
	if !decode(w, r, &body) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s, ok := g.spreadsheets[body.ParentID]; body.ParentID != "" && (!ok || s.Owner != email) {
		notFound(w)
		return
	}
	p := &project{ID: "1" + rand.Text() + rand.Text(), Title: body.Title, Parent: body.ParentID, Owner: email, Created: g.now(),
		Deployments: map[string]*deployment{}, Properties: map[string]string{}}
	g.projects[p.ID] = p
	g.changed()
	reply(w, http.StatusOK, p.view())
}

func (p *project) view() map[string]any {
	return map[string]any{"scriptId": p.ID, "title": p.Title, "parentId": p.Parent, "createTime": p.Created.UTC().Format(time.RFC3339)}
}

func (g *Google) getProject(w http.ResponseWriter, _ *http.Request, p *project) {
	reply(w, http.StatusOK, p.view())
}

func (g *Google) getContent(w http.ResponseWriter, _ *http.Request, p *project) {
	reply(w, http.StatusOK, map[string]any{"scriptId": p.ID, "files": p.Files})
}

// putContent replaces all files; the manifest must be among them.
func (g *Google) putContent(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		Files []scriptFile `json:"files"`
	}
	if !decode(w, r, &body) {
		return
	}
	if _, ok := manifestOf(body.Files); !ok {
		invalid(w, "Request contains an invalid argument. (a valid manifest file named appsscript is required)")
		return
	}
	p.Files = body.Files
	g.changed()
	reply(w, http.StatusOK, map[string]any{"scriptId": p.ID, "files": p.Files})
}

func (g *Google) createVersion(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		Description string `json:"description"`
	}
	if !decode(w, r, &body) {
		return
	}
	p.Versions = append(p.Versions, slices.Clone(p.Files))
	g.changed()
	reply(w, http.StatusOK, map[string]any{"scriptId": p.ID, "versionNumber": len(p.Versions), "description": body.Description,
		"createTime": g.now().UTC().Format(time.RFC3339)})
}

// deploymentConfig is the body of a deployment's creation; its update has it
// within deploymentConfig.
type deploymentConfig struct {
	VersionNumber    int    `json:"versionNumber"`
	ManifestFileName string `json:"manifestFileName"`
	Description      string `json:"description"`
}

// deploy points a deployment at a version.
func (g *Google) deploy(w http.ResponseWriter, r *http.Request, p *project, d *deployment, c deploymentConfig) {
	if c.VersionNumber < 0 || c.VersionNumber > len(p.Versions) {
		invalid(w, "Request contains an invalid argument. (versionNumber)")
		return
	}
	d.Version, d.Description, d.Updated = c.VersionNumber, c.Description, g.now()
	p.Deployments[d.ID] = d
	g.changed()
	reply(w, http.StatusOK, g.deploymentView(r, p, d))
}

func (g *Google) createDeployment(w http.ResponseWriter, r *http.Request, p *project) {
	var body deploymentConfig
	if decode(w, r, &body) {
		g.deploy(w, r, p, &deployment{ID: "AKfycb" + rand.Text()}, body)
	}
}

func (g *Google) updateDeployment(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		DeploymentConfig deploymentConfig `json:"deploymentConfig"`
	}
	d, ok := p.Deployments[r.PathValue("deployment")]
	if !ok {
		notFound(w)
		return
	}
	if decode(w, r, &body) {
		g.deploy(w, r, p, d, body.DeploymentConfig)
	}
}

func (g *Google) listDeployments(w http.ResponseWriter, r *http.Request, p *project) {
	all := []any{}
	for _, d := range p.Deployments {
		all = append(all, g.deploymentView(r, p, d))
	}
	reply(w, http.StatusOK, map[string]any{"deployments": all})
}

func (p *project) filesOf(d *deployment) []scriptFile {
	if d.Version == 0 {
		return p.Files
	}
	return p.Versions[d.Version-1]
}

// scriptURL is where web apps are opened, as whoever asked reaches Google.
func (g *Google) scriptURL(r *http.Request) string {
	if strings.HasSuffix(r.Host, ".googleapis.com") { // through a proxy, under the real names
		return "https://script.google.com"
	}
	return g.url
}

func (g *Google) deploymentView(r *http.Request, p *project, d *deployment) map[string]any {
	v := map[string]any{"deploymentId": d.ID, "updateTime": d.Updated.UTC().Format(time.RFC3339),
		"deploymentConfig": map[string]any{"scriptId": p.ID, "versionNumber": d.Version, "manifestFileName": "appsscript", "description": d.Description}}
	if m, _ := manifestOf(p.filesOf(d)); m.WebApp != nil {
		v["entryPoints"] = []any{map[string]any{"entryPointType": "WEB_APP", "webApp": map[string]any{
			"url":              g.scriptURL(r) + "/macros/s/" + d.ID + "/exec",
			"entryPointConfig": map[string]any{"executeAs": m.WebApp.ExecuteAs, "access": m.WebApp.Access}}}}
	}
	return v
}

// Triggers lists the handlers of a spreadsheet's triggers.
func (g *Google) Triggers(spreadsheetID string) (handlers []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.projects {
		for _, t := range p.Triggers {
			if t.SpreadsheetID == spreadsheetID {
				handlers = append(handlers, t.Handler)
			}
		}
	}
	slices.Sort(handlers)
	return handlers
}
