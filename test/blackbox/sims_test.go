package blackbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// sims are the simulators as people use and see them: without the wire.
type sims struct {
	simulators
	process *process
	client  *http.Client
}

func (s *sims) post(path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	said, err := s.client.Post(s.URL+path, "application/json", bytes.NewReader(data))
	return s.take(path, said, err, into)
}

func (s *sims) get(path string, q url.Values, into any) error {
	said, err := s.client.Get(s.URL + path + "?" + q.Encode())
	return s.take(path, said, err, into)
}

func (s *sims) take(path string, said *http.Response, err error, into any) error {
	if err != nil {
		return err
	}
	defer said.Body.Close()
	text, err := io.ReadAll(said.Body)
	if err != nil {
		return err
	}
	if said.StatusCode >= 300 {
		return fmt.Errorf("%s: HTTP %d: %s", path, said.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// edit is what a person does to a tab.
type edit struct {
	SpreadsheetID string  `json:"spreadsheet_id"`
	GID           int64   `json:"gid"`
	Kind          string  `json:"kind,omitempty"`
	Range         string  `json:"range,omitempty"`
	Values        [][]any `json:"values,omitempty"`
	To            string  `json:"to,omitempty"`
	Descending    bool    `json:"descending,omitempty"`
	Title         string  `json:"title,omitempty"`
}

func (s *sims) edit(e edit) error { return s.post("/sim/google/edits", e, nil) }

// cells are all rows of a tab, as they stand now.
func (s *sims) cells(spreadsheet string, gid int64) ([][]any, error) {
	var tab struct{ Rows [][]any }
	err := s.get("/sim/google/cells", url.Values{"spreadsheet_id": {spreadsheet}, "gid": {fmt.Sprint(gid)}}, &tab)
	return tab.Rows, err
}

// record is a record of the CRM and how it became what it is.
type record struct {
	ID        int64
	Fields    map[string]any
	Multi     []struct{ TypeID, Value string }
	CreatedBy int
	History   []entry
}

// entry is one change of a record.
type entry struct {
	At    time.Time
	Via   string // webhook: sheet24 did it; portal: a colleague
	Lines []struct{ Field, Old, New string }
}

// records are an entity's records after an id.
func (s *sims) records(typeID int, after int64) (map[int64]record, error) {
	var answer struct{ Records []record }
	if err := s.get("/sim/bitrix24/histories", url.Values{"entityTypeId": {fmt.Sprint(typeID)}, "after": {fmt.Sprint(after)}}, &answer); err != nil {
		return nil, err
	}
	byID := make(map[int64]record, len(answer.Records))
	for _, r := range answer.Records {
		byID[r.ID] = r
	}
	return byID, nil
}

// A colleague works in the portal itself.
const colleague = 3

// inCRM does what a colleague does in the portal, and returns the record's id.
func (s *sims) inCRM(kind string, typeID int, id int64, fields map[string]any) (int64, error) {
	var answer struct {
		Result any `json:"result"`
	}
	err := s.post("/sim/bitrix24/edits", map[string]any{"kind": kind, "entityTypeId": typeID, "id": id, "userId": colleague, "fields": fields}, &answer)
	if result, ok := answer.Result.(map[string]any); ok {
		if item, ok := result["item"].(map[string]any); ok {
			if n, ok := item["id"].(float64); ok {
				id = int64(n)
			}
		}
	}
	return id, err
}
