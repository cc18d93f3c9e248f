package web

import (
	"os"
	"regexp"
	"testing"

	"sheet24/internal/locale"
)

// TestEveryChangeIsNoted reads the routes out of the code: of each by which something can be
// changed it was decided what the log of who did what calls it.
func TestEveryChangeIsNoted(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("web.go")
	if err != nil {
		t.Fatal(err)
	}

	routes := regexp.MustCompile(`mux\.HandleFunc\("(POST [^"]+)"`).FindAllStringSubmatch(string(code), -1)
	if len(routes) < 20 || len(routes) != len(audited) {
		t.Errorf("%d routes change something, %d are decided about", len(routes), len(audited))
	}
	for _, route := range routes {
		action, decided := audited[route[1]]
		if !decided {
			t.Errorf("%s: is it kept who does it? Say so in audited", route[1])
		}
		if action != "" && !locale.Has("tr", "audit."+action) {
			t.Errorf("%s: audit.%s has no sentence", route[1], action)
		}
	}
}
