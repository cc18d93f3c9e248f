package detect_test

import (
	"fmt"

	"sheet24"
	"sheet24/internal/detect"
)

// A sheet as somebody made it: a title above the header row, and a column whose name says
// little. What is in it speaks for itself.
func ExampleDetect() {
	found := detect.Detect(detect.Sheet{
		Entity: sheet24.Contacts,
		Fields: []sheet24.Field{
			{Name: "ID", Title: "ID", Type: "integer", ReadOnly: true},
			{Name: "NAME", Title: "First name", Type: "string"},
			{Name: "EMAIL", Title: "EMAIL", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "EMAIL"}},
			{Name: "PHONE_MOBILE", Title: "PHONE_MOBILE", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE", Kind: "MOBILE"}},
		},
		Rows: [][]any{
			{"Müşteriler 2026"},
			{"Ad", "E-posta", "Cep"},
			{"Ayşe", "ayse@ornek.com.tr", "0530 111 22 33"},
			{"Mehmet", "mehmet@ornek.com.tr", "0530 444 55 66"},
		},
	})

	fmt.Println("header row", found.HeaderRow)
	for _, c := range found.Columns {
		fmt.Println(c.Header, c.Field, c.Selected)
	}
	// Output:
	// header row 2
	// Ad NAME true
	// E-posta EMAIL true
	// Cep PHONE_MOBILE true
}
