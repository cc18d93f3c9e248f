package detect

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// samples are the values below a header that are not empty.
type samples struct {
	texts   []string
	numbers []bool // which of them the sheet holds as numbers
}

// maxSample is how much of a value is looked at, in bytes.
const maxSample = 300

func samplesOf(values []any) samples {
	var s samples

	for _, v := range values {
		text, number := "", false
		switch v := v.(type) {
		case nil:
		case string:
			text = v
		case float64:
			text, number = strconv.FormatFloat(v, 'f', -1, 64), true
		default:
			text = fmt.Sprint(v)
		}
		if len(text) > maxSample {
			text = strings.ToValidUTF8(text[:maxSample], "")
		}
		if text = strings.TrimSpace(text); text != "" {
			s.texts, s.numbers = append(s.texts, text), append(s.numbers, number)
		}
	}
	return s
}

// part is how many of the samples have a shape, from 0 to 1; 0 if there are none.
func (s samples) part(shape func(string) bool) float64 {
	if len(s.texts) == 0 {
		return 0
	}
	n := 0
	for _, text := range s.texts {
		if shape(text) {
			n++
		}
	}
	return float64(n) / float64(len(s.texts))
}

// The shapes of values.
var (
	phoneText  = regexp.MustCompile(`^(?:p:|tel:)?[+(]?[0-9][0-9 ()./+\-\x{00a0}–]{5,24}(?:\s*(?:,|#|x|dahili|ext\.?|доб\.?)\s*[0-9]{1,6})?$`)
	urlText    = regexp.MustCompile(`^(?i)(?:https?://\S+|www\.\S+|[a-z0-9ğüşıöç-]+(?:\.[a-z0-9ğüşıöç-]+)*\.(?:com|net|org|edu|gov|info|biz|io|co|app|dev|de|tr|ru|uk|fr|it|nl|eu|us|kz|az|ua|by|рф|example)(?:\.[a-z]{2})?(?:/\S*)?)$`)
	numberText = regexp.MustCompile(`^[-+]?[0-9][0-9 .,'\x{00a0}\x{202f}]*$`)
	dateText   = regexp.MustCompile(`^(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})(?:[ T,]+[0-9]{1,2}[:.][0-9]{2}.*)?$`)
	wordyDate  = regexp.MustCompile(`^[0-9]{1,2}[. ]+\pL{3,}[. ,]+[0-9]{4}\b.*$|^\pL{3,}\.? [0-9]{1,2},? [0-9]{4}\b.*$`)
	wholeText  = regexp.MustCompile(`^[1-9][0-9]*$`)
	letters    = regexp.MustCompile(`\pL`)
)

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && strings.Contains(s, ".")
}

// isPhone reports whether a text is like a telephone number.
func isPhone(s string) bool {
	n := digits(s)
	return n >= 7 && n <= 15 && phoneText.MatchString(strings.ToLower(s)) && !isDate(s)
}

// isClearlyPhone reports whether a text can hardly be anything else than a telephone
// number: with its country, or as it is dialled and written in groups.
func isClearlyPhone(s string) bool {
	s = strings.TrimPrefix(s, "p:")
	if !isPhone(s) {
		return false
	}
	grouped := strings.ContainsAny(s, " ()-") && digits(s) >= 10
	dialled := len(s) == 11 && strings.ContainsAny(s[:1], "078") || len(s) == 12 && strings.HasPrefix(s, "90")
	return s[0] == '+' || grouped || dialled
}

func isURL(s string) bool { return urlText.MatchString(s) }

// money are what stands beside amounts.
var money = regexp.MustCompile(`(?i)(?:[₺$€£₽]|\b(?:tl|try|usd|eur|euro|gbp|rub|dolar|lira|bin|milyon|mln|k)\b|руб\.?|тыс\.?|млн\.?|р\.)`)

// isNumber reports whether a text is a number, an amount with its currency included.
func isNumber(s string) bool {
	s = strings.TrimSpace(money.ReplaceAllString(s, ""))
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "%"), "%"))
	return numberText.MatchString(s) && !isDate(s)
}

func isDate(s string) bool { return dateText.MatchString(s) || wordyDate.MatchString(s) }

// isDateNumber reports whether a number may be a date as sheets hold it: days since 1899.
func isDateNumber(s string) bool {
	const first, last = 3654, 73051 // 1910 and 2100
	n, err := strconv.ParseFloat(s, 64)
	return err == nil && n >= first && n < last
}

func isWhole(s string) bool { return wholeText.MatchString(s) }

// isID reports whether a text may be the id of a record of a portal.
func isID(s string) bool {
	const longest = 9 // digits: ids of other systems are longer
	return isWhole(s) && len(s) <= longest
}

var truths = textSet("evet hayır e h var yok yes no y n true false да нет д н x ✓ ✔ 1 0 doğru yanlış")

func isTruth(s string) bool { return truths[fold(s)] }

var honorifics = textSet("bay bayan bey hanım sn sayın mr mrs ms miss mister dr prof doç prof. dr. dr. mr. mrs. ms. sn. г-н г-жа г-н. г-жа. господин госпожа sir madam mx mx. av. av")

func isHonorific(s string) bool { return honorifics[fold(s)] }

var currencies = textSet("try tl usd eur gbp rub chf jpy cny azn kzt uah aed sar rur byn ₺ $ € £ ₽ lira dolar euro avro sterlin рубль рубли доллар евро руб dollar türk.lirası абд")

func isCurrency(s string) bool { return currencies[fold(s)] }

// companyWords end or begin the names of companies.
var companyWords = textSet(`ltd şti a.ş aş as san tic inc llc llp corp corporation company co gmbh ag kg sa srl bv oy ab plc group grup holding
	sanayi ticaret limited anonim şirketi insaat inşaat yapı gıda tekstil makina makine lojistik otomotiv turizm mühendislik danışmanlık yazılım bilişim elektronik elektrik enerji
	medikal kimya plastik metal ambalaj mobilya tarım eczanesi otel hotel market restaurant restoran holdings industries systems technologies solutions partners services logistics foods
	ооо зао оао ао пао ип тоо нпо пкф ооо. тк тд гк завод фабрика компания холдинг банк фирма корпорация трейд строй сервис medya teknoloji dış vakfı üniversitesi university bankası belediyesi`)

// isCompany reports whether a text is like the name of a company.
func isCompany(s string) bool {
	for _, w := range strings.Fields(strings.NewReplacer(",", " ", "\"", " ", "«", " ", "»", " ", "(", " ", ")", " ", "/", " ").Replace(fold(s))) {
		if companyWords[strings.TrimRight(w, ".")] || companyWords[strings.ReplaceAll(strings.TrimRight(w, "."), ".", "")] {
			return true
		}
	}
	return false
}

// isPerson reports whether a text is like the full name of a person: two to four words
// that begin with capitals, and nothing of a company.
func isPerson(s string) bool {
	list := strings.Fields(s)
	if len(list) < 2 || len(list) > 4 || isCompany(s) || utf8.RuneCountInString(s) > 60 {
		return false
	}
	for _, w := range list {
		first, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(first) || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' && r != '-' && r != '\'' && r != '’' }) {
			return false
		}
	}
	return true
}

// jobWords are in the titles of people's jobs.
var jobWords = textSet(`müdür müdürü yönetici yöneticisi uzman uzmanı mühendis mühendisi şef şefi direktör direktörü başkan sorumlu sorumlusu asistan memur memuru operatör teknisyen avukat doktor öğretmen
	hemşire şoför usta satış pazarlama genel manager director engineer ceo cfo cto coo owner buyer clerk head chief officer assistant sales president vp partner analyst teacher consultant specialist executive
	директор менеджер инженер главный начальник специалист бухгалтер руководитель врач юрист заместитель закупщик снабженец администратор`)

func isJob(s string) bool {
	for _, w := range strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if jobWords[w] {
			return true
		}
	}
	return false
}

func hasLetters(s string) bool { return letters.MatchString(s) }

func isLong(s string) bool { return utf8.RuneCountInString(s) > 40 }

// textSet is a set of folded texts.
func textSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[fold(w)] = true
	}
	return set
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// unique reports whether no sample is there twice.
func (s samples) unique() bool {
	seen := map[string]bool{}
	for _, text := range s.texts {
		if seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

// dates reports how many of the samples are dates, or numbers that may be.
func (s samples) dates() float64 {
	n := 0
	for i, text := range s.texts {
		if isDate(text) || s.numbers[i] && isDateNumber(text) || isISO(text) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(s.texts)))
}

func isISO(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// labels reports how many of the samples are among a list of folded texts.
func (s samples) labels(list []string) float64 {
	return s.part(func(text string) bool { return slices.Contains(list, fold(text)) })
}

func hasAt(s string) bool { return strings.ContainsRune(s, '@') }
