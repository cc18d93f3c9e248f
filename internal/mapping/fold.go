package mapping

import (
	"strings"
	"unicode"
)

// fold is a label or a word as Normalize makes it, but with the signs that tell one from
// another: C++ is not C, -1 not 1, 1,5 kW not 15 kW, and one e-mail address not another.
func fold(s string) string {
	s = hyphens.Replace(visible(s))
	if strings.ContainsRune(s, '@') && !strings.ContainsRune(s, ' ') {
		return foldAddress(s)
	}

	var b, run strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if sign := telling(runes, i); sign != 0 {
			b.WriteString(Normalize(run.String()))
			b.WriteRune(sign)
			run.Reset()
		} else {
			run.WriteRune(r)
		}
	}
	b.WriteString(Normalize(run.String()))
	return b.String()
}

// telling is the sign that a character is to fold, 0 if it is a letter or a digit, or only
// parts them: a sign of sums or money, what stands between two digits, a minus before one,
// and whatever is the whole text.
func telling(text []rune, i int) rune {
	r := text[i]
	digit := func(i int) bool { return i >= 0 && i < len(text) && unicode.IsDigit(text[i]) }
	between := digit(i-1) && digit(i+1)

	switch {
	case between && (r == '.' || r == ','):
		return '.'
	case between && (r == ':' || r == '/'),
		r == '-' && digit(i+1) && (i == 0 || text[i-1] == ' '),
		unicode.In(r, unicode.Sm, unicode.Sc, unicode.No), r == '#', r == '%', r == '&',
		len(text) == 1 && !unicode.IsLetter(r) && !unicode.IsDigit(r):
		return r
	}
	return 0
}

// foldAddress is an e-mail address as two that are the same have it in common.
func foldAddress(s string) string { return strings.ToLower(visible(s)) }
