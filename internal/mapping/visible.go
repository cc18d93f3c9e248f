package mapping

import (
	"strings"
	"unicode"
)

// visible is a text as a person reads it: without the characters that are not to be seen,
// which come along with what is copied from telephones, chats and web pages; every kind of
// blank is one kind, every kind of line's end another.
func visible(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsSpace(r) || blank(r):
			return ' '
		case unseen(r):
			return -1
		}
		return r
	}, s))
}

// blank reports whether a character is as empty as a space, though it counts as a letter or
// a sign.
func blank(r rune) bool {
	switch r {
	case '\u2800', '\u3164', '\uffa0', '\u115f', '\u1160': // Braille's and Hangul's empty ones
		return true
	}
	return false
}

// unseen reports whether a character has neither a shape nor a width: marks of direction,
// joiners, soft hyphens, byte order marks, variation selectors, controls.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) || r == '\u034f'
}

// trimmed is a text without the blanks at its ends. Of its inside nothing is lost: there, a
// joiner makes an emoji, and a mark of direction an order of words.
func trimmed(s string) string {
	if visible(s) == "" {
		return ""
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' })
}

// hyphens are the dashes that stand for a hyphen or a minus sign.
var hyphens = strings.NewReplacer("\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-",
	"\ufe58", "-", "\ufe63", "-", "\uff0d", "-", "\u2043", "-")
