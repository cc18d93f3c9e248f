// Package e2e tests the whole of sheet24 from outside: by its program, its HTTP
// paths and a browser, against the simulators.
package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sheet24/internal/app"
)

// program is the sheet24 that is tested, built once.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "sheet24-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "sheet24")
	out, err := exec.Command("go", "build", "-o", path, "sheet24/cmd/sheet24").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

// TestMain looks at every source file first: Go takes a test's result from its cache
// unless what the test looked at has changed, and knows nothing of the program that
// these build.
func TestMain(m *testing.M) {
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil {
		panic(err)
	}
	code := m.Run()
	if startedPostgres {
		if c, err := postgres(); err == nil {
			c.Stop()
		}
	}
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a running sheet24.
type process struct {
	*exec.Cmd
	stderr *bytes.Buffer
}

// start runs the program; stdout is where its output goes.
func start(t *testing.T, env []string, args ...string) (*process, *bufio.Reader) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.Command(path, args...), &bytes.Buffer{}}
	if env == nil {
		env = append(os.Environ(), "TMPDIR="+t.TempDir()) // what a killed program leaves goes with the test
	}
	p.Env, p.Stderr = env, p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			p.Process.Kill()
			p.Wait()
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", args[0], p.stderr)
		}
	})
	return p, bufio.NewReader(out)
}

// stop ends a program as Ctrl-C does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.Process.Signal(syscall.SIGINT)
	done := make(chan error, 1)
	go func() { done <- p.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("stopped with %v: %s", err, p.stderr)
		}
	case <-time.After(20 * time.Second):
		t.Error("did not stop")
	}
}

func readyLine(t *testing.T, out *bufio.Reader) app.Ready {
	t.Helper()
	line, err := out.ReadBytes('\n')
	var ready app.Ready
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("no ready line: %q, %v", line, err)
	}
	return ready
}

// demo starts `sheet24 demo` on a free port.
func demo(t *testing.T, data string, flags ...string) app.Ready {
	t.Helper()
	args := append([]string{"demo", "--json", "--listen", "127.0.0.1:0"}, flags...)
	if data != "" {
		args = append(args, "--data", data)
	}
	_, out := start(t, nil, args...)
	began := time.Now()
	ready := readyLine(t, out)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("ready after %v", took)
	}
	return ready
}

// post sends JSON and decodes the answer.
func post(t *testing.T, url string, body, answer any) int {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			t.Fatalf("%s: HTTP %d: %v", url, resp.StatusCode, err)
		}
	}
	return resp.StatusCode
}

// edit types into a cell of the tab, as a person would.
func edit(t *testing.T, ready app.Ready, cell string, value any) {
	t.Helper()
	status := post(t, ready.URL+"/sim/google/edits", map[string]any{"spreadsheet_id": ready.SpreadsheetID, "gid": ready.GID,
		"range": cell, "values": [][]any{{value}}}, nil)
	if status != http.StatusOK {
		t.Fatalf("edit %s: HTTP %d", cell, status)
	}
}

// emails are a lead's e-mail addresses in the portal.
func emails(t *testing.T, ready app.Ready, id int) []string {
	t.Helper()
	return strings.Fields(emailOf(t, ready, 1, id))
}

// emailOf is a record's e-mail addresses, separated by spaces.
func emailOf(t *testing.T, ready app.Ready, entityTypeID, id int) string {
	t.Helper()
	var answer struct {
		Result struct {
			Item struct {
				FM []struct{ TypeID, Value string }
			}
		}
	}
	post(t, ready.PortalWebhook+"crm.item.get", map[string]any{"entityTypeId": entityTypeID, "id": id}, &answer)
	var all []string
	for _, m := range answer.Result.Item.FM {
		if m.TypeID == "EMAIL" {
			all = append(all, m.Value)
		}
	}
	return strings.Join(all, " ")
}

// cells are the rows of the leads' tab.
func cells(t *testing.T, ready app.Ready) [][]any {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s/sim/google/cells?spreadsheet_id=%s&gid=%d", ready.GoogleURL, ready.SpreadsheetID, ready.GID))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Rows [][]any }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Rows
}

// waitForSync is how long an edit may take on a busy machine. It is polled, by
// REST calls that count against the portal's limit.
const waitForSync = 10 * time.Second

// eventually waits until a condition holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

func synced(t *testing.T, ready app.Ready, id int, email string) func() bool {
	return func() bool { return strings.Join(emails(t, ready, id), " ") == email }
}
