package bitrixsim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// catalogue.json is what the portal has, its texts in Turkish, English and Russian: of each
// entity the fields that the documentation lists (testdata/documented, which a test compares),
// and what the portal's administrator has set up beside them.
//
//go:embed catalogue.json
var catalogueJSON []byte

// catalogue is catalogue.json as it is written.
type catalogue struct {
	Users      []User
	Currencies []currency
	Entities   []entity
	Statuses   map[string][]status // by ENTITY_ID
}

// texts is a text in the portal's possible languages.
type texts struct{ TR, EN, RU string }

func (t texts) in(language string) string {
	switch language {
	case "en":
		return t.EN
	case "ru":
		return t.RU
	}
	return t.TR
}

// User is an employee of the portal.
type User struct {
	ID                    int
	Name, LastName, Email string
	Admin                 bool
	Dismissed             bool
	CRM                   string // "read": may not write; "none": may not even read; else all
}

type currency struct {
	texts
	ID   string
	Base bool
}

type entity struct {
	texts
	EntityTypeID int
	One          texts
	SPA          bool
	Stages       string // statusType of the stages of its first funnel
	TitleField   string
	Categories   []category
	Fields       []field
	Own          []field // that only the entity's own methods have, crm.lead.update and its like
}

type category struct {
	texts
	ID int
}

type field struct {
	texts
	Name, Upper, Type   string
	StatusType          string
	ReadOnly, Immutable bool
	Multiple, Required  bool
	Deprecated          bool
	Off                 bool     // shown as nothing, never described, never set
	ItemOnly            bool     // the entity's own methods lack it
	OwnAccess           string   // where they take it otherwise: "read" or "write"
	Empty               any      // what stands for nothing; null if nothing is said
	RequiredOn          []string // stages that cannot be entered while it is empty
	Items               []choice
	Settings            map[string]any
}

type choice struct {
	texts
	ID int
}

type status struct {
	texts
	ID, Semantics string
}

func readCatalogue() catalogue {
	var c catalogue
	if err := json.Unmarshal(catalogueJSON, &c); err != nil {
		panic(fmt.Sprintf("catalogue.json: %v", err)) // it is compiled in
	}
	for i := range c.Entities {
		e := &c.Entities[i]
		for _, list := range [][]field{e.Fields, e.Own} {
			for j := range list {
				if f := &list[j]; f.Upper == "" {
					f.Upper = upperName(f.Name)
				}
			}
		}
	}
	return c
}

// userField matches the two forms of a user field's name in crm.item.*.
var userField = regexp.MustCompile(`^ufCrm(\d*)_(.+)$`)

// upperName is a field's name in upper case, as the older methods call it:
// sourceId is SOURCE_ID, ufCrm5_17 is UF_CRM_5_17.
func upperName(name string) string {
	if m := userField.FindStringSubmatch(name); m != nil {
		if m[1] != "" {
			m[1] += "_"
		}
		return "UF_CRM_" + m[1] + m[2]
	}
	var b strings.Builder
	digits := false
	for _, r := range name {
		if unicode.IsUpper(r) || (unicode.IsDigit(r) && !digits) {
			b.WriteByte('_')
		}
		digits = unicode.IsDigit(r)
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

func (c *catalogue) entity(typeID int) (*entity, bool) {
	for i := range c.Entities {
		if c.Entities[i].EntityTypeID == typeID {
			return &c.Entities[i], true
		}
	}
	return nil, false
}

func (e *entity) field(name string) (field, bool) {
	i := slices.IndexFunc(e.Fields, func(f field) bool { return f.Name == name || (userField.MatchString(f.Name) && f.Upper == name) })
	if i < 0 {
		return field{}, false
	}
	return e.Fields[i], true
}

// stagesOf is the ENTITY_ID of the stages of one of an entity's funnels: of the
// first one it is what the catalogue says, of the others it ends in their id.
func (e *entity) stagesOf(categoryID int) string {
	if len(e.Categories) == 0 || categoryID == e.Categories[0].ID {
		return e.Stages
	}
	if e.EntityTypeID == 2 {
		return fmt.Sprintf("DEAL_STAGE_%d", categoryID)
	}
	return fmt.Sprintf("%s_%d", e.Stages[:strings.LastIndex(e.Stages, "_")], categoryID)
}

func (c *catalogue) statusTypes() []string { return slices.Sorted(maps.Keys(c.Statuses)) }

// has reports whether an entity has a field.
func (e *entity) has(name string) bool {
	_, ok := e.field(name)
	return ok
}
