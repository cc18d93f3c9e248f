package detect

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed lexicon.txt
var lexiconText string

// meaning is what words and phrases of all languages have in common: "phone".
type meaning string

// Meanings that the code itself knows.
const (
	free    meaning = "free"   // costs nothing
	asking  meaning = "asking" // nor does this, but it may be part of what is asked
	syncing meaning = "sync"   // the column that sheet24 writes to
	owner   meaning = "owner"  // of a record, or of a thing
	second  meaning = "second" // the second of several: "Telefon 2"
)

// phrase is one or more words with a meaning.
type phrase struct {
	words   []string // folded
	exact   []bool   // which of them are taken as they are
	meaning meaning
	order   int // of its line
}

// lexicon finds phrases in words.
type lexicon struct {
	byFirst map[string][]*phrase // by the first word, and by its stem; the longest first
	single  map[string]*phrase   // phrases of one word that may be inflected or mistyped
	parts   map[string]bool      // words that may stand in a compound
	stems   map[string]bool      // of all words
	all     map[meaning]bool     // meanings
	letters map[rune][][]rune    // the longer words by their first letters, for typing errors
}

var words = readLexicon(lexiconText)

// readLexicon reads the lines of lexicon.txt.
func readLexicon(text string) *lexicon {
	l := &lexicon{byFirst: map[string][]*phrase{}, single: map[string]*phrase{}, parts: map[string]bool{}, stems: map[string]bool{}, letters: map[rune][][]rune{}, all: map[meaning]bool{}}
	order := 0

	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}

		name, list, ok := strings.Cut(line, " = ")
		if !ok {
			panic(fmt.Sprintf("lexicon.txt: %q", line)) // it is compiled in
		}

		order++
		for _, m := range strings.Split(name, "+") {
			l.all[meaning(m)] = true
		}
		for _, entry := range strings.Split(list, ", ") {
			l.add(strings.TrimSpace(entry), meaning(name), order)
		}
	}

	for _, phrases := range l.byFirst {
		slices.SortStableFunc(phrases, func(a, b *phrase) int {
			if d := len(b.words) - len(a.words); d != 0 {
				return d
			}
			return a.order - b.order
		})
	}

	for _, w := range slices.Sorted(maps.Keys(l.stems)) {
		if r := []rune(w); len(r) >= shortestForTypo {
			l.letters[r[0]] = append(l.letters[r[0]], r)
		}
	}
	return l
}

// add enters a word or phrase; "!" says that it is not inflected.
func (l *lexicon) add(entry string, m meaning, order int) {
	exact := strings.HasSuffix(entry, "!")
	entry = strings.TrimSuffix(entry, "!")

	p := &phrase{meaning: m, order: order}
	for _, w := range split(entry) {
		p.words = append(p.words, w.text)
		p.exact = append(p.exact, exact || utf8.RuneCountInString(w.text) < shortestStem)
	}
	if len(p.words) == 0 {
		panic(fmt.Sprintf("lexicon.txt: %q has no words", entry)) // it is compiled in
	}

	for _, w := range p.words {
		l.stems[w] = true
		l.stems[stemOf(w)] = true
	}

	first := p.words[0]
	l.byFirst[first] = append(l.byFirst[first], p)
	if stem := stemOf(first); stem != first && !p.exact[0] {
		l.byFirst[stem] = append(l.byFirst[stem], p)
	}
	if len(p.words) == 1 && m != free {
		l.parts[first] = true
		if !exact {
			l.single[first] = p
		}
	}
}

// stemOf is the form under which a word of the lexicon is found beside its own.
func stemOf(s string) string {
	if cyrillic(s) {
		return russianStem(s)
	}
	return s
}

// same reports whether a word of a header is a word of a phrase, or an inflection of it.
func same(w string, forms []string, of string, exact bool) bool {
	if w == of {
		return true
	}

	if exact {
		return false
	}

	if cyrillic(w) {
		return russianStem(w) == russianStem(of)
	}
	return slices.Contains(forms, of)
}

// understood is a word or a phrase of a header and what it means.
type understood struct {
	meaning meaning // empty: not known
	typed   string
	stem    string // of what is not known
	aside   bool   // in parentheses
	purpose bool   // behind "for": what it is used for
	guessed bool   // after a typing error was mended
}

// read finds the phrases in words, the longest at each place first.
func (l *lexicon) read(list []word) []understood {
	forms := make([][]string, len(list))
	for i, w := range list {
		forms[i] = stems(w.text)
	}

	var out []understood
	for i := 0; i < len(list); {
		p := l.longest(list[i:], forms[i:])
		if p == nil {
			out = append(out, l.unknown(list[i])...)
			i++
			continue
		}

		stands := list[i : i+len(p.words)]
		guessed := slices.ContainsFunc(stands, func(w word) bool { return w.guessed })
		for _, m := range strings.Split(string(p.meaning), "+") {
			out = append(out, understood{meaning: meaning(m), typed: typed(stands), aside: list[i].aside, purpose: list[i].purpose, guessed: guessed})
		}
		i += len(p.words)
	}
	return out
}

// mended are words with those that are not known, but nearly, as they were meant.
func (l *lexicon) mended(list []word) []word {
	for i, w := range list {
		if w.number || utf8.RuneCountInString(w.text) < shortestForTypo || slices.ContainsFunc(stems(w.text), func(s string) bool { return l.stems[s] }) || l.compound(w.text) != nil {
			continue
		}

		letters := []rune(w.text)
		for _, known := range l.letters[letters[0]] {
			if typo(letters, known) {
				list[i].text, list[i].guessed = string(known), true
				break
			}
		}
	}
	return list
}

// longest is the longest phrase that words begin with. A phrase as it is goes before one
// whose words are inflected.
func (l *lexicon) longest(list []word, forms [][]string) *phrase {
	var best *phrase
	bestExact := false

	keys := forms[0]
	for n, key := range keys {
		for _, p := range l.byFirst[key] {
			if !p.stands(list, forms) {
				continue
			}

			asIs := n == 0 && p.words[0] == list[0].text
			if best == nil || len(p.words) > len(best.words) || len(p.words) == len(best.words) && asIs && !bestExact {
				best, bestExact = p, asIs
			}
		}
	}
	return best
}

// stands reports whether words begin with a phrase.
func (p *phrase) stands(list []word, forms [][]string) bool {
	if len(p.words) > len(list) {
		return false
	}

	for i, of := range p.words {
		if !same(list[i].text, forms[i], of, p.exact[i]) {
			return false
		}
	}
	return true
}

// unknown looks closer at a word that no phrase begins with: it may be several written as
// one.
func (l *lexicon) unknown(w word) []understood {
	if w.number {
		return []understood{ordinal(w)}
	}

	if parts := l.compound(w.text); parts != nil {
		var list []word
		for _, p := range parts {
			list = append(list, word{text: p, typed: p, aside: w.aside, purpose: w.purpose})
		}
		return l.read(list)
	}
	return []understood{{typed: w.typed, stem: shortest(w.text), aside: w.aside, purpose: w.purpose}}
}

// ordinal is what a number in a header means: the first of several is as good as the only
// one.
func ordinal(w word) understood {
	switch {
	case w.text == "1" || w.text == "01" || w.text == "0":
		return understood{meaning: free, typed: w.typed, aside: w.aside}
	case len(w.text) == 1:
		return understood{meaning: second, typed: w.typed, aside: w.aside}
	case len(w.text) == 4 && (strings.HasPrefix(w.text, "20") || strings.HasPrefix(w.text, "19")):
		return understood{meaning: "year", typed: w.typed, aside: w.aside}
	}
	return understood{typed: w.typed, stem: w.text, aside: w.aside}
}

// compound cuts a word into words of the lexicon, as few as possible: "adsoyad", "telno";
// nil if that cannot be done. Only its last part may be inflected.
func (l *lexicon) compound(s string) []string {
	const shortest, longest = 4, 40 // letters
	r := []rune(s)
	if len(r) < shortest || len(r) > longest {
		return nil
	}

	// best[i] are the fewest parts of the first i letters.
	best := make([][]string, len(r)+1)
	best[0] = []string{}
	for end := 2; end <= len(r); end++ {
		for start := 0; start <= end-2; start++ {
			part := string(r[start:end])
			if best[start] == nil || !(l.parts[part] || cyrillic(part) && end-start > shortestStem && l.stems[russianStem(part)] || end == len(r) && start > 0 && l.inflected(part)) {
				continue
			}
			if best[end] == nil || len(best[start])+1 < len(best[end]) {
				best[end] = append(slices.Clone(best[start]), part)
			}
		}
	}
	if parts := best[len(r)]; len(parts) > 1 && len(parts) <= len(r)/3+1 {
		return parts
	}
	return nil
}

// inflected reports whether a word is an inflection of one of the lexicon.
func (l *lexicon) inflected(s string) bool {
	if utf8.RuneCountInString(s) <= shortestStem {
		return false
	}
	return slices.ContainsFunc(stems(s)[1:], func(stem string) bool { return l.single[stem] != nil })
}

// shortest is what the inflections of a word that is not known have in common, nearly.
func shortest(s string) string {
	if cyrillic(s) {
		return russianStem(s)
	}
	short := s
	for _, form := range stems(s) {
		if len(form) < len(short) && len(form) > shortestStem {
			short = form
		}
	}
	return short
}

// typed is what stands in a header, as one text.
func typed(list []word) string {
	var texts []string
	for _, w := range list {
		texts = append(texts, w.typed)
	}
	return strings.Join(texts, " ")
}
