package sheet24

import (
	"strings"
	"unicode"
)

// longestSaid is how much is kept of what others say, in letters.
const longestSaid = 500

// Said is what somebody else's server answered, as it may be logged and shown: one line, cut,
// without letters that cannot be seen or turn the order of others around.
func Said(text string) string {
	var b strings.Builder
	letters, space := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			continue
		}

		if letters >= longestSaid {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			letters++
		}
		b.WriteRune(r)
		letters++
		space = false
	}
	return b.String()
}
