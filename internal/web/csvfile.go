package web

import (
	"io"
	"regexp"
	"strings"
	"unicode"
)

// csvFile writes lines for spreadsheets, as RFC 4180 has them, each field in quotes, so
// that no separator of any locale takes it apart. encoding/csv quotes only where it must.
type csvFile struct{ to io.Writer }

// line writes one line. No field can run: see noFormula. What cannot be written is lost
// with the connection.
func (f *csvFile) line(fields []string) {
	quoted := make([]string, len(fields))
	for i, s := range fields {
		quoted[i] = `"` + strings.ReplaceAll(noFormula(s), `"`, `""`) + `"`
	}
	io.WriteString(f.to, strings.Join(quoted, ",")+"\r\n")
}

// plainNumber is a number that no program runs.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)*$`)

// noFormula keeps a spreadsheet that opens the file from running what a cell holds: a text
// that begins, after blanks and what is not seen, as formulas and macros do gets an
// apostrophe. Their wide forms count, too: programs take them for the same. See
// https://owasp.org/www-community/attacks/CSV_Injection. A number stays one.
func noFormula(s string) string {
	start := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	risky := strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n")
	for _, r := range start {
		risky = risky || strings.ContainsRune("=+-@|%＝＋－＠", r)
		break
	}

	if !risky || plainNumber.MatchString(s) {
		return s
	}

	return "'" + s
}
