package locale_test

import (
	"io/fs"
	"os"
	"reflect"
	"regexp"
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

// TestEveryErrorHasASentence reads the project's source for the codes in use.
func TestEveryErrorHasASentence(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`(?:Errorf\([a-zA-Z0-9_]+(?:\.[A-Z]\w+)?, |found\(err, |one\([a-z]+, err, )"([a-z0-9_]+)"`)
	n := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "internal/sim/") {
			return err
		}
		source, err := os.ReadFile("../../" + path)
		for _, m := range code.FindAllStringSubmatch(string(source), -1) {
			n++
			for _, l := range locale.Languages {
				if !locale.Has(l, "error."+m[1]) {
					t.Errorf("%s: the error %q has no sentence in %s.json", path, m[1], l)
				}
			}
		}
		return err
	})
	if err != nil || n < 40 {
		t.Fatalf("found %d codes, %v", n, err)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	err := sheet24.Errorf(sheet24.Invalid, "value_choice", "Yenii", "Yeni, İşlemde")
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
