package googlesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

type (
	o = map[string]any
	l = []any
)

// leads is a simulated Google whose tab holds three rows and a header.
func leads(t *testing.T) *sim {
	t.Helper()
	s := newSim(t)
	s.put("A1", l{"ID", "Ad", "Tutar"}, l{1, "Ayşe", 12.5}, l{"key-2", "Mehmet", 7}, l{3, "Zeynep", "=C2*2"})
	return s
}

// put types values as a person does.
func (s *sim) put(a1 string, rows ...[]any) {
	s.t.Helper()
	data, _ := json.Marshal(rows) // numbers as JSON has them
	var values [][]any
	json.Unmarshal(data, &values)
	if err := s.Edit(Edit{SpreadsheetID: "s", Range: a1, Values: values}); err != nil {
		s.t.Fatal(err)
	}
}

// batch does requests and returns the answer.
func (s *sim) batch(requests ...o) o {
	s.t.Helper()
	return s.must(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", o{"requests": requests})
}

// refused does requests that must be refused, and returns why.
func (s *sim) refused(requests ...o) string {
	s.t.Helper()
	status, answer := s.call(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", o{"requests": requests})
	if status != http.StatusBadRequest {
		s.t.Fatalf("HTTP %d %v; want 400", status, answer)
	}
	return answer["error"].(o)["message"].(string)
}

func (s *sim) cells() string { return show(s.spreadsheets["s"].Sheets[0]) }

func grid(row, endRow, col, endCol int) o {
	return o{"sheetId": 0, "startRowIndex": row, "endRowIndex": endRow, "startColumnIndex": col, "endColumnIndex": endCol}
}

func asJSON(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// TestFindReplace has cells changed by what they hold. Source: FindReplaceRequest in
// the discovery document; that a text stays a text is the worse of two readings.
func TestFindReplace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request o
		reply   string
		cells   string
	}{
		{o{"find": "key-2", "replacement": "15", "range": grid(1, 4, 0, 1), "matchEntireCell": true, "matchCase": true},
			`{"findReplace":{"occurrencesChanged":1,"rowsChanged":1,"sheetsChanged":1,"valuesChanged":1}}`, "number 15"},
		{o{"find": "key-9", "replacement": "15", "sheetId": 0}, `{"findReplace":{}}`, "text key-2"},
		{o{"find": "KEY-2", "replacement": "15", "sheetId": 0, "matchCase": true}, `{"findReplace":{}}`, "text key-2"},
		{o{"find": "e", "replacement": "E", "allSheets": true, "matchCase": true},
			`{"findReplace":{"occurrencesChanged":6,"rowsChanged":3,"sheetsChanged":1,"valuesChanged":4}}`, "text kEy-2"},
		{o{"find": "^key-(.*)$", "replacement": "$1!", "sheetId": 0, "searchByRegex": true},
			`{"findReplace":{"occurrencesChanged":1,"rowsChanged":1,"sheetsChanged":1,"valuesChanged":1}}`, "text 2!"},
		// What matches the empty text matches no empty cell.
		{o{"find": "^$", "replacement": "x", "range": grid(0, 9, 0, 9), "searchByRegex": true}, `{"findReplace":{}}`, "text key-2"},
		{o{"find": "C2", "replacement": "C3", "sheetId": 0, "includeFormulas": true},
			`{"findReplace":{"formulasChanged":1,"occurrencesChanged":1,"rowsChanged":1,"sheetsChanged":1}}`, "text key-2"},
	} {
		s := leads(t)
		answer := s.batch(o{"findReplace": c.request})
		if got := asJSON(answer["replies"].([]any)[0]); got != c.reply {
			t.Errorf("%v replies %s; want %s", c.request, got, c.reply)
		}
		v := s.spreadsheets["s"].Sheets[0].at(2, 0)
		if got := fmt.Sprintf("%s %v", map[bool]string{true: "number", false: "text"}[reflect.TypeOf(v).Kind() == reflect.Float64], v); got != c.cells {
			t.Errorf("%v: A3 is %s; want %s", c.request, got, c.cells)
		}
	}

	s := leads(t)
	s.batch(o{"findReplace": o{"find": "key-2", "replacement": "15", "sheetId": 0}})
	if v := s.spreadsheets["s"].Sheets[0].at(2, 0); v != 15.0 {
		t.Errorf("as if typed: %#v", v)
	}
	s.Fail(Faults{TextReplace: true})
	s.batch(o{"findReplace": o{"find": "15", "replacement": "17", "sheetId": 0}})
	if v := s.spreadsheets["s"].Sheets[0].at(2, 0); v != "17" {
		t.Errorf("as a text: %#v", v)
	}
	s.Fail(Faults{})
	s.batch(o{"repeatCell": o{"range": grid(0, 9, 0, 1), "cell": o{"userEnteredFormat": o{"numberFormat": o{"type": "TEXT"}}}, "fields": "userEnteredFormat.numberFormat"}},
		o{"findReplace": o{"find": "17", "replacement": "16", "sheetId": 0}})
	if v := s.spreadsheets["s"].Sheets[0].at(2, 0); v != "16" {
		t.Errorf("as if typed into a cell of text: %#v", v)
	}
	for _, bad := range []o{{"find": "x", "replacement": ""}, {"find": "x", "sheetId": 0, "allSheets": true}, {"find": "(", "sheetId": 0, "searchByRegex": true}, {"find": "", "sheetId": 0}, {"find": "x", "sheetId": 99}} {
		s.refused(o{"findReplace": bad})
	}
}

// TestBatchIsAtomic has requests done in their order, all or none, and shown in the same
// answer. Source: BatchUpdateSpreadsheetRequest.requests and its neighbours in the
// discovery document.
func TestBatchIsAtomic(t *testing.T) {
	t.Parallel()
	s := leads(t)
	before := s.cells()
	message := s.refused(
		o{"findReplace": o{"find": "key-2", "replacement": "15", "sheetId": 0}},
		o{"insertDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}}},
		o{"updateSheetProperties": o{"properties": o{"sheetId": 0, "title": "X"}, "fields": "title"}},
		o{"createDeveloperMetadata": o{"developerMetadata": o{"metadataKey": "k", "visibility": "DOCUMENT", "location": o{"sheetId": 0}}}},
		o{"deleteDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 5000, "endIndex": 5001}}})
	if want := "Invalid requests[4].deleteDimension: Cannot delete a row that doesn't exist."; !strings.HasPrefix(message, want) {
		t.Errorf("%q; want %q", message, want)
	}
	sheet := s.spreadsheets["s"]
	if rows, _ := sheet.Sheets[0].size(); s.cells() != before || sheet.Sheets[0].Title != "Leads" || len(sheet.Metadata) != 0 || rows != 1000 {
		t.Errorf("half of a refused batch was done: %s", s.cells())
	}

	answer := s.must(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", o{
		"requests":                     l{o{"findReplace": o{"find": "key-2", "replacement": "15", "range": grid(1, 9, 0, 1), "matchEntireCell": true}}, o{"sortRange": o{"range": grid(1, 9, 0, 3), "sortSpecs": l{o{"dimensionIndex": 1, "sortOrder": "DESCENDING"}}}}},
		"includeSpreadsheetInResponse": true, "responseIncludeGridData": true, "responseRanges": l{"Leads!A2:B4"}})
	if replies := asJSON(answer["replies"]); !strings.HasPrefix(replies, `[{"findReplace":{`) || !strings.HasSuffix(replies, `},{}]`) {
		t.Errorf("replies: %s", replies)
	}
	if got, want := blocks(answer["updatedSpreadsheet"].(o)), "1,0: 3|Zeynep 15|Mehmet 1|Ayşe"; got != want {
		t.Errorf("after it: %s; want %s", got, want)
	}
	status, bad := s.call(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", o{"requests": l{o{"findReplace": o{"find": "15", "replacement": "16", "sheetId": 0}}},
		"includeSpreadsheetInResponse": true, "responseRanges": l{"Yok!A1"}})
	if status != http.StatusBadRequest || strings.Contains(s.cells(), "16") {
		t.Errorf("a range that cannot be parsed: HTTP %d %v, %s", status, bad, s.cells())
	}
}

// blocks writes the grid data of the first tab: where a block begins, and what its rows
// show.
func blocks(spreadsheet o) string {
	var all []string
	for _, block := range spreadsheet["sheets"].([]any)[0].(o)["data"].([]any) {
		b := block.(o)
		number := func(name string) float64 { n, _ := b[name].(float64); return n }
		text := fmt.Sprintf("%v,%v:", number("startRow"), number("startColumn"))
		rows, _ := b["rowData"].([]any)
		for _, row := range rows {
			values, _ := row.(o)["values"].([]any)
			var shown []string
			for _, v := range values {
				s, _ := v.(o)["formattedValue"].(string)
				shown = append(shown, s)
			}
			text += " " + strings.Join(shown, "|")
		}
		all = append(all, text)
	}
	return strings.Join(all, " / ")
}

// TestGridData reads cells with all that they are. Source: GridData, CellData and
// includeGridData in the discovery document.
func TestGridData(t *testing.T) {
	t.Parallel()
	s := leads(t)
	s.SetFormats("s", 0, map[int]string{3: "DATE"})
	s.put("D2", l{46387})
	s.put("E3", l{true, "=1/0"})
	s.batch(o{"updateCells": o{"start": o{"sheetId": 0, "rowIndex": 8, "columnIndex": 1}, "rows": l{o{"values": l{o{"note": "not"}}}}, "fields": "note"}})

	get := func(fields string, filters ...any) o {
		t.Helper()
		return s.must(http.MethodPost, "/v4/spreadsheets/s:getByDataFilter?fields="+fields, o{"dataFilters": filters})
	}
	cell := get("sheets.data.rowData.values(userEnteredValue,effectiveValue,formattedValue,effectiveFormat.numberFormat.type)",
		o{"gridRange": grid(1, 2, 3, 4)})
	if got, want := asJSON(cell["sheets"]), `[{"data":[{"rowData":[{"values":[{"effectiveFormat":{"numberFormat":{"type":"DATE"}},"effectiveValue":{"numberValue":46387},"formattedValue":"31.12.2026","userEnteredValue":{"numberValue":46387}}]}]}]}]`; got != want {
		t.Errorf("a date: %s; want %s", got, want)
	}
	for _, c := range []struct {
		fields string
		a1     string
		want   string
	}{
		{"sheets.data.rowData.values(userEnteredValue,effectiveValue)", "C4", `{"rowData":[{"values":[{"effectiveValue":{"numberValue":25},"userEnteredValue":{"formulaValue":"=C2*2"}}]}]}`},
		{"sheets.data(startRow,startColumn,rowData/values/effectiveValue)", "E3:G9", `{"rowData":[{"values":[{"effectiveValue":{"boolValue":true}},{"effectiveValue":{"errorValue":{"message":"#DIV/0!","type":"DIVIDE_BY_ZERO"}}}]}],"startColumn":4,"startRow":2}`},
		{"sheets.data", "G5:H9", `{"columnMetadata":[{"pixelSize":100},{"pixelSize":100}],"rowMetadata":[{"pixelSize":21},{"pixelSize":21},{"pixelSize":21},{"pixelSize":21},{"pixelSize":21}],"startColumn":6,"startRow":4}`},
		{"sheets/data/rowData/values/note", "B7:C10", `{"rowData":[{},{},{"values":[{"note":"not"}]}]}`},
		{"sheets.data(startRow)", "A1:B2", `{}`},
	} {
		answer := get(c.fields, o{"a1Range": "Leads!" + c.a1})
		if got := asJSON(answer["sheets"].([]any)[0].(o)["data"].([]any)[0]); got != c.want {
			t.Errorf("%s of %s: %s; want %s", c.fields, c.a1, got, c.want)
		}
	}

	// Without a mask, includeGridData decides; with one, the mask does.
	if plain := s.must(http.MethodGet, "/v4/spreadsheets/s", nil); plain["sheets"].([]any)[0].(o)["data"] != nil {
		t.Error("grid data that nobody asked for")
	}
	whole := s.must(http.MethodGet, "/v4/spreadsheets/s?includeGridData=true&ranges=Leads!B2:C2&ranges=A1:A2", nil)
	if got, want := blocks(whole), "1,1: Ayşe|12,5 / 0,0: ID 1"; got != want {
		t.Errorf("two ranges: %s; want %s", got, want)
	}
	if masked := s.must(http.MethodGet, "/v4/spreadsheets/s?includeGridData=true&fields=properties.title,sheets(properties(title))", nil); asJSON(masked) != `{"properties":{"title":"Satış"},"sheets":[{"properties":{"title":"Leads"}}]}` {
		t.Errorf("masked: %s", asJSON(masked))
	}

	// What is strange: blocks in any order, and empty rows and cells at their end.
	s.Fail(Faults{ShuffleBlocks: true, PaddedBlocks: true})
	orders := map[string]bool{}
	for range 40 {
		orders[blocks(get("sheets.data(startRow,startColumn,rowData.values.formattedValue)", o{"gridRange": grid(1, 9, 0, 2)}, o{"gridRange": grid(0, 1, 0, 2)}))] = true
	}
	if len(orders) != 2 || !orders["0,0: ID|Ad / 1,0: 1|Ayşe key-2|Mehmet 3|Zeynep | | | | |"] {
		t.Errorf("orders: %v", orders)
	}
}

// TestFieldsThatAreNot are refused. Source: the error that Google's APIs answer, as
// public threads show it ("Error expanding 'fields' parameter").
func TestFieldsThatAreNot(t *testing.T) {
	t.Parallel()
	s := leads(t)
	for _, path := range []string{"?fields=sheets.cells", "?fields=sheets(data", "?fields=a,,b", "/values/A1?fields=value"} {
		if status, answer := s.call(http.MethodGet, "/v4/spreadsheets/s"+path, nil); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d %v", path, status, answer)
		}
	}
	for body, want := range map[string]string{
		`{"requests":[{"findReplce":{}}]}`:                        `Invalid JSON payload received. Unknown name "findReplce" at 'requests[0]': Cannot find field.`,
		`{"requests":[{"repeatCell":{"range":{"sheetId":"x"}}}]}`: `Invalid value at 'requests[0].repeatCell.range.sheetId' (TYPE_INT32), "x"`,
		`{"requests":[]}`:   "Must specify at least one request.",
		`{"requests":[{}]}`: "Invalid requests[0]: No request set.",
		`{"requests":[{"updateCells":{"start":{"sheetId":0},"fields":""}}]}`: "Invalid requests[0].updateCells: At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
	} {
		status, answer := s.call(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", json.RawMessage(body))
		if e, _ := answer["error"].(o); status != http.StatusBadRequest || e["message"] != want {
			t.Errorf("%s: HTTP %d %v; want %s", body, status, answer, want)
		}
	}
	// Numbers may come as texts, and names as .proto files write them.
	s.must(http.MethodPost, "/v4/spreadsheets/s:batchUpdate", json.RawMessage(`{"requests":[{"insert_dimension":{"range":{"sheet_id":"0","dimension":"ROWS","startIndex":"1","endIndex":2.0}}}]}`))
	if got := s.cells(); !strings.HasPrefix(got, "ID Ad Tutar//1 Ayşe") {
		t.Errorf("a row inserted by names and numbers as texts: %s", got)
	}
}

// TestMetadataGoesWithItsRow follows developer metadata. Source: DeveloperMetadata in
// the discovery document; what a sort does is open, and a switch.
func TestMetadataGoesWithItsRow(t *testing.T) {
	t.Parallel()
	rows := func(kind string, more o) o {
		q := o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}
		for name, v := range more {
			q[name] = v
		}
		return o{kind: q}
	}
	for what, c := range map[string]struct {
		do    func(*sim)
		cells string // of the row that the metadata is on
	}{
		"nothing":      {func(*sim) {}, "key-2 Mehmet 7"},
		"a row before": {func(s *sim) { s.batch(rows("insertDimension", nil)) }, "key-2 Mehmet 7"},
		"one less":     {func(s *sim) { s.batch(rows("deleteDimension", nil)) }, "key-2 Mehmet 7"},
		"moved":        {func(s *sim) { s.Edit(Edit{SpreadsheetID: "s", Kind: "move_rows", Range: "3:3", To: "5"}) }, "key-2 Mehmet 7"},
		"passed by":    {func(s *sim) { s.Edit(Edit{SpreadsheetID: "s", Kind: "move_rows", Range: "2:2", To: "5"}) }, "key-2 Mehmet 7"},
		"deleted":      {func(s *sim) { s.Edit(Edit{SpreadsheetID: "s", Kind: "delete_rows", Range: "3:3"}) }, ""},
		"deleted, undone": {func(s *sim) {
			s.Edit(Edit{SpreadsheetID: "s", Kind: "delete_rows", Range: "3:3"})
			s.Edit(Edit{SpreadsheetID: "s", Kind: "undo"})
		}, ""},
		"sorted": {func(s *sim) { s.Edit(Edit{SpreadsheetID: "s", Kind: "sort", Range: "A2:C4", Descending: true}) }, "3 Zeynep =C2*2"},
		"sorted, and goes": {func(s *sim) {
			s.Fail(Faults{MetadataSorts: true})
			s.Edit(Edit{SpreadsheetID: "s", Kind: "sort", Range: "A2:C4", Descending: true})
		}, "key-2 Mehmet 7"},
	} {
		s := leads(t)
		s.batch(o{"createDeveloperMetadata": o{"developerMetadata": o{"metadataId": 77, "metadataKey": "r", "visibility": "PROJECT",
			"location": o{"dimensionRange": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}}}}})
		c.do(s)
		answer := s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchGetByDataFilter", o{"valueRenderOption": "FORMULA", "dataFilters": l{o{"developerMetadataLookup": o{"metadataId": 77}}}})
		got := ""
		ranges, _ := answer["valueRanges"].([]any)
		for _, r := range ranges {
			row := r.(o)["valueRange"].(o)["values"].([]any)[0].([]any)
			got = strings.TrimSpace(fmt.Sprintln(row...))
		}
		if what == "sorted" {
			got, c.cells = got[:8], c.cells[:8] // its formula moved along
		}
		if got != c.cells {
			t.Errorf("%s: %q; want %q", what, got, c.cells)
		}
	}
}

// TestMetadataRequests creates, finds, changes and deletes metadata, within its limit.
func TestMetadataRequests(t *testing.T) {
	t.Parallel()
	s := leads(t)
	create := func(id int, key, value string, location o) o {
		return o{"createDeveloperMetadata": o{"developerMetadata": o{"metadataId": id, "metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT", "location": location}}}
	}
	row := func(n int) o {
		return o{"dimensionRange": o{"sheetId": 0, "dimension": "ROWS", "startIndex": n, "endIndex": n + 1}}
	}
	column := o{"dimensionRange": o{"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
	s.batch(create(1, "r", "a", row(1)), create(2, "r", "b", row(2)), create(3, "c", "", column), create(4, "t", "", o{"sheetId": 0}), create(5, "s", "", o{"spreadsheet": true}))

	ids := func(lookup o) (all []int) {
		t.Helper()
		answer := s.must(http.MethodPost, "/v4/spreadsheets/s/developerMetadata:search", o{"dataFilters": l{lookup}})
		found, _ := answer["matchedDeveloperMetadata"].([]any)
		for _, m := range found {
			all = append(all, int(m.(o)["developerMetadata"].(o)["metadataId"].(float64)))
		}
		return all
	}
	for _, c := range []struct {
		filter o
		want   []int
	}{
		{o{"developerMetadataLookup": o{"metadataKey": "r"}}, []int{1, 2}},
		{o{"developerMetadataLookup": o{"metadataKey": "r", "metadataValue": "b"}}, []int{2}},
		{o{"developerMetadataLookup": o{"locationType": "COLUMN"}}, []int{3}},
		{o{"developerMetadataLookup": o{"metadataLocation": row(2), "locationMatchingStrategy": "EXACT_LOCATION"}}, []int{2}},
		{o{"developerMetadataLookup": o{"metadataLocation": row(2)}}, []int{2, 3, 4, 5}},
		{o{"developerMetadataLookup": o{"metadataKey": "yok"}}, nil},
		{o{"gridRange": grid(1, 2, 0, 1)}, []int{1, 4}},
	} {
		if got := ids(c.filter); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v finds %v; want %v", c.filter, got, c.want)
		}
	}
	if got := asJSON(s.must(http.MethodGet, "/v4/spreadsheets/s/developerMetadata/2", nil)); got != `{"location":{"dimensionRange":{"dimension":"ROWS","endIndex":3,"startIndex":2},"locationType":"ROW"},"metadataId":2,"metadataKey":"r","metadataValue":"b","visibility":"DOCUMENT"}` {
		t.Errorf("one: %s", got)
	}

	// A row is written where it stands when the write happens; null leaves a cell.
	s.Edit(Edit{SpreadsheetID: "s", Kind: "move_rows", Range: "3:3", To: "5"})
	s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchUpdateByDataFilter", o{"valueInputOption": "RAW",
		"data": l{o{"dataFilter": o{"developerMetadataLookup": o{"metadataId": 2}}, "majorDimension": "ROWS", "values": l{l{15, nil, 8}}}}})
	if got, want := s.cells(), "ID Ad Tutar/1 Ayşe 12.5/3 Zeynep map[formula:=C2*2]/15 Mehmet 8"; got != want {
		t.Errorf("written: %s; want %s", got, want)
	}
	s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchClearByDataFilter", o{"dataFilters": l{o{"developerMetadataLookup": o{"metadataId": 2}}, o{"a1Range": "Leads!B2"}}})
	if got, want := s.cells(), "ID Ad Tutar/1 _ 12.5/3 Zeynep map[formula:=C2*2]"; got != want {
		t.Errorf("cleared: %s; want %s", got, want)
	}

	answer := s.batch(
		o{"updateDeveloperMetadata": o{"dataFilters": l{o{"developerMetadataLookup": o{"metadataId": 1}}}, "developerMetadata": o{"metadataValue": "z"}, "fields": "metadataValue"}},
		o{"deleteDeveloperMetadata": o{"dataFilter": o{"developerMetadataLookup": o{"metadataKey": "c"}}}})
	if got := asJSON(answer["replies"]); !strings.Contains(got, `"metadataValue":"z"`) || !strings.Contains(got, `"deletedDeveloperMetadata":[{"location"`) {
		t.Errorf("replies: %s", got)
	}
	for _, bad := range []o{create(1, "r", "", row(1)), create(0, "", "", row(1)), create(9, "r", "", row(5000)), create(9, "r", "", o{"dimensionRange": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}}),
		create(9, strings.Repeat("k", 30_001), "", row(1)), {"createDeveloperMetadata": o{"developerMetadata": o{"metadataKey": "k", "location": row(1)}}}} {
		s.refused(bad)
	}
}

// TestLatency has calls wait on both ways, those of the methods that are meant.
func TestLatency(t *testing.T) {
	t.Parallel()
	s := leads(t)
	s.Fail(Faults{Calls: []CallFault{{Method: "sheets.spreadsheets.values.*", Before: Span{60, 60}, After: Span{40, 60}}, {Method: "drive.files.*", After: Span{30, 30}}}})
	for path, least := range map[string]time.Duration{"/v4/spreadsheets/s/values/A1": 100 * time.Millisecond, "/drive/v3/files/s": 30 * time.Millisecond, "/v4/spreadsheets/s?fields=spreadsheetId": 0} {
		quickest := time.Hour
		for range 5 { // the machine may be slow, never quick
			began := time.Now()
			s.must(http.MethodGet, path, nil)
			quickest = min(quickest, time.Since(began))
		}
		if quickest < least || least == 0 && quickest > 60*time.Millisecond {
			t.Errorf("%s took %v; want %v", path, quickest, least)
		}
	}
}

// TestNothingIsLockedMeanwhile has a person sort and type, over HTTP, while a call waits
// on either way; other calls are answered, too.
func TestNothingIsLockedMeanwhile(t *testing.T) {
	t.Parallel()
	s := leads(t)
	const method = "sheets.spreadsheets.values.batchGetByDataFilter"
	waits, goOn := make(chan Moment), make(chan struct{})
	s.OnCall(func(name string, m Moment) {
		if name == method {
			waits <- m
			<-goOn
		}
	})
	answered := make(chan o)
	go func() {
		_, answer := s.call(http.MethodPost, "/v4/spreadsheets/s/values:batchGetByDataFilter", o{"dataFilters": l{o{"a1Range": "Leads!A2:A4"}}})
		answered <- answer
	}()

	if m := <-waits; m != BeforeEffect {
		t.Fatalf("first: %v", m)
	}
	s.must(http.MethodPost, "/sim/google/edits", o{"spreadsheet_id": "s", "kind": "sort", "range": "A2:C4", "descending": true})
	s.must(http.MethodGet, "/v4/spreadsheets/s", nil)
	goOn <- struct{}{}
	<-waits
	s.must(http.MethodPost, "/sim/google/edits", o{"spreadsheet_id": "s", "range": "A2", "values": l{l{"late"}}})
	s.must(http.MethodGet, "/sim/google/cells?spreadsheet_id=s&gid=0", nil)
	goOn <- struct{}{}
	answer := <-answered
	if got := asJSON(answer["valueRanges"].([]any)[0].(o)["valueRange"].(o)["values"]); got != `[["key-2"],["3"],["1"]]` {
		t.Errorf("read %s: what was there when the request took effect", got)
	}
}

// TestCallFaults are drawn for each call, and reach as many as were set.
func TestCallFaults(t *testing.T) {
	t.Parallel()
	s := leads(t)
	set := func(body string) int {
		t.Helper()
		status, _ := s.call(http.MethodPost, "/sim/google/faults", json.RawMessage(body))
		return status
	}
	read := func() (int, o) {
		return s.call(http.MethodGet, "/v4/spreadsheets/s/values/A1", nil)
	}
	if status := set(`{"calls":[{"method":"sheets.*","status":503,"times":2}]}`); status != http.StatusOK {
		t.Fatalf("HTTP %d", status)
	}
	for n, want := range []int{503, 503, 200} {
		if status, answer := read(); status != want {
			t.Errorf("call %d: HTTP %d %v", n, status, answer)
		}
	}

	// Lost: done, but nobody hears of it.
	set(`{"calls":[{"method":"sheets.spreadsheets.values.update","lost":true}]}`)
	r, _ := http.NewRequest(http.MethodPut, s.server.URL+"/v4/spreadsheets/s/values/A1?valueInputOption=RAW", strings.NewReader(`{"values":[["x"]]}`))
	r.Header.Set("Authorization", "Bearer "+s.token)
	if resp, err := http.DefaultClient.Do(r); err == nil {
		t.Errorf("answered: HTTP %d", resp.StatusCode)
	}
	if !strings.HasPrefix(s.cells(), "x Ad") {
		t.Errorf("not done: %s", s.cells())
	}

	// The same seed draws the same.
	draw := func() string {
		set(`{"seed":7,"calls":[{"method":"*","before_ms":[0,500],"after_ms":20,"share":0.5}]}`)
		var all []string
		for range 10 {
			drawn := s.faults.draw("sheets.x")
			all = append(all, drawn.before.String()+"+"+drawn.after.String())
		}
		return strings.Join(all, " ")
	}
	if a, b := draw(), draw(); a != b || !strings.Contains(a, "0s+0s") || strings.Count(a, "ms+20ms") < 2 {
		t.Errorf("drawn: %s, then %s", a, b)
	}
	for _, bad := range []string{`{"calls":[{"method":"["}]}`, `{"calls":[{}]}`, `{"calls":[{"method":"*","before_ms":[5,1]}]}`, `{"calls":[{"method":"*","share":2}]}`, `{"calls":[{"method":"*","status":200}]}`, `{"calls":[{"method":"*","before_ms":"x"}]}`} {
		if status := set(bad); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}

	// A test can step in at both moments of a call.
	set(`{}`)
	var moments atomic.Int32
	s.OnCall(func(method string, m Moment) {
		if method == "sheets.spreadsheets.values.get" {
			moments.Add(1)
			s.put("A1", l{fmt.Sprint("moment ", m)})
		}
	})
	if _, answer := read(); asJSON(answer["values"]) != `[["moment 0"]]` || moments.Load() != 2 || !strings.HasPrefix(s.cells(), "moment 1") {
		t.Errorf("%d moments: %v, %s", moments.Load(), answer, s.cells())
	}
}
