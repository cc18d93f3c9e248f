package detect

import (
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// searched is how many of a tab's first rows may have the column names.
const searched = 20

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
	for i, r := range rows {
		if score := headerScore(s, askable, i, r, widest); score > most {
			best, most = i+1, score
		}
	}
	return best
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
func headerScore(s Sheet, askable []*concept, i int, row []any, widest int) float64 {
	score, evidence := 0.0, 0.0
	seen := map[string]bool{}
	texts := 0

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
			evident := 5*recognised(s.Entity, askable, name) + contrast(s.Rows[i+1:], column)
			score, evidence = score+1+evident, evidence+evident
		}
	}
	if texts == 0 {
		return 0
	}
	frozen := i+1 == s.Frozen
	if evidence < 1 && !frozen {
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
