package officialtest

import (
	"regexp"
	"slices"
	"testing"
)

// allowance is where requests may be otherwise than the tables say, and why.
type allowance struct {
	fault *regexp.Regexp
	why   string
}

var allowances = []allowance{
	{regexp.MustCompile(`^field (fm|PHONE|EMAIL|WEB|IM) is no `), "the table says crm_multifield[]; of fm the same page says that an object's keys decide, and of the others that they are lists of objects"},
	{regexp.MustCompile(`^unknown field (ufCrm|parentId|UF_CRM_|PARENT_ID_)`), "the tables have one line for all of a kind"},
	{regexp.MustCompile(`^field (companyIds|storageElementIds) is no integer: (\[\]|map\[0:\d+\])$`), "the page of fields has them as lists: crm_company[], integer[]"},
	{regexp.MustCompile(`^crm.item.add: unknown field webformId$`), "of contacts: the tutorial on their form says that it can be given to a new one"},
	{regexp.MustCompile(`^crm.contact.update: unknown field (ORIGIN\w+)$`), "the page has them in a table of their own, behind the one that its description is made from"},
	{regexp.MustCompile(`^field (CONTACT_IDS?|COMPANY_IDS|OBSERVERS) is no integer: \[\]$`), "those pages call a list of contacts crm_contact; their samples are lists"},
	{regexp.MustCompile(`^crm.quote.update: unknown field (TAX_VALUE|CONTENT|CONTACT_ID|TERMS|DEAL_ID|LEAD_ID|MYCOMPANY_ID|ACTUAL_DATE|UTM_\w+|LOCATION_ID)$`), "the page names the main fields only; crm.quote.fields has these as writable"},
	{regexp.MustCompile(`^crm.company.update: unknown field (UTM_\w+|CONTACT_ID|OBSERVERS|ORIGIN\w+|LEAD_ID|BANKING_DETAILS)$`), "likewise: crm.company.fields"},
	{regexp.MustCompile(`^crm.(lead|deal|contact|company|quote).update: unknown field (OBSERVERS|WEBFORM_ID|LEAD_ID|QUOTE_ID|CATEGORY_ID|IS_RECURRING|LOCATION_ID|STORAGE\w+|IS_MANUAL_OPPORTUNITY|BIRTHDATE)$`), "emptied by crm.item.update; this is tried only if it was not, and such a name is passed over (each page says so)"},
}

// Check reports every call that is otherwise than the documentation's tables say, but for the
// allowances, and returns how often each method was called, and which of the allowances no
// call needed.
func (w *Writes) Check(t testing.TB, calls []Call) (methods map[string]int, unneeded []string) {
	t.Helper()
	methods = map[string]int{}
	used, said := map[int]bool{}, map[string]bool{}
	for _, c := range calls {
		methods[c.Method]++
		for _, fault := range w.Faults(c) {
			line := c.Method + ": " + fault
			allowed := slices.IndexFunc(allowances, func(a allowance) bool { return a.fault.MatchString(fault) || a.fault.MatchString(line) })
			if allowed >= 0 {
				used[allowed] = true
			} else if !said[line] {
				said[line] = true
				t.Error(line)
			}
		}
	}

	for i, a := range allowances {
		if !used[i] {
			unneeded = append(unneeded, a.fault.String())
		}
	}
	return methods, unneeded
}
