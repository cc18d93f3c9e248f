package googlesim

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

var a1Pattern = regexp.MustCompile(`^([A-Za-z]{1,3})?([0-9]{1,7})?(?::([A-Za-z]{1,3})?([0-9]{1,7})?)?$`)

// parseA1 reads a range: 'Satış 2026'!A1:C, Leads!5:7, Leads, B2. The tab is ""
// where it is not named.
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
	if m[1] != "" {
		b.col = columnIndex(m[1])
	}
	if m[2] != "" {
		b.row, _ = strconv.Atoi(m[2])
		b.row--
	}
	if b.row < 0 {
		return "", b, bad
	}
	if !strings.Contains(cells, ":") { // one cell
		if m[1] == "" || m[2] == "" {
			return "", b, bad
		}
		b.endRow, b.endCol = b.row+1, b.col+1
		return tab, b, nil
	}
	if m[3] != "" {
		b.endCol = columnIndex(m[3]) + 1
	}
	if m[4] != "" {
		b.endRow, _ = strconv.Atoi(m[4])
	}
	if (b.endRow >= 0 && b.endRow <= b.row) || (b.endCol >= 0 && b.endCol <= b.col) {
		return "", b, bad
	}
	return tab, b, nil
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

// a1 names a block of a tab as answers echo it.
func a1(tab string, b block, t *Sheet) string {
	rows, columns := t.size()
	endRow, endCol := b.endRow, b.endCol
	if endRow < 0 || endRow > rows {
		endRow = rows
	}
	if endCol < 0 || endCol > columns {
		endCol = columns
	}
	if regexp.MustCompile(`[^A-Za-z0-9_]`).MatchString(tab) {
		tab = "'" + strings.ReplaceAll(tab, "'", "''") + "'"
	}
	first := columnLetter(b.col) + strconv.Itoa(b.row+1)
	if endRow == b.row+1 && endCol == b.col+1 {
		return tab + "!" + first
	}
	return tab + "!" + first + ":" + columnLetter(endCol-1) + strconv.Itoa(endRow)
}

// a1Loose names a block as messages do, with its open ends open.
func a1Loose(tab string, b block) string {
	first := columnLetter(b.col) + strconv.Itoa(b.row+1)
	if b.endRow == b.row+1 && b.endCol == b.col+1 {
		return tab + "!" + first
	}
	last := ""
	if b.endCol > 0 {
		last = columnLetter(b.endCol - 1)
	}
	if b.endRow > 0 {
		last += strconv.Itoa(b.endRow)
	}
	if last == "" {
		return tab + "!" + first
	}
	return tab + "!" + first + ":" + last
}
