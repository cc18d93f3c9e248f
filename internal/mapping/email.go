package mapping

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sheet24"
)

// The most that an e-mail address, and the part before its @, may have (source: RFC 5321,
// 4.5.3.1).
const (
	longestAddress = 254
	longestLocal   = 64
)

// domain matches a domain as addresses of people have it: labels of letters, digits and
// hyphens, 63 at most, the last of which is a name and no number.
var domain = regexp.MustCompile(`^(?:[\pL\pN](?:[\pL\pN\pM-]{0,61}[\pL\pN\pM])?\.)+(?:xn--[a-zA-Z0-9-]{2,59}|[\pL\pM]{2,63})$`)

// emailLead matches what stands in front of an address in links and cards.
var emailLead = regexp.MustCompile(`(?i)^(?:mailto|e-?mail|e-?posta|mail|почта) ?: *`)

// email reads one e-mail address: without what is not to be seen, and without mailto:.
func email(text string) (string, error) {
	s := visible(text)
	s = emailLead.ReplaceAllString(s, "")

	local, host, _ := strings.Cut(s, "@")
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > longestAddress || len(local) > longestLocal || !domain.MatchString(host) {
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueEmail, text)
	}
	return s, nil
}

// emailsIn are the addresses in one part of a cell: blanks part them where each has its @.
func emailsIn(s string) []string {
	parts := strings.Fields(visible(s))
	if len(parts) < 2 || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(p, "@") }) {
		return []string{s}
	}
	return parts
}

// emailForms are the ways in which the CRM may hold an e-mail address, the likeliest first.
func emailForms(value string) []string {
	typed, lower := visible(value), foldAddress(value)
	local, host, _ := strings.Cut(lower, "@")

	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune(".-_", r) })
	named := local
	for _, w := range words {
		named = strings.Replace(named, w, capital(w), 1)
	}
	forms := each(typed, lower, capital(local)+"@"+host, named+"@"+host, strings.ToUpper(lower), strings.ToUpper(local)+"@"+host, capital(local)+"@"+capital(host))
	return slices.DeleteFunc(forms, func(form string) bool { return foldAddress(form) != lower }) // ϱ has no capital of its own
}

// capital is a word with a large first letter.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// each are texts, each once and none empty, in their order.
func each(texts ...string) []string {
	var once []string
	for _, s := range texts {
		if s != "" && !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
