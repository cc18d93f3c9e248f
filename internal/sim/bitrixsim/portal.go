// Package bitrixsim simulates a Bitrix24 portal: the CRM behind the REST API, as
// strict as the official documentation describes it, with its limits, its two
// ways of authorisation, and faults on demand.
package bitrixsim

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// UserID is the employee who made the portal's first inbound webhook.
const UserID = 1

// Options say what a portal is like; a zero field means as in the real cloud.
type Options struct {
	Secret   string // of the inbound webhook; empty: there is none
	Language string // of the portal's texts: tr (if empty), en or ru
	App      App    // an OAuth application that the portal knows; empty: none

	Leak, Brim      float64                  // of the bucket: 2 requests a second, 50
	OperatingLimit  time.Duration            // of a method within OperatingWindow: 480 s
	OperatingWindow time.Duration            // 10 min
	RequestLimit    time.Duration            // after which a request is cut off: 60 s
	Work            map[string]time.Duration // how long a call of a method works: not at all
	TokenLife       time.Duration            // of an access token: 1 h
	Clearing        Clearing                 // how it takes empty values
	MultiByInnerID  bool                     // the id within a multi-field's value decides, not the key (only the prose on leads says so)
	UTMIgnored      bool                     // UTM fields are described, and not kept
	UTMHidden       bool                     // lists cannot be filtered by UTM fields (the documentation does not say)
	ZerosForgotten  bool                     // 0 and no are kept as nothing
	ZerosKept       bool                     // a number that is to be nothing is kept as 0
	ReadsNotations  bool                     // crm.duplicate.findbycomm knows that +90 532 and 0532 are one; else it compares texts
}

// App is an OAuth application of the portal; Redirect is where it is answered.
type App struct{ ID, Secret, Redirect string }

// Webhook is an inbound webhook: what it may is what its user may, within its
// scopes.
type Webhook struct {
	UserID int
	Secret string
	Scopes []string
}

// Portal is a simulated portal. Its zero value is not usable; see New.
type Portal struct {
	options   Options
	catalogue catalogue
	bucket    *bucket
	operating *operating
	faults    faults
	latency   latency
	watcher   watcher
	late      sync.WaitGroup // requests that are worked on though their callers have gone
	stats     stats
	created   time.Time

	mu        sync.Mutex
	moved     string // the only host that answers, once the portal was renamed
	deleted   bool
	users     []User
	webhooks  []Webhook
	grants    grants
	records   map[int]map[int64]*Record // by entityTypeId, then id
	nextID    map[int]int64
	nextMulti int64
	keep      func([]byte)
}

// New makes an empty portal.
func New(o Options) *Portal {
	o.Leak, o.Brim = cmp.Or(o.Leak, 2), cmp.Or(o.Brim, 50)
	o.OperatingLimit, o.OperatingWindow = cmp.Or(o.OperatingLimit, 480*time.Second), cmp.Or(o.OperatingWindow, 10*time.Minute)
	o.RequestLimit, o.TokenLife = cmp.Or(o.RequestLimit, time.Minute), cmp.Or(o.TokenLife, time.Hour)
	p := &Portal{
		options: o, catalogue: readCatalogue(), bucket: &bucket{leak: o.Leak, brim: o.Brim}, created: time.Now(),
		operating: &operating{window: o.OperatingWindow, limit: o.OperatingLimit, slots: map[string]map[int64]time.Duration{}},
		records:   map[int]map[int64]*Record{}, nextID: map[int]int64{},
	}
	p.users = p.catalogue.Users
	p.stats.methods = map[string]int{}
	if o.Secret != "" {
		p.webhooks = []Webhook{{UserID, o.Secret, []string{"crm", "user"}}}
	}
	for _, e := range p.catalogue.Entities {
		p.records[e.EntityTypeID] = map[int64]*Record{}
	}
	return p
}

// Handler serves the REST API, the pages that ask a person's consent and show
// the CRM, and what is told and set about the simulation under /sim/bitrix24/.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/rest/{user}/{secret}/{method}", p.serveWebhook)
	mux.HandleFunc("/rest/{method}", p.serveApp)
	mux.HandleFunc("/rest/", func(w http.ResponseWriter, r *http.Request) { write(w, span{}, answer{}, methodNotFound) })
	mux.HandleFunc("GET /oauth/authorize/", p.authorizePage)
	mux.HandleFunc("POST /oauth/authorize/", p.authorize)
	mux.HandleFunc("/oauth/token/", p.token)
	mux.HandleFunc("GET /crm/{$}", p.crmPage)
	mux.HandleFunc("GET /crm/type/{type}/list/", p.crmPage)
	mux.HandleFunc("GET /crm/type/{type}/details/{id}/", p.crmPage)
	mux.HandleFunc("GET /crm/crm.css", crmStyle)
	mux.HandleFunc("GET /sim/bitrix24/records", p.listRecords)
	mux.HandleFunc("POST /sim/bitrix24/faults", p.setFaults)
	mux.HandleFunc("POST /sim/bitrix24/latency", p.setLatency)
	mux.HandleFunc("GET /sim/bitrix24/stats", p.serveStats)
	p.routePeople(mux)
	return p.atHome(mux)
}

// Paths are the paths that Handler serves.
var Paths = []string{"/rest/", "/oauth/", "/crm/", "/sim/bitrix24/"}

// atHome sends who asks for the portal under its old name to the new one.
func (p *Portal) atHome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		moved := p.moved
		p.mu.Unlock()
		if moved != "" && r.Host != moved && r.URL.Path != "/oauth/token/" {
			u := *r.URL
			u.Scheme, u.Host = scheme(r), moved
			http.Redirect(w, r, u.String(), http.StatusFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// WebhookPath is where the portal answers, a slash at its end.
func (p *Portal) WebhookPath() string { return fmt.Sprintf("/rest/%d/%s/", UserID, p.options.Secret) }

// AddWebhook makes another inbound webhook and returns its path.
func (p *Portal) AddWebhook(w Webhook) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhooks = append(p.webhooks, w)
	return fmt.Sprintf("/rest/%d/%s/", w.UserID, w.Secret)
}

// AddUser hires an employee and returns their id.
func (p *Portal) AddUser(u User) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	u.ID = p.users[len(p.users)-1].ID + 1
	p.users = append(p.users[:len(p.users):len(p.users)], u)
	return u.ID
}

// AddField gives an entity a new user field of type string.
func (p *Portal) AddField(entityTypeID int, name, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, _ := p.catalogue.entity(entityTypeID)
	e.Fields = append(e.Fields, field{Name: name, Upper: upperName(name), Type: "string", texts: texts{title, title, title}})
}

// RemoveEntity deletes a smart process with all its records.
func (p *Portal) RemoveEntity(entityTypeID int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catalogue.Entities = slices.DeleteFunc(p.catalogue.Entities, func(e entity) bool { return e.EntityTypeID == entityTypeID })
	delete(p.records, entityTypeID)
}

// AddStatus adds an item to a status list.
func (p *Portal) AddStatus(entityID, id, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catalogue.Statuses[entityID] = append(p.catalogue.Statuses[entityID], status{ID: id, texts: texts{name, name, name}})
}

// Move renames the portal: it answers under another host from now on.
func (p *Portal) Move(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = host
}

// Delete ends the portal.
func (p *Portal) Delete() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deleted = true
}

// Add puts a record into the portal, as old as the portal itself, and returns its
// id.
func (p *Portal) Add(entityTypeID int, fields map[string]any, multi ...Multi) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &Record{Fields: maps.Clone(fields), Created: p.created, Updated: p.created, CreatedBy: UserID, UpdatedBy: UserID}
	if r.Fields == nil {
		r.Fields = map[string]any{}
	}
	for _, m := range multi {
		p.nextMulti++
		m.ID = p.nextMulti
		r.Multi = append(r.Multi, m)
	}
	p.insert(entityTypeID, r)
	return r.ID
}

// Edit changes a record as somebody does in the portal itself: the fields given, and its
// multi-fields if there are any. It reports whether there is such a record.
func (p *Portal) Edit(entityTypeID int, id int64, fields map[string]any, multi ...Multi) bool {
	p.mu.Lock()
	defer p.mu.Unlock()

	r, ok := p.records[entityTypeID][id]
	if !ok {
		return false
	}

	maps.Copy(r.Fields, fields)
	if multi != nil {
		r.Multi = multi
	}
	p.changed()
	return true
}

func (p *Portal) insert(entityTypeID int, r *Record) {
	p.nextID[entityTypeID]++
	r.ID = p.nextID[entityTypeID]
	p.records[entityTypeID][r.ID] = r
	p.changed()
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

// StatusName is the name of a status: ("STATUS", "NEW") → "Yeni".
func (p *Portal) StatusName(entityID, statusID string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusName(entityID, statusID)
}

func (p *Portal) statusName(entityID, statusID string) string {
	for _, s := range p.catalogue.Statuses[entityID] {
		if s.ID == statusID {
			return s.in(p.options.Language)
		}
	}
	return statusID
}
