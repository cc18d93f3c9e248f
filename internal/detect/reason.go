package detect

import (
	"strings"

	"sheet24/internal/locale"
)

// Reason is why a field was proposed. Code and Args make a text of the locale files, whose
// key is "detect." and the code: "header" with the words that were understood, "samples.phone".
type Reason struct {
	Code string
	Args []any
}

// learned reports whether a person chose a column's field before.
func (c Column) learned() bool { return len(c.Reasons) > 0 && c.Reasons[0].Code == "learned" }

// Text says in a language why a column's field was proposed: "başlık: telefon · örnekler
// telefon gibi".
func (c Column) Text(language string) string {
	var list []string
	for _, r := range c.Reasons {
		list = append(list, locale.T(language, "detect."+r.Code, r.Args...))
	}
	return strings.Join(list, " · ")
}
