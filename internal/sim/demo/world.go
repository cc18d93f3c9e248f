package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
)

// Settings are a world's names and secrets.
type Settings struct {
	SpreadsheetID string           `json:"spreadsheet_id"`
	Client        googlesim.Client `json:"google_client"`
	PortalSecret  string           `json:"portal_secret"`
	PortalApp     bitrixsim.App    `json:"portal_app"`
}

// World is a Google and a Bitrix24 portal with the demo data.
type World struct {
	Settings
	Google *googlesim.Google
	Portal *bitrixsim.Portal
}

// New makes a world whose portal speaks a language, tr or en. With a folder, the
// world is kept there and found again.
func New(folder, language string) (*World, error) {
	w := &World{Settings: Settings{
		Client:       googlesim.Client{ID: "sheet24-demo.apps.googleusercontent.com", Secret: "GOCSPX-" + rand.Text()},
		PortalSecret: rand.Text(), PortalApp: bitrixsim.App{ID: "local.sheet24.demo", Secret: rand.Text()},
	}}
	settings := filepath.Join(folder, "world.json")
	found := false
	if folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		var err error
		if found, err = load(settings, func(data []byte) error { return json.Unmarshal(data, &w.Settings) }); err != nil {
			return nil, err
		}
	}
	w.Google = googlesim.New(w.Client, Owner, Colleague)
	w.Portal = bitrixsim.New(bitrixsim.Options{Secret: w.PortalSecret, App: w.PortalApp, Language: language})
	googleFile, portalFile := filepath.Join(folder, "google.json"), filepath.Join(folder, "bitrix24.json")
	if found {
		for file, read := range map[string]func([]byte) error{googleFile: w.Google.Load, portalFile: w.Portal.Load} {
			if _, err := load(file, read); err != nil {
				return nil, err
			}
		}
	} else {
		w.SpreadsheetID = Fill(w.Google, w.Portal).ID
	}
	if folder != "" {
		w.Google.Keep(keeper(googleFile))
		w.Portal.Keep(keeper(portalFile))
		data, err := json.MarshalIndent(w.Settings, "", "  ")
		if err != nil {
			return nil, err
		}
		if err := replace(settings, data); err != nil { // last: now the world is whole
			return nil, err
		}
	}
	return w, nil
}

// Handler serves all paths of the simulators, and the page /demo.
func (w *World) Handler() http.Handler {
	mux := http.NewServeMux()
	google := w.Google.Handler()
	for _, path := range []string{"/v4/", "/drive/", "/v1/", "/o/", "/token", "/revoke", "/oauth2/", "/userinfo/", "/macros/", "/home/usersettings", "/d/", "/sim/google/"} {
		mux.Handle(path, google)
	}
	portal := w.Portal.Handler()
	for _, path := range bitrixsim.Paths {
		mux.Handle(path, portal)
	}
	mux.HandleFunc("GET /spreadsheets/d/{id}/edit", w.page)
	mux.HandleFunc("GET /demo", w.page)
	mux.Handle("GET /demo/", http.StripPrefix("/demo/", pageFiles()))
	return mux
}

// Paths are the paths that Handler serves.
var Paths = []string{"/v4/", "/drive/", "/v1/", "/o/", "/token", "/revoke", "/oauth2/", "/userinfo/", "/macros/", "/home/usersettings", "/d/", "/sim/", "/rest/", "/oauth/", "/crm/", "/spreadsheets/", "/demo", "/demo/"}

func load(file string, read func([]byte) error) (bool, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = read(data)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w; remove the file to start anew", file, err)
	}
	return true, nil
}

// keeper writes a file whenever it is called, one call after another.
func keeper(file string) func([]byte) {
	var mu sync.Mutex
	return func(data []byte) {
		mu.Lock()
		defer mu.Unlock()
		if err := replace(file, data); err != nil {
			fmt.Fprintln(os.Stderr, "the simulators' state is not kept:", err)
		}
	}
}

// replace writes a file so that a crash leaves the old one or the new one.
func replace(file string, data []byte) error {
	if err := os.WriteFile(file+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
