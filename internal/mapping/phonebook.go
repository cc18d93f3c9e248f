package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
)

// regions are the countries whose numbers are written without their code in sheets of a
// locale, the likeliest first. A sheet's locale is often what Google proposed when it was
// made, so a number that is none of its country's may be one of Turkey's or Russia's.
func regions(locale string) []string {
	if locale == "" {
		locale = "tr_TR"
	}

	var list []string
	if tag, err := language.Parse(strings.ReplaceAll(locale, "_", "-")); err == nil {
		region, _ := tag.Region()
		list = append(list, region.String())
	}
	return each(append(list, "TR", "RU")...)
}

// parsed is a number in the telephone book's terms; region is meant where it has no country's
// code. Only digits come here: what people write is read by readPhone.
func (n phone) parsed(region string) *phonenumbers.PhoneNumber {
	digits := n.digits
	if n.plus {
		digits, region = "+"+digits, "ZZ"
	}

	number, err := phonenumbers.Parse(digits, region)
	if err != nil {
		return nil
	}
	return number
}

// exists reports whether a number is one that can be had somewhere: of its country, or of one
// of the regions.
func (n phone) exists(locale string) bool {
	return slices.ContainsFunc(regions(locale), func(region string) bool {
		number := n.parsed(region)
		return number != nil && phonenumbers.IsValidNumber(number)
	})
}

// possible reports whether a number can be one number. One without its country's code may be
// an internal or a local one, of which nobody knows, so long as it is no longer than those;
// a longer one must have as many digits as numbers of some country have, and one with its
// country's code no more than those of that country.
func (n phone) possible(locale string) bool {
	const longestNational = 11
	if len(n.digits) > mostDigits {
		return false
	}

	if !n.plus && len(n.digits) <= longestNational {
		return true
	}

	if n.plus {
		number := n.parsed("")
		return number != nil && phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.TOO_LONG
	}

	fits := func(number *phonenumbers.PhoneNumber) bool {
		return number != nil && phonenumbers.IsPossibleNumberWithReason(number) == phonenumbers.IS_POSSIBLE
	}
	return slices.ContainsFunc(regions(locale), func(region string) bool { return fits(n.parsed(region)) }) ||
		fits(phone{plus: true, digits: n.digits}.parsed(""))
}

// e164 is a number with its country's code, as +905321234567; "" where its country is not to
// be told.
func (n phone) e164(locale string) string {
	if n.plus {
		return inFull(n.parsed(""), phonenumbers.IsPossibleNumber)
	}

	for _, region := range regions(locale) {
		if full := inFull(n.parsed(region), phonenumbers.IsValidNumber); full != "" {
			return full
		}
	}
	if len(n.digits) > 10 {
		return inFull(phone{plus: true, digits: n.digits}.parsed(""), phonenumbers.IsValidNumber)
	}
	return ""
}

// inFull is a number as E.164 has it, if it is good enough, and if that means it again.
func inFull(number *phonenumbers.PhoneNumber, good func(*phonenumbers.PhoneNumber) bool) string {
	if number == nil || !good(number) {
		return ""
	}
	full := phonenumbers.Format(number, phonenumbers.E164)
	if again := (phone{plus: true, digits: full[1:]}).parsed(""); again == nil || phonenumbers.Format(again, phonenumbers.E164) != full {
		return ""
	}
	return full
}

// samePhone reports whether two texts are one telephone number, with the same extension if
// there is one: 0532 123 45 67, +90 532 1234567 and 5321234567.
func samePhone(a, b, locale string) bool {
	if a == b {
		return true
	}
	m, okA := readPhone(a)
	n, okB := readPhone(b)
	if !okA || !okB || m.extension != n.extension {
		return false
	}

	first, second := strings.TrimLeft(m.digits, "0"), strings.TrimLeft(n.digits, "0")
	if first == second {
		return first != "" || m.digits == n.digits
	}

	const unchanged = 4
	if n := min(len(first), len(second), unchanged); first[len(first)-n:] != second[len(second)-n:] {
		return false // no notation changes the last digits
	}

	// Where one of them does not say its country, the other may.
	p, q := m.e164(locale), n.e164(locale)
	if p != "" && q != "" {
		return p == q
	}
	return !n.plus && n.within(p) || !m.plus && m.within(q)
}

// within reports whether a number is the one with its country's code that full is, as it is
// dialled in that country, or without the plus.
func (n phone) within(full string) bool {
	other := phone{plus: true, digits: strings.TrimPrefix(full, "+")}.parsed("")
	if other == nil {
		return false
	}

	bare, significant := strings.TrimLeft(n.digits, "0"), phonenumbers.GetNationalSignificantNumber(other)
	if bare == strings.TrimLeft(significant, "0") || bare == full[1:] || n.digits == trunkOf(other)+significant {
		return true
	}

	number := n.parsed(regionOf(other))
	return number != nil && phonenumbers.Format(number, phonenumbers.E164) == full
}

// regionOf is the country of a number, as TR; the first of those that share its code, where
// the number is none that exists.
func regionOf(number *phonenumbers.PhoneNumber) string {
	return cmp.Or(phonenumbers.GetRegionCodeForNumber(number), phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode())))
}

// trunkOf is what is dialled before a number within its country: 0, Russia's 8; nothing where
// the 0 is part of the number, as in Italy.
func trunkOf(number *phonenumbers.PhoneNumber) string {
	if strings.HasPrefix(phonenumbers.GetNationalSignificantNumber(number), "0") {
		return ""
	}
	return phonenumbers.GetNddPrefixForRegion(regionOf(number), true)
}

// The ways in which people and telephones write a number, by whether its country parts the
// last groups with blanks or with hyphens, the likeliest first: T is the 0 of long distance,
// C +90, N 90, A the area's code, and the rest S with blanks, H with hyphens, J in one, P in
// two, D with dots.
var (
	spacedForms = []string{"TA S", "C A S", "T A S", "C (A) S", "T (A) S", "A S", "(A) S", "T(A) S", "(TA) S", "TA P", "C A P", "TA-H", "C-A-H", "TA J", "C A J",
		"C (A) H", "C(A)J", "T(A)J", "N A S"}
	hyphenForms = []string{"C (A) H", "A-H", "T (A) H", "C A H", "T A H", "T-A-H", "C-A-H", "(A) H", "A H", "T A S", "C A S", "A S", "A.D", "T(A)H", "C(A)H",
		"T (A) S", "C (A) S", "C(A) H"}
)

// phoneForms are the ways in which the CRM may hold a telephone number: as it is typed and by
// its digits alone, and then as it may be written besides.
func phoneForms(text, locale string) (plain, written []string) {
	n, ok := readPhone(text)
	if !ok {
		return each(visible(text)), nil
	}
	full := n.e164(locale)
	number := phone{plus: true, digits: strings.TrimPrefix(full, "+")}.parsed("")
	if number == nil {
		plain = each(n.text, n.digits)
		if bare := strings.TrimLeft(n.digits, "0"); len(bare) >= leastDigits {
			plain = each(append(plain, bare, "0"+bare)...)
		}
		return plain, nil
	}

	bare := phonenumbers.GetNationalSignificantNumber(number)
	plain = each(n.text, full, full[1:], trunkOf(number)+bare, bare)
	written = each(append(writtenForms(number, full, bare), "00"+full[1:])...)

	// Of a number that does not exist some notations would be another's.
	others := func(form string) bool { return !samePhone(full, form, locale) }
	if !phonenumbers.IsValidNumber(number) {
		plain, written = each(append([]string{n.text}, slices.DeleteFunc(plain, others)...)...), slices.DeleteFunc(written, others)
	}
	written = slices.DeleteFunc(written, func(form string) bool { return slices.Contains(plain, form) })
	return plain, written[:min(len(written), mostForms)]
}

// writtenForms are the notations of a number in the groups that its country makes.
func writtenForms(number *phonenumbers.PhoneNumber, full, bare string) []string {
	code, trunk := strings.TrimSuffix(full, bare), trunkOf(number)
	inCountry, international := phonenumbers.Format(number, phonenumbers.NATIONAL), phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
	written := []string{inCountry, international}
	groups := strings.FieldsFunc(strings.TrimPrefix(international, code), func(r rune) bool { return !isDigit(r) })
	if len(groups) < 2 {
		return written
	}

	rest := groups[1:]
	fill := strings.NewReplacer("T", trunk, "C", code, "N", code[1:], "A", groups[0], "S", strings.Join(rest, " "), "H", strings.Join(rest, "-"),
		"J", strings.Join(rest, ""), "P", strings.TrimSpace(rest[0]+" "+strings.Join(rest[1:], "")), "D", strings.Join(rest, "."))
	forms := spacedForms
	if strings.Contains(inCountry, "-") {
		forms = hyphenForms
	}
	for _, form := range forms {
		if trunk != "" || !strings.Contains(form, "T") {
			written = append(written, fill.Replace(form))
		}
	}
	return written
}

// mostForms is how many notations are looked for beside the likeliest: a portal takes so many
// at once.
const mostForms = 20
