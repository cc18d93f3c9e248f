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

func doubt(factor float64) fit { return fit{factor: factor} }

// fitOf says how a column's samples suit a field.
func fitOf(f sheet24.Field, c *column) fit {
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
		return fitDate(s)
	case "double", "integer", "money":
		return fitNumber(s)
	case "boolean":
		return fitTruth(s)
	case "user", "employee":
		return fitUser(f, s)
	case "crm_currency":
		return fitCurrency(f, s)
	case "url":
		return fitWeb(s)
	}
	switch {
	case f.Links != "" || strings.HasPrefix(f.Type, "crm_") && f.Type != "crm_status":
		return fitLink(f, c)
	case len(f.Choices) > 0:
		return fitChoice(f, s)
	}
	return fitText(f, c)
}

// fitID accepts whole numbers that are there once each. Without any it trusts a header
// alone that names Bitrix24 itself: a false id would write into strangers' records.
func fitID(c *column) fit {
	switch {
	case len(c.samples.texts) == 0 && c.heading.means("system"):
		return neutral
	case len(c.samples.texts) == 0, c.samples.part(isID) < 1, !c.samples.unique():
		return against
	}
	return fit{shape: "id", trust: 0.1, factor: 1}
}

func fitEmail(s samples) fit {
	emails := s.part(func(text string) bool { return strings.Contains(text, "@") && !strings.HasPrefix(text, "@") })
	switch {
	case emails < 0.3:
		return against
	case s.part(isEmail) > 0.6:
		return fit{shape: "email", trust: 0.45, mend: 0.65, factor: 1}
	}
	return neutral
}

func fitPhone(s samples) fit {
	// A cell may hold several, and words beside them.
	enough := s.part(func(text string) bool {
		return digits(text) >= 7 && !isDate(text) && !strings.Contains(text, "@") && !isURL(text)
	})
	switch {
	case enough < 0.4:
		return against
	case s.part(isClearlyPhone) > 0.6:
		return fit{shape: "phone", trust: 0.45, mend: 0.4, factor: 1}
	case s.part(isPhone) > 0.6:
		return fit{shape: "phone", trust: 0.3, mend: 0.3, factor: 1}
	}
	return neutral
}

func fitWeb(s samples) fit {
	switch urls := s.part(isURL); {
	case urls < 0.3:
		return against
	case urls > 0.6:
		return fit{shape: "url", trust: 0.3, mend: 0.3, factor: 1}
	}
	return neutral
}

func fitMessenger(s samples) fit {
	if s.part(isEmail) > 0.5 || s.part(isTruth) > 0.5 || s.dates() > 0.5 {
		return against
	}
	return neutral
}

func fitDate(s samples) fit {
	switch dates := s.dates(); {
	case dates < 0.5:
		return against
	case dates > 0.8:
		return fit{shape: "date", trust: 0.1, factor: 1}
	}
	return neutral
}

func fitNumber(s samples) fit {
	switch {
	case s.part(isDate) > 0.3 || s.part(hasAt) > 0.3:
		return against
	case s.part(isNumber) < 0.5:
		return doubt(0.6)
	case s.part(isClearlyPhone) > 0.6:
		return against
	}
	return fit{shape: "number", trust: 0.1, factor: 1}
}

func fitTruth(s samples) fit {
	if s.part(isTruth) < 0.6 {
		return doubt(0.3)
	}
	return fit{shape: "truth", trust: 0.3, factor: 1}
}

func fitCurrency(f sheet24.Field, s samples) fit {
	if max(s.part(isCurrency), s.labels(labelsOf(f))) < 0.5 {
		return against
	}
	return fit{shape: "currency", trust: 0.6, factor: 1}
}

func fitUser(f sheet24.Field, s samples) fit {
	switch {
	case s.part(isNumber) > 0.5 || s.dates() > 0.5 || s.part(isURL) > 0.5 || s.part(isTruth) > 0.5 || s.part(isClearlyPhone) > 0.5:
		return against
	case s.labels(labelsOf(f)) >= 0.5:
		return fit{shape: "user", trust: 0.5, factor: 1}
	case s.part(isCompany) > 0.5:
		return doubt(0.5)
	}
	return neutral
}

func fitChoice(f sheet24.Field, s samples) fit {
	labels := labelsOf(f)
	switch {
	case s.labels(labels) >= 0.5:
		return fit{shape: "choice", trust: 0.5, factor: 1}
	case f.Name == "HONORIFIC" && s.part(isHonorific) > 0.5:
		return fit{shape: "honorific", trust: 0.85, factor: 1}
	case f.Name == "HONORIFIC":
		return doubt(0.85)
	case s.part(isDate) > 0.5 || s.part(isEmail) > 0.5 || s.part(isURL) > 0.5 || s.part(isClearlyPhone) > 0.5:
		return against
	case s.part(isNumber) > 0.8 && f.Name != "EMPLOYEES":
		return doubt(0.4)
	case s.part(isLong) > 0.5:
		return doubt(0.6)
	}
	return neutral
}

// fitLink suits fields that refer to other records: by names alone, unless the header is
// the field's own name. Numbers are the ids of whatever system the sheet is from.
func fitLink(f sheet24.Field, c *column) fit {
	s := c.samples
	switch {
	case s.part(isNumber) > 0.3 && c.header == f.Name:
		return neutral
	case s.part(isNumber) > 0.3 || s.part(isEmail) > 0.3 || s.dates() > 0.5 || s.part(isURL) > 0.5 || s.part(hasLetters) < 0.7:
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

func fitCompany(s samples) fit {
	switch {
	case s.part(isCompany) >= 0.4:
		return fit{shape: "company", trust: 0.5, factor: 1}
	case s.part(isJob) > 0.6 || s.part(isHonorific) > 0.5:
		return doubt(0.4)
	case s.part(isPerson) > 0.8:
		return doubt(0.8)
	}
	return neutral
}

func fitPerson(s samples) fit {
	switch {
	case s.part(isCompany) >= 0.4:
		return doubt(0.5)
	case s.part(isPerson) >= 0.6:
		return fit{shape: "person", trust: 0.3, factor: 1}
	}
	return neutral
}

// fitText suits what takes any text, by what the field is for.
func fitText(f sheet24.Field, c *column) fit {
	s := c.samples
	strange := s.part(isEmail) > 0.3 || s.part(isDate) > 0.5 || s.part(isURL) > 0.5 || s.part(isClearlyPhone) > 0.5

	switch f.Name {
	case "COMMENTS", "SOURCE_DESCRIPTION", "STATUS_DESCRIPTION", "ADDITIONAL_INFO":
		return neutral
	case "NAME", "LAST_NAME", "SECOND_NAME":
		if strange || s.part(hasLetters) < 0.6 || s.part(func(text string) bool { return digits(text) > 1 }) > 0.5 {
			return against
		}
		return fitPerson(s)
	case "COMPANY_TITLE":
		if strange && s.part(isURL) < 0.5 || s.part(hasLetters) < 0.5 {
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
	case s.part(isHonorific) > 0.5:
		return against
	case c.family == companyFamily && s.part(hasLetters) < 0.5:
		return against
	case c.family == companyFamily:
		return fitCompany(s)
	case s.part(isNumber) > 0.6:
		return doubt(0.6)
	case c.family == leadFamily && c.heading.means("title") && s.part(isJob) >= 0.5:
		return doubt(0.6)
	}
	return neutral
}

func fitJob(s samples, strange bool) fit {
	switch {
	case strange || s.part(isHonorific) > 0.5 || s.part(hasLetters) < 0.5 || s.part(isCompany) >= 0.5 && s.part(isJob) < 0.3:
		return against
	case s.part(isJob) >= 0.4:
		return fit{shape: "job", trust: 0.6, factor: 1}
	}
	return neutral
}

func fitAddress(f sheet24.Field, s samples, strange bool) fit {
	switch {
	case strange:
		return against
	case strings.HasSuffix(f.Name, "POSTAL_CODE"):
		if s.part(func(text string) bool { return digits(text) >= 1 && len(text) <= 12 }) < 0.6 {
			return against
		}
	case s.part(hasLetters) < 0.6:
		return against
	}
	return neutral
}

// labelsOf are the folded names of a field's choices, other names included.
func labelsOf(f sheet24.Field) []string {
	var list []string
	for _, c := range f.Choices {
		list = append(list, fold(c.Label))
		for _, alias := range c.Aliases {
			list = append(list, fold(alias))
		}
	}
	return list
}
