package mapping

import (
	"strings"

	"sheet24"
)

// The words for yes and no in Turkish, English and Russian, the letters of a ticked box, and
// the signs.
var (
	yesWords = words("evet e var doğru açık tamam olur aktif yes y true on ok x checked active enabled да д истина верно есть вкл х on 1")
	noWords  = words("hayır h yok yanlış kapalı pasif no n false off unchecked inactive disabled нет н ложь неверно выкл 0")
	yesMarks = words("✓ ✔ ☑ ✅ √ +")
	noMarks  = words("✗ ✘ ☐ ❌ -")
)

// words are the words of a list, folded as fold does it.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[fold(w)] = true
	}
	return set
}

// yesNo reads yes or no. A number is yes if it is 1, and no if it is 0.
func yesNo(v any) (any, error) {
	s := fold(visible(Text(v)))
	switch {
	case yesWords[s] || yesMarks[s]:
		return "Y", nil
	case noWords[s] || noMarks[s]:
		return "N", nil
	}
	return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueBoolean, Text(v))
}
