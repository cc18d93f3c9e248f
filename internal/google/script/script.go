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

//go:embed appsscript.json
var manifest string

// Version tells one content of the script from another.
var Version = func() string {
	sum := sha256.Sum256([]byte(code + manifest))
	return hex.EncodeToString(sum[:4])
}()

// Settings are what the script must know of where it is.
type Settings struct {
	ServerURL     string // where it posts
	SpreadsheetID string // in which it works, and in no copy of it
}

// File is a file of an Apps Script project, as its API has it.
type File struct {
	Name, Type, Source string
}

// Files returns the project's files: Code.gs to the letter, the manifest, which
// allows requests to the server alone, and the settings.
func Files(s Settings) ([]File, error) {
	server := strings.TrimRight(s.ServerURL, "/")
	settings, err := json.Marshal(map[string]string{"server": server, "spreadsheetId": s.SpreadsheetID, "version": Version})
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return nil, fmt.Errorf("appsscript.json: %w", err)
	}
	// Google takes https addresses alone into the list.
	if strings.HasPrefix(server, "https://") {
		m["urlFetchWhitelist"] = []string{server + "/"}
	}
	allowed, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return []File{
		{Name: "appsscript", Type: "JSON", Source: string(allowed)},
		{Name: "Code", Type: "SERVER_JS", Source: code},
		{Name: "Config", Type: "SERVER_JS", Source: "var SHEET24 = " + string(settings) + ";\n"},
	}, nil
}
