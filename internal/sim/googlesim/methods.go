package googlesim

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// sheetsCall is a call of a method of Sheets.
type sheetsCall struct {
	w     http.ResponseWriter
	r     *http.Request
	email string
	*Spreadsheet
	arg      string // a range, or the id of metadata or of a tab
	mask     *mask  // which fields are asked for
	language string // of messages
}

// sheetsMethod is a method of Sheets as the discovery document has it.
type sheetsMethod struct {
	name     string
	writes   bool // counts against the quota of writes
	response any
	do       func(*Google, *sheetsCall)
}

// sheetsMethods are the methods by HTTP method and path, with "" for a range or an id.
var sheetsMethods map[string]sheetsMethod

func init() {
	const s, v = "sheets.spreadsheets.", "sheets.spreadsheets.values."
	sheetsMethods = map[string]sheetsMethod{
		"GET ":                                 {s + "get", false, sheets.Spreadsheet{}, (*Google).getSpreadsheet},
		"POST :getByDataFilter":                {s + "getByDataFilter", false, sheets.Spreadsheet{}, (*Google).getByDataFilter},
		"POST :batchUpdate":                    {s + "batchUpdate", true, sheets.BatchUpdateSpreadsheetResponse{}, (*Google).batchUpdate},
		"GET /developerMetadata/":              {s + "developerMetadata.get", false, sheets.DeveloperMetadata{}, (*Google).getMetadata},
		"POST /developerMetadata:search":       {s + "developerMetadata.search", false, sheets.SearchDeveloperMetadataResponse{}, (*Google).searchMetadata},
		"GET /values/":                         {v + "get", false, sheets.ValueRange{}, (*Google).getRange},
		"PUT /values/":                         {v + "update", true, sheets.UpdateValuesResponse{}, (*Google).putRange},
		"GET /values:batchGet":                 {v + "batchGet", false, sheets.BatchGetValuesResponse{}, (*Google).batchGet},
		"POST /values:batchGetByDataFilter":    {v + "batchGetByDataFilter", false, sheets.BatchGetValuesByDataFilterResponse{}, (*Google).batchGetByDataFilter},
		"POST /values:batchUpdate":             {v + "batchUpdate", true, sheets.BatchUpdateValuesResponse{}, (*Google).batchUpdateValues},
		"POST /values:batchUpdateByDataFilter": {v + "batchUpdateByDataFilter", true, sheets.BatchUpdateValuesByDataFilterResponse{}, (*Google).batchUpdateByDataFilter},
		"POST /values:batchClearByDataFilter":  {v + "batchClearByDataFilter", true, sheets.BatchClearValuesByDataFilterResponse{}, (*Google).batchClearByDataFilter},
		"POST /values:batchClear":              {v + "batchClear", true, sheets.BatchClearValuesResponse{}, (*Google).batchClear},
		"POST /values/:append":                 {v + "append", true, sheets.AppendValuesResponse{}, (*Google).appendValues},
		"POST /values/:clear":                  {v + "clear", true, sheets.ClearValuesResponse{}, (*Google).clearRange},
		"POST /sheets/:copyTo":                 {s + "sheets.copyTo", true, sheets.SheetProperties{}, (*Google).copySheet},
		"POST ":                                {s + "create", true, sheets.Spreadsheet{}, (*Google).createSpreadsheet},
	}
}

// sheetsPath parts the path of a call: the spreadsheet, and what of sheetsMethods it
// calls with which argument. Ranges come escaped, and may hold slashes and colons.
func sheetsPath(r *http.Request) (id, key, arg string) {
	rest := strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/v4/spreadsheets"), "/")
	rest = strings.TrimSuffix(rest, "/")
	rest = strings.Replace(rest, "/:", ":", 1) // google-spreadsheet (npm) writes ID/:batchUpdate
	id, inner, deeper := strings.Cut(rest, "/")
	plain := func(s string) string {
		if text, err := url.PathUnescape(s); err == nil {
			return text
		}
		return s
	}
	if !deeper {
		id, action, _ := strings.Cut(plain(id), ":")
		if action != "" {
			action = ":" + action
		}
		return id, r.Method + " " + action, ""
	}
	kind, arg, has := strings.Cut(inner, "/")
	kind = plain(kind)
	if !has {
		return plain(id), r.Method + " /" + kind, ""
	}
	arg = plain(arg)
	for _, action := range []string{":append", ":clear", ":copyTo"} {
		if r.Method == http.MethodPost {
			if left, ok := strings.CutSuffix(arg, action); ok {
				return plain(id), r.Method + " /" + kind + "/" + action, left
			}
		}
	}
	return plain(id), r.Method + " /" + kind + "/", arg
}

// methodNames are the methods of Drive and the Apps Script API, by the patterns that
// serve them.
var methodNames = map[string]string{
	"GET /drive/v3/files":                               "drive.files.list",
	"GET /drive/v3/files/{id}":                          "drive.files.get",
	"GET /drive/v3/changes/startPageToken":              "drive.changes.getStartPageToken",
	"GET /drive/v3/changes":                             "drive.changes.list",
	"POST /drive/v3/changes/watch":                      "drive.changes.watch",
	"POST /drive/v3/channels/stop":                      "drive.channels.stop",
	"POST /v1/projects":                                 "script.projects.create",
	"GET /v1/projects/{id}":                             "script.projects.get",
	"GET /v1/projects/{id}/content":                     "script.projects.getContent",
	"PUT /v1/projects/{id}/content":                     "script.projects.updateContent",
	"GET /v1/projects/{id}/versions":                    "script.projects.versions.list",
	"POST /v1/projects/{id}/versions":                   "script.projects.versions.create",
	"GET /v1/projects/{id}/versions/{version}":          "script.projects.versions.get",
	"GET /v1/projects/{id}/deployments":                 "script.projects.deployments.list",
	"POST /v1/projects/{id}/deployments":                "script.projects.deployments.create",
	"GET /v1/projects/{id}/deployments/{deployment}":    "script.projects.deployments.get",
	"PUT /v1/projects/{id}/deployments/{deployment}":    "script.projects.deployments.update",
	"DELETE /v1/projects/{id}/deployments/{deployment}": "script.projects.deployments.delete",
	"POST /token":                                       "oauth2.token",
	"POST /revoke":                                      "oauth2.revoke",
	"GET /oauth2/v2/userinfo":                           "oauth2.userinfo.get",
	"GET /userinfo/v2/me":                               "oauth2.userinfo.v2.me.get",
}

// methodOf names the method that a request calls, "" for what is no API's.
func methodOf(mux *http.ServeMux, r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/v4/spreadsheets") {
		_, key, _ := sheetsPath(r)
		return sheetsMethods[key].name
	}
	_, pattern := mux.Handler(r)
	return methodNames[pattern]
}

// serveSheets answers a call of Sheets, holding the lock meanwhile.
func (g *Google) serveSheets(w http.ResponseWriter, r *http.Request) {
	id, key, arg := sheetsPath(r)
	method, known := sheetsMethods[key]
	if id != "" && key == "POST " {
		known = false
	}
	email, ok := g.authorized(w, r, "spreadsheets")
	if !ok {
		return
	}
	if !known {
		notFound(w)
		return
	}
	kind := "Read"
	if method.writes {
		kind = "Write"
	}
	if whose := g.faults.within(email, kind, g.now()); whose != "" {
		overQuota(w, kind, whose)
		return
	}

	m, err := fieldMask(r, reflect.TypeOf(method.response))
	if err != nil {
		badMask(w, err)
		return
	}

	g.mu.Lock()
	defer g.mu.Unlock()
	c := &sheetsCall{w: w, r: r, email: email, arg: arg, mask: m, language: g.faults.now().Language}
	if creates := id == ""; !creates {
		if c.Spreadsheet, ok = g.spreadsheets[id]; !ok {
			notFound(w)
			return
		}
		if !c.mayEdit(email) {
			fail(w, http.StatusForbidden, "PERMISSION_DENIED", "The caller does not have permission", "")
			return
		}
	} else if method.name != "sheets.spreadsheets.create" {
		notFound(w)
		return
	}
	method.do(g, c)
}

// fieldMask is which fields of an answer a request asks for, by the parameter fields or
// the header of the same meaning.
func fieldMask(r *http.Request, t reflect.Type) (*mask, error) {
	text := r.URL.Query().Get("fields")
	if text == "" {
		text = r.URL.Query().Get("$fields")
	}
	if text == "" {
		text = r.Header.Get("X-Goog-FieldMask")
	}
	m, err := parseMask(text)
	if err == nil {
		err = m.check(t, "")
	}
	return m, err
}

// badMask answers as Google does to a field that there is not.
func badMask(w http.ResponseWriter, err error) {
	violation := map[string]any{"field": err.Error(), "description": "Error expanding 'fields' parameter. Cannot find matching fields for path '" + err.Error() + "'."}
	reply(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT",
		"details": []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": []any{violation}}}}})
}

// reply answers a call with the fields that it asked for.
func (c *sheetsCall) reply(v map[string]any) { reply(c.w, http.StatusOK, c.mask.apply(v)) }

func (c *sheetsCall) query(name string) string { return c.r.URL.Query().Get(name) }
