package detect

import (
	"regexp"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// searched is how many of a tab's first rows may have the column names.
const searched = 50

// HeaderRow finds the row of the column names, from 1; 0 if no row looks like them. It has
// texts alone, each once, that mean something to the entity, or values of other kinds below.
// Rows that stand still when the tab is scrolled end there, as a rule.
func HeaderRow(s Sheet) int {
	rows := s.Rows[:min(searched, len(s.Rows))]
	widest := 0
	for _, r := range s.Rows {
		widest = max(widest, filled(r))
	}

	askable := askableOf(s)
	best, most := 0, 0.0
	named := 0 // how many cells the widest row of names so far has
	for i, r := range rows {
		if score := headerScore(s, askable, i, r, widest, named); score > most {
			best, most = i+1, score
		}
		if n := filled(r); n > max(1, named) && allNames(r) && !forMachines(r) {
			named = n
		}
	}
	return lower(s, askable, best)
}

// lower is the row below a header row, if that is the one for people: below a row of names
// for machines, or below one of names for several columns each.
func lower(s Sheet, askable []*concept, header int) int {
	if header < 1 || header >= len(s.Rows) || header == s.Frozen {
		return header
	}
	above, below := s.Rows[header-1], s.Rows[header]

	named, known := 0, 0
	for _, v := range below {
		name, text := v.(string)
		switch name = strings.TrimSpace(name); {
		case v == nil || text && name == "":
			continue
		case !text || isValue(name):
			return header
		}
		named++
		if recognised(s.Entity, askable, name) >= 0.6 {
			known++
		}
	}

	enough := named > 1 && 2*known >= named
	machine := forMachines(above) && !forMachines(below) && named >= filled(above)
	if enough && (machine || parted(above, below) && differs(s.Rows[header+1:], below)) {
		return header + 1
	}
	return header
}

// machineName is what a program calls a column: full_name, STATUS_ID.
var machineName = regexp.MustCompile(`^(?:[a-z][a-z0-9]*(?:_[a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)$`)

// forMachines reports whether a row has names for programs alone.
func forMachines(row []any) bool {
	for _, v := range row {
		if name, _ := v.(string); v != nil && v != "" && !machineName.MatchString(strings.TrimSpace(name)) {
			return false
		}
	}
	return filled(row) > 0
}

// parted reports whether the names of a row stand for several columns each, with their own
// names below: at least two are followed by cells that are empty in it, and not below.
func parted(above, below []any) bool {
	empty := func(row []any, i int) bool { return i >= len(row) || row[i] == nil || row[i] == "" }

	groups := 0
	for i := 1; i < len(below); i++ {
		if empty(above, i) && !empty(above, i-1) && !empty(below, i) && !empty(below, i-1) {
			groups++
		}
	}
	return groups >= 2
}

// differs reports whether the rows below differ in kind from names.
func differs(rows [][]any, names []any) bool {
	for column := range names {
		if contrast(rows, column) > 0.5 {
			return true
		}
	}
	return false
}

// allNames reports whether a row has texts alone that are no values.
func allNames(row []any) bool {
	for _, v := range row {
		if name, text := v.(string); v != nil && v != "" && (!text || isValue(strings.TrimSpace(name))) {
			return false
		}
	}
	return true
}

// askableOf are the concepts that the entity has a field for.
func askableOf(s Sheet) []*concept {
	names := map[string]bool{}
	for i := range s.Fields {
		names[s.Fields[i].Name] = true
	}
	return slices.DeleteFunc(slices.Clone(concepts), func(c *concept) bool { return !names[c.fieldFor(familyOf(s.Entity))] })
}

// telling is how many columns tell a header row from others.
const telling = 30

// headerScore is how much a row looks like column names; 0 if it cannot be.
func headerScore(s Sheet, askable []*concept, i int, row []any, widest, named int) float64 {
	score, evidence := 0.0, 0.0
	seen := map[string]bool{}
	texts := 0
	kinds := 0.0 // how much of what is below differs in kind

	for column, v := range row[:min(telling, len(row))] {
		name, text := v.(string)
		name = strings.TrimSpace(name)
		key := mapping.Normalize(name)
		switch {
		case v == nil || text && name == "":
		case !text || isValue(name):
			score -= 4
		case seen[key]:
			score -= 1.5
		default:
			seen[key] = true
			texts++
			differing := contrast(s.Rows[i+1:], column)
			kinds += differing
			evident := 5*recognised(s.Entity, askable, name) + differing
			score, evidence = score+1+evident, evidence+evident
		}
	}

	if texts == 0 {
		return 0
	}
	frozen := i+1 == s.Frozen
	// If nothing below differs in kind, an earlier row of names that is as wide is the header.
	surpassed := kinds <= 0 && named > 0 && named >= filled(row)
	if !frozen && (evidence < 1 || surpassed) {
		return 0
	}

	// A title stands alone above a wider table, and says more than a name.
	if texts == 1 && widest > 2 {
		score -= 4
	}
	if frozen {
		score += 8
	}
	if i+1 < len(s.Rows) && filled(s.Rows[i+1]) > 0 {
		score += 2
	}
	score += 3 * float64(texts) / float64(max(1, widest))
	return score
}

// recognised is how much of a header's text is understood: a value may have words in it
// too, but not those alone.
func recognised(e sheet24.Entity, askable []*concept, name string) float64 {
	if len(name) > 120 {
		return 0
	}

	h := headingOf(name)
	if len(h.content) == 0 {
		return 0
	}

	of := familyOf(e)
	best := 0.0
	for _, c := range askable {
		best = max(best, c.saying(h, of).score())
	}
	if best >= 0.7 {
		return 1
	}

	known := 0
	for _, u := range h.content {
		if u.meaning != "" && !u.guessed {
			known++
		}
	}
	return 0.6 * float64(known) / float64(len(h.content))
}

// isValue reports whether a text is a value rather than a name.
func isValue(s string) bool {
	return isEmail(s) || isDate(s) || isURL(s) && strings.Contains(s, "/") || digits(s) > 0 && isNumber(s) || isPhone(s)
}

// contrast is how much the values below differ from a header in kind.
func contrast(below [][]any, column int) float64 {
	const looked = 5
	n, other := 0, 0

	for _, row := range below[:min(looked, len(below))] {
		if column >= len(row) || row[column] == nil || row[column] == "" {
			continue
		}
		n++
		if text, ok := row[column].(string); !ok || isValue(strings.TrimSpace(text)) {
			other++
		}
	}

	if n == 0 {
		return 0
	}
	return float64(other) / float64(n)
}

// filled is how many cells of a row hold anything.
func filled(row []any) int {
	n := 0
	for _, v := range row {
		if v != nil && v != "" {
			n++
		}
	}
	return n
}
