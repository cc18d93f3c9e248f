package google

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/script/v1"

	"sheet24"
	gs "sheet24/internal/google/script"
)

// Install puts the script into a spreadsheet, or brings one that is there up to
// date, and deploys it as a web app that runs as whoever opens it. Nothing is
// active yet: no API can create triggers, so the user opens the web app once.
func (c *Client) Install(ctx context.Context, userID, spreadsheetID, serverURL string, have sheet24.Script) (sheet24.Script, error) {
	s, err := c.script(ctx, userID)
	if err != nil {
		return have, err
	}
	project, err := gs.Build(gs.Settings{ServerURL: serverURL, SpreadsheetID: spreadsheetID, Wide: have.Wide})
	if err != nil {
		return have, err
	}
	if have.ProjectID != "" && have.DeploymentID != "" && have.Version == project.Version {
		// A script has 200 versions in its life: none is made for what is there.
		_, err := s.Projects.Deployments.Get(have.ProjectID, have.DeploymentID).Context(ctx).Do()
		if !isNotFound(err) {
			return have, fail(err)
		}
	}
	if have.ProjectID != "" {
		_, err := s.Projects.Get(have.ProjectID).Context(ctx).Do()
		switch {
		case isNotFound(err):
			have = sheet24.Script{Wide: have.Wide} // its owner deleted it
		case err != nil:
			return have, fail(err)
		}
	}
	if have.ProjectID == "" {
		p, err := s.Projects.Create(&script.CreateProjectRequest{Title: "sheet24", ParentId: spreadsheetID}).Context(ctx).Do()
		if err != nil {
			return have, fail(err)
		}
		have.ProjectID = p.ScriptId
	}
	if err := push(ctx, s, have.ProjectID, project); err != nil {
		return have, err
	}
	v, err := s.Projects.Versions.Create(have.ProjectID, &script.Version{Description: "sheet24 " + project.Version}).Context(ctx).Do()
	if err != nil {
		return have, fail(err)
	}
	config := &script.DeploymentConfig{ScriptId: have.ProjectID, VersionNumber: v.VersionNumber, ManifestFileName: "appsscript", Description: "sheet24"}
	var d *script.Deployment
	if have.DeploymentID != "" {
		d, err = s.Projects.Deployments.Update(have.ProjectID, have.DeploymentID, &script.UpdateDeploymentRequest{DeploymentConfig: config}).Context(ctx).Do()
	}
	if have.DeploymentID == "" || isNotFound(err) {
		d, err = s.Projects.Deployments.Create(have.ProjectID, config).Context(ctx).Do()
	}
	if err != nil {
		return have, fail(err)
	}
	have.DeploymentID, have.Version = d.DeploymentId, project.Version
	for _, e := range d.EntryPoints {
		if e.WebApp != nil {
			have.WebAppURL = e.WebApp.Url
			return have, nil
		}
	}
	return have, sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy).Because(errors.New("the deployment has no web app"))
}

// push replaces a project's files. A project that was just made may not be found for
// a moment.
func push(ctx context.Context, s *script.Service, id string, project gs.Project) error {
	content := &script.Content{}
	for _, f := range project.Files {
		content.Files = append(content.Files, &script.File{Name: f.Name, Type: f.Type, Source: f.Source})
	}
	for n := 0; ; n++ {
		_, err := s.Projects.UpdateContent(id, content).Context(ctx).Do()
		if n == 5 || !isNotFound(err) {
			return fail(err)
		}
		select {
		case <-time.After(pause.Step(n + 1)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Uninstall takes the script out of a spreadsheet as far as an API can: its web app
// is gone, and its triggers remove themselves when they next run. A script that its
// owner deleted is no error.
func (c *Client) Uninstall(ctx context.Context, userID string, have sheet24.Script) error {
	s, err := c.script(ctx, userID)
	if err != nil {
		return err
	}
	project, err := gs.Farewell()
	if err != nil {
		return err
	}
	if _, err := s.Projects.Get(have.ProjectID).Context(ctx).Do(); err != nil {
		if isNotFound(err) {
			return nil
		}
		return fail(err)
	}
	if err := push(ctx, s, have.ProjectID, project); err != nil {
		return err
	}
	if have.DeploymentID == "" {
		return nil
	}
	if _, err := s.Projects.Deployments.Delete(have.ProjectID, have.DeploymentID).Context(ctx).Do(); err != nil && !isNotFound(err) {
		return fail(err)
	}
	return nil
}

func isNotFound(err error) bool {
	g, ok := errors.AsType[*googleapi.Error](err)
	return ok && g.Code == http.StatusNotFound
}
