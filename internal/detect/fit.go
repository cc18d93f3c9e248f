package detect

import (
	"strings"

	"sheet24"
)

// fit is what the samples say of a field for their column.
type fit struct {
	shape  string  // what they are like, for the reason: "phone"; empty: nothing special
	trust  float64 // how much of the doubt that the header left they take away, 0 to 1
	mend   float64 // how much of what it lost by other words they give back, 0 to 1
	factor float64 // what is left of the score: 1 where they do not speak against it, 0 where they rule it out
}

var (
	neutral = fit{factor: 1}
	against = fit{factor: 0}
)

// proves reports whether samples show whose a column is: they are the portal's own.
func (f fit) proves() bool { return f.shape == "user" || f.shape == "choice" }

func doubt(factor float64) fit { return fit{factor: factor} }

// fitOf says how a column's samples suit a field.
func fitOf(f sheet24.Field, labels map[string]bool, c *column) fit {
	s := c.samples

	if f.Name == sheet24.IDField {
		return fitID(c)
	}

	if len(s.texts) == 0 {
		return neutral
	}

	switch f.Multi.Type {
	case "EMAIL":
		return fitEmail(s)
	case "PHONE":
		return fitPhone(s)
	case "WEB":
		return fitWeb(s)
	case "IM":
		return fitMessenger(s)
	}

	switch f.Type {
	case "date", "datetime":
		if f.Name == "BIRTHDATE" && s.birthday > 0.8 {
			return fit{shape: "date", trust: 0.1, factor: 1}
		}
		return fitDate(s)
	case "double", "integer", "money":
		return fitNumber(s)
	case "boolean":
		return fitTruth(s)
	case "user", "employee":
		return fitUser(labels, s)
	case "crm_currency":
		return fitCurrency(labels, s)
	case "url":
		return fitWeb(s)
	}

	switch {
	case f.Links != "" || strings.HasPrefix(f.Type, "crm_") && f.Type != "crm_status":
		return fitLink(f, c)
	case len(f.Choices) > 0:
		return fitChoice(f, labels, s)
	}
	return fitText(f, c)
}

// fitID accepts whole numbers that are there once each. Without any it trusts a header
// alone that names Bitrix24 itself: a false id would write into strangers' records.
func fitID(c *column) fit {
	switch {
	case len(c.samples.texts) == 0 && c.heading.means("system"):
		return neutral
	case len(c.samples.texts) == 0, c.samples.ids < 1, !c.samples.unique:
		return against
	}
	return fit{shape: "id", trust: 0.1, factor: 1}
}

func fitEmail(s *samples) fit {
	switch {
	case s.at < 0.3:
		return against
	case s.email > 0.6:
		return fit{shape: "email", trust: 0.45, mend: 0.65, factor: 1}
	}
	return neutral
}

func fitPhone(s *samples) fit {
	switch {
	case s.digits < 0.4: // a cell may hold several, and words beside them
		return against
	case s.clearPhone > 0.6:
		return fit{shape: "phone", trust: 0.45, mend: 0.4, factor: 1}
	case s.phone > 0.6:
		return fit{shape: "phone", trust: 0.3, mend: 0.3, factor: 1}
	}
	return neutral
}

func fitWeb(s *samples) fit {
	switch {
	case s.url < 0.3:
		return against
	case s.url > 0.6:
		return fit{shape: "url", trust: 0.3, mend: 0.3, factor: 1}
	}
	return neutral
}

func fitMessenger(s *samples) fit {
	if s.email > 0.5 || s.truth > 0.5 || s.date > 0.5 {
		return against
	}
	return neutral
}

func fitDate(s *samples) fit {
	switch {
	case s.date < 0.5:
		return against
	case s.date > 0.8:
		return fit{shape: "date", trust: 0.1, factor: 1}
	}
	return neutral
}

func fitNumber(s *samples) fit {
	switch {
	case s.date > 0.3 || s.at > 0.3:
		return against
	case s.number < 0.5:
		return doubt(0.6)
	case s.clearPhone > 0.6:
		return against
	}
	return fit{shape: "number", trust: 0.1, factor: 1}
}

func fitTruth(s *samples) fit {
	if s.truth < 0.6 {
		return doubt(0.3)
	}
	return fit{shape: "truth", trust: 0.3, factor: 1}
}

func fitCurrency(labels map[string]bool, s *samples) fit {
	if max(s.currency, s.labels(labels)) < 0.5 {
		return against
	}
	return fit{shape: "currency", trust: 0.6, factor: 1}
}

func fitUser(labels map[string]bool, s *samples) fit {
	switch {
	case s.number > 0.5 || s.date > 0.5 || s.url > 0.5 || s.truth > 0.5 || s.clearPhone > 0.5:
		return against
	case s.labels(labels) >= 0.5:
		return fit{shape: "user", trust: 0.5, mend: 0.8, factor: 1}
	case s.company > 0.5:
		return doubt(0.5)
	}
	return neutral
}

// fewSamples are too few to say that none of a field's choices is among them.
const fewSamples = 3

func fitChoice(f sheet24.Field, labels map[string]bool, s *samples) fit {
	switch {
	case s.labels(labels) >= 0.5:
		return fit{shape: "choice", trust: 0.5, factor: 1}
	case isUserField(&f) && len(s.texts) >= fewSamples && s.labels(labels) == 0:
		return doubt(0.7) // the portal's own choices are known to its users
	case f.Name == "HONORIFIC" && s.honorific > 0.5:
		return fit{shape: "honorific", trust: 0.85, factor: 1}
	case f.Name == "HONORIFIC":
		return doubt(0.85)
	case s.date > 0.5 || s.email > 0.5 || s.url > 0.5 || s.clearPhone > 0.5:
		return against
	case s.number > 0.8 && f.Name != "EMPLOYEES":
		return doubt(0.4)
	case s.long > 0.5:
		return doubt(0.6)
	}
	return neutral
}

// fitLink suits fields that refer to other records: by names alone, unless the header is
// the field's own name. Numbers are the ids of whatever system the sheet is from.
func fitLink(f sheet24.Field, c *column) fit {
	s := c.samples
	switch {
	case s.number > 0.3 && c.header == f.Name:
		return neutral
	case s.number > 0.3 || s.email > 0.3 || s.date > 0.5 || s.url > 0.5 || s.letters < 0.7:
		return against
	}

	switch f.Links {
	case sheet24.Companies:
		return fitCompany(s)
	case sheet24.Contacts:
		return fitPerson(s)
	}
	return neutral
}

func fitCompany(s *samples) fit {
	switch {
	case s.company >= 0.4:
		return fit{shape: "company", trust: 0.5, factor: 1}
	case s.job > 0.6 || s.honorific > 0.5:
		return doubt(0.4)
	case s.person > 0.8:
		return doubt(0.8)
	}
	return neutral
}

func fitPerson(s *samples) fit {
	switch {
	case s.company >= 0.4:
		return doubt(0.5)
	case s.person >= 0.6:
		return fit{shape: "person", trust: 0.3, factor: 1}
	}
	return neutral
}

// fitText suits what takes any text, by what the field is for.
func fitText(f sheet24.Field, c *column) fit {
	s := c.samples
	strange := s.email > 0.3 || s.date > 0.5 || s.url > 0.5 || s.clearPhone > 0.5

	switch f.Name {
	case "COMMENTS":
		if s.number > 0.8 { // marks, not notes
			return doubt(0.7)
		}
		return neutral
	case "BANKING_DETAILS":
		if s.digits < 0.3 { // names of banks
			return doubt(0.6)
		}
		return neutral
	case "SOURCE_DESCRIPTION", "STATUS_DESCRIPTION", "ADDITIONAL_INFO":
		return neutral
	case "NAME", "LAST_NAME", "SECOND_NAME":
		if strange || s.letters < 0.6 || s.number > 0.3 {
			return against
		}
		return fitPerson(s)
	case "COMPANY_TITLE":
		if strange && s.url < 0.5 || s.letters < 0.5 {
			return against
		}
		return fitCompany(s)
	case "TITLE":
		return fitTitle(c, strange)
	case "POST":
		return fitJob(s, strange)
	}

	if strings.HasPrefix(f.Name, "ADDRESS") || strings.HasPrefix(f.Name, "REG_ADDRESS") {
		return fitAddress(f, s, strange)
	}
	if strange && f.Type == "address" {
		return against
	}
	return neutral
}

// fitTitle suits what a record is called.
func fitTitle(c *column, strange bool) fit {
	s := c.samples
	switch {
	case strange:
		return against
	case s.honorific > 0.5:
		return against
	case c.family == companyFamily && s.letters < 0.5:
		return against
	case c.family == companyFamily:
		return fitCompany(s)
	case s.number > 0.6 || c.key == "name" && s.person > 0.6:
		return doubt(0.6)
	case c.family == leadFamily && c.heading.means("title") && s.job >= 0.5:
		return doubt(0.6)
	}
	return neutral
}

func fitJob(s *samples, strange bool) fit {
	switch {
	case strange || s.honorific > 0.5 || s.letters < 0.5 || s.company >= 0.5 && s.job < 0.3:
		return against
	case s.job >= 0.4:
		return fit{shape: "job", trust: 0.6, factor: 1}
	}
	return neutral
}

func fitAddress(f sheet24.Field, s *samples, strange bool) fit {
	switch {
	case strange:
		return against
	case strings.HasSuffix(f.Name, "POSTAL_CODE"):
		if s.postal < 0.6 {
			return against
		}
	case s.letters < 0.6:
		return against
	}
	return neutral
}

// labelsOf are the folded names of a field's choices, other names included.
func labelsOf(f sheet24.Field) map[string]bool {
	set := map[string]bool{}
	for _, c := range f.Choices {
		set[fold(c.Label)] = true
		for _, alias := range c.Aliases {
			set[fold(alias)] = true
		}
	}
	return set
}

// labels is how many of the samples are among folded labels.
func (s *samples) labels(set map[string]bool) float64 {
	n := 0
	for _, text := range s.folded {
		if set[text] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(s.folded)))
}
