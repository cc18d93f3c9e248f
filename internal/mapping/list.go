package mapping

import (
	"strings"

	"sheet24"
)

// toList reads the values of a multiple field: they stand on lines of their own or
// between semicolons; where a comma cannot be part of a value, between commas. What is
// there twice is one.
func toList(f sheet24.Field, v any, at Context) ([]string, error) {
	var list []string
	for _, part := range split(Text(v), ";\n") {
		one, err := toPlain(f, part, at)
		if err == nil {
			list = append(list, Text(one.Plain))
			continue
		}

		pieces := split(part, ",")
		if len(pieces) < 2 || !namesThings(f) {
			return nil, err
		}

		for _, piece := range pieces {
			one, err := toPlain(f, piece, at)
			if err != nil {
				return nil, err
			}
			list = append(list, Text(one.Plain))
		}
	}
	return each(list...), nil
}

// namesThings reports whether a field's values are names or ids, which a comma may
// separate; in numbers it is the decimal sign, in texts it is just a comma.
func namesThings(f sheet24.Field) bool { return len(f.Choices) > 0 || f.Links != "" || isLink(f.Type) }

// split cuts a text at any of the separators and drops what is blank.
func split(s, separators string) []string {
	var parts []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if p = trimmed(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
