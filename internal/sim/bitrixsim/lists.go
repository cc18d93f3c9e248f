package bitrixsim

import (
	"slices"
	"strconv"
	"strings"
)

// statusRows are the items of all status lists.
func (p *Portal) statusRows() (rows []map[string]any) {
	for _, entityID := range p.catalogue.statusTypes() {
		for i, s := range p.catalogue.Statuses[entityID] {
			var semantics any
			if s.Semantics != "" {
				semantics = s.Semantics
			}
			name := s.in(p.options.Language)
			rows = append(rows, map[string]any{"ID": strconv.Itoa(101 + 2*len(rows)), "ENTITY_ID": entityID, "STATUS_ID": s.ID, "NAME": name, "NAME_INIT": name,
				"SORT": strconv.Itoa(10 * (i + 1)), "SYSTEM": "Y", "CATEGORY_ID": nil, "COLOR": "#39A8EF", "SEMANTICS": semantics,
				"EXTRA": map[string]any{"SEMANTICS": "process", "COLOR": "#39A8EF"}})
		}
	}
	return rows
}

// statusList lists the items of status lists.
func (p *Portal) statusList(_ caller, in params) (answer, error) {
	list := []any{}
	for _, row := range p.statusRows() {
		if matchesRow(row, in.object("filter")) {
			list = append(list, row)
		}
	}
	total := len(list)
	return answer{Result: list, Total: &total}, nil
}

// matchesRow reports whether a row of texts is as a filter says.
func matchesRow(row map[string]any, filter map[string]any) bool {
	for name, want := range filter {
		have, ok := row[strings.ToUpper(strings.TrimLeft(name, "=@"))]
		if ok && !slices.ContainsFunc(listOf(want), func(v any) bool { return text(v) == text(have) }) {
			return false
		}
	}
	return true
}

// categoryList lists an entity's funnels.
func (p *Portal) categoryList(_ caller, in params) (answer, error) {
	e, err := p.entityOf(in)
	if err != nil {
		return answer{}, err
	}
	if len(e.Categories) == 0 {
		return answer{}, badRequest("ENTITY_TYPE_NOT_SUPPORTED", "Entity type "+e.One.EN+" is not supported")
	}
	list := []any{}
	for i, c := range e.Categories {
		def := "N"
		if i == 0 {
			def = "Y"
		}
		list = append(list, map[string]any{"id": c.ID, "name": c.in(p.options.Language), "sort": 100 * (i + 1), "entityTypeId": e.EntityTypeID,
			"isDefault": def, "originId": "", "originatorId": ""})
	}
	total := len(list)
	return answer{Result: map[string]any{"categories": list}, Total: &total}, nil
}

// typeList lists the smart processes; only an administrator of the CRM may.
func (p *Portal) typeList(by caller, in params) (answer, error) {
	if !by.user.Admin {
		return answer{}, p.denied()
	}
	a, err := page(in, p.typeRows(), false)
	a.Result = map[string]any{"types": a.Result}
	return a, err
}

// typeRows are the smart processes.
func (p *Portal) typeRows() (all []any) {
	for i, e := range p.catalogue.Entities {
		if e.SPA {
			all = append(all, map[string]any{"id": i + 1, "title": e.in(p.options.Language), "code": "", "createdBy": 1, "entityTypeId": e.EntityTypeID,
				"customSectionId": nil, "isCategoriesEnabled": yesNo(len(e.Categories) > 0), "isStagesEnabled": yesNo(e.Stages != ""),
				"isClientEnabled": yesNo(e.has("companyId")), "createdTime": p.created.Format("2006-01-02T15:04:05-07:00"),
				"updatedTime": p.created.Format("2006-01-02T15:04:05-07:00"), "updatedBy": 1})
		}
	}
	return all
}

func (p *Portal) currencyList(caller, params) (answer, error) {
	list := []any{}
	for i, c := range p.catalogue.Currencies {
		base := "N"
		if c.Base {
			base = "Y"
		}
		list = append(list, map[string]any{"CURRENCY": c.ID, "AMOUNT_CNT": "1", "AMOUNT": "1.0000", "SORT": strconv.Itoa(100 * (i + 1)), "BASE": base,
			"FULL_NAME": c.in(p.options.Language), "LID": p.options.Language, "FORMAT_STRING": "#", "DEC_POINT": ",", "THOUSANDS_SEP": ".", "DECIMALS": "2"})
	}
	total := len(list)
	return answer{Result: list, Total: &total}, nil
}
