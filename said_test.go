package sheet24_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sheet24"
)

func TestSaid(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Not found.":                        "Not found.",
		"  Yanlış\r\n\ttoken \x00\x1b[31m ": "Yanlış token [31m",
		"a\u202egnp.exe":                    "agnp.exe",
		"a\u200bb\ufeffc\xff":               "abc",
		"":                                  "",
		strings.Repeat("ş", 501):            strings.Repeat("ş", 500) + "…",
	} {
		if got := sheet24.Said(said); got != want {
			t.Errorf("%q: %q; want %q", said, got, want)
		}
	}
}

func FuzzSaid(f *testing.F) {
	f.Add("HTTP 500\n<html>")
	f.Fuzz(func(t *testing.T, text string) {
		got := sheet24.Said(text)
		if utf8.RuneCountInString(got) > 502 || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("%q: %q", text, got)
		}
	})
}
