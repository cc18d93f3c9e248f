package change

import "sheet24"

// Unidentified compares the rows of which a scan could not tell which record they are with
// those before it, both by row number: tell are the ones that the history and the sheet are
// told of, ended the numbers of those that are what they should be again.
//
// What a row says must not depend on how its edit was noticed, so a scan of some rows, which
// an edit led to, tells of each of them. A scan of the whole tab meets the same ones again
// and again: it tells of those that are new, or say something else.
func Unidentified(before map[int]sheet24.UnidentifiedRow, found sheet24.Scanned) (tell []sheet24.UnidentifiedRow, ended []int) {
	whole := found.Covered.FirstRow > 0

	now := map[int]bool{}
	for _, u := range found.Unidentified {
		now[u.Row] = true
		if !whole || before[u.Row] != u {
			tell = append(tell, u)
		}
	}

	read := map[int]bool{}
	for _, number := range found.Identified {
		read[number] = true
	}
	for number := range before {
		if !now[number] && (read[number] || whole && covers(found.Covered, number)) {
			ended = append(ended, number)
		}
	}
	return tell, ended
}

// covers reports whether a row is one of a scanned page; one without a last row has no end.
func covers(page sheet24.Range, number int) bool {
	return number >= page.FirstRow && (page.LastRow == 0 || number <= page.LastRow)
}
