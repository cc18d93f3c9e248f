package mapping

import (
	"errors"
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// Values are the CRM's values for one cell: a plain field's is a string, a
// float64, or nil to clear it; a multi-field's is the list of its values.
type Values struct {
	Plain any
	Multi []string
}

// ToCRM converts a cell's value (string, float64, bool or nil, as the Sheets API
// gives it) to what a field takes. Times without a zone are meant in zone. An
// error names the value and what would be accepted.
func ToCRM(f sheet24.Field, v any, zone *time.Location) (Values, error) {
	if s, ok := v.(string); ok {
		v = strings.TrimSpace(s)
	}
	if f.Type == "crm_multifield" {
		multi, err := toMulti(f, v)
		return Values{Multi: multi}, err
	}
	if v == nil || v == "" {
		return Values{}, nil
	}
	if s, ok := v.(string); ok && sheetError.MatchString(s) {
		return Values{}, sheet24.Errorf(sheet24.Invalid, "value_sheet_error", s)
	}
	if f.Multiple {
		return Values{}, sheet24.Errorf(sheet24.Invalid, "value_type", f.Title, f.Type+"[]")
	}
	plain, err := toPlain(f, v, zone)
	return Values{Plain: plain}, err
}

// sheetError matches what a formula that failed shows: it is no value.
var sheetError = regexp.MustCompile(`^#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|ERROR!)$`)

func toPlain(f sheet24.Field, v any, zone *time.Location) (any, error) {
	switch f.Type {
	case "string", "text", "char", "url", "crm_currency", "address":
		return Text(v), nil
	case "double", "money":
		return number(v)
	case "integer", "user", "crm", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_category":
		n, err := number(v)
		if err != nil || n != math.Trunc(n) {
			return nil, sheet24.Errorf(sheet24.Invalid, "value_integer", Text(v))
		}
		return n, nil
	case "boolean":
		return yesNo(v)
	case "date":
		t, err := moment(v, zone)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Invalid, "value_date", Text(v))
		}
		return t.Format(time.DateOnly), nil
	case "datetime":
		t, err := moment(v, zone)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Invalid, "value_date", Text(v))
		}
		return t.Format(time.RFC3339), nil
	case "crm_status", "enumeration":
		return choice(f, Text(v))
	}
	return nil, sheet24.Errorf(sheet24.Invalid, "value_type", f.Title, f.Type)
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

// currency matches the signs and codes that people write beside an amount.
var currency = regexp.MustCompile(`(?i)^\s*(₺|\$|€|£|₽|TL|TRY|USD|EUR|GBP|RUB)\s*|\s*(₺|\$|€|£|₽|TL|TRY|USD|EUR|GBP|RUB)\s*$`)

// The notations of numbers: in Turkish (and Russian) the comma is the decimal
// sign and dots or spaces group thousands; in English the reverse.
var (
	turkishNumber = regexp.MustCompile(`^[+-]?(\d{1,3}([.\x{a0} ]\d{3})+|\d+)(,\d+)?$`)
	englishNumber = regexp.MustCompile(`^[+-]?(\d{1,3}([,\x{a0} ]\d{3})+|\d+)(\.\d+)?$`)
	turkishToGo   = strings.NewReplacer(".", "", " ", "", "\u00a0", "", ",", ".")
	englishToGo   = strings.NewReplacer(",", "", " ", "", "\u00a0", "")
)

// number reads a number as typed, or as text in Turkish or English notation:
// 1.234,56 and 1,234.56. What both could mean is read as Turkish: 1.234 is a
// thousand and more.
func number(v any) (float64, error) {
	if n, ok := v.(float64); ok {
		return n, nil
	}
	s := strings.TrimSpace(currency.ReplaceAllString(Text(v), ""))
	switch {
	case turkishNumber.MatchString(s):
		s = turkishToGo.Replace(s)
	case englishNumber.MatchString(s):
		s = englishToGo.Replace(s)
	default:
		s = ""
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, sheet24.Errorf(sheet24.Invalid, "value_number", Text(v))
	}
	return n, nil
}

var yes = map[string]bool{"evet": true, "yes": true, "да": true, "true": true, "dogru": true, "1": true, "y": true, "e": true, "var": true}
var no = map[string]bool{"hayir": true, "no": true, "нет": true, "false": true, "yanlis": true, "0": true, "n": true, "h": true, "yok": true}

func yesNo(v any) (any, error) {
	s := Text(v)
	switch n := Normalize(s); {
	case yes[n] || s == "✓" || s == "✔":
		return "Y", nil
	case no[n] || s == "✗":
		return "N", nil
	}
	return nil, sheet24.Errorf(sheet24.Invalid, "value_boolean", s)
}

// epoch is day 0 of a spreadsheet's serial dates.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

var dateLayouts = []string{
	"2.1.2006", "2.1.2006 15:04", "2.1.2006 15:04:05", "2/1/2006", "2/1/2006 15:04", "2-1-2006",
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
}

// moment reads a serial date, or one written day first or in ISO form.
func moment(v any, zone *time.Location) (time.Time, error) {
	if n, ok := v.(float64); ok {
		if n < 1 || n > 2958465 { // 31.12.9999
			return time.Time{}, errors.New("not a date")
		}
		days, part := math.Modf(n)
		d := epoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
		return time.Date(d.Year(), d.Month(), d.Day(), d.Hour(), d.Minute(), d.Second(), 0, zone), nil
	}
	s := Text(v)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date")
}

// choice finds a list field's value by its label or its id.
func choice(f sheet24.Field, s string) (any, error) {
	for _, c := range f.Choices {
		if c.ID == s || Normalize(c.Label) == Normalize(s) {
			return c.ID, nil
		}
	}
	var labels []string
	for _, c := range f.Choices {
		labels = append(labels, c.Label)
	}
	return nil, sheet24.Errorf(sheet24.Invalid, "value_choice", s, strings.Join(labels, ", "))
}

func toMulti(f sheet24.Field, v any) ([]string, error) {
	var values []string
	for _, s := range strings.FieldsFunc(Text(v), func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		switch {
		case sheetError.MatchString(s):
			return nil, sheet24.Errorf(sheet24.Invalid, "value_sheet_error", s)
		case f.Name == "EMAIL":
			if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
				return nil, sheet24.Errorf(sheet24.Invalid, "value_email", s)
			}
		case f.Name == "PHONE" && !phone.MatchString(s):
			return nil, sheet24.Errorf(sheet24.Invalid, "value_phone", s)
		}
		values = append(values, s)
	}
	return values, nil
}

// phone matches what people write for a telephone number, an extension included.
var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{2,30}( ?(#|x|dahili|ext\.?) ?[0-9]{1,6})?$`)

// Same tells whether a field holds a value already, however the CRM writes it:
// numbers as text, dates with a time, nothing as null, "" or 0.
func Same(f sheet24.Field, want, have any) bool {
	w, h := Text(want), Text(have)
	switch f.Type {
	case "double", "money", "integer", "user", "crm", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_category":
		a, errA := strconv.ParseFloat(zeroIfEmpty(w), 64)
		b, errB := strconv.ParseFloat(zeroIfEmpty(h), 64)
		return errA == nil && errB == nil && a == b
	case "date":
		return w == h[:min(len(h), len(time.DateOnly))]
	case "datetime":
		a, errA := time.Parse(time.RFC3339, w)
		b, errB := time.Parse(time.RFC3339, h)
		return w == h || (errA == nil && errB == nil && a.Equal(b))
	}
	return w == h
}

func zeroIfEmpty(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
