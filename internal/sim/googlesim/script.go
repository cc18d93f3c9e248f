package googlesim

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// project is an Apps Script project bound to a spreadsheet.
type project struct {
	id, title, parent, owner string
	created                  time.Time
	files                    []scriptFile
	versions                 [][]scriptFile // number n at n-1
	deployments              map[string]*deployment
	properties               map[string]string
	triggers                 []trigger
}

type scriptFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Source string `json:"source"`
}

type deployment struct {
	id          string
	version     int // 0 is HEAD
	description string
	updated     time.Time
}

// trigger is an installed trigger; it runs as the account that created it.
type trigger struct {
	id            string
	handler       string
	event         string // ON_EDIT, ON_CHANGE
	spreadsheetID string
	creator       string
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
		if !ok || p.owner != email {
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
	p := &project{id: "1" + rand.Text() + rand.Text(), title: body.Title, parent: body.ParentID, owner: email, created: g.now(),
		deployments: map[string]*deployment{}, properties: map[string]string{}}
	g.projects[p.id] = p
	reply(w, http.StatusOK, p.view())
}

func (p *project) view() map[string]any {
	return map[string]any{"scriptId": p.id, "title": p.title, "parentId": p.parent, "createTime": p.created.UTC().Format(time.RFC3339)}
}

func (g *Google) getProject(w http.ResponseWriter, _ *http.Request, p *project) {
	reply(w, http.StatusOK, p.view())
}

func (g *Google) getContent(w http.ResponseWriter, _ *http.Request, p *project) {
	reply(w, http.StatusOK, map[string]any{"scriptId": p.id, "files": p.files})
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
	p.files = body.Files
	reply(w, http.StatusOK, map[string]any{"scriptId": p.id, "files": p.files})
}

func (g *Google) createVersion(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		Description string `json:"description"`
	}
	if !decode(w, r, &body) {
		return
	}
	p.versions = append(p.versions, slices.Clone(p.files))
	reply(w, http.StatusOK, map[string]any{"scriptId": p.id, "versionNumber": len(p.versions), "description": body.Description,
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
func (g *Google) deploy(w http.ResponseWriter, p *project, d *deployment, c deploymentConfig) {
	if c.VersionNumber < 0 || c.VersionNumber > len(p.versions) {
		invalid(w, "Request contains an invalid argument. (versionNumber)")
		return
	}
	d.version, d.description, d.updated = c.VersionNumber, c.Description, g.now()
	p.deployments[d.id] = d
	reply(w, http.StatusOK, g.deploymentView(p, d))
}

func (g *Google) createDeployment(w http.ResponseWriter, r *http.Request, p *project) {
	var body deploymentConfig
	if decode(w, r, &body) {
		g.deploy(w, p, &deployment{id: "AKfycb" + rand.Text()}, body)
	}
}

func (g *Google) updateDeployment(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		DeploymentConfig deploymentConfig `json:"deploymentConfig"`
	}
	d, ok := p.deployments[r.PathValue("deployment")]
	if !ok {
		notFound(w)
		return
	}
	if decode(w, r, &body) {
		g.deploy(w, p, d, body.DeploymentConfig)
	}
}

func (g *Google) listDeployments(w http.ResponseWriter, _ *http.Request, p *project) {
	all := []any{}
	for _, d := range p.deployments {
		all = append(all, g.deploymentView(p, d))
	}
	reply(w, http.StatusOK, map[string]any{"deployments": all})
}

func (p *project) filesOf(d *deployment) []scriptFile {
	if d.version == 0 {
		return p.files
	}
	return p.versions[d.version-1]
}

func (g *Google) deploymentView(p *project, d *deployment) map[string]any {
	v := map[string]any{"deploymentId": d.id, "updateTime": d.updated.UTC().Format(time.RFC3339),
		"deploymentConfig": map[string]any{"scriptId": p.id, "versionNumber": d.version, "manifestFileName": "appsscript", "description": d.description}}
	if m, _ := manifestOf(p.filesOf(d)); m.WebApp != nil {
		v["entryPoints"] = []any{map[string]any{"entryPointType": "WEB_APP", "webApp": map[string]any{
			"url":              g.url + "/macros/s/" + d.id + "/exec",
			"entryPointConfig": map[string]any{"executeAs": m.WebApp.ExecuteAs, "access": m.WebApp.Access}}}}
	}
	return v
}

// Triggers lists the handlers of a spreadsheet's triggers.
func (g *Google) Triggers(spreadsheetID string) (handlers []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.projects {
		for _, t := range p.triggers {
			if t.spreadsheetID == spreadsheetID {
				handlers = append(handlers, t.handler)
			}
		}
	}
	slices.Sort(handlers)
	return handlers
}
