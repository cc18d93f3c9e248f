package bitrixsim

import "strings"

// Clearing is how a portal takes empty values for what a record holds. The documentation and
// what is known of real portals disagree, so that there are several; the zero value is the
// worst of what is known.
type Clearing string

const (
	// ClearsByTheBook refuses a text for a multiple field (source: the error 100 of
	// crm.item.update) and answers that a list, a link, an amount or a company's field is empty
	// while it keeps what it held (issues 269 and 145 of the documentation's repository, and its
	// tutorials on forms for leads, deals and contacts). 0 clears links and amounts; an empty
	// list clears what is no list of choices. The entities' own methods clear, but not with a
	// text for a multiple field, and not contacts (main-entities-fields.md).
	ClearsByTheBook Clearing = ""

	// ClearsEasily takes any empty value for a field of any kind.
	ClearsEasily Clearing = "easily"

	// ClearsNever has crm.item.update keep whatever is to be cleared, 0 for a link included.
	ClearsNever Clearing = "never"
)

// cleared is what an empty value does to a field.
type cleared int

const (
	isCleared cleared = iota
	isKept            // and the answer says so
	isHidden          // kept, but the answer shows an empty field
	isRefused         // with the error 100
)

// clear tells what an empty value does to a field; asList says that it is an empty list, own
// that it came by the entity's own method.
func (c Clearing) clear(e *entity, f field, asList, own bool) cleared {
	amountOrLink := f.Type == "double" && !userField.MatchString(f.Name) || linked[f.Type] != 0 || f.Type == "crm_entity"
	switch {
	case f.Name == "title" && !f.Required, f.Name == "assignedById" && own, f.Name == "assignedById" && !f.Required:
		return isKept // whatever else (source: the same tutorials)
	case c == ClearsEasily:
		return isCleared
	case own && f.Multiple:
		if asList && f.Name != "contactIds" {
			return isCleared
		}
		return isKept
	case own:
		return isCleared

	case f.Multiple && !asList:
		return isRefused
	case c == ClearsNever, f.Multiple && f.Type == "enumeration", amountOrLink && !f.Multiple, e.EntityTypeID == 4 && !f.Multiple && f.Type != "boolean":
		return isHidden
	}
	return isCleared
}

// emptyValue reports whether a value is empty, and whether it is so as a list: [], or a list
// of empty texts.
func emptyValue(v any) (empty, asList bool) {
	if list := object(v); list != nil {
		for _, x := range list {
			if text(x) != "" {
				return false, true
			}
		}
		return true, true
	}
	return text(v) == "", false
}

// phpType is what PHP calls the type of a value that JSON brought.
func phpType(v any) string {
	switch v.(type) {
	case nil:
		return "NULL"
	case bool:
		return "boolean"
	case float64:
		return "integer"
	}
	return "string"
}

// zero reports whether a value is 0, which stands for no link.
func zero(v any) bool { return strings.Trim(text(v), "0") == "" && text(v) != "" }

// SetClearing has the portal take empty values otherwise from now on.
func (p *Portal) SetClearing(c Clearing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.Clearing = c
}

// IgnoreUTM has the portal keep UTM fields as they are from now on, or no longer.
func (p *Portal) IgnoreUTM(ignore bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.UTMIgnored = ignore
}

// KeepZeros has the portal keep 0 where a number is to be nothing from now on.
func (p *Portal) KeepZeros() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.ZerosKept = true
}

// ForgetZeros has the portal keep nothing where it is told 0 or no from now on.
func (p *Portal) ForgetZeros() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.ZerosForgotten = true
}
