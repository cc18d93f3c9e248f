package bitrixsim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

func (p *Portal) scope(by caller, _ params) (answer, error) { return answer{Result: by.scopes}, nil }

func (p *Portal) profile(by caller, _ params) (answer, error) {
	return answer{Result: map[string]any{"ID": text(float64(by.user.ID)), "ADMIN": by.user.Admin, "NAME": by.user.Name,
		"LAST_NAME": by.user.LastName, "PERSONAL_GENDER": "", "TIME_ZONE": "Europe/Istanbul", "TIME_ZONE_OFFSET": 10800}}, nil
}

// appInfo tells an application of itself; a webhook is none.
func (p *Portal) appInfo(by caller, _ params) (answer, error) {
	if by.via == "webhook" {
		return answer{}, &apiError{403, "ACCESS_DENIED", "Access denied! Application context required"}
	}
	license, family := p.options.Language+"_std", "std"
	if p.options.Brim > 50 {
		license, family = p.options.Language+"_ent250", "ent"
	}
	return answer{Result: map[string]any{"ID": 1, "CODE": by.via, "VERSION": 1, "STATUS": "L", "INSTALLED": true, "PAYMENT_EXPIRED": "N",
		"DAYS": nil, "LANGUAGE_ID": p.options.Language, "LICENSE": license, "LICENSE_TYPE": license, "LICENSE_FAMILY": family}}, nil
}

func (p *Portal) serverTime(caller, params) (answer, error) {
	return answer{Result: time.Now().Format(time.RFC3339)}, nil
}

// methodGet reports whether a method exists and may be called.
func (p *Portal) methodGet(by caller, in params) (answer, error) {
	name := strings.ToLower(in.text("name"))
	m, ok := methods[name]
	if name == "batch" {
		ok = true
	}
	may := ok && m.scope == ""
	for _, s := range by.scopes {
		may = may || (ok && s == m.scope)
	}
	return answer{Result: map[string]any{"isExisting": ok, "isAvailable": may}}, nil
}

// userGet lists employees: FILTER holds conditions on their fields, which may stand outside of
// it as well (source: the samples of user.get).
func (p *Portal) userGet(_ caller, in params) (answer, error) {
	conditions := map[string]any{}
	for name, v := range in {
		if strings.EqualFold(name, "filter") {
			maps.Copy(conditions, object(v))
		} else if _, condition := p.userRow(User{})[strings.ToUpper(name)]; condition {
			conditions[name] = v
		}
	}

	var found []any
	for _, u := range p.users {
		row := p.userRow(u)
		row["ACTIVE"] = yesNo(!u.Dismissed)
		if v, ok := conditions["ACTIVE"]; ok {
			conditions["ACTIVE"] = yesNo(text(v) == "1" || text(v) == "Y" || text(v) == "true")
		}
		if matchesRow(row, conditions) {
			row["ACTIVE"] = !u.Dismissed
			found = append(found, row)
		}
	}
	if strings.EqualFold(in.text("ORDER"), "DESC") || strings.EqualFold(in.text("order"), "DESC") {
		slices.Reverse(found)
	}
	return page(in, found, false)
}

// page cuts a page of 50 out of a list; without an end there is no total.
func page(in params, all []any, uncounted bool) (answer, error) {
	start, err := in.start()
	if err != nil {
		return answer{}, err
	}
	total := len(all)
	a := answer{Result: append([]any{}, all[min(max(start, 0), total):min(max(start, 0)+pageSize, total)]...)}
	if start < 0 && uncounted {
		return a, nil
	}
	a.Total = &total
	if next := max(start, 0) + pageSize; next < total {
		a.Next = &next
	}
	return a, nil
}
