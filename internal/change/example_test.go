package change_test

import (
	"fmt"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/mapping"
)

// Somebody typed "Premium" where the sheet held "Standard". Whether that may be written depends
// on what the CRM holds by now, and on what it was last known to hold.
func ExampleMerge() {
	field := sheet24.Field{Name: "TITLE", APIName: "title", Type: "string"}
	base := change.Base{LastKnown: []any{"Standard"}}
	sheet := change.Sheet{
		Change: sheet24.Change{Old: "Standard", New: "Premium"},
		Value:  mapping.Values{Plain: "Premium"},
	}

	for _, held := range []string{"Standard", "Premium", "Gold"} {
		crm := change.CRM{Field: field, Record: &sheet24.Item{ID: 11, Values: map[string]any{"TITLE": held}}}
		for _, policy := range []sheet24.Side{sheet24.SheetWins, sheet24.CRMWins, sheet24.Ask} {
			outcome := change.Merge(base, sheet, crm, policy)
			fmt.Printf("CRM holds %-8s  policy %-3s  %-12s  conflict: %t\n", held, policy, outcome.Verdict, outcome.Change.Conflict)
		}
	}

	// Output:
	// CRM holds Standard  policy      write         conflict: false
	// CRM holds Standard  policy crm  write         conflict: false
	// CRM holds Standard  policy ask  write         conflict: false
	// CRM holds Premium   policy      agree         conflict: false
	// CRM holds Premium   policy crm  agree         conflict: false
	// CRM holds Premium   policy ask  agree         conflict: false
	// CRM holds Gold      policy      write         conflict: true
	// CRM holds Gold      policy crm  keep          conflict: true
	// CRM holds Gold      policy ask  needs review  conflict: true
}
