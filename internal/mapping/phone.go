package mapping

import (
	"regexp"
	"strings"

	"sheet24"
)

// How many digits a telephone number may have, its country's code included (source: ITU-T
// E.164), and how many the shortest that people write down have.
const (
	mostDigits  = 15
	leastDigits = 3
	wholeDigits = 7 // of a number that is no extension and no area's code
)

// phoneText matches what people write for a telephone number: + in front, perhaps within
// parentheses, digits in groups, an extension behind. A date would match too: wholeDate.
var (
	phoneText = regexp.MustCompile(`^\(?\+? ?\(?[0-9][0-9 ()./-]*$`)
	phoneTail = regexp.MustCompile(`(?i)^(.*[0-9)])[ ,;]*(?:#|x|dahili|dah\.?|iç hat|ext\.?|ext=|extension|доб\.?|добавочный|вн\.?|внутр\.?) ?:? ?([0-9]{1,6})$`)
	phoneLead = regexp.MustCompile(`(?i)^(?:callto|telefon|telephone|phone|tel|tlf|телефон|тел)(?:\.? ?:|\.| ) ?/*`)
	wholeDate = regexp.MustCompile(`^(?:[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[./-][01]?[0-9][./-][0-3]?[0-9])$`)
	andOr     = regexp.MustCompile(`(?i) (?:veya|ya da|ve|or|and|или|и) | ?& ?| ?\| ?`)
)

// phone is a telephone number as it is written.
type phone struct {
	text      string // without what is not to be seen
	plus      bool   // its country's code comes first
	digits    string // what is dialled; behind plus, without 00
	extension string
}

// readPhone reads what one person would take for a telephone number.
func readPhone(text string) (phone, bool) {
	s := hyphens.Replace(visible(text))
	s = strings.TrimRight(strings.TrimLeft(phoneLead.ReplaceAllString(s, ""), " "), ". ")
	n := phone{text: s}

	number := s
	if m := phoneTail.FindStringSubmatch(s); m != nil {
		number, n.extension = m[1], m[2]
	}
	if !phoneText.MatchString(number) || strings.Count(number, "(") != strings.Count(number, ")") || wholeDate.MatchString(number) {
		return phone{}, false
	}

	n.digits = digitsOf(number)
	n.plus = strings.Contains(number, "+")
	if rest, dialled := strings.CutPrefix(n.digits, "00"); dialled && !n.plus && len(rest) >= wholeDigits {
		n.digits, n.plus = rest, true
	}
	return n, len(n.digits) >= leastDigits
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) {
			return r
		}
		return -1
	}, s)
}

// toPhones reads the telephone numbers in one part of a cell: one, or several with a slash, a
// blank or a word between them.
func toPhones(part, locale string) ([]string, error) {
	if n, ok := readPhone(part); ok && !strings.Contains(n.text, "/") && n.possible(locale) {
		return []string{n.text}, nil
	}

	for _, apart := range []func(string, string) []string{apartBySlash, apartByBlank} {
		if texts := apart(part, locale); texts != nil {
			return texts, nil
		}
	}

	// A slash may stand behind an area's code; "… 45 67/68" are two numbers.
	n, ok := readPhone(part)
	if !ok || len(n.digits) <= mostDigits && n.plus && n.parsed("") == nil { // no country has that code
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValuePhone, part)
	}
	before, behind, slash := strings.Cut(n.text, "/")
	if !n.possible(locale) || slash && len(digitsOf(behind)) < len(digitsOf(before)) {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValuePhoneMany, part)
	}
	return []string{n.text}, nil
}

// apartBySlash are the numbers of "0212 123 45 67 / 0216 123 45 67", nil where one of the
// parts is not a whole number.
func apartBySlash(part, locale string) []string {
	pieces := strings.Split(andOr.ReplaceAllString(hyphens.Replace(visible(part)), "/"), "/")
	if len(pieces) < 2 {
		return nil
	}

	var texts []string
	for _, piece := range pieces {
		n, ok := readPhone(piece)
		if !ok || len(n.digits) < wholeDigits || !n.possible(locale) {
			return nil
		}
		texts = append(texts, n.text)
	}
	return texts
}

// apartByBlank are the numbers of "0532 123 45 67 0533 123 45 67", or with a hyphen between
// blanks; nil where they can be parted in no way, or in several, into numbers that exist.
func apartByBlank(part, locale string) []string {
	words := strings.Fields(strings.ReplaceAll(hyphens.Replace(visible(part)), " - ", " "))
	if len(words) > 20 || !phoneText.MatchString(strings.Join(words, " ")) && !strings.Contains(part, "+") {
		return nil
	}

	ways := waysApart(words, locale)
	if len(ways) != 1 || len(ways[0]) < 2 {
		return nil
	}
	return ways[0]
}

// waysApart are the ways, two at most, to part words into numbers that exist.
func waysApart(words []string, locale string) (ways [][]string) {
	if len(words) == 0 {
		return [][]string{nil}
	}
	for i := 1; i <= len(words) && len(ways) < 2; i++ {
		n, ok := readPhone(strings.Join(words[:i], " "))
		if len(n.digits) > mostDigits {
			break
		}
		if !ok || !n.exists(locale) {
			continue
		}
		for _, rest := range waysApart(words[i:], locale) {
			ways = append(ways, append([]string{n.text}, rest...))
		}
	}
	return ways
}
