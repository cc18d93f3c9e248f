package mapping

import (
	"strings"

	"sheet24"
)

// HeaderRow finds the row of the column names among a tab's first rows, from 1: it
// has texts alone, each once, that mean something to the entity, and data below.
// Rows that its user froze end there, as a rule. A tab without any such row has
// them in its first.
func HeaderRow(rows [][]any, frozen int, fields []sheet24.Field) int {
	best, most := 1, 0
	for i, row := range rows {
		if score := headerScore(row, fields); score > 0 {
			if i+1 == frozen {
				score += 5
			}
			if i+1 < len(rows) && len(rows[i+1]) > 0 {
				score += 2
			}
			if score > most {
				best, most = i+1, score
			}
		}
	}
	return best
}

// headerScore is how much a row looks like column names: what it names in the
// entity weighs most, a number, a repetition or an e-mail address against it.
func headerScore(row []any, fields []sheet24.Field) int {
	names := make([]string, len(row))
	seen := map[string]bool{}
	score := 0
	for i, v := range row {
		name, text := v.(string)
		switch {
		case v == nil || v == "":
		case !text || strings.ContainsRune(name, '@') || plainID.MatchString(name):
			score -= 5
		case seen[Normalize(name)]:
			score -= 3
		default:
			seen[Normalize(name)] = true
			names[i] = name
			score++
		}
	}
	if len(seen) == 0 {
		return 0
	}
	return score + 10*len(Suggest(names, fields))
}
