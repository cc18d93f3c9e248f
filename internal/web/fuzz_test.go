package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sheet24/internal/secret"
)

// FuzzCallback has browsers keep whatever they like: no state is known of but what was sealed.
func FuzzCallback(f *testing.F) {
	box, err := secret.New(secret.NewKey())
	if err != nil {
		f.Fatal(err)
	}
	w := &Web{Box: box}
	other, err := box.Seal(`[{"State":"x","Until":"2999-01-01T00:00:00Z"}]`, "somebody else")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("x", other)
	f.Add("", "")
	f.Add("x", `[{"State":"x"}]`)
	f.Fuzz(func(t *testing.T, state, kept string) {
		r := httptest.NewRequest(http.MethodGet, "/sheet-sync/oauth/callback", nil)
		r.Header.Set("Cookie", w.signInCookie()+"="+strings.NewReplacer("\r", "", "\n", "").Replace(kept))
		if s, err := w.takeSigningIn(httptest.NewRecorder(), r, state); err != nil || s != (signingIn{}) {
			t.Errorf("%q, %q: %+v, %v", state, kept, s, err)
		}
	})
}

// FuzzCSV writes whatever cells hold: each stays one field, and none runs.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"=1+1", "a;=1", "a\n=1", `"`, "\u200b=1", "+9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		var file bytes.Buffer
		(&csvFile{to: &file}).line([]string{"first", field, "last"})
		read, err := csv.NewReader(&file).ReadAll()
		if err != nil || len(read) != 1 || len(read[0]) != 3 || read[0][2] != "last" {
			t.Fatalf("%q is read as %q, %v", field, read, err)
		}
		if got := strings.TrimSpace(read[0][1]); got != "" && strings.ContainsRune("=@", rune(got[0])) {
			t.Errorf("%q begins as a formula: %q", field, got)
		}
	})
}

// FuzzBackTo sends forms from whatever page: they lead back to a path of ours.
func FuzzBackTo(f *testing.F) {
	for _, s := range []string{"http://sheet24.example/a?b", "http://evil.example/", "//evil.example", "http://sheet24.example//evil.example", `http://sheet24.example/\evil.example`, "http://sheet24.example/%2f/evil", "javascript:alert(1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, referer string) {
		r := httptest.NewRequest(http.MethodPost, "http://sheet24.example/language", nil)
		r.Header.Set("Referer", referer)
		to := backTo(r)
		at, err := url.Parse("http://sheet24.example/language")
		if err != nil {
			t.Fatal(err)
		}
		at, err = at.Parse(strings.ReplaceAll(to, `\`, "/")) // as browsers read it
		if err != nil || at.Host != "sheet24.example" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Errorf("%q leads to %q", referer, to)
		}
	})
}
