package googlesim

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

var a1Pattern = regexp.MustCompile(`^\$?([A-Za-z]{1,3})?\$?([0-9]{1,7})?(?::\$?([A-Za-z]{1,3})?\$?([0-9]{1,7})?)?$`)

// parseA1 reads a range: 'Satış 2026'!A1:C, Leads!5:7, Leads, $B$2, C:A. The tab is ""
// where it is not named. What could be a cell is one: a tab called TAB1 has to be
// quoted (pygsheets issue 416). Ranges may be written from any corner.
func parseA1(s string) (tab string, b block, err error) {
	b = block{0, -1, 0, -1}
	bad := errors.New("Unable to parse range: " + s)
	cells := s
	if i := strings.LastIndexByte(s, '!'); i >= 0 {
		tab, cells = unquote(s[:i]), s[i+1:]
	} else if !a1Pattern.MatchString(s) || strings.HasPrefix(s, "'") {
		return unquote(s), b, nil // a whole tab
	}

	m := a1Pattern.FindStringSubmatch(cells)
	if m == nil || cells == "" {
		return "", b, bad
	}
	row, col, rowGiven, colGiven := cornerOf(m[1], m[2])
	if rowGiven && row < 0 {
		return "", b, bad
	}
	if !strings.Contains(cells, ":") { // one cell
		if !rowGiven || !colGiven {
			return "", b, bad
		}
		return tab, block{row, row + 1, col, col + 1}, nil
	}

	lastRow, lastCol, lastRowGiven, lastColGiven := cornerOf(m[3], m[4])
	if lastRowGiven && lastRow < 0 || !lastRowGiven && !lastColGiven {
		return "", b, bad
	}
	b.row, b.endRow = span(row, lastRow, rowGiven, lastRowGiven)
	b.col, b.endCol = span(col, lastCol, colGiven, lastColGiven)
	return tab, b, nil
}

// cornerOf reads a corner of a range, from 0.
func cornerOf(letters, digits string) (row, col int, rowGiven, colGiven bool) {
	if letters != "" {
		col, colGiven = columnIndex(letters), true
	}
	if digits != "" {
		row, _ = strconv.Atoi(digits)
		row, rowGiven = row-1, true
	}
	return row, col, rowGiven, colGiven
}

// span is from the first to behind the last of two places, -1 if it is open.
func span(a, b int, aGiven, bGiven bool) (start, end int) {
	switch {
	case aGiven && bGiven:
		return min(a, b), max(a, b) + 1
	case aGiven:
		return a, -1
	case bGiven:
		return 0, b + 1
	}
	return 0, -1
}

func unquote(tab string) string {
	if len(tab) >= 2 && tab[0] == '\'' && tab[len(tab)-1] == '\'' {
		return strings.ReplaceAll(tab[1:len(tab)-1], "''", "'")
	}
	return tab
}

func columnIndex(letters string) int {
	n := 0
	for _, c := range strings.ToUpper(letters) {
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

func columnLetter(index int) string {
	s := ""
	for ; index >= 0; index = index/26 - 1 {
		s = string(rune('A'+index%26)) + s
	}
	return s
}

// plainTitle is a tab's name that needs no quotes in a range.
var plainTitle = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// quoted is a tab's name as ranges have it.
func quoted(tab string) string {
	if !plainTitle.MatchString(tab) || a1Pattern.MatchString(tab) {
		return "'" + strings.ReplaceAll(tab, "'", "''") + "'"
	}
	return tab
}

// a1 names a block of a tab as answers echo it: with its open ends at the grid's.
func a1(tab string, b block, t *Sheet) string { return a1Loose(tab, t.within(b)) }

// a1Loose names a block, its open ends left open.
func a1Loose(tab string, b block) string {
	name := quoted(tab) + "!"
	switch {
	case b.endRow == b.row+1 && b.endCol == b.col+1:
		return name + columnLetter(b.col) + strconv.Itoa(b.row+1)
	case b.endRow < 0 && b.endCol < 0:
		return name + columnLetter(b.col) + strconv.Itoa(b.row+1) + ":"
	case b.endRow < 0:
		return name + columnLetter(b.col) + strconv.Itoa(b.row+1) + ":" + columnLetter(b.endCol-1)
	case b.endCol < 0:
		return name + columnLetter(b.col) + strconv.Itoa(b.row+1) + ":" + strconv.Itoa(b.endRow)
	}
	return name + columnLetter(b.col) + strconv.Itoa(b.row+1) + ":" + columnLetter(b.endCol-1) + strconv.Itoa(b.endRow)
}
