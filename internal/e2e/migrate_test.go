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

// TestCopyCommand copies an installation that was used, and serves the copy.
func TestCopyCommand(t *testing.T) {
	t.Parallel()
	s := activated(t)
	edit(t, s.ready, "C5", "kopya@ornek.com.tr")
	eventually(t, waitForSync, "the edit arrives", func() bool {
		return len(allEmails(t, s.ready)[4]) == 1 && allEmails(t, s.ready)[4][0] == "kopya@ornek.com.tr"
	})
	s.process.stop(t)
	copy := "sqlite:" + filepath.Join(t.TempDir(), "copy.db")
	p, out := start(t, os.Environ(), "copy", "--from", s.config.DatabaseURL, "--to", copy)
	text, err := io.ReadAll(out)
	if err == nil {
		err = p.Wait()
	}
	if err != nil || !strings.Contains(string(text), "Copied.") || !strings.Contains(string(text), "reverse_sync_logs") {
		t.Fatalf("copy: %v\n%s%s", err, text, p.stderr)
	}
	p, _ = start(t, os.Environ(), "copy", "--from", s.config.DatabaseURL, "--to", copy)
	if err := p.Wait(); err == nil || !strings.Contains(p.stderr.String(), "is not empty") {
		t.Errorf("copied over another: %v\n%s", err, p.stderr)
	}
	s.config.DatabaseURL = copy
	s.process, _ = start(t, s.config.Environ(), "serve", "--env-file", os.DevNull)
	edit(t, s.ready, "C5", "yeni@ornek.com.tr")
	eventually(t, 2*waitForSync, "the copy goes on", func() bool {
		return len(allEmails(t, s.ready)[4]) == 1 && allEmails(t, s.ready)[4][0] == "yeni@ornek.com.tr"
	})
}
