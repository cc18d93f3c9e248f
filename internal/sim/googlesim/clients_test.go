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
	clasp2  = "testdata/clasp2/node_modules/@google/clasp"
	ayse    = "ayse@ornek.com.tr"
)

// world is a simulated Google behind a proxy that answers under its real names, and
// what a client has to be told of it.
type world struct {
	t       *testing.T
	google  *googlesim.Google
	api     *httptest.Server
	client  googlesim.Client
	sheet   *googlesim.Spreadsheet
	refresh string
	env     []string
}

func newWorld(t *testing.T, client googlesim.Client, scopes ...string) *world {
	t.Helper()
	if _, err := os.Stat(filepath.Join(clients, "node_modules")); err != nil {
		t.Fatalf("%v: install Google's clients with make deps", err)
	}
	g := googlesim.New(client, googlesim.Account{Email: ayse})
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
	w := &world{t: t, google: g, api: api, client: client, sheet: &googlesim.Spreadsheet{Title: "Satış", Owner: ayse, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{GID: 0, Title: "Müşteri listesi"}}}}
	g.AddSpreadsheet(w.sheet)
	_, w.refresh = g.Grant(ayse, append(google.FullAccess.Scopes(), scopes...))
	w.env = append(os.Environ(), "HTTPS_PROXY="+via.URL, "NODE_EXTRA_CA_CERTS="+ca, "NO_COLOR=1", "CI=1")
	return w
}

var ours = googlesim.Client{ID: "id", Secret: "secret"}

// suite runs a file of the clients' folder, of which each step must be done.
func (w *world) suite(file string, steps int, env ...string) {
	w.t.Helper()
	credentials, err := json.Marshal(map[string]string{"client_id": w.client.ID, "client_secret": w.client.Secret, "refresh_token": w.refresh, "spreadsheet": w.sheet.ID})
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), "node", file)
	cmd.Dir, cmd.Env = clients, append(append(w.env, "CREDENTIALS="+string(credentials), "SIMULATOR="+w.api.URL), env...)
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "ok "); err != nil || n != steps {
		w.t.Fatalf("%v, %d of %d steps:\n%s", err, n, steps, out)
	}
}

// TestNodeClient runs Google's client for Node, as it is published, in two versions: of
// the newer, the last that runs with Node 20.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"googleapis", "googleapis-newest"} {
		newWorld(t, ours).suite("suite.mjs", 8, "CLIENT="+client)
	}
}

// TestGoogleSpreadsheet runs the client for Sheets that most use with Node beside
// Google's own, as it is published.
func TestGoogleSpreadsheet(t *testing.T) {
	t.Parallel()
	newWorld(t, ours).suite("spreadsheet.mjs", 5)
}

// TestClasp runs Google's command-line tool for Apps Script, as it is published: a
// script is made in a spreadsheet, pushed, pulled, and deployed.
func TestClasp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ours)
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

// claspClient is the OAuth client that clasp 2 brings along, in its source.
var claspClient = regexp.MustCompile(`clientId: '([^']+)',\s+clientSecret: '([^']+)'`)

// TestClasp2 runs the version of Google's tool before, which many projects stay with.
func TestClasp2(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join(clasp2, "build/src/auth.js"))
	if err != nil {
		t.Fatalf("%v: install Google's clients with make deps", err)
	}
	m := claspClient.FindSubmatch(source)
	if m == nil {
		t.Fatal("clasp 2 has no client of its own")
	}
	w := newWorld(t, googlesim.Client{ID: string(m[1]), Secret: string(m[2])})
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	credentials, err := json.Marshal(map[string]any{"isLocalCreds": false, "oauth2ClientSettings": map[string]any{"clientId": w.client.ID, "clientSecret": w.client.Secret, "redirectUri": "http://localhost"},
		"token": map[string]any{"access_token": "old", "refresh_token": w.refresh, "token_type": "Bearer", "expiry_date": 1}})
	if err != nil {
		t.Fatal(err)
	}
	write(".clasprc.json", string(credentials))
	program, err := filepath.Abs(filepath.Join(clasp2, "build/src/index.js"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "node", append([]string{program}, args...)...)
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

	w.google.SwitchScriptAPI(ayse, false)
	if out, _ := run("create", "--title", "deneme", "--parentId", w.sheet.ID); !strings.Contains(out, "has not enabled the Apps Script API") {
		t.Fatalf("with the API off:\n%s", out)
	}
	w.google.SwitchScriptAPI(ayse, true)
	clasp("(?s)Created new.*Cloned 2 files", "create", "--title", "deneme", "--parentId", w.sheet.ID)
	write("appsscript.json", `{"timeZone":"Europe/Istanbul","runtimeVersion":"V8","webapp":{"executeAs":"USER_ACCESSING","access":"MYSELF"}}`)
	write("Selam.js", "function selam( { return 'merhaba'; }\n")
	if out, err := run("push", "-f"); err == nil || !strings.Contains(out, "Syntax error: SyntaxError:") {
		t.Fatalf("a script with a syntax error: %v\n%s", err, out)
	}
	write("Selam.js", "function selam() { return 'merhaba'; }\n")
	clasp("Pushed 3 files", "push", "-f")
	if err := os.Remove(filepath.Join(folder, "Selam.js")); err != nil {
		t.Fatal(err)
	}
	clasp("Cloned 3 files", "pull")
	clasp("Created version 1", "version", "ilk")
	clasp("1 - ilk", "versions")
	out := clasp(`AKfycb\w+ @1`, "deploy", "-V", "1", "-d", "yayın")
	id := regexp.MustCompile(`AKfycb\w+`).FindString(out)
	clasp("(?s)2 Deployments.*@HEAD.*"+id+" @1|(?s)2 Deployments.*"+id+" @1.*@HEAD", "deployments")
	clasp(id+" @2", "deploy", "-i", id, "-d", "yeni")
	clasp("Undeployed "+id, "undeploy", id)
}
