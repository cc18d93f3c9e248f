package mapping

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// Context is what a value means beside its field: where and when it was written.
// Its zero value knows nothing.
type Context struct {
	Locale     string                     // of the sheet, tr_TR: says what 1.234 and 3/4 are; empty: Turkish
	Zone       *time.Location             // of the sheet: of times written without one; nil: UTC
	PortalZone *time.Location             // of the portal: of times that it gives without one; nil: UTC
	Funnel     int64                      // that the record is in: its stages are meant
	Currency   string                     // of amounts written without one; empty: the portal's base
	Links      func(sheet24.Link) []int64 // records by what names them; nil: ids alone are understood
	Title      func(sheet24.ItemRef) string
}

func (c Context) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Values are the CRM's values for one cell: a plain field's is a string, a
// float64, a []string where the field is multiple, or nil to clear it; a
// multi-field's is the list of its values, of which Kind may be empty.
type Values struct {
	Plain    any
	Multi    []sheet24.MultiValue
	Currency string // that was written beside an amount, by its code
}

// ToCRM converts a cell's value (string, float64, bool or nil, as the Sheets API
// gives it) to what a field takes. An error is of kind Invalid, names the value
// and says what would be accepted.
func ToCRM(f sheet24.Field, v any, at Context) (Values, error) {
	if s, ok := v.(string); ok {
		v = trimmed(s)
	}
	if s, ok := v.(string); ok && sheetError.MatchString(s) {
		return Values{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueSheetError, s)
	}
	if err := writable(f); err != nil {
		return Values{}, err
	}
	if f.Type == "crm_multifield" {
		multi, err := toMulti(f, v, at.Locale)
		return Values{Multi: multi}, err
	}
	if v == nil || v == "" {
		return empty(f)
	}
	if f.Multiple {
		list, err := toList(f, v, at)
		return Values{Plain: list}, err
	}
	return toPlain(f, v, at)
}

// sheetError matches what a formula that failed shows: it is no value.
var sheetError = regexp.MustCompile(`^#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|ERROR!|YOK|BAŞV!|AD\?|SAYI!|DEĞER!|SAYI/0!|BOŞ!|HATA!)$`)

// supported are the types of fields that a cell can hold.
var supported = map[string]bool{
	"string": true, "text": true, "char": true, "url": true, "address": true, "double": true, "integer": true, "money": true,
	"boolean": true, "date": true, "datetime": true, "crm_status": true, "crm_category": true, "crm_currency": true, "enumeration": true,
	"user": true, "employee": true, "crm": true, "crm_entity": true, "crm_lead": true, "crm_deal": true, "crm_contact": true,
	"crm_company": true, "crm_quote": true, "crm_multifield": true,
}

// Supported tells whether cells can be written to a field of that type.
func Supported(fieldType string) bool { return supported[fieldType] }

func writable(f sheet24.Field) error {
	switch {
	case f.Type == "file" || f.Type == "disk_file":
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueFile)
	case !supported[f.Type]:
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueType, f.Title, f.Type)
	}
	return nil
}

// empty is what an empty cell is: nothing, unless the field cannot be empty.
func empty(f sheet24.Field) (Values, error) {
	switch {
	case f.Type == "boolean":
		return Values{Plain: "N"}, nil
	case f.Required:
		return Values{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueRequired)
	}
	return Values{}, nil
}

func toPlain(f sheet24.Field, v any, at Context) (Values, error) {
	var plain any
	var err error
	switch f.Type {
	case "double":
		var n float64
		var currency string
		n, currency, err = amount(v, at.Locale)
		return Values{Plain: n, Currency: currency}, err
	case "money":
		return toMoney(f, v, at)
	case "integer":
		plain, err = integer(v, at.Locale)
	case "boolean":
		plain, err = yesNo(v)
	case "date", "datetime":
		plain, err = toMoment(f.Type, v, at)
	case "crm_status", "crm_category", "crm_currency", "enumeration":
		plain, err = choose(f, Text(v), at)
	case "user", "employee":
		plain, err = toUser(f, Text(v))
	case "crm", "crm_entity", "crm_lead", "crm_deal", "crm_contact", "crm_company", "crm_quote":
		plain, err = toLink(f, Text(v), at)
	case "url":
		s := visible(Text(v))
		plain = s
		if strings.ContainsAny(s, " \n") {
			err = sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueURL, Text(v))
		}
	default: // texts of all kinds
		plain = Text(v)
	}
	if err != nil {
		return Values{}, err
	}
	return Values{Plain: plain}, nil
}

// Text is a cell's value as a person reads it: a number without an exponent.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "TRUE"
		}
		return "FALSE"
	}
	return fmt.Sprint(v)
}
