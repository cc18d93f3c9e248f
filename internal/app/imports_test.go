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

// layers are the packages from the top down; a package imports only what stands
// below it. Within a layer none imports another.
var layers = [][]string{
	{"cmd/sheet24"},
	{"internal/app"},
	{"internal/sim/demo", "internal/web", "internal/api"},
	{"internal/sim/bitrixsim", "internal/sim/googlesim", "internal/sim/tlsproxy", "internal/setup", "internal/watch", "internal/jobs"},
	{"internal/history", "internal/answer", "internal/pipeline"},
	{"internal/google", "internal/bitrix24", "internal/sqlstore"},
	{"internal/change", "internal/detect"},
	{"internal/google/script", "internal/bucket", "internal/isolate", "internal/mapping", "internal/locale", "internal/secret"},
	{""}, // the domain
}

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
		if slices.Contains([]string{"internal/bench", "internal/e2e", "internal/sqlstore/storetest", "internal/sqlstore/pgtest", "internal/google/discoverytest", "internal/bitrix24/officialtest"}, folder) {
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
