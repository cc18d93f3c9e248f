package web

import (
	"sheet24/internal/locale"
)

func otherLanguage(lang string) string {
	for _, l := range locale.Languages {
		if l != lang {
			return l
		}
	}
	return lang
}
