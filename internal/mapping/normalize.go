// Package mapping knows what a sheet means to the CRM: where a table's columns stand, and
// what a cell's value is as a field's value. It is pure: no I/O.
package mapping

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var turkish = strings.NewReplacer("İ", "i", "I", "i", "ı", "i")

// Normalize folds a header or a label to what people mean by it: letters and
// digits alone, lower case, without accents. Turkish i's become one: "İ", "I",
// "ı" and "i" are typed for each other all the time.
func Normalize(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(turkish.Replace(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
