package googlesim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestRequests does each request of batchUpdate but those that have tests of their own,
// and tells what the tab, or what was changed, is like then. Source of all names and
// meanings: the discovery document; of messages: the public issues named beside them.
func TestRequests(t *testing.T) {
	t.Parallel()
	rows := func(start, end int) o {
		return o{"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}
	}
	columns := func(start, end int) o {
		return o{"sheetId": 0, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}
	}
	values := func(list ...any) o { return o{"values": list} }
	text := func(s string) o { return o{"userEnteredValue": o{"stringValue": s}} }
	const asItWas = "a 1/b 2/c 3"
	tested := []string{"findReplace", "createDeveloperMetadata", "updateDeveloperMetadata", "deleteDeveloperMetadata"}
	for _, c := range []struct {
		requests []o
		cells    string // of the tab, "" for as it was
		fields   string // of the spreadsheet, and what they then are
		want     string
	}{
		{requests: []o{{"updateCells": o{"start": o{"sheetId": 0, "rowIndex": 1}, "rows": l{values(o{"userEnteredValue": o{"numberValue": 7}}, text("007"))}, "fields": "userEnteredValue"}}}, cells: "a 1/7 007/c 3"},
		{requests: []o{{"updateCells": o{"range": grid(0, 2, 0, 2), "rows": l{values(text("x"))}, "fields": "userEnteredValue"}}}, cells: "x _/_ _/c 3"}, // what is not brought is cleared
		{requests: []o{{"updateCells": o{"range": grid(0, 1, 0, 1), "rows": l{values(o{"userEnteredValue": o{"formulaValue": "=B1+1"}})}, "fields": "*"}}}, cells: "map[formula:=B1+1] 1/b 2/c 3"},
		{requests: []o{{"repeatCell": o{"range": grid(1, 3, 1, 2), "cell": o{"userEnteredValue": o{"formulaValue": "=B1*2"}}, "fields": "userEnteredValue"}}}, cells: "a 1/b map[formula:=B1*2]/c map[formula:=B2*2]"},
		{requests: []o{{"appendCells": o{"sheetId": 0, "rows": l{values(text("d"), o{"userEnteredValue": o{"boolValue": true}})}, "fields": "userEnteredValue"}}}, cells: "a 1/b 2/c 3/d true"},
		{requests: []o{{"copyPaste": o{"source": grid(0, 1, 0, 2), "destination": grid(3, 5, 0, 2)}}}, cells: "a 1/b 2/c 3/a 1/a 1"}, // filled with it
		{requests: []o{{"copyPaste": o{"source": grid(0, 3, 1, 2), "destination": grid(4, 5, 0, 3), "pasteType": "PASTE_VALUES", "pasteOrientation": "TRANSPOSE"}}}, cells: "a 1/b 2/c 3//1 2 3"},
		{requests: []o{{"cutPaste": o{"source": grid(0, 1, 0, 2), "destination": o{"sheetId": 0, "rowIndex": 3}}}}, cells: "_ _/b 2/c 3/a 1"},
		{requests: []o{{"sortRange": o{"range": grid(0, 3, 0, 2), "sortSpecs": l{o{"dimensionIndex": 1, "sortOrder": "DESCENDING"}}}}}, cells: "c 3/b 2/a 1"},
		{requests: []o{{"insertRange": o{"range": grid(1, 2, 0, 1), "shiftDimension": "ROWS"}}}, cells: "a 1/_ 2/b 3/c"},
		{requests: []o{{"deleteRange": o{"range": grid(0, 1, 0, 1), "shiftDimension": "ROWS"}}}, cells: "b 1/c 2/_ 3"},
		{requests: []o{{"deleteRange": o{"range": grid(0, 1, 0, 1), "shiftDimension": "COLUMNS"}}}, cells: "1 _/b 2/c 3"},
		{requests: []o{{"insertDimension": o{"range": rows(1, 3)}}}, cells: "a 1///b 2/c 3", fields: "sheets.properties.gridProperties.rowCount", want: `{"sheets":[{"properties":{"gridProperties":{"rowCount":1002}}}]}`},
		{requests: []o{{"insertDimension": o{"range": columns(1, 2)}}}, cells: "a _ 1/b _ 2/c _ 3"},
		{requests: []o{{"deleteDimension": o{"range": rows(0, 2)}}}, cells: "c 3"},
		{requests: []o{{"deleteDimension": o{"range": o{"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1}}}}, cells: "a/b/c", fields: "sheets.properties.gridProperties.columnCount", want: `{"sheets":[{"properties":{"gridProperties":{"columnCount":1}}}]}`},
		{requests: []o{{"moveDimension": o{"source": rows(0, 1), "destinationIndex": 3}}}, cells: "b 2/c 3/a 1"},
		{requests: []o{{"moveDimension": o{"source": columns(1, 2), "destinationIndex": 0}}}, cells: "1 a/2 b/3 c"},
		{requests: []o{{"appendDimension": o{"sheetId": 0, "dimension": "ROWS", "length": 5}}}, fields: "sheets.properties.gridProperties.rowCount", want: `{"sheets":[{"properties":{"gridProperties":{"rowCount":1005}}}]}`},
		{requests: []o{{"updateDimensionProperties": o{"range": rows(0, 1), "properties": o{"hiddenByUser": true}, "fields": "hiddenByUser"}}, {"autoResizeDimensions": o{"dimensions": columns(0, 2)}}}},
		{requests: []o{{"updateSheetProperties": o{"properties": o{"sheetId": 0, "title": "X", "hidden": true, "gridProperties": o{"frozenRowCount": 1}}, "fields": "title,gridProperties.frozenRowCount"}}}, fields: "sheets.properties(title,hidden,gridProperties/frozenRowCount)",
			want: `{"sheets":[{"properties":{"gridProperties":{"frozenRowCount":1},"title":"X"}}]}`},
		{requests: []o{{"updateSpreadsheetProperties": o{"properties": o{"title": "Y", "locale": "en_US", "timeZone": "Etc/UTC"}, "fields": "title,locale"}}}, fields: "properties(title,locale)", want: `{"properties":{"locale":"en_US","title":"Y"}}`},
		{requests: []o{{"addSheet": o{"properties": o{"title": "İki", "index": 0}}}, {"addSheet": o{}}, {"duplicateSheet": o{"sourceSheetId": 0, "newSheetName": "Üç", "insertSheetIndex": 1}}, {"deleteSheet": o{"sheetId": 2}}}, fields: "sheets.properties(sheetId,title,index)",
			want: `{"sheets":[{"properties":{"index":0,"sheetId":1,"title":"İki"}},{"properties":{"index":1,"sheetId":3,"title":"Üç"}},{"properties":{"index":2,"sheetId":0,"title":"Leads"}}]}`},
		{requests: []o{{"addProtectedRange": o{"protectedRange": o{"range": grid(0, 1, 0, 2), "warningOnly": true, "description": "x"}}}}, fields: "sheets.protectedRanges", want: `{"sheets":[{"protectedRanges":[{"description":"x","protectedRangeId":1,"range":{"endColumnIndex":2,"endRowIndex":1},"requestingUserCanEdit":true,"warningOnly":true}]}]}`},
		{requests: []o{{"addProtectedRange": o{"protectedRange": o{"protectedRangeId": 9, "range": grid(0, 1, 0, 2)}}}, {"updateProtectedRange": o{"protectedRange": o{"protectedRangeId": 9, "description": "y"}, "fields": "description"}}, {"insertDimension": o{"range": rows(0, 1)}}}, cells: "/a 1/b 2/c 3",
			fields: "sheets.protectedRanges(protectedRangeId,description,range,editors)", want: `{"sheets":[{"protectedRanges":[{"description":"y","editors":{"users":["ayse@ornek.com.tr"]},"protectedRangeId":9,"range":{"endColumnIndex":2,"endRowIndex":2,"startRowIndex":1}}]}]}`},
		{requests: []o{{"addProtectedRange": o{"protectedRange": o{"protectedRangeId": 9, "range": grid(0, 1, 0, 2)}}}, {"deleteProtectedRange": o{"protectedRangeId": 9}}}, fields: "sheets.protectedRanges", want: `{"sheets":[{}]}`},
		{requests: []o{{"mergeCells": o{"range": grid(0, 2, 0, 1), "mergeType": "MERGE_ALL"}}, {"mergeCells": o{"range": grid(0, 2, 1, 3), "mergeType": "MERGE_ROWS"}}, {"unmergeCells": o{"range": grid(1, 2, 1, 3)}}}, cells: "a 1/_ 2/c 3",
			fields: "sheets.merges", want: `{"sheets":[{"merges":[{"endColumnIndex":1,"endRowIndex":2},{"endColumnIndex":3,"endRowIndex":1,"startColumnIndex":1}]}]}`},
		{requests: []o{{"setDataValidation": o{"range": grid(0, 1, 0, 1), "rule": o{"condition": o{"type": "ONE_OF_LIST", "values": l{o{"userEnteredValue": "a"}}}}}}}, fields: "sheets.data.rowData.values.dataValidation.condition.type",
			want: `{"sheets":[{"data":[{"rowData":[{"values":[{"dataValidation":{"condition":{"type":"ONE_OF_LIST"}}},{}]},{"values":[{},{}]},{"values":[{},{}]}]}]}]}`},
		{requests: []o{{"addNamedRange": o{"namedRange": o{"namedRangeId": "n1", "name": "adlar", "range": grid(0, 3, 0, 1)}}}, {"updateNamedRange": o{"namedRange": o{"namedRangeId": "n1", "name": "isimler"}, "fields": "name"}}, {"deleteDimension": o{"range": rows(0, 1)}}}, cells: "b 2/c 3",
			fields: "namedRanges", want: `{"namedRanges":[{"name":"isimler","namedRangeId":"n1","range":{"endColumnIndex":1,"endRowIndex":2}}]}`},
		{requests: []o{{"addNamedRange": o{"namedRange": o{"namedRangeId": "n1", "name": "adlar", "range": grid(0, 3, 0, 1)}}}, {"deleteNamedRange": o{"namedRangeId": "n1"}}}, fields: "namedRanges", want: `{}`},
		{requests: []o{{"setBasicFilter": o{"filter": o{"range": grid(0, 3, 0, 2)}}}}, fields: "sheets.basicFilter.range", want: `{"sheets":[{"basicFilter":{"range":{"endColumnIndex":2,"endRowIndex":3}}}]}`},
		{requests: []o{{"setBasicFilter": o{"filter": o{"range": grid(0, 3, 0, 2)}}}, {"clearBasicFilter": o{"sheetId": 0}}}, fields: "sheets.basicFilter", want: `{"sheets":[{}]}`},
		{requests: []o{{"addConditionalFormatRule": o{"rule": o{"ranges": l{grid(0, 3, 0, 2)}, "booleanRule": o{"condition": o{"type": "NOT_BLANK"}}}, "index": 0}}}},
	} {
		s := newSim(t)
		s.put("A1", l{"a", 1}, l{"b", 2}, l{"c", 3})
		s.batch(c.requests...)
		for _, q := range c.requests {
			for kind := range q {
				tested = append(tested, kind)
			}
		}
		if c.cells == "" {
			c.cells = asItWas
		}
		if got := show(s.spreadsheets["s"].Sheets[slices.IndexFunc(s.spreadsheets["s"].Sheets, func(t *Sheet) bool { return t.GID == 0 })]); got != c.cells {
			t.Errorf("%v: %s; want %s", c.requests, got, c.cells)
		}
		if c.fields != "" {
			if got := asJSON(s.must(http.MethodGet, "/v4/spreadsheets/s?fields="+c.fields, nil)); got != c.want {
				t.Errorf("%v: %s; want %s", c.requests, got, c.want)
			}
		}
	}
	for kind := range requests {
		if !slices.Contains(tested, kind) {
			t.Errorf("%s has no test", kind)
		}
	}
}

// TestRequestsThatAreRefused change nothing, and say why. Messages: Google's own, as
// burnash/gspread, robin900/gspread-dataframe 37 and nithinmurali/pygsheets 589 show
// them; where none is known, a sentence.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := leads(t)
	before := s.cells()
	for _, c := range []struct {
		request o
		want    string
	}{
		{o{"deleteDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS"}}}, "You can't delete all the rows on the sheet."},
		{o{"deleteDimension": o{"range": o{"sheetId": 7, "dimension": "ROWS"}}}, "No grid with id: 7"},
		{o{"deleteDimension": o{"range": o{"sheetId": 0}}}, "No dimension set."},
		{o{"insertDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 1}}}, "Both the start and end indexes must be bounded."},
		{o{"insertDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 1001, "endIndex": 1002}}}, "range.startIndex[1001] must be less than or equal to the grid size[1000]"},
		{o{"insertDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}, "inheritFromBefore": true}}, "inheritFromBefore"},
		{o{"moveDimension": o{"source": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}, "destinationIndex": 2000}}, "within the grid"},
		{o{"appendDimension": o{"sheetId": 0, "dimension": "ROWS", "length": 1000000}}, "This action would increase the number of cells in the workbook above the limit of 10000000 cells."},
		{o{"updateSheetProperties": o{"properties": o{"sheetId": 0, "title": "x"}}}, "At least one field must be listed in 'fields'."},
		{o{"addSheet": o{"properties": o{"title": "leads"}}}, `A sheet with the name "leads" already exists. Please enter another name.`},
		{o{"deleteSheet": o{"sheetId": 0}}, "You can't remove all the sheets in a document."},
		{o{"deleteProtectedRange": o{"protectedRangeId": 5}}, "No protected range with ID: 5"},
		{o{"deleteNamedRange": o{"namedRangeId": "x"}}, "No named range with ID: x"},
		{o{"repeatCell": o{"range": grid(3, 2, 0, 1), "cell": o{}, "fields": "note"}}, "Invalid GridRange"},
		{o{"updateCells": o{"start": o{"sheetId": 0}, "rows": l{o{"values": l{o{"userEnteredValue": o{"errorValue": o{"type": "REF"}}}}}}, "fields": "userEnteredValue"}}, "errorValue is read-only."},
		{o{"updateCells": o{"start": o{"sheetId": 0}, "rows": l{}, "fields": "values.note"}}, "Invalid field: values"},
		{o{"sortRange": o{"range": grid(1, 4, 0, 2), "sortSpecs": l{o{"dimensionIndex": 5}}}}, "The sort column must be within the range."},
		{o{"setDataValidation": o{"range": grid(0, 1, 0, 1), "rule": o{"strict": true}}}, "A rule must have a condition."},
		{o{"updateDeveloperMetadata": o{"dataFilters": l{o{"developerMetadataLookup": o{"metadataId": 5}}}, "developerMetadata": o{"metadataValue": "x"}, "fields": "metadataValue"}}, "No developer metadata matches"},
		{o{"addChart": o{}}, "the simulated Sheets does not know this request"},
	} {
		if got := s.refused(c.request); !strings.Contains(got, c.want) || s.cells() != before {
			t.Errorf("%v: %q; want %q", c.request, got, c.want)
		}
	}

	// What is protected can be neither written nor replaced nor deleted.
	s.Edit(Edit{SpreadsheetID: "s", Kind: "protect", Range: "A3"})
	for _, request := range []o{{"findReplace": o{"find": "key", "replacement": "x", "sheetId": 0}}, {"repeatCell": o{"range": grid(0, 9, 0, 1), "cell": o{}, "fields": "note"}},
		{"deleteDimension": o{"range": o{"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}}}, {"updateCells": o{"start": o{"sheetId": 0, "rowIndex": 2}, "rows": l{o{"values": l{o{}}}}, "fields": "note"}}} {
		if got := s.refused(request); !strings.Contains(got, "protected cell") || s.cells() != before {
			t.Errorf("%v: %q", request, got)
		}
	}
}
