// Package bitrixsim simulates a Bitrix24 portal: the CRM behind the REST API
// that sheet24 uses, as strict as the official documentation describes it.
package bitrixsim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// UserID is the employee who made the portal's inbound webhook.
const UserID = 1

//go:embed catalogue.json
var catalogueJSON []byte

// catalogue is what an administrator of the portal has set up.
type catalogue struct {
	Entities []entity
	Statuses []status
}

type entity struct {
	EntityTypeID int
	Title        string
	Fields       []field
}

type field struct {
	Name, UpperName, Title, Type string
	StatusType                   string
	ReadOnly, Multiple           bool
}

type status struct {
	EntityID, StatusID, Name string
	Sort                     int
	Semantics                string
}

// Record is one CRM record: plain fields by API name, and its multi-fields.
type Record struct {
	ID      int64
	Fields  map[string]any
	Multi   []Multi
	Updated time.Time
	Changes int // how often it was changed
}

// Multi is one value of a multi-field.
type Multi struct {
	ID        int64  `json:"id"`
	TypeID    string `json:"typeId"`
	ValueType string `json:"valueType"`
	Value     string `json:"value"`
}

// Portal is a simulated portal with one inbound webhook. Its zero value is not
// usable; see New.
type Portal struct {
	secret    string
	catalogue catalogue
	bucket    *bucket
	created   time.Time

	mu        sync.Mutex
	records   map[int]map[int64]*Record // by entityTypeId, then id
	nextID    map[int]int64
	nextMulti int64
	methods   map[string]int // calls by method, those within a batch too
	keep      func([]byte)
}

// New makes an empty portal whose inbound webhook has that secret.
func New(secret string) *Portal {
	p := &Portal{secret: secret, bucket: &bucket{leak: 2, brim: 50}, created: time.Now(), records: map[int]map[int64]*Record{}, nextID: map[int]int64{}, methods: map[string]int{}}
	if err := json.Unmarshal(catalogueJSON, &p.catalogue); err != nil {
		panic(fmt.Sprintf("catalogue.json: %v", err)) // it is compiled in
	}
	for _, e := range p.catalogue.Entities {
		p.records[e.EntityTypeID] = map[int64]*Record{}
	}
	return p
}

// WebhookPath is where the portal answers, a slash at its end.
func (p *Portal) WebhookPath() string { return fmt.Sprintf("/rest/%d/%s/", UserID, p.secret) }

// Add puts a record into the portal, as old as the portal itself, and returns its
// id.
func (p *Portal) Add(entityTypeID int, fields map[string]any, multi ...Multi) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.add(entityTypeID, fields, multi)
}

func (p *Portal) add(entityTypeID int, fields map[string]any, multi []Multi) int64 {
	p.nextID[entityTypeID]++
	r := &Record{ID: p.nextID[entityTypeID], Fields: maps.Clone(fields), Updated: p.created}
	for _, m := range multi {
		p.nextMulti++
		m.ID = p.nextMulti
		r.Multi = append(r.Multi, m)
	}
	p.records[entityTypeID][r.ID] = r
	p.changed()
	return r.ID
}

// Record returns a copy of a record, false if there is none.
func (p *Portal) Record(entityTypeID int, id int64) (Record, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.records[entityTypeID][id]
	if !ok {
		return Record{}, false
	}
	return r.clone(), true
}

// Records returns copies of an entity's records, by id.
func (p *Portal) Records(entityTypeID int) []Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Record
	for _, id := range slices.Sorted(maps.Keys(p.records[entityTypeID])) {
		all = append(all, p.records[entityTypeID][id].clone())
	}
	return all
}

// Calls tells how often each method was called.
func (p *Portal) Calls() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.methods)
}

// StatusName is the name of a status: ("STATUS", "NEW") → "Yeni".
func (p *Portal) StatusName(entityID, statusID string) string {
	for _, s := range p.catalogue.Statuses {
		if s.EntityID == entityID && s.StatusID == statusID {
			return s.Name
		}
	}
	return statusID
}

func (r *Record) clone() Record {
	c := *r
	c.Fields, c.Multi = maps.Clone(r.Fields), slices.Clone(r.Multi)
	return c
}

// FirstOf is the first value of a multi-field type, "" if there is none.
func (r Record) FirstOf(typeID string) string {
	for _, m := range r.Multi {
		if m.TypeID == typeID {
			return m.Value
		}
	}
	return ""
}

func (p *Portal) entity(typeID int) (*entity, bool) {
	for i := range p.catalogue.Entities {
		if p.catalogue.Entities[i].EntityTypeID == typeID {
			return &p.catalogue.Entities[i], true
		}
	}
	return nil, false
}

func (e *entity) field(name string) (field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return field{}, false
}
