package bitrixsim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// described is a field of a thing that the API describes, by its flags: r read-only, q
// required, i immutable, m multiple.
func described(fieldType, title, flags string) map[string]any {
	is := func(flag string) bool { return strings.Contains(flags, flag) }
	return map[string]any{"type": fieldType, "isRequired": is("q"), "isReadOnly": is("r"), "isImmutable": is("i"),
		"isMultiple": is("m"), "isDynamic": false, "title": title}
}

// methodList lists the methods of the caller, of one scope, or all.
func (p *Portal) methodList(by caller, in params) (answer, error) {
	scope, one := in["scope"]
	full := in.text("full") == "true" || in.text("full") == "1"
	list := []any{}
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		m := methods[name]
		if one && text(scope) == m.scope || !one && (full || m.scope == "" || slices.Contains(by.scopes, m.scope)) {
			list = append(list, name)
		}
	}
	return answer{Result: list}, nil
}

// crmEvents are the events of CRM records and of their user fields.
func crmEvents() (list []any) {
	for _, e := range []string{"LEAD", "DEAL", "COMPANY", "CONTACT", "QUOTE"} {
		for _, what := range []string{"ADD", "UPDATE", "DELETE", "USERFIELDADD", "USERFIELDUPDATE", "USERFIELDDELETE", "USERFIELDSETENUMVALUES"} {
			list = append(list, "ONCRM"+e+what)
		}
	}
	for _, what := range []string{"ITEMADD", "ITEMUPDATE", "ITEMDELETE"} {
		list = append(list, "ONCRMDYNAMIC"+what)
	}
	return list
}

// events lists the events that can be heard of.
func (p *Portal) events(by caller, in params) (answer, error) {
	list := []any{"ONAPPUNINSTALL", "ONAPPINSTALL", "ONAPPUPDATE", "ONAPPPAYMENT", "ONAPPTEST", "ONAPPMETHODCONFIRM", "ONOFFLINEEVENT"}
	scope, one := in["scope"]
	if one && text(scope) != "" {
		list = nil
	}
	if !one && slices.Contains(by.scopes, "crm") || text(scope) == "crm" {
		list = append(list, crmEvents()...)
	}
	return answer{Result: append([]any{}, list...)}, nil
}

// eventGet lists the handlers that an application has bound: this portal has none.
func (p *Portal) eventGet(by caller, _ params) (answer, error) {
	if by.via == "webhook" {
		return answer{}, &apiError{403, "ACCESS_DENIED", "Access denied! Application context required"}
	}
	return answer{Result: []any{}}, nil
}

func (p *Portal) userCurrent(by caller, _ params) (answer, error) {
	return answer{Result: p.userRow(by.user)}, nil
}

// userRow is an employee as the methods of users return it.
func (p *Portal) userRow(u User) map[string]any {
	return map[string]any{"ID": strconv.Itoa(u.ID), "ACTIVE": !u.Dismissed, "NAME": u.Name, "LAST_NAME": u.LastName, "EMAIL": u.Email,
		"SECOND_NAME": "", "TIME_ZONE": "", "USER_TYPE": "employee", "WORK_POSITION": "", "PERSONAL_GENDER": "", "PERSONAL_MOBILE": "", "UF_DEPARTMENT": []int{1}}
}

func (p *Portal) userFields(caller, params) (answer, error) {
	return answer{Result: map[string]any{"ID": "ID", "ACTIVE": p.say("Etkin", "Active", "Активность"), "NAME": p.say("Ad", "Name", "Имя"),
		"LAST_NAME": p.say("Soyad", "Last name", "Фамилия"), "SECOND_NAME": p.say("İkinci ad", "Second name", "Отчество"), "EMAIL": "E-Mail", "TIME_ZONE": "TIME_ZONE",
		"PERSONAL_GENDER": p.say("Cinsiyet", "Gender", "Пол"), "PERSONAL_MOBILE": p.say("Cep telefonu", "Mobile", "Личный мобильный"),
		"WORK_POSITION": p.say("Pozisyon", "Position", "Должность"), "UF_DEPARTMENT": "UF_DEPARTMENT"}}, nil
}

// statusGet is one item of a list, by its id.
func (p *Portal) statusGet(_ caller, in params) (answer, error) {
	for _, s := range p.statusRows() {
		if s["ID"] == in.text("id") {
			delete(s, "EXTRA")
			return answer{Result: s}, nil
		}
	}
	return answer{}, ownError("Status is not found.")
}

func (p *Portal) statusFields(caller, params) (answer, error) {
	return answer{Result: map[string]any{"ID": described("integer", "ID", "r"), "ENTITY_ID": described("string", "ENTITY_ID", "qi"), "STATUS_ID": described("string", "STATUS_ID", "qi"),
		"SORT": described("integer", "SORT", ""), "NAME": described("string", "NAME", "q"), "NAME_INIT": described("string", "NAME_INIT", "r"), "SYSTEM": described("char", "SYSTEM", "r"),
		"CATEGORY_ID": described("integer", "CATEGORY_ID", "i"), "COLOR": described("string", "COLOR", ""), "SEMANTICS": described("string", "SEMANTICS", ""),
		"EXTRA": described("crm_status_extra", "EXTRA", "")}}, nil
}

// statusItems are the items of one list, shortly.
func (p *Portal) statusItems(_ caller, in params) (answer, error) {
	list, ok := p.catalogue.Statuses[in.text("entityId")]
	if !ok {
		return answer{}, ownError("The parameter entityId is not defined or invalid.")
	}
	items := []any{}
	for i, s := range list {
		items = append(items, map[string]any{"NAME": s.in(p.options.Language), "SORT": 10 * (i + 1), "STATUS_ID": s.ID})
	}
	return answer{Result: items}, nil
}

// statusTypes are the lists that there are.
func (p *Portal) statusTypes(caller, params) (answer, error) {
	list := []any{}
	for _, id := range p.catalogue.statusTypes() {
		row := map[string]any{"ID": id, "NAME": id}
		for _, e := range p.catalogue.Entities {
			if e.Stages != "" && strings.HasPrefix(id, strings.TrimRight(e.Stages, "0123456789")) {
				row["ENTITY_TYPE_ID"], row["NAME"], row["SEMANTIC_INFO"] = e.EntityTypeID, e.in(p.options.Language), []any{}
			}
		}
		list = append(list, row)
	}
	return answer{Result: list}, nil
}

func (p *Portal) categoryGet(by caller, in params) (answer, error) {
	a, err := p.categoryList(by, in)
	if err != nil {
		return answer{}, err
	}
	for _, c := range a.Result.(map[string]any)["categories"].([]any) {
		if text(c.(map[string]any)["id"]) == in.text("id") {
			return answer{Result: map[string]any{"category": c}}, nil
		}
	}
	return answer{}, p.noItem()
}

func (p *Portal) categoryFields(_ caller, in params) (answer, error) {
	if _, err := p.entityOf(in); err != nil {
		return answer{}, err
	}
	fields := map[string]any{}
	for name, f := range map[string]map[string]any{"id": described("integer", "ID", "r"), "name": described("string", "NAME", ""), "sort": described("integer", "SORT", ""),
		"entityTypeId": described("integer", "ENTITY_TYPE_ID", "qr"), "isDefault": described("boolean", "IS_DEFAULT", "r"),
		"originId": described("string", "ORIGIN_ID", ""), "originatorId": described("string", "ORIGINATOR_ID", "")} {
		f["upperName"] = upperName(name)
		fields[name] = f
	}
	return answer{Result: map[string]any{"fields": fields}}, nil
}

// typeOf is one smart process: by its own id, or by its entityTypeId.
func (p *Portal) typeOf(by caller, match func(row map[string]any) bool) (answer, error) {
	if !by.user.Admin {
		return answer{}, p.denied()
	}
	for _, row := range p.typeRows() {
		if match(row.(map[string]any)) {
			return answer{Result: map[string]any{"type": row}}, nil
		}
	}
	return answer{}, badRequest("0", p.say("Akıllı süreç bulunamadı", "Smart process not found", "Смарт-процесс не найден"))
}

func (p *Portal) typeGet(by caller, in params) (answer, error) {
	return p.typeOf(by, func(row map[string]any) bool { return text(row["id"]) == in.text("id") })
}

func (p *Portal) typeGetByEntityTypeID(by caller, in params) (answer, error) {
	return p.typeOf(by, func(row map[string]any) bool { return text(row["entityTypeId"]) == in.text("entityTypeId") })
}

func (p *Portal) typeFields(by caller, _ params) (answer, error) {
	if !by.user.Admin {
		return answer{}, p.denied()
	}
	fields := map[string]any{}
	for name, f := range map[string]map[string]any{"id": described("integer", "ID", "r"), "title": described("string", "TITLE", "q"), "code": described("string", "CODE", ""),
		"createdBy": described("integer", "CREATED_BY", "r"), "entityTypeId": described("integer", "ENTITY_TYPE_ID", "i"), "isStagesEnabled": described("boolean", "IS_STAGES_ENABLED", ""),
		"isCategoriesEnabled": described("boolean", "IS_CATEGORIES_ENABLED", ""), "isClientEnabled": described("boolean", "IS_CLIENT_ENABLED", "")} {
		f["upperName"] = upperName(name)
		fields[name] = f
	}
	return answer{Result: map[string]any{"fields": fields}}, nil
}

func (p *Portal) currencyGet(by caller, in params) (answer, error) {
	a, err := p.currencyList(by, in)
	if err != nil {
		return answer{}, err
	}
	for _, c := range a.Result.([]any) {
		if c.(map[string]any)["CURRENCY"] == in.text("id") {
			return answer{Result: c}, nil
		}
	}
	return answer{}, ownError("Not found")
}

func (p *Portal) currencyBase(caller, params) (answer, error) {
	return answer{Result: p.catalogue.Currencies[0].ID}, nil
}

func (p *Portal) currencyFields(caller, params) (answer, error) {
	return answer{Result: map[string]any{"CURRENCY": described("string", "CURRENCY", ""), "AMOUNT_CNT": described("int", "AMOUNT_CNT", ""), "AMOUNT": described("double", "AMOUNT", ""),
		"BASE": described("char", "BASE", ""), "SORT": described("int", "SORT", ""), "LID": described("string", "LID", ""), "FULL_NAME": described("string", "FULL_NAME", ""),
		"FORMAT_STRING": described("string", "FORMAT_STRING", ""), "DEC_POINT": described("string", "DEC_POINT", ""), "THOUSANDS_SEP": described("string", "THOUSANDS_SEP", ""),
		"DECIMALS": described("int", "DECIMALS", "")}}, nil
}

// symbols are the short names of the entities that every portal has.
var symbols = map[int][2]string{1: {"LEAD", "L"}, 2: {"DEAL", "D"}, 3: {"CONTACT", "C"}, 4: {"COMPANY", "CO"}, 7: {"QUOTE", "Q"}, 31: {"SMART_INVOICE", "SI"}}

func (p *Portal) ownerTypes(caller, params) (answer, error) {
	list := []any{}
	for _, e := range p.catalogue.Entities {
		s, ok := symbols[e.EntityTypeID]
		if !ok {
			s = [2]string{"DYNAMIC_" + strconv.Itoa(e.EntityTypeID), "T" + strconv.FormatInt(int64(e.EntityTypeID), 16)}
		}
		list = append(list, map[string]any{"ID": e.EntityTypeID, "NAME": e.One.in(p.options.Language), "SYMBOL_CODE": s[0], "SYMBOL_CODE_SHORT": s[1]})
	}
	return answer{Result: list}, nil
}

func (p *Portal) enumFields(caller, params) (answer, error) {
	return answer{Result: map[string]any{"ID": described("int", "ID", "r"), "NAME": described("string", "NAME", "r"), "SYMBOL_CODE": described("string", "SYMBOL_CODE", "r")}}, nil
}
