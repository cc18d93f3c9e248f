// Package locale holds what sheet24 says to people, in their languages.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"sheet24"
)

//go:embed *.json
var files embed.FS

// Default is the language of those whose own is not known.
const Default = "tr"

// Languages are the languages that sheet24 speaks, the default first.
var Languages = []string{"tr", "en"}

// Partial are languages in which only why a field was detected is said: sheets are in them,
// pages are not.
var Partial = []string{"ru"}

var texts = func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, l := range slices.Concat(Languages, Partial) {
		data, err := files.ReadFile(path.Join(l + ".json"))
		if err != nil {
			panic(err) // they are compiled in
		}
		var t map[string]string
		if err := json.Unmarshal(data, &t); err != nil {
			panic(fmt.Sprintf("%s.json: %v", l, err))
		}
		all[l] = t
	}
	return all
}()

// T returns the text of a key in a language, its %s verbs filled with args. An
// unknown language is the default; an unknown key shows itself.
func T(lang, key string, args ...any) string {
	s, ok := texts[lang][key]
	if !ok && !slices.Contains(Languages, lang) {
		s, ok = texts[Default][key]
	}
	if !ok {
		return key
	}
	if !strings.Contains(s, "%") {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Has tells whether a key has a text in a language.
func Has(lang, key string) bool {
	_, ok := texts[lang][key]
	return ok
}

// Keys lists the keys of a language.
func Keys(lang string) []string { return slices.Sorted(maps.Keys(texts[lang])) }

// Error is what a person is told of an error: its sentence, never its cause.
func Error(lang string, err error) string {
	e := sheet24.AsError(err)
	return T(lang, e.Code.Key(), e.Args...)
}

// Value is a value as a sentence names it, by its text.
func Value(lang, text string) string {
	if text != "" {
		return "“" + text + "”"
	}
	return T(lang, "empty_value")
}

// Paused says why a portal takes nothing for now; "" if it does.
func Paused(lang string, p *sheet24.Portal, now time.Time) string {
	if p.Paused == nil || !p.Paused.Until.After(now) {
		return ""
	}
	return Error(lang, sheet24.Errorf(sheet24.Unavailable, p.Paused.Code, p.Host))
}

// Entity is what an entity is called: by sheet24, or by the portal, whose title for it is
// given.
func Entity(lang string, e sheet24.Entity, title string) string {
	switch {
	case Has(lang, "entity."+string(e)):
		return T(lang, "entity."+string(e))
	case title == "":
		return string(e)
	}
	return title
}

var matcher = language.NewMatcher([]language.Tag{language.Turkish, language.English})

// Match picks the language for an Accept-Language header.
func Match(acceptLanguage string) string {
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return Languages[i]
}
