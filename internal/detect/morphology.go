package detect

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// Endings of Turkish nouns, folded: plural, possession, case, and what makes a question
// of them.
var turkishEndings = strings.Fields(`lar ler lari leri lariniz leriniz larinin lerinin
	im um imiz umuz miz muz iniz unuz niz nuz in un nin nun si su i u yi yu ni nu n m
	a e ya ye na ne da de ta te nda nde dan den tan ten ndan nden la le yla yle ki daki deki taki teki dir dur tir tur li lu lik siz suz`)

// Endings of Russian nouns and adjectives, folded, the longest first.
var russianEndings = strings.Fields(fold(`иями ями ами ого его ому ему ыми ими иях ией
	ях ах ый ий ой ая яя ое ее ые ие ую юю ым им ом ем ам ям ов ев ей их ых ию ия ии ью
	а я ы и у ю о е ь й`))

// softened are the last letters that a Turkish ending changes: sektör, but kaynak → kaynağı.
var softened = map[byte]byte{'g': 'k', 'b': 'p', 'd': 't'}

const shortestStem = 3 // letters

// memo keeps the stems of words: the same ones stand in most headers.
type memo struct {
	mu    sync.Mutex
	stems map[string][]string
}

var stemmed = memo{stems: map[string][]string{}}

// stems are the forms that a word may be an inflection of, itself first.
func stems(s string) []string {
	const most = 5000 // words

	stemmed.mu.Lock()
	defer stemmed.mu.Unlock()
	found, ok := stemmed.stems[s]
	if !ok {
		if len(stemmed.stems) >= most {
			clear(stemmed.stems)
		}
		found = inflectionsOf(s)
		stemmed.stems[s] = found
	}
	return found
}

// inflectionsOf finds the stems of a word.
func inflectionsOf(s string) []string {
	if cyrillic(s) {
		return []string{s, russianStem(s)}
	}
	found := []string{s}
	seen := map[string]bool{s: true}
	add := func(stem string) {
		if len(stem) >= shortestStem && !seen[stem] {
			seen[stem] = true
			found = append(found, stem)
		}
	}

	// English plurals.
	if stem, ok := strings.CutSuffix(s, "ies"); ok {
		add(stem + "y")
	}
	if stem, ok := strings.CutSuffix(s, "es"); ok {
		add(stem)
	}
	if stem, ok := strings.CutSuffix(s, "s"); ok {
		add(stem)
	}

	// Turkish endings stand behind each other: telefon-lar-ınız-ın.
	level := []string{s}
	for range 3 {
		var next []string
		for _, form := range level {
			for _, e := range turkishEndings {
				stem, ok := strings.CutSuffix(form, e)
				if !ok || len(stem) < shortestStem || seen[stem] {
					continue
				}
				add(stem)
				next = append(next, stem)
				if hard, ok := softened[stem[len(stem)-1]]; ok {
					add(stem[:len(stem)-1] + string(hard))
				}
			}
		}
		level = next
	}
	return found
}

// russianStem is a Russian word without its ending.
func russianStem(s string) string {
	for _, e := range russianEndings {
		if stem, ok := strings.CutSuffix(s, e); ok && utf8.RuneCountInString(stem) >= shortestStem {
			return stem
		}
	}
	return s
}

func cyrillic(s string) bool {
	for _, r := range s {
		return r >= 'а' && r <= 'я'
	}
	return false
}

// typo reports whether two words differ by one letter that is missing, too many or wrong,
// or by two that changed places. Their first letters are the same: those are rarely wrong.
func typo(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || len(a) < shortestForTypo || a[0] != b[0] {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return string(a[i:]) == string(b[i+1:])
	}
	switch {
	case i == len(a):
		return true
	case string(a[i+1:]) == string(b[i+1:]):
		return len(a) > shortestForTypo // short words are alike by chance
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && string(a[i+2:]) == string(b[i+2:])
}

const shortestForTypo = 5 // letters
