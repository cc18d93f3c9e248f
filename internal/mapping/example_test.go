package mapping_test

import (
	"fmt"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// What a cell holds becomes what the CRM takes, or a sentence that says what it would take.
func ExampleToCRM() {
	amount := sheet24.Field{Name: "OPPORTUNITY", Title: "Tutar", Type: "double"}
	stage := sheet24.Field{Name: "STAGE_ID", Title: "Aşama", Type: "crm_status",
		Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "WON", Label: "Kazanıldı"}}}
	turkish, english := mapping.Context{Locale: "tr_TR"}, mapping.Context{Locale: "en_US"}

	v, _ := mapping.ToCRM(amount, "1.234,50 ₺", turkish)
	fmt.Println(v.Plain, v.Currency)
	v, _ = mapping.ToCRM(amount, "1,234.50", english)
	fmt.Println(v.Plain)
	v, _ = mapping.ToCRM(stage, "kazanıldı", turkish)
	fmt.Println(v.Plain)

	_, err := mapping.ToCRM(stage, "Yenii", turkish)
	fmt.Println(locale.Error("en", err))
	// Output:
	// 1234.5 TRY
	// 1234.5
	// WON
	// there is no “Yenii”; there are: Yeni, Kazanıldı. Did you mean “Yeni”?
}

// What the CRM holds, as a cell shows it.
func ExampleFromCRM() {
	stage := sheet24.Field{Name: "STAGE_ID", Type: "crm_status",
		Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "WON", Label: "Kazanıldı"}}}
	item := &sheet24.Item{Values: map[string]any{"STAGE_ID": "WON"}}

	v, err := mapping.FromCRM(stage, item, mapping.Context{})
	fmt.Println(v, err)
	// Output: Kazanıldı <nil>
}

// A cell with one telephone number replaces the one that it showed before, and leaves alone
// what else the record has.
func ExamplePlanMulti() {
	phone := sheet24.MultiKind{Type: "PHONE"}
	current := []sheet24.MultiValue{{ID: 11, Type: "PHONE", Value: "+905301112233"}, {ID: 12, Type: "PHONE", Value: "+905304445566"}}
	before := []sheet24.MultiValue{{Type: "PHONE", Value: "0530 111 22 33"}}
	after := []sheet24.MultiValue{{Type: "PHONE", Value: "+905309998877"}}

	for _, v := range mapping.PlanMulti(phone, current, before, after) {
		fmt.Printf("%d %s\n", v.ID, v.Value)
	}
	// Output: 11 +905309998877
}
