package tab

import (
	"slices"
	"strings"

	"sheet24/internal/locale"
)

// statusMarks begin what rows say of their changes, in any language.
var statusMarks = []string{"✅ ", "❌ ", "⏳ ", "⚠️ "}

// IsStatus reports whether a cell holds what a row says of a change.
func IsStatus(v any) bool {
	text, ok := v.(string)
	left := func(language string) bool { return text == locale.T(language, "sheet.left") }
	marked := func(mark string) bool { return strings.HasPrefix(text, mark) }
	return ok && (slices.ContainsFunc(statusMarks, marked) || slices.ContainsFunc(locale.Languages, left))
}
