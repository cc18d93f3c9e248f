package mapping

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"sheet24"
)

// choose finds a list field's value by its label, another name of it, or its id.
// Of stages, those of the record's funnel are meant.
func choose(f sheet24.Field, s string, at Context) (any, error) {
	choices := f.Choices
	if f.Stage {
		choices = slices.DeleteFunc(slices.Clone(choices), func(c sheet24.Choice) bool { return c.Funnel != at.Funnel })
	}
	if len(choices) == 0 { // the list is not to be seen: the portal decides
		if code := currencyIn(s); code != "" && f.Type == "crm_currency" {
			s = code
		}
		return s, nil
	}
	c, err := pick(choices, s)
	if err != nil {
		return nil, err
	}
	return c.ID, nil
}

// pick finds a choice. What is written exactly like a label or an id is surer
// than what is only alike; one that stands for what is past comes last.
func pick(choices []sheet24.Choice, s string) (sheet24.Choice, error) {
	n := fold(s)
	alike := func(name string) bool { return name == s || (n != "" && fold(name) == n) }
	for _, is := range []func(sheet24.Choice) bool{
		func(c sheet24.Choice) bool { return c.Label == s },
		func(c sheet24.Choice) bool { return c.ID == s },
		func(c sheet24.Choice) bool { return alike(c.Label) || slices.ContainsFunc(c.Aliases, alike) },
	} {
		var found []sheet24.Choice
		for _, c := range choices {
			if is(c) {
				found = append(found, c)
			}
		}
		if len(found) > 1 {
			if present := slices.DeleteFunc(slices.Clone(found), func(c sheet24.Choice) bool { return c.Retired }); len(present) > 0 {
				found = present
			}
		}
		if len(found) > 1 {
			return sheet24.Choice{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueAmbiguous, s, ids(found))
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	labels := labelsOf(choices)
	if near := Nearest(s, labels); near != "" {
		return sheet24.Choice{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueChoiceNear, s, summary(labels), near)
	}
	return sheet24.Choice{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueChoice, s, summary(labels))
}

func ids(choices []sheet24.Choice) string {
	var list []string
	for _, c := range choices {
		list = append(list, c.ID)
	}
	return strings.Join(list, ", ")
}

// labelsOf are the labels that are offered, each once.
func labelsOf(choices []sheet24.Choice) []string {
	var labels []string
	for _, c := range choices {
		if !c.Retired && !slices.Contains(labels, c.Label) {
			labels = append(labels, c.Label)
		}
	}
	return labels
}

// shown is how many choices an error names.
const shown = 10

func summary(labels []string) string {
	if len(labels) > shown {
		return strings.Join(labels[:shown], ", ") + ", …"
	}
	return strings.Join(labels, ", ")
}

// Nearest is the name most like s, "" if none is: a third of its letters may
// differ.
func Nearest(s string, names []string) string {
	n := Normalize(s)
	best, least := "", max(1, len([]rune(n))/3)+1
	if len(n) == 0 {
		return ""
	}
	for _, name := range names {
		if d := levenshtein.ComputeDistance(n, Normalize(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// toUser finds an employee by e-mail address, full name or id.
func toUser(f sheet24.Field, s string) (any, error) {
	if f.Choices == nil { // without the scope "user" ids alone are understood
		id := visible(s)
		if !plainID.MatchString(id) {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueUserScope, s)
		}
		return id, nil
	}
	c, err := pick(f.Choices, s)
	if err == nil {
		return c.ID, nil
	}
	if e := sheet24.AsError(err); e.Code != sheet24.CodeValueAmbiguous {
		if near := Nearest(s, labelsOf(f.Choices)); near != "" {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueUserNear, s, near)
		}
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueUser, s)
	}
	return nil, err
}
