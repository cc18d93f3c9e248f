package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/locale"
)

func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	want := locale.Keys(locale.Default)
	for _, l := range locale.Languages {
		if got := locale.Keys(l); !reflect.DeepEqual(got, want) {
			t.Errorf("the keys of %s differ from those of %s:\n%v\n%v", l, locale.Default, got, want)
		}
		for _, k := range want {
			if a, b := strings.Count(locale.T(l, k, "", ""), "%!"), strings.Count(locale.T(locale.Default, k, "", ""), "%!"); a != b {
				t.Errorf("%s: %s takes other values than in %s", k, l, locale.Default)
			}
		}
	}
}

// TestPartialLanguages say why a field was detected, and no more.
func TestPartialLanguages(t *testing.T) {
	t.Parallel()
	var want []string
	for _, k := range locale.Keys(locale.Default) {
		if strings.HasPrefix(k, "detect.") {
			want = append(want, k)
		}
	}
	for _, l := range locale.Partial {
		if got := locale.Keys(l); !reflect.DeepEqual(got, want) || len(want) < 20 {
			t.Errorf("%s: %v; want %v", l, got, want)
		}
		if got := locale.T(l, "save"); got != locale.T(locale.Default, "save") {
			t.Errorf("%s: what it does not say is %q", l, got)
		}
	}
}

// TestEveryCodeHasASentence reads the constants of codes.go, and finds no sentence without
// its code.
func TestEveryCodeHasASentence(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	file, err := parser.ParseFile(token.NewFileSet(), "../../codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}

	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || spec.Type.(*ast.Ident).Name != "Code" {
				t.Errorf("%s is no code", spec.Names[0])
			}
			codes[sheet24.Code(value).Key()] = true
		}
		return true
	})

	for _, l := range locale.Languages {
		for key := range codes {
			if !locale.Has(l, key) {
				t.Errorf("%q has no sentence in %s.json", key, l)
			}
		}
		for _, key := range locale.Keys(l) {
			if strings.HasPrefix(key, sheet24.Code("").Key()) && !codes[key] {
				t.Errorf("%q of %s.json is the sentence of no code", key, l)
			}
		}
	}
}

// TestCodesAreConstants: whoever makes an error names its code, so that none is without a
// sentence.
func TestCodesAreConstants(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`Errorf\(([a-zA-Z0-9_]+\.)*[a-zA-Z]+, "[a-z0-9_]+"|\bCode\("[a-z]`)
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "internal/sim/") {
			return err
		}
		source, err := os.ReadFile("../../" + path)
		for _, m := range literal.FindAllString(string(source), -1) {
			t.Errorf("%s: %s … names its code by no constant", path, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	err := sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueChoice, "Yenii", "Yeni, İşlemde")
	if got := locale.Error("tr", err); got != "“Yenii” yok; var olanlar: Yeni, İşlemde" {
		t.Error(got)
	}
	if got := locale.Error("en", os.ErrNotExist); strings.Contains(got, "exist") {
		t.Errorf("a cause was shown: %s", got)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{"": "tr", "en-GB,en;q=0.9": "en", "tr-TR": "tr", "de": "tr", "fr,en;q=0.5": "en"} {
		if got := locale.Match(accept); got != want {
			t.Errorf("Match(%q) = %s; want %s", accept, got, want)
		}
	}
}
