package googlesim

import (
	"reflect"

	"google.golang.org/api/sheets/v4"
)

// sheetsMessage are the messages that requests bring, as Google's own client has them.
var sheetsMessage = messages{}

type messages struct {
	getByDataFilter         sheets.GetSpreadsheetByDataFilterRequest
	batchUpdate             sheets.BatchUpdateSpreadsheetRequest
	searchMetadata          sheets.SearchDeveloperMetadataRequest
	valueRange              sheets.ValueRange
	batchGetByDataFilter    sheets.BatchGetValuesByDataFilterRequest
	batchUpdateValues       sheets.BatchUpdateValuesRequest
	batchUpdateByDataFilter sheets.BatchUpdateValuesByDataFilterRequest
	batchClear              sheets.BatchClearValuesRequest
	spreadsheet             sheets.Spreadsheet
	copyTo                  sheets.CopySheetToAnotherSpreadsheetRequest
	batchClearByDataFilter  sheets.BatchClearValuesByDataFilterRequest
}

func (messages) sheetType() reflect.Type { return reflect.TypeFor[sheets.Sheet]() }

func (messages) spreadsheetType() reflect.Type { return reflect.TypeFor[sheets.Spreadsheet]() }

func (messages) cellType() reflect.Type { return reflect.TypeFor[sheets.CellData]() }
