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
// where two headers mean one field, the surer and then the first has it.
// Columns that mean nothing are left out.
func Suggest(header []string, fields []sheet24.Field) []sheet24.FieldMapping {
	taken := map[string]bool{}
	byColumn := map[int]sheet24.FieldMapping{}
	for _, sure := range []func(string, sheet24.Field) bool{isNamed, isSynonym} {
		for i, h := range header {
			name := Normalize(h)
			if _, done := byColumn[i]; done || name == "" || synonyms[statusKey][name] {
				continue
			}
			for _, f := range fields {
				if !taken[f.Name] && sure(name, f) {
					taken[f.Name] = true
					byColumn[i] = sheet24.FieldMapping{
						Column: sheet24.Column{Index: i, Name: h}, Field: f.Name, Type: f.Type, Updatable: !f.ReadOnly,
					}
					break
				}
			}
		}
	}
	var mappings []sheet24.FieldMapping
	for i := range header {
		if m, ok := byColumn[i]; ok {
			mappings = append(mappings, m)
		}
	}
	return mappings
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
