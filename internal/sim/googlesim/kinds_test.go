package googlesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKindsOfEdits does each to the same tab and tells what it looks like then, and
// which events it causes.
func TestKindsOfEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit   Edit
		want   string // rows by "/", cells by " "; _ is empty
		edited string // the ranges of onEdit
		change string
	}{
		{Edit{Range: "B2", Values: [][]any{{"x", "7"}}}, "id ad no/1 x 7/2 b 20/3 c 30", "2:2,B:C", "EDIT"},
		{Edit{Kind: "fill", Range: "B2:C4"}, "id ad no/1 a 10/2 a 10/3 a 10", "3:4,B:C", "EDIT"},
		{Edit{Kind: "clear", Range: "B2:B3"}, "id ad no/1 _ 10/2 _ 20/3 c 30", "2:3,B:B", "EDIT"},
		{Edit{Kind: "cut", Range: "A2:C2", To: "A6"}, "id ad no/_ _ _/2 b 20/3 c 30//1 a 10", "6:6,A:C", "EDIT"},
		{Edit{Kind: "insert_rows", Range: "3:4"}, "id ad no/1 a 10///2 b 20/3 c 30", "", "INSERT_ROW"},
		{Edit{Kind: "delete_rows", Range: "2:3"}, "id ad no/3 c 30", "", "REMOVE_ROW"},
		{Edit{Kind: "move_rows", Range: "2:2", To: "5"}, "id ad no/2 b 20/3 c 30/1 a 10", "", "OTHER"},
		{Edit{Kind: "move_rows", Range: "4:4", To: "2"}, "id ad no/3 c 30/1 a 10/2 b 20", "", "OTHER"},
		{Edit{Kind: "insert_columns", Range: "B:B"}, "id _ ad no/1 _ a 10/2 _ b 20/3 _ c 30", "", "INSERT_COLUMN"},
		{Edit{Kind: "delete_columns", Range: "B:B"}, "id no/1 10/2 20/3 30", "", "REMOVE_COLUMN"},
		{Edit{Kind: "sort", Range: "A2:C4", Descending: true}, "id ad no/3 c 30/2 b 20/1 a 10", "", "OTHER"},
		{Edit{Kind: "rename_tab", Title: "Yeni"}, "id ad no/1 a 10/2 b 20/3 c 30", "", "OTHER"},
	} {
		g := New(Client{})
		s := &Spreadsheet{ID: "s", Sheets: []*Sheet{{Title: "T", Rows: [][]any{{"id", "ad", "no"}, {1.0, "a", 10.0}, {2.0, "b", 20.0}, {3.0, "c", 30.0}}}, {GID: 5, Title: "U"}}}
		g.AddSpreadsheet(s)
		c.edit.SpreadsheetID = "s"
		before := show(s.Sheets[0])
		did, err := kinds[c.edit.Kind](g, s, &Sheet{Rows: slices.Clone(s.Sheets[0].Rows), Title: "T"}, c.edit)
		if err == nil {
			err = g.Edit(c.edit)
		}
		if err != nil || show(s.Sheets[0]) != c.want {
			t.Errorf("%s %s: %s, %v; want %s", c.edit.Kind, c.edit.Range, show(s.Sheets[0]), err, c.want)
		}
		var edited []string
		for _, b := range did.edited {
			edited = append(edited, fmt.Sprintf("%d:%d,%c:%c", b.row+1, b.endRow, 'A'+b.col, 'A'+b.endCol-1))
		}
		if strings.Join(edited, " ") != c.edited || did.change != c.change {
			t.Errorf("%s %s causes %v %s; want %s %s", c.edit.Kind, c.edit.Range, edited, did.change, c.edited, c.change)
		}
		if err := g.Edit(Edit{SpreadsheetID: "s", Kind: "undo"}); err != nil || show(s.Sheets[0]) != before {
			t.Errorf("%s undone: %s, %v", c.edit.Kind, show(s.Sheets[0]), err)
		}
	}
}

func show(t *Sheet) string {
	var rows []string
	end, _ := t.end()
	for _, r := range t.Rows[:end] {
		var cells []string
		for _, v := range r {
			if v == nil {
				v = "_"
			}
			cells = append(cells, fmt.Sprint(v))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return strings.Join(rows, "/")
}

func TestEditsThatCannotBe(t *testing.T) {
	t.Parallel()
	g := New(Client{})
	g.AddSpreadsheet(&Spreadsheet{ID: "s", Sheets: []*Sheet{{Title: "T", Rows: [][]any{{"a"}, {"b"}}}}})
	for _, e := range []Edit{{Kind: "uydurma"}, {Range: "A1"}, {Range: "B0", Values: [][]any{{"x"}}}, {Range: "A1", Values: [][]any{{[]any{}}}}, {Kind: "undo"}, {Kind: "delete_tab"},
		{Kind: "move_rows", Range: "1:1", To: "2000"}, {Kind: "rename_tab"}, {Kind: "cut", Range: "A1", To: "C0"}} {
		e.SpreadsheetID = "s"
		if err := g.Edit(e); err == nil {
			t.Errorf("%+v was done", e)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	g := New(Client{}, Account{Email: "a@x.tr"})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	set := func(body string) int {
		resp, err := http.Post(server.URL+"/sim/google/faults", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	count := func() (n int, longest time.Duration) {
		for range 1000 {
			for _, d := range g.faults.deliveries() {
				n, longest = n+1, max(longest, d)
			}
		}
		return n, longest
	}
	for _, c := range []struct {
		body     string
		min, max int
	}{{`{}`, 1000, 1000}, {`{"lose":1}`, 0, 0}, {`{"duplicate":1,"delay_ms":50}`, 2000, 2000}, {`{"lose":0.5}`, 350, 650}} {
		if status := set(c.body); status != http.StatusOK {
			t.Errorf("%s: HTTP %d", c.body, status)
		}
		if n, longest := count(); n < c.min || n > c.max || longest > 50*time.Millisecond {
			t.Errorf("%s: %d deliveries of 1000 events, up to %v late", c.body, n, longest)
		}
	}
	for _, bad := range []string{`{"lose":2}`, `{"delay_ms":-1}`, `x`} {
		if status := set(bad); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}

	// The quota's answer is Google's own.
	s := &Spreadsheet{Owner: "a@x.tr", Sheets: []*Sheet{{Title: "T", Rows: [][]any{{"a"}}}}}
	g.AddSpreadsheet(s)
	access, _ := g.Grant("a@x.tr", []string{"https://www.googleapis.com/auth/spreadsheets"})
	set(`{"per_minute":3}`)
	var last struct {
		Error struct {
			Code    int
			Status  string
			Message string
			Details []struct{ Reason string }
		}
	}
	for n := range 4 {
		req, _ := http.NewRequest(http.MethodGet, server.URL+"/v4/spreadsheets/"+s.ID+"/values/T!A1", nil)
		req.Header.Set("Authorization", "Bearer "+access)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(resp.Body).Decode(&last); err != nil || (resp.StatusCode == 429) != (n == 3) {
			t.Errorf("request %d: HTTP %d, %v", n, resp.StatusCode, err)
		}
		resp.Body.Close()
	}
	if e := last.Error; e.Status != "RESOURCE_EXHAUSTED" || !strings.Contains(e.Message, "'Read requests per minute per user'") || e.Details[0].Reason != "RATE_LIMIT_EXCEEDED" {
		t.Errorf("over the quota: %+v", e)
	}
}

// TestUndoIsAPersons takes back what a person did, wherever it has gone, and nothing
// that an API or somebody else wrote since. That Google does so is told by people who
// share sheets with add-ons; where it is open, as for cells that a sort moved, the worse
// reading is taken: what was written since stays where it stands.
func TestUndoIsAPersons(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		edits []Edit
		api   string // a cell that an API then writes
		then  []Edit
		want  string
	}{
		"typed, another cell by an API":   {[]Edit{{Range: "B2", Values: [][]any{{"x"}}}}, "C2", nil, "id ad no/1 a API/2 b 20/3 c 30"},
		"typed, the same cell by an API":  {[]Edit{{Range: "B2", Values: [][]any{{"x"}}}}, "B2", nil, "id ad no/1 API 10/2 b 20/3 c 30"},
		"typed, and moved by another":     {[]Edit{{Range: "B2", Values: [][]any{{"x"}}}, {Kind: "insert_rows", Range: "2:3"}}, "C4", []Edit{{Kind: "undo"}}, "id ad no/1 a API/2 b 20/3 c 30"},
		"rows deleted":                    {[]Edit{{Kind: "delete_rows", Range: "2:3"}}, "C2", nil, "id ad no/1 a 10/2 b 20/3 c API"},
		"rows inserted":                   {[]Edit{{Kind: "insert_rows", Range: "2:3"}}, "C1", nil, "id ad API/1 a 10/2 b 20/3 c 30"},
		"rows moved":                      {[]Edit{{Kind: "move_rows", Range: "2:2", To: "5"}}, "C4", nil, "id ad no/1 a API/2 b 20/3 c 30"},
		"columns deleted":                 {[]Edit{{Kind: "delete_columns", Range: "B:B"}}, "B2", nil, "id ad no/1 a API/2 b 20/3 c 30"},
		"a column moved":                  {[]Edit{{Kind: "move_columns", Range: "A:A", To: "D"}}, "C2", nil, "id ad no/API a 10/2 b 20/3 c 30"},
		"a deletion, and what was before": {[]Edit{{Range: "B3", Values: [][]any{{"x"}}}, {Kind: "delete_rows", Range: "3:3"}}, "C1", []Edit{{Kind: "undo"}}, "id ad API/1 a 10/2 b 20/3 c 30"},
		"sorted":                          {[]Edit{{Kind: "sort", Range: "A2:C4", Descending: true}}, "A2", nil, "id ad no/API a 10/2 b 20/3 c 30"},
	} {
		s := newSim(t)
		tab := s.spreadsheets["s"].Sheets[0]
		tab.Rows = [][]any{{"id", "ad", "no"}, {1.0, "a", 10.0}, {2.0, "b", 20.0}, {3.0, "c", 30.0}}
		for _, e := range c.edits {
			e.SpreadsheetID = "s"
			if err := s.Edit(e); err != nil {
				t.Fatal(err)
			}
		}
		s.must(http.MethodPut, "/v4/spreadsheets/s/values/"+c.api+"?valueInputOption=RAW", map[string]any{"values": [][]any{{"API"}}})
		for _, e := range append(c.then, Edit{Kind: "undo"}) {
			e.SpreadsheetID = "s"
			if err := s.Edit(e); err != nil {
				t.Fatal(err)
			}
		}
		if got := show(tab); got != c.want {
			t.Errorf("%s: %s; want %s", what, got, c.want)
		}
	}
}
