package script_test

import (
	"os/exec"
	"strings"
	"testing"

	"sheet24/internal/google/script"
)

// lint holds a file against the rules of Apps Script: ES2020, and no globals but
// Google's services. It returns what is wrong with it. `make deps` installs ESLint.
func lint(t *testing.T, name, source string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "node_modules/eslint/bin/eslint.js", "--stdin", "--stdin-filename", name+".gs", "--max-warnings", "0")
	cmd.Dir, cmd.Stdin = "testdata/lint", strings.NewReader(source)
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestLint(t *testing.T) {
	t.Parallel()
	p, err := script.Build(script.Settings{ServerURL: "https://sheet24.example", SpreadsheetID: "1abc"})
	if err != nil {
		t.Fatal(err)
	}
	farewell, err := script.Farewell()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(p.Files, farewell.Files...) {
		if f.Type != "SERVER_JS" {
			continue
		}
		if wrong := lint(t, f.Name, f.Source); wrong != "" {
			t.Errorf("%s: %s", f.Name, wrong)
		}
	}
	for want, source := range map[string]string{
		"Parsing error": "function doGet(e) { e.a ||= 1; }", "'fetch' is not defined": "function doGet() { fetch('x'); }",
		"'import' and 'export'": "export const a = 1;", "a lock held": "function onOpen() { LockService.getScriptLock(); }",
	} {
		if wrong := lint(t, "Code", source); !strings.Contains(wrong, want) {
			t.Errorf("%s: %q is not found: %s", source, want, wrong)
		}
	}
}
