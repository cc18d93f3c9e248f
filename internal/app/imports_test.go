package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the packages from the top down; a package imports only what stands below it.
// Within a layer none imports another: no stage knows another, an adapter, or what runs it.
// README's "The code" says the same, and is held against this list.
var layers = [][]string{
	{"cmd/sheet24"},
	{"internal/app"},
	{"internal/web", "internal/api", "internal/observe", "internal/sim/demo"},
	{"internal/setup", "internal/sync/stages", "internal/sim/bitrixsim", "internal/sim/googlesim", "internal/sim/tlsproxy"},
	{"internal/sync/receive", "internal/sync/scan", "internal/sync/push", "internal/sync/report", "internal/sync/compare", "internal/undo", "internal/history", "internal/comparison", "internal/answer",
		"internal/jobs", "internal/watch", "internal/google", "internal/bitrix24", "internal/sqlstore"},
	{"internal/sync/plan"},
	{"internal/tab"},
	{"internal/match", "internal/change", "internal/detect", "internal/isolate"},
	{"internal/mapping", "internal/locale", "internal/secret", "internal/limit", "internal/bucket", "internal/backoff", "internal/requestid", "internal/google/script"},
	{""}, // the domain
}

// tests are packages for tests, which stand above all.
var tests = []string{"internal/bench", "internal/e2e", "internal/sqlstore/storetest", "internal/sqlstore/pgtest", "internal/google/discoverytest", "internal/bitrix24/officialtest", "internal/sync/synctest"}

// TestImportsPointDown keeps the house in order.
func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	layer := map[string]int{}
	for i, packages := range layers {
		for _, p := range packages {
			layer[p] = i
		}
	}
	seen := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		folder := strings.TrimPrefix(path.Dir(file), ".")
		if slices.Contains(tests, folder) {
			return nil // tests, which stand above all
		}
		from, ok := layer[folder]
		if !ok {
			t.Errorf("%s has no place in the layers", folder)
			return nil
		}
		source, err := parser.ParseFile(token.NewFileSet(), "../../"+file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range source.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if name != "sheet24" && !strings.HasPrefix(name, "sheet24/") {
				continue
			}
			seen++
			target := strings.TrimPrefix(strings.TrimPrefix(name, "sheet24"), "/")
			if to, ok := layer[target]; !ok || to <= from {
				t.Errorf("%s imports %s, which does not stand below it", file, target)
			}
			if strings.HasPrefix(target, "internal/sim/") && folder != "internal/app" && !strings.HasPrefix(folder, "internal/sim/") {
				t.Errorf("%s imports %s: simulators are for app and tests alone", file, target)
			}
		}
		return nil
	})
	if err != nil || seen < 30 {
		t.Fatalf("%d imports seen, %v", seen, err)
	}
}

// TestReadmeShowsTheLayers holds the picture of the house against the layers.
func TestReadmeShowsTheLayers(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}

	var names []string
	for _, layer := range layers {
		var short []string
		for _, p := range layer {
			if p != "" && !strings.Contains(string(readme), "\n"+p+"/ ") {
				t.Errorf("README does not say what %s is", p)
			}
			short = append(short, strings.TrimPrefix(p, "internal/"))
		}
		switch {
		case layer[0] == "":
			names = append(names, "the domain")
		case len(short) == 1:
			names = append(names, short[0])
		default:
			names = append(names, "{"+strings.Join(short, ", ")+"}")
		}
	}
	if want := "Imports point down: " + strings.Join(names, " → ") + "."; !strings.Contains(string(readme), want) {
		t.Errorf("README does not have: %s", want)
	}
}
