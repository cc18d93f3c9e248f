package detect

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords is how many words of a header are read: who writes more has written a text.
const maxWords = 40

// word is a word of a header.
type word struct {
	text    string // folded
	typed   string // as it stands in the header
	aside   bool   // in parentheses
	purpose bool   // behind "for"
	number  bool   // digits alone
	guessed bool   // after a typing error was mended
}

// fold folds a text to what people mean by it: lower case, without accents. Turkish i's
// become one: "İ", "I", "ı" and "i" are typed for each other all the time.
func fold(s string) string {
	var b strings.Builder

	for _, r := range norm.NFKD.String(turkish.Replace(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

var turkish = strings.NewReplacer("İ", "i", "I", "i", "ı", "i")

// signs are what counts as a word though it has no letters.
var signs = map[rune]bool{'@': true, '#': true, '№': true, '%': true, '$': true, '€': true, '£': true, '₺': true, '₽': true, '+': true}

// pictures are what people draw instead of a word.
var pictures = map[rune]string{
	'📞': "telefon", '☎': "telefon", '📱': "mobil", '✉': "email", '📧': "email", '📩': "email", '📨': "email", '🏢': "company", '🌐': "website",
	'🔗': "link", '📍': "address", '💰': "amount", '💵': "amount", '👤': "name", '📝': "notes", '💬': "comment", '🎂': "birthday",
}

// vague are words that a picture tells more than.
var vague = map[string]bool{"no": true, "numara": true, "numarasi": true, "number": true, "номер": true, "adres": true, "address": true, "адрес": true}

// split cuts a header into its words: at whatever is no letter and no digit, between the
// words of camelCase, and between letters and digits.
func split(header string) []word {
	var words []word
	var current []rune
	depth, purpose := 0, false // in parentheses; behind "for": what it is used for

	end := func() {
		if len(current) > 0 && len(words) < maxWords {
			typed := string(current)
			text := fold(typed)
			words = append(words, word{text: text, typed: typed, aside: depth > 0, purpose: purpose, number: unicode.IsDigit(current[0])})
			purpose = purpose || len(words) > 1 && (text == "for" || text == "для")
		}
		current = nil
	}

	// Composed, so that accents are no signs of their own.
	runes := []rune(norm.NFC.String(clipped(header)))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if len(current) > 0 && boundary(current, r, runes[i+1:]) {
				end()
			}
			current = append(current, r)
		case apostrophe(r):
			end()
			i += ending(runes[i+1:])
		case signs[r]:
			end()
			current = []rune{r}
			end()
		case r == '(' || r == '[':
			end()
			depth++
		case r == ')' || r == ']':
			end()
			depth = max(0, depth-1)
		default:
			end()
		}
	}
	end()

	if !slices.ContainsFunc(words, func(w word) bool { return !w.number && !vague[w.text] }) {
		words = append(drawn(header), words...)
	}
	return words
}

// clipped is as much of a header as can matter.
func clipped(header string) string {
	const most = 600 // bytes

	if len(header) <= most {
		return header
	}
	return strings.ToValidUTF8(header[:most], "")
}

// boundary reports whether a new word begins with r.
func boundary(before []rune, r rune, after []rune) bool {
	last := before[len(before)-1]
	switch {
	case unicode.IsDigit(last) != unicode.IsDigit(r):
		return true
	case unicode.IsLower(last) && unicode.IsUpper(r):
		return true
	}

	// "GSMNo": the last capital begins the next word.
	return unicode.IsUpper(last) && unicode.IsUpper(r) && len(before) > 1 && len(after) > 0 && unicode.IsLower(after[0])
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == '`' || r == '´' }

// ending is the length of what Turkish and English put behind an apostrophe: "Müşteri'nin",
// "owner's". What is longer is a word.
func ending(after []rune) int {
	n := 0
	for n < len(after) && unicode.IsLetter(after[n]) {
		n++
	}
	if n > 4 {
		return 0
	}
	return n
}

// drawn are the words for the pictures of a header that has no words.
func drawn(header string) []word {
	var words []word

	for _, r := range clipped(header) {
		if name, ok := pictures[r]; ok && len(words) < maxWords {
			words = append(words, word{text: name, typed: string(r)})
		}
	}
	return words
}
