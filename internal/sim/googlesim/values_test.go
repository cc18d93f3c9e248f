package googlesim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// message calls a method that must be refused with 400, and returns why.
func (s *sim) message(method, path string, body any) string {
	s.t.Helper()
	status, answer := s.call(method, path, body)
	if status != http.StatusBadRequest {
		s.t.Errorf("%s %s: HTTP %d %v; want 400", method, path, status, answer)
		return ""
	}
	return answer["error"].(o)["message"].(string)
}

// TestGridLimits refuses ranges that begin outside the grid, which shrinks and grows.
// Sources: airbytehq/airbyte issue 1740 (reading: its message, and that a range may end
// outside), cloudfour/lighthouse-parade 151, home-assistant/core 104198 (writing),
// socialpoint-labs/sheetfu 53 (grid ranges), Thource/dude-wheres-my-stuff 428.
func TestGridLimits(t *testing.T) {
	t.Parallel()
	const limits = " exceeds grid limits. Max rows: 1000, max columns: 26"
	s := leads(t)
	values := "/v4/spreadsheets/s/values/"
	for _, c := range []struct{ method, path, want string }{
		{http.MethodGet, values + "Leads!1001:1200", "Range (Leads!1001:1200)" + limits},
		{http.MethodGet, values + "A1001", "Range (Leads!A1001)" + limits},
		{http.MethodGet, values + "AA:AB", "Range (Leads!AA:AB)" + limits},
		{http.MethodGet, "/v4/spreadsheets/s?ranges=A1001:B", "Range (Leads!A1001:B)" + limits},
		{http.MethodPut, values + "Leads!AA1?valueInputOption=RAW", "Range (Leads!AA1)" + limits},
		{http.MethodPost, values + "A1001:clear", "Range (Leads!A1001)" + limits},
	} {
		var body any
		if c.method == http.MethodPut {
			body = o{"values": l{l{"x"}}}
		}
		if got := s.message(c.method, c.path, body); got != c.want {
			t.Errorf("%s: %q; want %q", c.path, got, c.want)
		}
	}
	outside := o{"dataFilters": l{o{"gridRange": grid(1000, 1200, 0, 3)}}}
	for _, path := range []string{":getByDataFilter", "/values:batchGetByDataFilter"} {
		if got, want := s.message(http.MethodPost, "/v4/spreadsheets/s"+path, outside), "Range (Leads!A1001:C1200)"+limits; got != want {
			t.Errorf("%s: %q; want %q", path, got, want)
		}
	}
	// The other reading of grid ranges.
	s.Fail(Faults{ClampRanges: true})
	for _, path := range []string{":getByDataFilter", "/values:batchGetByDataFilter"} {
		s.must(http.MethodPost, "/v4/spreadsheets/s"+path, outside)
	}
	s.Fail(Faults{})

	// A range may end outside, to be read; not to be written.
	s.must(http.MethodGet, values+"A900:A2000", nil)
	if got, want := s.message(http.MethodPut, values+"Leads!A999:B1001?valueInputOption=RAW", o{"values": l{l{1}, l{2}, l{3}}}), "Range (Leads!A999:B1001)"+limits; got != want {
		t.Errorf("written across the end: %q; want %q", got, want)
	}
	if got, want := s.refused(o{"updateCells": o{"range": grid(1000, 1001, 0, 3), "rows": l{}, "fields": "*"}}), "Invalid requests[0].updateCells: Range (Leads!A1001:C1001)"+limits; got != want {
		t.Errorf("cells: %q; want %q", got, want)
	}
	start := o{"updateCells": o{"start": o{"sheetId": 0, "rowIndex": 999}, "rows": l{o{"values": l{o{}}}, o{"values": l{o{}}}}, "fields": "note"}}
	if got, want := s.refused(start), "Invalid requests[0].updateCells: Attempting to write row: 1000, beyond the last requested row of: 999"; got != want {
		t.Errorf("rows: %q; want %q", got, want)
	}

	size := func() string {
		info := s.must(http.MethodGet, "/v4/spreadsheets/s?fields=sheets.properties.gridProperties", nil)
		return asJSON(info["sheets"].([]any)[0].(o)["properties"].(o)["gridProperties"])
	}
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { s.Edit(Edit{SpreadsheetID: "s", Kind: "delete_rows", Range: "5:1000"}) }, `{"columnCount":26,"rowCount":4}`},
		{func() { s.Edit(Edit{SpreadsheetID: "s", Kind: "delete_columns", Range: "D:Z"}) }, `{"columnCount":3,"rowCount":4}`},
		{func() { s.Edit(Edit{SpreadsheetID: "s", Kind: "insert_rows", Range: "5:6"}) }, `{"columnCount":3,"rowCount":6}`},
		{func() {
			s.must(http.MethodPost, values+"A1:append?valueInputOption=RAW", o{"values": l{l{1}, l{2}, l{3}}})
		}, `{"columnCount":3,"rowCount":7}`},
		{func() { s.batch(o{"appendDimension": o{"sheetId": 0, "dimension": "ROWS", "length": 3}}) }, `{"columnCount":3,"rowCount":10}`},
		{func() {
			s.batch(o{"updateSheetProperties": o{"properties": o{"gridProperties": o{"rowCount": 8, "columnCount": 5}}, "fields": "gridProperties(rowCount,columnCount)"}})
		}, `{"columnCount":5,"rowCount":8}`},
		{func() { s.put("A20", l{"typed"}) }, `{"columnCount":5,"rowCount":20}`},
	} {
		c.do()
		if got := size(); got != c.want {
			t.Errorf("the grid is %s; want %s", got, c.want)
		}
	}
	// Columns never come by appending.
	if got := s.message(http.MethodPost, values+"A1:append?valueInputOption=RAW", o{"values": l{l{1, 2, 3, 4, 5, 6}}}); !strings.HasPrefix(got, "Range (Leads!F") {
		t.Errorf("appended to the right: %q", got)
	}
}

// TestValues reads and writes as clients do. Sources: the discovery document; Google's
// guide "Read & write cell values"; pygsheets issue 120 and gspread 1601 for messages.
func TestValues(t *testing.T) {
	t.Parallel()
	s := leads(t)
	s.put("D2", l{"31.12.2026"})
	values := "/v4/spreadsheets/s/values/"
	for path, want := range map[string]string{
		"A2:B3":      `[["1","Ayşe"],["key-2","Mehmet"]]`,
		"$B$3:$A$2":  `[["1","Ayşe"],["key-2","Mehmet"]]`,
		"leads!A:A":  `[["ID"],["1"],["key-2"],["3"]]`,
		"2:3/":       `[["1","Ayşe","12,5","31.12.2026"],["key-2","Mehmet","7"]]`,
		"'Leads'!C2": `[["12,5"]]`,
		"Leads%21C2?valueRenderOption=UNFORMATTED_VALUE":                               `[[12.5]]`,
		"A2:C3?majorDimension=COLUMNS":                                                 `[["1","key-2"],["Ayşe","Mehmet"],["12,5","7"]]`,
		"C2:D3?majorDimension=COLUMNS&valueRenderOption=UNFORMATTED_VALUE":             `[[12.5,7],[46387]]`,
		"D2?valueRenderOption=UNFORMATTED_VALUE&dateTimeRenderOption=FORMATTED_STRING": `[["31.12.2026"]]`,
		"C4?valueRenderOption=FORMULA":                                                 `[["=C2*2"]]`,
		"Z9:Z10":                                                                       `null`,
	} {
		if got := asJSON(s.must(http.MethodGet, values+path, nil)["values"]); got != want {
			t.Errorf("%s: %s; want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"A1?valueRenderOption=RAW":       `Invalid value at 'value_render_option' (type.googleapis.com/google.apps.sheets.v4.ValueRenderOption), "RAW"`,
		"A1?majorDimension=CELLS":        `Invalid value at 'major_dimension' (type.googleapis.com/google.apps.sheets.v4.Dimension), "CELLS"`,
		"Yok!A1":                         "Unable to parse range: Yok!A1",
		url.PathEscape("Leads!A1:B2:C3"): "Unable to parse range: Leads!A1:B2:C3",
	} {
		if got := s.message(http.MethodGet, values+path, nil); got != want {
			t.Errorf("%s: %q; want %q", path, got, want)
		}
	}

	for _, c := range []struct {
		path   string
		body   o
		answer string
		cells  string // of the second row
	}{
		{"A2:B2", o{"values": l{l{5, nil}}}, `{"spreadsheetId":"s","updatedCells":1,"updatedColumns":1,"updatedRange":"Leads!A2:B2","updatedRows":1}`, "5 Ayşe 12.5 46387"},
		{"Leads!A2", o{"range": "Leads!A2", "majorDimension": "COLUMNS", "values": l{l{"a"}, l{"b"}}}, `{"spreadsheetId":"s","updatedCells":2,"updatedColumns":2,"updatedRange":"Leads!A2:B2","updatedRows":1}`, "a b 12.5 46387"},
		{"2:2", o{"values": l{l{"", "c"}}}, `{"spreadsheetId":"s","updatedCells":2,"updatedColumns":2,"updatedRange":"Leads!A2:B2","updatedRows":1}`, "_ c 12.5 46387"},
		{"B2:C2", o{"values": l{}}, `{"spreadsheetId":"s","updatedRange":"Leads!B2"}`, "_ c 12.5 46387"},
	} {
		got := asJSON(s.must(http.MethodPut, values+c.path+"?valueInputOption=RAW", c.body))
		if row := strings.Split(s.cells(), "/")[1]; got != c.answer || row != c.cells {
			t.Errorf("%s %v: %s, %s; want %s, %s", c.path, c.body, got, row, c.answer, c.cells)
		}
	}
	answer := s.must(http.MethodPut, values+"B3:C3?valueInputOption=USER_ENTERED&includeValuesInResponse=true&responseValueRenderOption=UNFORMATTED_VALUE", o{"values": l{l{"1.234,5", "1,234.56"}}})
	if got := asJSON(answer["updatedData"]); got != `{"majorDimension":"ROWS","range":"Leads!B3:C3","values":[[1234.5,"1,234.56"]]}` {
		t.Errorf("with values: %s", got)
	}
	for _, c := range []struct {
		path string
		body any
		want string
	}{
		{"A2:A2?valueInputOption=RAW", o{"values": l{l{1, 2}}}, "Requested writing within range [Leads!A2], but tried writing to column [B]"},
		{"A2:B2?valueInputOption=RAW", o{"values": l{l{1}, l{2}}}, "Requested writing within range [Leads!A2:B2], but tried writing to row [3]"},
		{"A2", o{"values": l{l{1}}}, "'valueInputOption' is required but not specified"},
		{"A2?valueInputOption=TYPED", o{"values": l{l{1}}}, `Invalid value at 'value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOption), "TYPED"`},
		{"A2?valueInputOption=RAW", o{"values": l{l{1, o{}}}}, "Invalid values[0][1]: struct_value"},
		{"A2?valueInputOption=RAW", json.RawMessage(`{"value":[[1]]}`), `Invalid JSON payload received. Unknown name "value": Cannot find field.`},
	} {
		if got := s.message(http.MethodPut, values+c.path, c.body); got != c.want {
			t.Errorf("%s: %q; want %q", c.path, got, c.want)
		}
	}

	// Several ranges are written all or none.
	before := s.cells()
	data := l{o{"range": "A2", "values": l{l{"x"}}}, o{"range": "Yok!A1", "values": l{l{"x"}}}}
	if got := s.message(http.MethodPost, "/v4/spreadsheets/s/values:batchUpdate", o{"valueInputOption": "RAW", "data": data}); got != "Invalid data[1]: Unable to parse range: Yok!A1" || s.cells() != before {
		t.Errorf("%q, %s", got, s.cells())
	}
	answer = s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchUpdate", o{"valueInputOption": "RAW", "data": l{o{"range": "A2:B2", "values": l{l{"x", "y"}}}, o{"range": "A4", "values": l{l{"z"}}}}})
	if asJSON(answer["totalUpdatedCells"]) != "3" || asJSON(answer["totalUpdatedSheets"]) != "1" {
		t.Errorf("together: %s", asJSON(answer))
	}
	if got := asJSON(s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchClear", o{"ranges": l{"A2:A4", "D:D"}})); got != `{"clearedRanges":["Leads!A2:A4","Leads!D1:D1000"],"spreadsheetId":"s"}` || !strings.HasPrefix(s.cells(), "ID Ad Tutar/_ y") {
		t.Errorf("cleared: %s, %s", got, s.cells())
	}
	if got := asJSON(s.must(http.MethodPost, values+"B2:clear", nil)); got != `{"clearedRange":"Leads!B2","spreadsheetId":"s"}` {
		t.Errorf("cleared: %s", got)
	}
}

// TestAppend finds the table below which is written. The tables and ranges are those of
// Google's guide "Read & write cell values", "Append values".
func TestAppend(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{"Leads": "Leads!B7", "B4": "Leads!B7", "C5:D5": "Leads!B7", "B2:D4": "Leads!B7", "A1": "Leads!A3", "E4": "Leads!E4"} {
		s := newSim(t)
		s.put("A1", l{"x", "y", "z"}, l{"x", "y", "z"}, l{}, l{"", "x", "y", "z"}, l{"", "x", "y"}, l{"", "x", "y", "z"})
		got := s.must(http.MethodPost, "/v4/spreadsheets/s/values/"+where+":append?valueInputOption=RAW", o{"values": l{l{"new"}}})
		if at := got["updates"].(o)["updatedRange"]; at != want {
			t.Errorf("%s: at %v; want %s (of table %v)", where, at, want, got["tableRange"])
		}
	}

	s := newSim(t)
	s.put("A1", l{"x"}, l{"y"}, l{}, l{"below"})
	s.must(http.MethodPost, "/v4/spreadsheets/s/values/A1:append?valueInputOption=RAW&insertDataOption=INSERT_ROWS", o{"values": l{l{"1"}, l{"2"}}})
	if got, want := s.cells(), "x/y/1/2//below"; got != want {
		t.Errorf("inserted: %s; want %s", got, want)
	}
	s.must(http.MethodPost, "/v4/spreadsheets/s/values/A1:append?valueInputOption=USER_ENTERED&insertDataOption=OVERWRITE&includeValuesInResponse=true", o{"values": l{l{"3"}, l{"4"}}})
	if got, want := s.cells(), "x/y/1/2/3/4"; got != want {
		t.Errorf("overwritten: %s; want %s", got, want)
	}
	if got := s.message(http.MethodPost, "/v4/spreadsheets/s/values/A1:append?valueInputOption=RAW&insertDataOption=X", o{"values": l{l{"3"}}}); !strings.Contains(got, "insert_data_option") {
		t.Errorf("%q", got)
	}
}

// TestStrangeEcho answers without the filters that were sent, or with others. Nothing
// in the discovery document promises that they come back.
func TestStrangeEcho(t *testing.T) {
	t.Parallel()
	s := leads(t)
	ask := o{"dataFilters": l{o{"gridRange": o{"sheetId": 0, "startRowIndex": 1, "endColumnIndex": 1}}, o{"gridRange": grid(0, 1, 1, 2)}}}
	read := func() string {
		answer := s.must(http.MethodPost, "/v4/spreadsheets/s/values:batchGetByDataFilter", ask)
		var all []string
		for _, r := range answer["valueRanges"].([]any) {
			all = append(all, asJSON(r.(o)["dataFilters"])+" "+asJSON(r.(o)["valueRange"].(o)["values"]))
		}
		return strings.Join(all, "\n")
	}
	for echo, want := range map[string]string{
		"":     `[{"gridRange":{"endColumnIndex":1,"startRowIndex":1}}] [["1"],["key-2"],["3"]]` + "\n" + `[{"gridRange":{"endColumnIndex":2,"endRowIndex":1,"startColumnIndex":1}}] [["Ad"]]`,
		"none": `null [["1"],["key-2"],["3"]]` + "\n" + `null [["Ad"]]`,
		"filled": `[{"gridRange":{"endColumnIndex":2,"endRowIndex":1,"startColumnIndex":1}}] [["Ad"]]` + "\n" +
			`[{"gridRange":{"endColumnIndex":1,"endRowIndex":1000,"startRowIndex":1}}] [["1"],["key-2"],["3"]]`,
	} {
		s.Fail(Faults{Echo: echo})
		if got := read(); got != want {
			t.Errorf("echo %q:\n%s\nwant\n%s", echo, got, want)
		}
	}
}

// TestCreateAndCopy makes a spreadsheet and copies a tab into another.
func TestCreateAndCopy(t *testing.T) {
	t.Parallel()
	s := leads(t)
	made := s.must(http.MethodPost, "/v4/spreadsheets", o{"properties": o{"title": "Yeni", "locale": "tr_TR"}, "sheets": l{o{"properties": o{"title": "Bir", "gridProperties": o{"rowCount": 5, "columnCount": 2}}}}})
	id := made["spreadsheetId"].(string)
	copied := s.must(http.MethodPost, "/v4/spreadsheets/s/sheets/0:copyTo", o{"destinationSpreadsheetId": id})
	if copied["title"] != "Copy of Leads" {
		t.Errorf("copied: %v", copied)
	}
	info := s.must(http.MethodGet, "/v4/spreadsheets/"+id+"?fields=properties(title),sheets.properties(title,gridProperties(rowCount))", nil)
	if got, want := asJSON(info), `{"properties":{"title":"Yeni"},"sheets":[{"properties":{"gridProperties":{"rowCount":5},"title":"Bir"}},{"properties":{"gridProperties":{"rowCount":1000},"title":"Copy of Leads"}}]}`; got != want {
		t.Errorf("made: %s; want %s", got, want)
	}
	if got := asJSON(s.must(http.MethodGet, "/v4/spreadsheets/"+id+"/values/Copy%20of%20Leads!A2:B2", nil)["values"]); got != `[["1","Ayşe"]]` {
		t.Errorf("its cells: %s", got)
	}
}
