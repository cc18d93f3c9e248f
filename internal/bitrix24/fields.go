package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// fieldsAge is how long field descriptions are kept: an administrator who adds a
// field or a stage sees it soon.
const fieldsAge = 5 * time.Minute

type fieldsKey struct {
	portalID   int64
	connection string // a renewed webhook may see other fields
	entity     sheet24.Entity
}

type cachedFields struct {
	fields []sheet24.Field
	read   time.Time
}

// Fields describes an entity's fields by name, with their choices.
func (c *Client) Fields(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	return c.cachedFields(ctx, p, e, fieldsAge)
}

// Refresh reads the descriptions again: a write met a field or a value that the
// kept ones do not have.
func (c *Client) Refresh(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	return c.cachedFields(ctx, p, e, c.options.Fresh)
}

func (c *Client) cachedFields(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, age time.Duration) ([]sheet24.Field, error) {
	key := fieldsKey{p.ID, connection(p), e}
	c.mu.Lock()
	cached, ok := c.fields[key]
	c.mu.Unlock()
	if ok && time.Since(cached.read) < age {
		return cached.fields, nil
	}
	fields, err := c.fetchFields(ctx, p, e)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.fields[key] = cachedFields{fields, time.Now()}
	c.mu.Unlock()
	return fields, nil
}

// lastFields are an entity's fields as they were last read, however long ago; false: never.
func (c *Client) lastFields(p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cached, ok := c.fields[fieldsKey{p.ID, connection(p), e}]
	return cached.fields, ok
}

// kept are an entity's fields as they were last read: while a request is about to be sent,
// nothing else is to be asked.
func (c *Client) kept(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	if fields, ok := c.lastFields(p, e); ok {
		return fields, nil
	}
	return c.Fields(ctx, p, e)
}

// apiNames are the names of fields by their API names.
func apiNames(fields []sheet24.Field) map[string]string {
	names := make(map[string]string, len(fields))
	for _, f := range fields {
		names[f.APIName] = f.Name
	}
	return names
}

// fieldDescription is a field as crm.item.fields describes it.
type fieldDescription struct {
	Type       string          `json:"type"`
	Title      lenient         `json:"title"`
	UpperName  string          `json:"upperName"`
	Required   lenient         `json:"isRequired"`
	ReadOnly   lenient         `json:"isReadOnly"`
	Immutable  lenient         `json:"isImmutable"`
	Multiple   lenient         `json:"isMultiple"`
	StatusType string          `json:"statusType"`
	Settings   json.RawMessage `json:"settings"` // an object, or [] when it is empty
	Items      []struct {
		ID    lenient `json:"ID"`
		Value lenient `json:"VALUE"`
	} `json:"items"`
}

// fetchFields reads the fields and all lists that they may refer to in one
// request. Lists that the connection may not see leave their fields without
// choices: then ids alone are understood.
func (c *Client) fetchFields(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	typeID := url.Values{"entityTypeId": {itoa(e.TypeID())}}
	results := c.run(ctx, p, []command{
		{"crm.item.fields", typeID}, {"crm.status.list", url.Values{"order[SORT]": {"ASC"}}},
		{"crm.category.list", typeID}, {"crm.currency.list", url.Values{}}, {"user.get", usersFrom(0)},
	})
	var described struct {
		Fields map[string]fieldDescription `json:"fields"`
	}
	if sheet24.AsError(results[0].err).Code == sheet24.CodeRecordMissing {
		return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeEntityGone, string(e))
	}
	if results[0].err != nil {
		return nil, results[0].err
	}
	if err := decodeResult(p.Host, results[0].data, &described); err != nil {
		return nil, err
	}
	l, err := c.readLists(ctx, p, results[1], results[2], results[3], results[4])
	if err != nil {
		return nil, err
	}
	var fields []sheet24.Field
	_, multi := described.Fields["fm"]
	for api, d := range described.Fields {
		if hidden(api, multi) {
			continue
		}
		if d.Type == "crm_multifield" {
			fields = append(fields, multiFields(api)...)
			continue
		}
		f := l.field(api, d)
		f.ReadOnly = f.ReadOnly || d.Type == "crm_category" && slices.Contains([]sheet24.Entity{sheet24.Contacts, sheet24.Companies}, e) // described as writable, but no page on writing has it
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b sheet24.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields, nil
}

// aliases matches the fields that repeat the first value of a multi-field: phoneWork, email …
// (source: the page of crm.item.get). Their names are those of multiFields.
var aliases = regexp.MustCompile(`^(phone|email)(Mobile|Work|Home|Mailing)?$|^(imol|skype|icq)$`)

// hidden reports whether a field is not for a table: it repeats others, or is for the portal's
// own use (source: the tutorials on forms, and the pages of fields).
func hidden(api string, multi bool) bool {
	return multi && aliases.MatchString(api) || api == "contacts" || api == "searchContent"
}

// multiKinds are the parts of "fm" that are mapped as fields of their own, each as
// a whole (its first, empty kind) and by kind. Bitrix24 gives them no titles; the
// names are those of its old methods.
var multiKinds = []struct {
	name  string
	kinds []string
}{
	{"PHONE", []string{"", "WORK", "MOBILE", "HOME", "FAX", "OTHER"}},
	{"EMAIL", []string{"", "WORK", "HOME", "OTHER"}},
	{"WEB", []string{""}},
	{"IM", []string{""}},
}

func multiFields(api string) []sheet24.Field {
	var fields []sheet24.Field
	for _, m := range multiKinds {
		for _, kind := range m.kinds {
			name := strings.TrimSuffix(m.name+"_"+kind, "_")
			fields = append(fields, sheet24.Field{Name: name, APIName: api, Title: name, Type: "crm_multifield", Multiple: true,
				Multi: sheet24.MultiKind{Type: m.name, Kind: kind}})
		}
	}
	return fields
}

// linkTypes are the field types whose values are ids of another entity's records.
var linkTypes = map[string]sheet24.Entity{
	"crm_lead": sheet24.Leads, "crm_deal": sheet24.Deals, "crm_contact": sheet24.Contacts, "crm_company": sheet24.Companies, "crm_quote": sheet24.Quotes,
}

// field makes a Field of its description.
func (l *lists) field(api string, d fieldDescription) sheet24.Field {
	f := sheet24.Field{Name: d.UpperName, APIName: api, Title: string(d.Title), Type: d.Type, ReadOnly: d.ReadOnly.yes(),
		Immutable: d.Immutable.yes(), Required: d.Required.yes(), Multiple: d.Multiple.yes(), Links: linkTypes[d.Type]}
	if f.Name == "" {
		f.Name = api // answers of old portals lack it
	}
	var settings map[string]any
	json.Unmarshal(d.Settings, &settings) // [] leaves it empty
	switch d.Type {
	case "crm_status":
		f.Choices, f.Stage = l.statusesOf(api, d.StatusType)
		f.Required = f.Required || api == "stageId"
	case "crm_category":
		f.Choices, f.Required = l.funnels, true
	case "crm_currency":
		f.Choices = l.currencies
	case "money":
		f.Choices = l.currencies
	case "user", "employee":
		f.Choices = l.users
		f.Required = f.Required || api == "assignedById"
	case "crm_entity":
		if id, ok := settings["parentEntityTypeId"].(float64); ok {
			f.Links = sheet24.EntityOf(int(id))
		}
	case "crm":
		f.Links = boundTo(settings)
	}
	for _, it := range d.Items {
		f.Choices = append(f.Choices, sheet24.Choice{ID: string(it.ID), Label: string(it.Value)})
	}
	return f
}

// boundTo is the entity that a user field of type crm is bound to, "" if it is
// bound to several: then its values name theirs, as in C_5.
func boundTo(settings map[string]any) sheet24.Entity {
	names := map[string]sheet24.Entity{"LEAD": sheet24.Leads, "DEAL": sheet24.Deals, "CONTACT": sheet24.Contacts, "COMPANY": sheet24.Companies,
		"QUOTE": sheet24.Quotes, "SMART_INVOICE": sheet24.Invoices}
	var bound []sheet24.Entity
	for name, on := range settings {
		if on != "Y" {
			continue
		}
		e := names[name]
		if id, ok := strings.CutPrefix(name, "DYNAMIC_"); ok {
			n, _ := strconv.Atoi(id)
			e = sheet24.EntityOf(n)
		}
		bound = append(bound, e)
	}
	if len(bound) == 1 {
		return bound[0]
	}
	return ""
}

// stageList matches the name of a list of stages; its number is a funnel's.
var stageList = regexp.MustCompile(`^(DEAL_STAGE|(?:SMART_INVOICE|DYNAMIC_\d+)_STAGE)(?:_(\d+))?$`)

// statusesOf are the items of a status list. Those of a stage are the stages of
// every funnel, each with the funnel's id.
func (l *lists) statusesOf(api, statusType string) (choices []sheet24.Choice, perFunnel bool) {
	m := stageList.FindStringSubmatch(statusType)
	if m == nil || len(l.funnels) == 0 {
		return l.statuses[statusType], false
	}
	for _, funnel := range l.funnels {
		id, _ := strconv.ParseInt(funnel.ID, 10, 64)
		list := m[1] + "_" + funnel.ID
		if id == 0 {
			list = m[1]
		}
		for _, s := range l.statuses[list] {
			s.Funnel = id
			choices = append(choices, s)
		}
	}
	return choices, true
}

func itoa[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }
