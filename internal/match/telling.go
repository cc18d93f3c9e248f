package match

import (
	"math"
)

// tellingNumber is from where on a number is rather a telephone's or a document's than an
// amount.
const tellingNumber = 1e6

// Occurrences is how many records' rows hold a value in a field.
type Occurrences map[string]map[any]int

// Tells reports whether a row and what a record's row held have a value in common that no
// other record's row holds, and that is no number such as rows share by chance.
func (o Occurrences) Tells(now, before map[string]any) bool {
	for field, v := range before {
		n, number := v.(float64)
		if now[field] == v && o[field][v] < 2 && (!number || math.Abs(n) >= tellingNumber) {
			return true
		}
	}
	return false
}
