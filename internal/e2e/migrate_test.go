package e2e_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMigrateCommand takes a database up, refuses to take it down without being told
// twice, and does.
func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	env := append(os.Environ(), "SHEET24_DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "db"))
	run := func(args ...string) (string, error) {
		t.Helper()
		p, out := start(t, env, append([]string{"migrate", "--env-file", os.DevNull}, args...)...)
		text, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Wait()
		return string(text) + p.stderr.String(), err
	}
	if out, err := run("status"); err != nil || !strings.Contains(out, "first_light          not applied") {
		t.Errorf("status: %v\n%s", err, out)
	}
	if out, err := run(); err != nil || strings.Contains(out, "not applied") {
		t.Errorf("up: %v\n%s", err, out)
	}
	if out, err := run("to", "3"); err == nil || !strings.Contains(out, "say --yes") {
		t.Errorf("down: %v\n%s", err, out)
	}
	if out, err := run("to", "3", "--yes"); err != nil || !strings.Contains(out, "polling              not applied") || strings.Contains(out, "google_accounts      not applied") {
		t.Errorf("down, surely: %v\n%s", err, out)
	}
	if out, err := run("to", "99"); err == nil || !strings.Contains(out, "there is no version 99") {
		t.Errorf("nowhere: %v\n%s", err, out)
	}
}
