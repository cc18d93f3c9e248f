// Package script holds the Apps Script that is installed in a user's sheet.
package script

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed Code.gs
var code string

//go:embed Farewell.gs
var farewell string

//go:embed appsscript.json
var manifest string

// release tells one Code.gs from another.
var release = digest(code)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Settings are what the script must know of where it is.
type Settings struct {
	ServerURL     string // where it posts
	SpreadsheetID string // in which it works, and in no copy of it
	Wide          bool   // ask for all spreadsheets: Google would not install triggers in this one otherwise
}

// File is a file of an Apps Script project, as its API has it.
type File struct {
	Name, Type, Source string
}

// wideScope is what Google may want for triggers of a spreadsheet named by its id.
const wideScope = "https://www.googleapis.com/auth/spreadsheets"

// Project is what is pushed into an Apps Script project.
type Project struct {
	Files []File
	// Version tells one content from another. Behind the dash is what the script may
	// do: where that changes, its user has to agree anew.
	Version string
}

// SameRights reports whether two versions may do the same, so that one can take the
// other's place without asking.
func SameRights(a, b string) bool {
	_, x, known := strings.Cut(a, "-")
	_, y, _ := strings.Cut(b, "-")
	return known && x == y
}

// Build makes the project: Code.gs to the letter, the manifest, which allows requests
// to the server alone, and the settings.
func Build(s Settings) (Project, error) {
	server := strings.TrimRight(s.ServerURL, "/")
	settings, err := json.Marshal(map[string]string{"server": server, "spreadsheetId": s.SpreadsheetID, "version": release})
	if err != nil {
		return Project{}, err
	}

	m, err := readManifest()
	if err != nil {
		return Project{}, err
	}

	// Google takes https addresses alone into the list.
	if strings.HasPrefix(server, "https://") {
		m["urlFetchWhitelist"] = []string{server + "/"}
	}
	if scopes, ok := m["oauthScopes"].([]any); ok && s.Wide {
		m["oauthScopes"] = append([]any{wideScope}, scopes...)
	}

	files, err := filesOf(m, File{Name: "Code", Type: "SERVER_JS", Source: code}, File{Name: "Config", Type: "SERVER_JS", Source: "const SHEET24 = " + string(settings) + ";\n"})
	all := ""
	for _, f := range files {
		all += f.Source
	}

	return Project{Files: files, Version: digest(all) + "-" + digest(fmt.Sprint(m["oauthScopes"]))}, err
}

// Farewell is what is left in a project whose user disconnects: triggers that remove
// themselves, and no web app.
func Farewell() (Project, error) {
	m, err := readManifest()
	if err != nil {
		return Project{}, err
	}
	delete(m, "webapp")
	files, err := filesOf(m, File{Name: "Code", Type: "SERVER_JS", Source: farewell})
	return Project{Files: files}, err
}

func readManifest() (m map[string]any, err error) {
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return nil, fmt.Errorf("appsscript.json: %w", err)
	}
	return m, nil
}

func filesOf(manifest map[string]any, code ...File) ([]File, error) {
	text, err := json.MarshalIndent(manifest, "", "  ")
	return append([]File{{Name: "appsscript", Type: "JSON", Source: string(text)}}, code...), err
}
