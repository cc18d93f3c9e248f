package bitrixsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// summary is a record as the demo's CRM page shows it.
type summary struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Stage   string    `json:"stage"`
	Amount  any       `json:"amount"`
	Emails  []string  `json:"emails"`
	Phones  []string  `json:"phones"`
	Updated time.Time `json:"updated"`
}

// listRecords serves all records of an entity, without counting as a REST call.
func (p *Portal) listRecords(w http.ResponseWriter, r *http.Request) {
	typeID, err := strconv.Atoi(r.URL.Query().Get("entityTypeId"))
	if _, ok := p.catalogue.entity(typeID); err != nil || !ok {
		http.Error(w, "entityTypeId: 1, 2, 3 …", http.StatusBadRequest)
		return
	}
	list := []summary{}
	for _, rec := range p.Records(typeID) {
		s := summary{ID: rec.ID, Name: text(rec.Fields["name"]) + " " + text(rec.Fields["lastName"]), Amount: rec.Fields["opportunity"],
			Stage: p.StatusName("STATUS", text(rec.Fields["stageId"])), Emails: []string{}, Phones: []string{}, Updated: rec.Updated.UTC()}
		for _, m := range rec.Multi {
			switch m.TypeID {
			case "EMAIL":
				s.Emails = append(s.Emails, m.Value)
			case "PHONE":
				s.Phones = append(s.Phones, m.Value)
			}
		}
		list = append(list, s)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{"records": list})
}
