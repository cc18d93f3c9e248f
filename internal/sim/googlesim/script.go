package googlesim

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
	"google.golang.org/api/script/v1"
)

// project is an Apps Script project; one with a parent is bound to a spreadsheet.
type project struct {
	ID, Title, Parent, Owner string
	Missing                  int // how often it is yet to be not found
	Created                  time.Time
	Files                    []scriptFile
	Versions                 []version // number n at n-1
	Deployments              map[string]*deployment
	Properties               map[string]string
	Triggers                 []trigger
}

type scriptFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Source string `json:"source"`
}

// version is what a project's files once were.
type version struct {
	Description string
	Created     time.Time
	Files       []scriptFile
}

// maxVersions is how many versions a project may have.
const maxVersions = 200

// head is the deployment that follows the newest files, and that each project has.
const head = 0

type deployment struct {
	ID          string
	Version     int // or head
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
	const project = "/v1/projects/{id}"
	for pattern, f := range map[string]inProject{
		"GET " + project:               g.getProject,
		"GET " + project + "/content":  g.getContent,
		"PUT " + project + "/content":  g.putContent,
		"GET " + project + "/versions": g.listVersions, "POST " + project + "/versions": g.createVersion,
		"GET " + project + "/versions/{version}": g.getVersion,
	} {
		mux.HandleFunc(pattern, g.withProject("script.projects", f))
	}
	for pattern, f := range map[string]inProject{
		"GET " + project + "/deployments": g.listDeployments, "POST " + project + "/deployments": g.createDeployment,
		"GET " + project + "/deployments/{deployment}":    g.inDeployment(g.getDeployment),
		"PUT " + project + "/deployments/{deployment}":    g.inDeployment(g.updateDeployment),
		"DELETE " + project + "/deployments/{deployment}": g.inDeployment(g.deleteDeployment),
	} {
		mux.HandleFunc(pattern, g.withProject("script.deployments", f))
	}
}

type inProject func(http.ResponseWriter, *http.Request, *project)

// withProject finds the project of a request, which must be its sender's, and
// holds the lock while it is answered.
func (g *Google) withProject(scope string, f inProject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email, ok := g.authorized(w, r, scope)
		if !ok {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.scriptAPIOff(w, email) {
			return
		}
		p, ok := g.projects[r.PathValue("id")]
		if ok && p.Missing > 0 {
			p.Missing--
			ok = false
		}
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
	if !decodeProto(w, r, script.CreateProjectRequest{}, &body) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.scriptAPIOff(w, email) {
		return
	}
	if s, ok := g.spreadsheets[body.ParentID]; body.ParentID != "" && (!ok || !s.mayEdit(email)) {
		notFound(w)
		return
	}
	p := newProject(body.Title, body.ParentID, email, g.now())
	p.Missing = g.faults.now().NotFound
	g.projects[p.ID] = p
	g.changed()
	reply(w, http.StatusOK, p.view())
}

// newProject is a project as it begins: with a manifest and an empty function.
func newProject(title, parent, owner string, now time.Time) *project {
	return &project{ID: "1" + rand.Text() + rand.Text(), Title: title, Parent: parent, Owner: owner, Created: now,
		Files: []scriptFile{
			{"appsscript", "JSON", "{\n  \"timeZone\": \"Europe/Istanbul\",\n  \"dependencies\": {\n  },\n  \"exceptionLogging\": \"STACKDRIVER\",\n  \"runtimeVersion\": \"V8\"\n}"},
			{"Kod", "SERVER_JS", "function myFunction() {\n  \n}\n"},
		},
		Deployments: map[string]*deployment{}, Properties: map[string]string{}}
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
	if !decodeProto(w, r, script.Content{}, &body) {
		return
	}
	if wrong := wrongFiles(body.Files); wrong != "" {
		invalid(w, wrong)
		return
	}
	p.Files = body.Files
	g.changed()
	reply(w, http.StatusOK, map[string]any{"scriptId": p.ID, "files": p.Files})
}

// wrongFiles tells why Google takes none of a project's files, in its own words (google/clasp
// issues 534 and 811): without a manifest, or with one that cannot be run.
func wrongFiles(files []scriptFile) string {
	if _, ok := manifestOf(files); !ok {
		return "Project contents must include a manifest file named appsscript."
	}
	names := map[string]bool{}
	for _, f := range files {
		if names[f.Name] {
			return "A file with this name already exists in the current project: " + f.Name
		}
		names[f.Name] = true
		if f.Type != "SERVER_JS" {
			continue
		}
		if message, line := syntaxError(f); message != "" {
			return fmt.Sprintf("Syntax error: SyntaxError: %s line: %d file: %s.gs", message, line, f.Name)
		}
	}
	return ""
}

// syntaxError is what is wrong with a file's source, and on which line.
func syntaxError(f scriptFile) (message string, line int) {
	parsed, err := parser.ParseFile(nil, f.Name+".gs", f.Source, 0, parser.WithDisableSourceMaps)
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return list[0].Message, list[0].Position.Line
	}
	if err != nil {
		return err.Error(), 1
	}
	_, err = goja.CompileAST(parsed, false)
	var wrong *goja.CompilerSyntaxError
	if errors.As(err, &wrong) && wrong.File != nil {
		return wrong.Message, wrong.File.Position(wrong.Offset).Line
	}
	return "", 0
}

func (g *Google) createVersion(w http.ResponseWriter, r *http.Request, p *project) {
	var body struct {
		Description string `json:"description"`
	}
	if !decodeProto(w, r, script.Version{}, &body) {
		return
	}
	if len(p.Versions) >= maxVersions {
		invalid(w, "Request contains an invalid argument. (a script may have 200 versions)")
		return
	}
	p.Versions = append(p.Versions, version{body.Description, g.now(), slices.Clone(p.Files)})
	g.changed()
	reply(w, http.StatusOK, p.versionView(len(p.Versions)))
}

func (p *project) versionView(number int) map[string]any {
	v := p.Versions[number-1]
	return map[string]any{"scriptId": p.ID, "versionNumber": number, "description": v.Description, "createTime": v.Created.UTC().Format(time.RFC3339)}
}

func (g *Google) listVersions(w http.ResponseWriter, _ *http.Request, p *project) {
	all := []any{}
	for n := len(p.Versions); n > 0; n-- {
		all = append(all, p.versionView(n))
	}
	reply(w, http.StatusOK, map[string]any{"versions": all})
}

func (g *Google) getVersion(w http.ResponseWriter, r *http.Request, p *project) {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || n < 1 || n > len(p.Versions) {
		notFound(w)
		return
	}
	reply(w, http.StatusOK, p.versionView(n))
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
	if decodeProto(w, r, script.DeploymentConfig{}, &body) {
		g.deploy(w, r, p, &deployment{ID: "AKfycb" + rand.Text()}, body)
	}
}

// inDeployment finds the deployment of a request.
func (g *Google) inDeployment(f func(http.ResponseWriter, *http.Request, *project, *deployment)) inProject {
	return func(w http.ResponseWriter, r *http.Request, p *project) {
		d, ok := p.Deployments[r.PathValue("deployment")]
		if !ok {
			notFound(w)
			return
		}
		f(w, r, p, d)
	}
}

func (g *Google) getDeployment(w http.ResponseWriter, r *http.Request, p *project, d *deployment) {
	reply(w, http.StatusOK, g.deploymentView(r, p, d))
}

func (g *Google) updateDeployment(w http.ResponseWriter, r *http.Request, p *project, d *deployment) {
	var body struct {
		DeploymentConfig deploymentConfig `json:"deploymentConfig"`
	}
	if decodeProto(w, r, script.UpdateDeploymentRequest{}, &body) {
		g.deploy(w, r, p, d, body.DeploymentConfig)
	}
}

func (g *Google) deleteDeployment(w http.ResponseWriter, _ *http.Request, p *project, d *deployment) {
	delete(p.Deployments, d.ID)
	g.changed()
	reply(w, http.StatusOK, map[string]any{})
}

// listDeployments lists the head deployment too, which is always there.
func (g *Google) listDeployments(w http.ResponseWriter, r *http.Request, p *project) {
	all := []any{g.deploymentView(r, p, &deployment{ID: "AKfycbHEAD" + p.ID[:16], Updated: p.Created})}
	for _, id := range slices.Sorted(maps.Keys(p.Deployments)) {
		all = append(all, g.deploymentView(r, p, p.Deployments[id]))
	}
	reply(w, http.StatusOK, map[string]any{"deployments": all})
}

func (p *project) filesOf(d *deployment) []scriptFile {
	if d.Version == head {
		return p.Files
	}
	return p.Versions[d.Version-1].Files
}

// scriptURL is where web apps are opened, as whoever asked reaches Google.
func (g *Google) scriptURL(r *http.Request) string {
	if strings.HasSuffix(r.Host, ".googleapis.com") { // through a proxy, under the real names
		return "https://script.google.com"
	}
	return g.url
}

func (g *Google) deploymentView(r *http.Request, p *project, d *deployment) map[string]any {
	config := map[string]any{"scriptId": p.ID, "manifestFileName": "appsscript", "description": d.Description}
	opened := "/dev"
	if d.Version != head {
		config["versionNumber"], opened = d.Version, "/exec"
	}
	v := map[string]any{"deploymentId": d.ID, "updateTime": d.Updated.UTC().Format(time.RFC3339), "deploymentConfig": config}
	if m, _ := manifestOf(p.filesOf(d)); m.WebApp != nil {
		v["entryPoints"] = []any{map[string]any{"entryPointType": "WEB_APP", "webApp": map[string]any{
			"url":              g.scriptURL(r) + "/macros/s/" + d.ID + opened,
			"entryPointConfig": map[string]any{"executeAs": m.WebApp.ExecuteAs, "access": m.WebApp.Access}}}}
	}
	return v
}

// Properties are the script properties of a project.
func (g *Google) Properties(projectID string) map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.projects[projectID]; ok {
		return maps.Clone(p.Properties)
	}
	return nil
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
