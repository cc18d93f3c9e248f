package mapping

import (
	"regexp"
	"strconv"
	"strings"

	"sheet24"
)

// isLink tells whether a field's values are ids of records.
func isLink(fieldType string) bool {
	switch fieldType {
	case "crm", "crm_entity", "crm_lead", "crm_deal", "crm_contact", "crm_company", "crm_quote":
		return true
	}
	return false
}

// prefixedID matches an id that says what it is of, as fields that are bound to
// several entities need it: C_5, CO_3, T40c_7.
var prefixedID = regexp.MustCompile(`^(L|D|C|CO|Q|SI|T[0-9a-f]+)_[1-9][0-9]*$`)

var plainID = regexp.MustCompile(`^[1-9][0-9]{0,15}$`)

// toLink finds a record by id or by what names it.
func toLink(f sheet24.Field, s string, at Context) (any, error) {
	if id := visible(s); plainID.MatchString(id) || prefixedID.MatchString(id) {
		s = id
	}
	switch {
	case plainID.MatchString(s) && (f.Type != "crm" || f.Links != ""):
		return s, nil
	case f.Type == "crm" && f.Links == "":
		if prefixedID.MatchString(s) {
			return s, nil
		}
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueBound, s)
	case f.Links == "" || at.Links == nil:
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueInteger, s)
	}
	var found []int64
	for _, name := range namesOf(s) {
		if found = at.Links(sheet24.Link{Entity: f.Links, Text: name}); len(found) > 0 {
			break
		}
	}

	switch len(found) {
	case 0:
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueLink, s)
	case 1:
		return strconv.FormatInt(found[0], 10), nil
	}
	var list []sheet24.Choice
	for _, id := range found {
		list = append(list, sheet24.Choice{ID: strconv.FormatInt(id, 10)})
	}
	return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueAmbiguous, s, ids(list))
}

// LinksIn lists the records that a cell may name otherwise than by their ids, for
// them to be found before it is converted.
func LinksIn(f sheet24.Field, v any) []sheet24.Link {
	if !isLink(f.Type) || f.Links == "" {
		return nil
	}

	names := []string{trimmed(Text(v))}
	if f.Multiple {
		names = nil
		for _, part := range split(Text(v), ";\n") {
			names = append(names, part)
			if pieces := split(part, ","); len(pieces) > 1 { // the comma may belong to a name
				names = append(names, pieces...)
			}
		}
	}

	var links []sheet24.Link
	for _, text := range names {
		if plainID.MatchString(visible(text)) {
			continue
		}
		for _, name := range namesOf(text) {
			links = append(links, sheet24.Link{Entity: f.Links, Text: name})
		}
	}
	return links
}

// namesOf are the names that a text may be in the CRM: as it is typed, and without the unseen
// characters and odd blanks that come along with what is copied.
func namesOf(text string) []string {
	return each(text, strings.Join(strings.Fields(visible(text)), " "))
}
