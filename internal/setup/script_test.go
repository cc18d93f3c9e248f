package setup_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"sheet24"
	"sheet24/internal/google/script"
	"sheet24/internal/setup"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

// installer is a Google that notes which scripts it is asked to install and remove.
type installer struct {
	setup.Google
	installed, removed []string
	fails              error
}

func (g *installer) Install(_ context.Context, _, spreadsheetID, server string, have sheet24.Script) (sheet24.Script, error) {
	if g.fails != nil {
		return have, g.fails
	}
	g.installed = append(g.installed, spreadsheetID)
	p, err := script.Build(script.Settings{ServerURL: server, SpreadsheetID: spreadsheetID, Wide: have.Wide})
	if have.ProjectID == "" {
		have.ProjectID = "project of " + spreadsheetID
	}
	have.DeploymentID, have.WebAppURL, have.Version = "d", "https://script.google.com/macros/s/d/exec", p.Version
	return have, err
}

func (g *installer) Uninstall(_ context.Context, _ string, have sheet24.Script) error {
	g.removed = append(g.removed, have.ProjectID)
	return g.fails
}

// newSetup is a Setup over a store with two tables of one spreadsheet and one of
// another.
func newSetup(t *testing.T) (*setup.Setup, *installer, *sqlstore.Store, []*sheet24.Table) {
	t.Helper()
	store := storetest.Open(t)
	one := storetest.Seed(t, store)
	two, three := *one, *one
	two.GID, three.SpreadsheetID = 8, "sheet-2"
	tables := []*sheet24.Table{one, &two, &three}
	for _, table := range tables[1:] {
		if err := store.SaveTable(t.Context(), table, nil); err != nil {
			t.Fatal(err)
		}
	}
	g := &installer{}
	return &setup.Setup{Store: store, Google: g, PublicURL: "https://sheet24.example", Log: slog.New(slog.DiscardHandler)}, g, store, tables
}

func (g *installer) want(t *testing.T, installed, removed []string) {
	t.Helper()
	slices.Sort(g.installed)
	slices.Sort(g.removed)
	if !slices.Equal(g.installed, installed) || !slices.Equal(g.removed, removed) {
		t.Errorf("installed %v, removed %v; want %v, %v", g.installed, g.removed, installed, removed)
	}
	g.installed, g.removed = nil, nil
}

// activated installs the scripts of tables and takes them for active.
func activated(t *testing.T, s *setup.Setup, store *sqlstore.Store, tables []*sheet24.Table) {
	t.Helper()
	for _, table := range tables {
		if _, err := s.Install(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		if err := store.SetRegistered(t.Context(), table.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpgrade moves the server: scripts that are active follow, once a spreadsheet.
// One that would need another permission waits for its user.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	s, g, store, tables := newSetup(t)
	activated(t, s, store, tables)
	g.want(t, []string{"sheet-1", "sheet-1", "sheet-2"}, nil)
	upgrade := func() {
		t.Helper()
		if err := s.Upgrade(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	upgrade()
	g.want(t, nil, nil) // nothing is old

	s.PublicURL = "https://moved.example"
	g.fails = errors.New("Google is away")
	upgrade()
	g.want(t, nil, nil)
	g.fails = nil
	upgrade()
	g.want(t, []string{"sheet-1", "sheet-2"}, nil)
	upgrade()
	g.want(t, nil, nil)

	table, err := store.Table(t.Context(), tables[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	if s.Outdated(table) {
		t.Error("a script of today is outdated")
	}
	table.Script.Version = "1-of-before"
	if err := store.UpdateScript(t.Context(), table.Script); err != nil {
		t.Fatal(err)
	}
	if !s.Outdated(table) {
		t.Error("a script with other permissions is not outdated")
	}
	upgrade()
	g.want(t, nil, nil)
}

// TestWiden asks for one more permission, once, and keeps the token good.
func TestWiden(t *testing.T) {
	t.Parallel()
	s, _, store, tables := newSetup(t)
	a, err := s.Install(t.Context(), tables[0])
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Widen(t.Context(), a.Code)
	if err != nil || again != a.Link {
		t.Errorf("again: %q, %v; want %q", again, err, a.Link)
	}
	if _, err = s.Widen(t.Context(), a.Code); sheet24.AsError(err).Code != sheet24.CodeGoogleTriggers {
		t.Errorf("a second time: %v", err)
	}
	if _, err = s.Widen(t.Context(), "wrong"); sheet24.AsError(err).Code != sheet24.CodeActivationToken {
		t.Errorf("a wrong token: %v", err)
	}
	got, err := store.Activate(t.Context(), a.Code)
	if err != nil || !got.Script.Wide {
		t.Errorf("activated: %+v, %v", got, err)
	}
}

// TestUninstall takes out what can be taken out; a sheet that Google does not give
// access to any more stops nothing.
func TestUninstall(t *testing.T) {
	t.Parallel()
	s, g, store, tables := newSetup(t)
	activated(t, s, store, tables)
	g.installed, g.fails = nil, errors.New("no access")
	if err := s.Uninstall(t.Context(), tables[0].UserID); err != nil {
		t.Fatal(err)
	}
	g.want(t, nil, []string{"project of sheet-1", "project of sheet-2"})
	if active, err := store.ActiveTables(t.Context()); err != nil || len(active) != 0 {
		t.Errorf("active: %+v, %v", active, err)
	}
}
