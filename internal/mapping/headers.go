package mapping

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"sheet24"
)

//go:embed synonyms.json
var synonymsJSON []byte

// statusKey is the key of synonyms.json for the column that sheet24 writes to.
const statusKey = "(status)"

// synonyms are the normalised headers that name each field.
var synonyms = func() map[string]map[string]bool {
	var lists map[string][]string
	if err := json.Unmarshal(synonymsJSON, &lists); err != nil {
		panic(fmt.Sprintf("synonyms.json: %v", err)) // it is compiled in
	}
	sets := map[string]map[string]bool{}
	for field, names := range lists {
		sets[field] = map[string]bool{}
		for _, n := range names {
			sets[field][Normalize(n)] = true
		}
	}
	return sets
}()

// Suggest maps a header row to an entity's fields. A header that is a field's
// name, or its title in the portal, is surer than one of the usual names for it;
// where two headers mean one field, the surer and then the first has it. A field
// that refers to other records comes last: "Şirket" is text before it is a link.
// Columns that mean nothing, and fields that cells cannot fill, are left out.
func Suggest(header []string, fields []sheet24.Field) []sheet24.FieldMapping {
	taken := map[string]bool{}
	byColumn := map[int]sheet24.FieldMapping{}
	for _, sure := range []func(string, sheet24.Field) bool{
		func(name string, f sheet24.Field) bool { return f.Links == "" && isNamed(name, f) },
		func(name string, f sheet24.Field) bool { return f.Links == "" && isSynonym(name, f) },
		func(name string, f sheet24.Field) bool {
			return f.Links != "" && (isNamed(name, f) || isSynonym(name, f))
		},
	} {
		for i, h := range header {
			name := Normalize(h)
			if _, done := byColumn[i]; done || name == "" || synonyms[statusKey][name] {
				continue
			}
			for _, f := range fields {
				if !taken[f.Name] && Mappable(f) && sure(name, f) {
					taken[f.Name] = true
					byColumn[i] = MappingOf(sheet24.Column{Index: i, Name: h}, f)
					break
				}
			}
		}
	}
	var mappings []sheet24.FieldMapping
	for i := range header {
		if m, ok := byColumn[i]; ok {
			mappings = append(mappings, widened(m, fields, taken))
		}
	}
	return mappings
}

// Mappable tells whether a column may feed a field: the record's id, which names
// the row, or what can be written again and again.
func Mappable(f sheet24.Field) bool {
	return f.Name == sheet24.IDField || (Supported(f.Type) && !f.ReadOnly && !f.Immutable)
}

// MappingOf is the mapping of a column to a field.
func MappingOf(c sheet24.Column, f sheet24.Field) sheet24.FieldMapping {
	return sheet24.FieldMapping{Column: c, Field: f.Name, Type: f.Type, Updatable: !f.ReadOnly && !f.Immutable}
}

// widened is a mapping to all telephone numbers instead of the mobile ones alone,
// if no other column has any: the CRM may hold the number under another kind.
func widened(m sheet24.FieldMapping, fields []sheet24.Field, taken map[string]bool) sheet24.FieldMapping {
	var kind sheet24.MultiKind
	var whole sheet24.Field
	others := 0
	for _, f := range fields {
		if f.Name == m.Field {
			kind = f.Multi
		}
	}
	for _, f := range fields {
		if f.Multi.Type == "" || f.Multi.Type != kind.Type {
			continue
		}
		if f.Multi.Kind == "" {
			whole = f
		}
		if taken[f.Name] {
			others++
		}
	}
	if kind.Kind == "" || others != 1 || whole.Name == "" {
		return m
	}
	return MappingOf(m.Column, whole)
}

func isNamed(name string, f sheet24.Field) bool {
	return name == Normalize(f.Name) || name == Normalize(f.Title) || (f.APIName != "fm" && name == Normalize(f.APIName))
}

func isSynonym(name string, f sheet24.Field) bool { return synonyms[f.Name][name] }

// SuggestStatusColumn finds the column that sheet24 may write a row's status to.
func SuggestStatusColumn(header []string) (sheet24.Column, bool) {
	for i, h := range header {
		if synonyms[statusKey][Normalize(h)] {
			return sheet24.Column{Index: i, Name: h}, true
		}
	}
	return sheet24.Column{}, false
}
