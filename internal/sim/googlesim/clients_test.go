package googlesim_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sheet24/internal/google"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sim/tlsproxy"
)

const (
	clients = "testdata/clients"
	ayse    = "ayse@ornek.com.tr"
)

// world is a simulated Google behind a proxy that answers under its real names, and
// what a client has to be told of it.
type world struct {
	t       *testing.T
	google  *googlesim.Google
	api     *httptest.Server
	sheet   *googlesim.Spreadsheet
	refresh string
	env     []string
}

func newWorld(t *testing.T, scopes ...string) *world {
	t.Helper()
	if _, err := os.Stat(filepath.Join(clients, "node_modules")); err != nil {
		t.Fatalf("%v: install Google's clients with make deps", err)
	}
	g := googlesim.New(googlesim.Client{ID: "id", Secret: "secret"}, googlesim.Account{Email: ayse})
	t.Cleanup(g.Close)
	handler := g.Handler()
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	g.SetURL(api.URL)
	proxy, err := tlsproxy.New(handler, func(host string) bool { return strings.HasSuffix(host, ".googleapis.com") })
	if err != nil {
		t.Fatal(err)
	}
	via := httptest.NewServer(proxy)
	t.Cleanup(via.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, proxy.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, google: g, api: api, sheet: &googlesim.Spreadsheet{Title: "Satış", Owner: ayse, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{GID: 0, Title: "Müşteri listesi"}}}}
	g.AddSpreadsheet(w.sheet)
	_, w.refresh = g.Grant(ayse, append(google.FullAccess.Scopes(), scopes...))
	w.env = append(os.Environ(), "HTTPS_PROXY="+via.URL, "NODE_EXTRA_CA_CERTS="+ca, "NO_COLOR=1", "CI=1")
	return w
}

// TestNodeClient runs Google's client for Node, as it is published.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	credentials, err := json.Marshal(map[string]string{"client_id": "id", "client_secret": "secret", "refresh_token": w.refresh, "spreadsheet": w.sheet.ID})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "suite.mjs")
	cmd.Dir, cmd.Env = clients, append(w.env, "CREDENTIALS="+string(credentials), "SIMULATOR="+w.api.URL)
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "ok "); err != nil || n != 5 {
		t.Fatalf("%v, %d of 5 steps:\n%s", err, n, out)
	}
}

// TestClasp runs Google's command-line tool for Apps Script, as it is published: a
// script is made in a spreadsheet, pushed, pulled, and deployed.
func TestClasp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	folder := t.TempDir()
	credentials := filepath.Join(folder, "clasprc.json")
	data, err := json.Marshal(map[string]any{"tokens": map[string]any{"default": map[string]any{
		"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": w.refresh, "access_token": "old", "expiry_date": 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(credentials, data, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := filepath.Abs(filepath.Join(clients, "node_modules/@google/clasp/build/src/index.js"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "node", append([]string{program, "-A", credentials}, args...)...)
		cmd.Dir, cmd.Env = folder, append(w.env, "HOME="+folder)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	clasp := func(want string, args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil || !regexp.MustCompile(want).MatchString(out) {
			t.Fatalf("clasp %v: %v; want %s in:\n%s", args, err, want, out)
		}
		return out
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// Its own words for an account that has the API off.
	w.google.SwitchScriptAPI(ayse, false)
	if out, err := run("create-script", "--title", "deneme", "--parentId", w.sheet.ID); err == nil || !strings.Contains(out, "has not enabled the Apps Script API") {
		t.Fatalf("with the API off: %v\n%s", err, out)
	}
	w.google.SwitchScriptAPI(ayse, true)

	clasp("Created new script", "create-script", "--title", "deneme", "--parentId", w.sheet.ID)
	write("appsscript.json", `{"timeZone":"Europe/Istanbul","runtimeVersion":"V8","webapp":{"executeAs":"USER_ACCESSING","access":"MYSELF"}}`)
	write("Selam.js", "function selam() { return 'merhaba'; }\n")
	clasp("Pushed 3 files", "push", "-f")
	if err := os.Remove(filepath.Join(folder, "Selam.js")); err != nil {
		t.Fatal(err)
	}
	clasp("Pulled 3 files", "pull")
	if pulled, err := os.ReadFile(filepath.Join(folder, "Selam.js")); err != nil || !strings.Contains(string(pulled), "merhaba") {
		t.Fatalf("pulled: %s, %v", pulled, err)
	}
	clasp("Created version 1", "create-version", "ilk")
	clasp("1 - ilk", "list-versions")
	out := clasp(`Deployed AKfycb\w+ @1`, "create-deployment", "-V", "1", "-d", "yayın")
	id := regexp.MustCompile(`AKfycb\w+`).FindString(out)
	clasp("(?s)Found 2 deployments.*@HEAD.*"+id+" @1", "list-deployments")
	clasp("Redeployed "+id+" @2|Deployed "+id+" @2", "create-deployment", "-i", id, "-d", "yeni")
	clasp("Deleted deployment", "delete-deployment", id)
}
