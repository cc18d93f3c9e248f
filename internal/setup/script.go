package setup

import (
	"context"
	"crypto/rand"
	"net/url"

	"sheet24"
	"sheet24/internal/google/script"
)

// scripts is what google.Client does about scripts in sheets.
type scripts interface {
	Install(ctx context.Context, userID, spreadsheetID, serverURL string, have sheet24.Script) (sheet24.Script, error)
	Uninstall(ctx context.Context, userID string, have sheet24.Script) error
}

// scriptStore is what the database knows of them.
type scriptStore interface {
	TablesOf(ctx context.Context, userID string) ([]*sheet24.Table, error)
	ActiveTables(ctx context.Context) ([]*sheet24.Table, error)
	TableByToken(ctx context.Context, token string) (*sheet24.Table, error)
	ScriptOf(ctx context.Context, userID, spreadsheetID string) (sheet24.Script, error)
	SetScript(ctx context.Context, tableID int64, sc sheet24.Script, activationToken string) error
	UpdateScript(ctx context.Context, sc sheet24.Script) error
	RemoveScript(ctx context.Context, projectID string) error
}

// Activation is how a user lets the script of a table run.
type Activation struct {
	Link   string // to open once at Google
	Code   string // to enter after choosing the sheet's own menu instead
	Script sheet24.Script
}

// Install puts the script into a table's spreadsheet. What it returns works once;
// each call makes it anew.
func (s *Setup) Install(ctx context.Context, t *sheet24.Table) (Activation, error) {
	have, err := s.Store.ScriptOf(ctx, t.UserID, t.SpreadsheetID)
	if err != nil {
		return Activation{}, err
	}
	return s.install(ctx, t, have, rand.Text())
}

func (s *Setup) install(ctx context.Context, t *sheet24.Table, have sheet24.Script, token string) (Activation, error) {
	sc, err := s.Google.Install(ctx, t.UserID, t.SpreadsheetID, s.PublicURL, have)
	if err != nil {
		return Activation{}, err
	}

	if err := s.Store.SetScript(ctx, t.ID, sc, token); err != nil {
		return Activation{}, err
	}

	return Activation{Link: sc.WebAppURL + "?" + url.Values{"t": {token}}.Encode(), Code: token, Script: sc}, nil
}

// Widen has a script ask for all spreadsheets of its user, because Google would not
// let it install its triggers otherwise. The token stays good; the address is where
// the user agrees to that.
func (s *Setup) Widen(ctx context.Context, token string) (string, error) {
	t, err := s.Store.TableByToken(ctx, token)
	if err != nil {
		return "", err
	}

	have, err := s.Store.ScriptOf(ctx, t.UserID, t.SpreadsheetID)
	if err != nil {
		return "", err
	}

	if have.Wide { // it asks already, and that was not it
		return "", sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleTriggers)
	}

	have.Wide = true
	a, err := s.install(ctx, t, have, token)
	return a.Link, err
}

// Outdated reports whether a table's script may not do what today's has to, so that
// its user must agree anew.
func (s *Setup) Outdated(t *sheet24.Table) bool {
	p, err := s.project(t)
	return err == nil && t.Script.Version != "" && !script.SameRights(t.Script.Version, p.Version)
}

func (s *Setup) project(t *sheet24.Table) (script.Project, error) {
	return script.Build(script.Settings{ServerURL: s.PublicURL, SpreadsheetID: t.SpreadsheetID, Wide: t.Script.Wide})
}

// Upgrade brings the scripts in all sheets up to date that need no new permission
// for it. One that fails is left as it is: the old script works on.
func (s *Setup) Upgrade(ctx context.Context) error {
	tables, err := s.Store.ActiveTables(ctx)
	if err != nil {
		return err
	}

	done := map[string]bool{}
	for _, t := range tables {
		p, err := s.project(t)
		if err != nil {
			return err
		}

		if done[t.Script.ProjectID] || t.Script.Version == p.Version || !script.SameRights(t.Script.Version, p.Version) {
			continue
		}

		done[t.Script.ProjectID] = true
		sc, err := s.Google.Install(ctx, t.UserID, t.SpreadsheetID, s.PublicURL, t.Script)
		if err == nil {
			err = s.Store.UpdateScript(ctx, sc)
		}

		if err != nil {
			s.Log.Warn("the script in a sheet was not brought up to date", "table", t.ID, "error", err)
		}
	}

	return ctx.Err()
}

// Uninstall takes the scripts out of all sheets of a user. Where that fails, the sheet
// keeps a script whose messages nobody takes.
func (s *Setup) Uninstall(ctx context.Context, userID string) error {
	tables, err := s.Store.TablesOf(ctx, userID)
	if err != nil {
		return err
	}

	done := map[string]bool{"": true}
	for _, t := range tables {
		if done[t.Script.ProjectID] {
			continue
		}

		done[t.Script.ProjectID] = true
		if err := s.Google.Uninstall(ctx, userID, t.Script); err != nil {
			s.Log.Warn("the script in a sheet was not removed", "table", t.ID, "error", err)
		}

		if err := s.Store.RemoveScript(ctx, t.Script.ProjectID); err != nil {
			return err
		}
	}

	return nil
}
