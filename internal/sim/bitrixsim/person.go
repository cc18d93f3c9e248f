package bitrixsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// personalEdit is what somebody does in the portal itself. Fields are those of
// crm.item.add and crm.item.update.
type personalEdit struct {
	Kind         string         `json:"kind"` // create, edit or delete
	EntityTypeID int            `json:"entityTypeId"`
	ID           int64          `json:"id"`
	UserID       int            `json:"userId"`
	Fields       map[string]any `json:"fields"`
}

// inPortal is how a record's history names what was done in the portal itself.
const inPortal = "portal"

// routePeople lets a test be the people who work in the portal, whom no limit of the
// REST API concerns, and see records with their histories.
func (p *Portal) routePeople(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/bitrix24/edits", p.servePersonalEdit)
	mux.HandleFunc("GET /sim/bitrix24/histories", p.serveHistories)
	mux.HandleFunc("POST /sim/bitrix24/limit", p.serveLimit)
}

func (p *Portal) servePersonalEdit(w http.ResponseWriter, r *http.Request) {
	var e personalEdit
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	do, ok := map[string]func(*Portal, caller, params) (answer, error){
		"create": (*Portal).itemAdd, "edit": (*Portal).itemUpdate, "delete": (*Portal).itemDelete,
	}[e.Kind]
	if !ok {
		http.Error(w, "kind: create, edit or delete", http.StatusBadRequest)
		return
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	by, err := p.callerOf(e.UserID, []string{"crm"}, inPortal)
	var a answer
	if err == nil {
		a, err = do(p, by, params{"entityTypeId": float64(e.EntityTypeID), "id": float64(e.ID), "fields": e.Fields})
	}
	write(w, span{start: time.Now()}, a, err)
}

// serveHistories serves an entity's records after an id, as they are and as they became
// so.
func (p *Portal) serveHistories(w http.ResponseWriter, r *http.Request) {
	typeID, err := strconv.Atoi(r.URL.Query().Get("entityTypeId"))
	if _, ok := p.catalogue.entity(typeID); err != nil || !ok {
		http.Error(w, "entityTypeId: 1, 2, 3 …", http.StatusBadRequest)
		return
	}
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // none: all

	list := []Record{}
	for _, rec := range p.Records(typeID) {
		if rec.ID > after {
			list = append(list, rec)
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{"records": list})
}

// serveLimit gives the portal another plan: how many requests a second leak away, and
// how many it takes at once.
func (p *Portal) serveLimit(w http.ResponseWriter, r *http.Request) {
	var limit struct{ Leak, Brim float64 }
	if err := json.NewDecoder(r.Body).Decode(&limit); err != nil || limit.Leak <= 0 || limit.Brim < 1 {
		http.Error(w, `{"leak": requests a second, "brim": requests at once}`, http.StatusBadRequest)
		return
	}
	p.bucket.mu.Lock()
	p.bucket.leak, p.bucket.brim = limit.Leak, limit.Brim
	p.bucket.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
