package google

import (
	"strings"
	"testing"
)

// FuzzLinks reads whatever is pasted: an id is one, and leads nowhere else in an address.
func FuzzLinks(f *testing.F) {
	f.Add("https://docs.google.com/spreadsheets/d/1aB_-9/edit#gid=0")
	f.Add("https://docs.google.com/spreadsheets/d/../../x")
	f.Fuzz(func(t *testing.T, text string) {
		if id := SpreadsheetOf(text); strings.ContainsAny(id, "/.?#% \\:") {
			t.Errorf("%q: %q", text, id)
		}
	})
}
