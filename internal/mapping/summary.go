package mapping

import "strings"

// summaries are the words that rows of sums begin with, normalised.
var summaries = words("toplam aratoplam geneltoplam ortalama total subtotal grandtotal average итого всего среднее")

// Summary reports whether a row's values are sums of others, rather than a record: one of
// its texts says so.
func Summary(values map[string]any) bool {
	for _, v := range values {
		if s, ok := v.(string); ok && summaries[Normalize(strings.TrimRight(s, ": "))] {
			return true
		}
	}
	return false
}
