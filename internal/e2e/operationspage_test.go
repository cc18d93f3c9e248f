package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runnable are the blocks of a page that a reader may run as they stand.
var runnable = regexp.MustCompile("(?s)```sh run\n(.*?)```")

// TestOperationsPage runs the commands of the page on operations one after the other,
// beside a service that runs.
func TestOperationsPage(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := activated(t)

	blocks := runnable.FindAllStringSubmatch(string(doc), -1)
	if len(blocks) < 3 {
		t.Fatalf("%d blocks", len(blocks))
	}
	folder := t.TempDir()
	for _, block := range blocks {
		shell := exec.Command("sh", "-eux", "-c", block[1])
		shell.Dir = folder
		shell.Env = append(s.config.Environ(), "PATH="+filepath.Dir(path)+":"+os.Getenv("PATH"))
		if out, err := shell.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// TestDocsNameCommands holds the commands that documents name against those that there are.
func TestDocsNameCommands(t *testing.T) {
	t.Parallel()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, file := range append(files, "../../README.md", "../../README.tr.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:`|^)sheet24 ([a-z]+(?: (?:rotate|status|up|create)\\b)?)").FindAllStringSubmatch(string(text), -1) {
			named[m[1]] = true
		}
	}
	if len(named) < 8 {
		t.Fatalf("documents name %v", named)
	}
	for command := range named {
		out, err := exec.Command(path, append(strings.Fields(command), "--help")...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Usage: sheet24 "+command) {
			t.Errorf("sheet24 %s: %v\n%s", command, err, out)
		}
	}
}
