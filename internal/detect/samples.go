package detect

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// samples are the values below a header that are not empty, and how many of them, from 0 to
// 1, are like what.
type samples struct {
	texts  []string
	folded []string

	email, at, phone, clearPhone, url, number, date, truth, honorific, currency float64
	company, person, job, letters, long, ids, digits, postal, birthday          float64

	unique bool // none is there twice
}

// maxSample is how much of a value is looked at, in bytes.
const maxSample = 300

func samplesOf(values []any) *samples {
	s := &samples{unique: true}

	for _, v := range values {
		text, number := sample(v)
		if text == "" {
			continue
		}
		folded := fold(text)
		s.unique = s.unique && !slices.Contains(s.folded, folded)
		s.texts, s.folded = append(s.texts, text), append(s.folded, folded)
		s.count(text, folded, number)
	}

	n := float64(max(1, len(s.texts)))
	for _, part := range []*float64{&s.email, &s.at, &s.phone, &s.clearPhone, &s.url, &s.number, &s.date, &s.truth, &s.honorific, &s.currency,
		&s.company, &s.person, &s.job, &s.letters, &s.long, &s.ids, &s.digits, &s.postal, &s.birthday} {
		*part /= n
	}
	return s
}

// sample is a value as a text, and whether the sheet holds it as a number.
func sample(v any) (text string, number bool) {
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
	return strings.TrimSpace(text), number
}

// count adds a value to what it is like.
func (s *samples) count(text, folded string, number bool) {
	add := func(part *float64, like bool) {
		if like {
			*part++
		}
	}
	date := isDate(text)
	phone := !date && isPhone(text)
	n := digits(text)
	at := strings.ContainsRune(text, '@')
	url := !at && isURL(text)

	add(&s.at, at && text[0] != '@')
	add(&s.email, at && isEmail(text))
	add(&s.phone, phone)
	add(&s.clearPhone, phone && isClearlyPhone(text))
	add(&s.digits, n >= 7 && !date && !at && !url)
	add(&s.url, url)
	add(&s.number, !date && isNumber(text))
	add(&s.date, date || number && isDateNumber(text) || isISO(text))
	add(&s.truth, truths[folded])
	add(&s.honorific, honorifics[folded])
	add(&s.currency, currencies[strings.TrimRight(folded, ".")])
	add(&s.company, isCompany(folded))
	add(&s.person, isPerson(text, folded))
	add(&s.job, isJob(folded))
	add(&s.letters, hasLetters(text))
	add(&s.long, isLong(text))
	add(&s.ids, isID(text))
	add(&s.birthday, date || isDayOfYear(text))
	add(&s.postal, n >= 1 && len(text) <= 12)
}

// The shapes of values.
var (
	phoneText  = regexp.MustCompile(`^(?:p:|tel:)?[+(]?[0-9][0-9 ()./+\-\x{00a0}–]{5,24}(?:\s*(?:,|#|x|dahili|ext\.?|доб\.?)\s*[0-9]{1,6})?$`)
	urlText    = regexp.MustCompile(`^(?i)(?:https?://\S+|www\.\S+|[a-z0-9ğüşıöç-]+(?:\.[a-z0-9ğüşıöç-]+)*\.(?:com|net|org|edu|gov|info|biz|io|co|app|dev|de|tr|ru|uk|fr|it|nl|eu|us|kz|az|ua|by|рф|example)(?:\.[a-z]{2})?(?:/\S*)?)$`)
	numberText = regexp.MustCompile(`^[-+]?[0-9][0-9 .,'\x{00a0}\x{202f}]*$`)
	dateText   = regexp.MustCompile(`^(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})(?:[ T,]+[0-9]{1,2}[:.][0-9]{2}.*)?$`)
	wordyDate  = regexp.MustCompile(`^[0-9]{1,2}[. ]+\pL{3,}[. ,]+[0-9]{4}\b.*$|^\pL{3,}\.? [0-9]{1,2},? [0-9]{4}\b.*$`)
	wholeText  = regexp.MustCompile(`^[1-9][0-9]*$`)
)

func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(s, " ,;<>()") && !strings.ContainsRune(domain, '@')
}

// isPhone reports whether a text is like a telephone number.
func isPhone(s string) bool {
	n := digits(s)
	return n >= 7 && n <= 15 && len(s) <= 50 && phoneText.MatchString(strings.ToLower(s)) && !isDate(s)
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

func isURL(s string) bool { return strings.ContainsRune(s, '.') && urlText.MatchString(s) }

// money are what stands beside amounts.
var money = regexp.MustCompile(`(?i)(?:[₺$€£₽]|\b(?:tl|try|usd|eur|euro|gbp|rub|dolar|lira|bin|milyon|mln|k)\b|руб\.?|тыс\.?|млн\.?|р\.)`)

// isNumber reports whether a text is a number, an amount with its currency included.
func isNumber(s string) bool {
	if n := digits(s); n == 0 || len(s) > 40 {
		return false
	}
	if numberText.MatchString(s) {
		return !isDate(s)
	}
	s = strings.TrimSpace(money.ReplaceAllString(s, ""))
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "%"), "%"))
	return numberText.MatchString(s) && !isDate(s)
}

func isDate(s string) bool {
	switch {
	case digits(s) < 4:
		return false
	case s[0] >= '0' && s[0] <= '9':
		return dateText.MatchString(s) || wordyDate.MatchString(s)
	}
	return wordyDate.MatchString(s)
}

// dayOfYear is a birthday whose year is not told: 04/12, 12.04., 12 Nisan.
var dayOfYear = regexp.MustCompile(`^(?:[0-9]{1,2}[./-][0-9]{1,2}\.?|[0-9]{1,2}\.? \pL{3,}|\pL{3,}\.? [0-9]{1,2})$`)

func isDayOfYear(s string) bool { return dayOfYear.MatchString(s) }

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

var honorifics = textSet("bay bayan bey hanım sn sayın mr mrs ms miss mister dr prof doç prof. dr. dr. mr. mrs. ms. sn. г-н г-жа г-н. г-жа. господин госпожа sir madam mx mx. av. av")

var currencies = textSet("try tl usd eur gbp rub chf jpy cny azn kzt uah aed sar rur byn ₺ $ € £ ₽ lira dolar euro avro sterlin рубль рубли доллар евро руб dollar türk.lirası абд")

// companyWords end or begin the names of companies.
var companyWords = textSet(`ltd şti a.ş aş as san tic inc llc llp corp corporation company co gmbh ag kg sa srl bv oy ab plc group grup holding
	sanayi ticaret limited anonim şirketi insaat inşaat yapı gıda tekstil makina makine lojistik otomotiv turizm mühendislik danışmanlık yazılım bilişim elektronik elektrik enerji
	medikal kimya plastik metal ambalaj mobilya tarım eczanesi otel hotel market restaurant restoran holdings industries systems technologies solutions partners services logistics foods
	ооо зао оао ао пао ип тоо нпо пкф ооо. тк тд гк завод фабрика компания холдинг банк фирма корпорация трейд строй сервис medya teknoloji dış vakfı üniversitesi university bankası belediyesi`)

// isCompany reports whether a folded text is like the name of a company.
func isCompany(folded string) bool {
	for _, w := range strings.FieldsFunc(folded, func(r rune) bool { return strings.ContainsRune(" ,\"«»()/", r) }) {
		if companyWords[strings.TrimRight(w, ".")] || companyWords[strings.ReplaceAll(strings.TrimRight(w, "."), ".", "")] {
			return true
		}
	}
	return false
}

// isPerson reports whether a text is like the full name of a person: two to four words
// that begin with capitals, and nothing of a company.
func isPerson(s, folded string) bool {
	list := strings.Fields(s)
	if len(list) < 2 || len(list) > 4 || isCompany(folded) || utf8.RuneCountInString(s) > 60 {
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

// isJob reports whether a folded text is like the title of a job.
func isJob(folded string) bool {
	for _, w := range strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if jobWords[w] {
			return true
		}
	}
	return false
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

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

func isISO(s string) bool {
	if len(s) < len("2006-01-02T15:04:05Z") {
		return false
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}
