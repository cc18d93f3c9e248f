package detect

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sheet24"
)

//go:embed concepts.txt
var conceptsText string

// concept is what a header may ask for: a telephone number for work.
type concept struct {
	name   string
	fields []scoped // what it fills; the first that the entity has
	ways   []way
	beside map[meaning][]family // what may stand beside a way, for these; nil: for all
	robust bool                 // unknown words beside it rarely change what is asked for
	strict bool                 // unknown words beside it make it something else
}

// way is a set of meanings that says a concept.
type way struct {
	only     family // "" of all
	meanings []meaning
	score    float64
}

// scoped is a field that is meant for some entities.
type scoped struct {
	only  family
	field string
}

// family are the entities for which headers mean the same.
type family string

// The families.
const (
	leadFamily    family = "leads"
	contactFamily family = "contacts"
	companyFamily family = "companies"
	dealFamily    family = "deals" // and quotes, invoices, smart processes
)

func familyOf(e sheet24.Entity) family {
	switch e {
	case sheet24.Leads:
		return leadFamily
	case sheet24.Contacts:
		return contactFamily
	case sheet24.Companies:
		return companyFamily
	}
	return dealFamily
}

// sureWay is the score of a header that says a concept and nothing else.
const sureWay = 0.97

var concepts = readConcepts(conceptsText)

// readConcepts reads the paragraphs of concepts.txt.
func readConcepts(text string) []*concept {
	var all []*concept

	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '=':
			c := all[len(all)-1]
			for _, entry := range strings.Split(line[1:], "|") {
				c.ways = append(c.ways, readWay(strings.TrimSpace(entry)))
			}
		case line[0] == '+':
			c := all[len(all)-1]
			for _, entry := range strings.Fields(line[1:]) {
				c.addBeside(entry)
			}
		default:
			name, fields, _ := strings.Cut(line, " ")
			c := &concept{name: strings.TrimRight(name, "~!"), robust: strings.HasSuffix(name, "~"), strict: strings.HasSuffix(name, "!"), beside: map[meaning][]family{}}
			for _, entry := range strings.Fields(fields) {
				only, field := scope(entry)
				c.fields = append(c.fields, scoped{only, field})
			}
			all = append(all, c)
		}
	}
	return all
}

func readWay(entry string) way {
	w := way{score: sureWay}

	entry, score, rated := strings.Cut(entry, "@")
	if rated {
		var err error
		if w.score, err = strconv.ParseFloat(score, 64); err != nil {
			panic(fmt.Sprintf("concepts.txt: %q", entry)) // it is compiled in
		}
	}

	only, list := scope(entry)
	w.only = only
	for _, m := range strings.Fields(list) {
		w.meanings = append(w.meanings, known(m))
	}
	return w
}

func (c *concept) addBeside(entry string) {
	only, name := scope(entry)
	m := known(name)

	if only == "" {
		c.beside[m] = nil
		return
	}
	if families, all := c.beside[m]; !all || families != nil {
		c.beside[m] = append(families, only)
	}
}

// scope takes "leads:" off an entry.
func scope(entry string) (family, string) {
	if only, rest, ok := strings.Cut(entry, ":"); ok {
		return family(only), rest
	}
	return "", entry
}

// known checks that the lexicon has a meaning.
func known(name string) meaning {
	m := meaning(name)
	if m != second && !words.all[m] {
		panic(fmt.Sprintf("concepts.txt: %q is not in lexicon.txt", name)) // it is compiled in
	}
	return m
}

// allows reports whether a meaning may stand beside a concept of an entity.
func (c *concept) allows(m meaning, of family) bool {
	families, ok := c.beside[m]
	return ok && (families == nil || slices.Contains(families, of))
}

// What a header loses for each thing in it that its concept does not explain.
const (
	lossBeside  = 0.01 // what may stand there
	lossUnknown = 0.30 // an unknown word
	lossRobust  = 0.20 // an unknown word, beside a robust concept
	lossAside   = 0.04 // an unknown word in parentheses
	lossOther   = 0.60 // what means something else
	lossGuess   = 0.06 // a word that was mistyped
)

// saying is how surely a header asks for something: how sure its words are, and what is
// lost by what else stands there.
type saying struct {
	sure    float64
	unknown float64 // lost by words that are not known
	other   float64 // lost by what means something else
	strange bool    // a word that is not known may say whose it is: "Komşu telefonu"
}

func (s saying) score() float64 { return s.sure - s.unknown - s.other }

// saying is how surely a header asks for a concept.
func (c *concept) saying(h heading, of family) saying {
	var best saying

	for _, w := range c.ways {
		if w.only != "" && w.only != of || !h.has(w.meanings) {
			continue
		}

		got := saying{sure: w.score}
		for _, u := range h.content {
			loss := c.loss(u, w, of)
			switch {
			case !stranger(u):
				got.other += loss
			case loss >= lossRobust:
				got.strange = got.strange || c.personal() && !numeral(u)
				fallthrough
			default:
				got.unknown += loss
			}
		}

		if got.score() > best.score() {
			best = got
		}
	}
	return best
}

// purposes are meanings that say what something is used for, behind "for".
var purposes = []meaning{"request", "consent", "comment", "order", "contract", "billing", "reach", "sales", "quote", "deal", "work"}

// loss is what something in a header costs one way to say the concept.
func (c *concept) loss(u understood, w way, of family) float64 {
	guess := 0.0
	if u.guessed {
		guess = lossGuess
	}

	switch {
	case u.meaning == asking:
		return 0
	case slices.Contains(w.meanings, u.meaning):
		return guess
	case u.meaning != "" && c.allows(u.meaning, of):
		return lossBeside + guess
	case u.meaning == "" && (u.aside || u.purpose), u.purpose && slices.Contains(purposes, u.meaning):
		return lossAside
	case stranger(u) && c.strict:
		return lossOther
	case u.meaning == owner:
		return lossUnknown
	case u.meaning == "" && c.robust:
		return lossRobust
	case u.meaning == "" || u.guessed:
		return lossUnknown
	case u.aside:
		return lossOther / 2
	}
	return lossOther
}

// stranger reports whether a word may be anybody or anything: it is not known, or is an
// owner, who may be the customer as well as a colleague.
func stranger(u understood) bool { return u.meaning == "" || u.meaning == owner }

// numeral reports whether a word is a number: it says which, not whose.
func numeral(u understood) bool { return digits(u.typed) > 0 }

// personal reports whether what a concept asks for is somebody's: the same head with the
// name of somebody or something else beside it asks for theirs.
func (c *concept) personal() bool {
	switch {
	case c.strict, strings.HasPrefix(c.name, "phone"), strings.HasPrefix(c.name, "email"):
		return true
	}
	return slices.Contains([]string{"name", "surname", "middle", "birth", "web", "im", "post", "source", "comment", "responsible"}, c.name)
}

// fieldFor is the field that a concept fills in an entity, "" if none.
func (c *concept) fieldFor(of family) string {
	for _, f := range c.fields {
		if f.only == "" || f.only == of {
			return f.field
		}
	}
	return ""
}

// conceptsFor are the concepts that fill a field of an entity.
func conceptsFor(field string, of family) []*concept {
	var list []*concept
	for _, c := range concepts {
		if c.fieldFor(of) == field {
			list = append(list, c)
		}
	}
	return list
}

// heading is a header as it is understood.
type heading struct {
	text    string
	content []understood // without what costs nothing
}

func headingOf(header string) heading {
	h := heading{text: header}

	for _, u := range words.read(words.mended(split(header))) {
		if u.meaning != free {
			h.content = append(h.content, u)
		}
	}
	return h
}

// has reports whether all of these meanings are in a heading.
func (h heading) has(all []meaning) bool {
	for _, m := range all {
		if !slices.ContainsFunc(h.content, func(u understood) bool { return u.meaning == m }) {
			return false
		}
	}
	return true
}

// means reports whether a heading has any of these meanings.
func (h heading) means(any ...meaning) bool {
	return slices.ContainsFunc(h.content, func(u understood) bool { return u.meaning != "" && slices.Contains(any, u.meaning) })
}

// key is what two headings have in common that say the same, in whatever words and order.
func (h heading) key() string {
	var parts []string

	for _, u := range h.content {
		part := string(u.meaning)
		switch u.meaning {
		case asking:
			continue
		case "":
			part = "?" + u.stem
		}

		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}

	slices.Sort(parts)
	return strings.Join(parts, " ")
}
