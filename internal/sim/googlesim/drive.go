package googlesim

import (
	"cmp"
	"errors"
	"hash/fnv"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/drive/v3"
)

const spreadsheetType = "application/vnd.google-apps.spreadsheet"

func (g *Google) routeDrive(mux *http.ServeMux) {
	mux.HandleFunc("GET /drive/v3/files", g.listFiles)
	mux.HandleFunc("GET /drive/v3/files/{id}", g.getFile)
	g.routeDriveChanges(mux)
}

// fold makes names that differ in case alone equal, Turkish i's among them.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("İ", "i", "I", "i", "ı", "i").Replace(name))
}

// file is a file as Drive describes it, with all that the simulator knows of it.
func (s *Spreadsheet) file() map[string]any {
	f := map[string]any{"kind": "drive#file", "id": s.ID, "name": s.Title, "mimeType": spreadsheetType, "trashed": false, "starred": false,
		"modifiedTime": s.Modified.UTC().Format(time.RFC3339Nano), "version": strconv.FormatInt(s.Version, 10),
		"capabilities": map[string]any{"canEdit": true}}
	if s.Owner != "" {
		f["owners"] = []any{map[string]any{"kind": "drive#user", "emailAddress": s.Owner}}
	}
	if s.Drive != "" {
		f["driveId"] = s.Drive
	}
	return f
}

// driveReply answers with the fields that a request asks for. Without any, Drive v3
// answers few (source: Drive's guide "Return specific fields").
func driveReply(w http.ResponseWriter, r *http.Request, v map[string]any, message any, usual string) {
	m, err := fieldMask(r, reflect.TypeOf(message))
	if err != nil {
		failDrive(w, http.StatusBadRequest, "invalidParameter", "Invalid field selection "+err.Error(), "parameter", "fields")
		return
	}
	if m.all {
		m, _ = parseMask(usual)
	}
	reply(w, http.StatusOK, m.apply(v))
}

func (g *Google) getFile(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.spreadsheets[r.PathValue("id")]
	if !ok || !s.mayEdit(email) || s.Drive != "" && r.URL.Query().Get("supportsAllDrives") != "true" {
		noFile(w, r.PathValue("id"))
		return
	}
	driveReply(w, r, s.file(), drive.File{}, "kind,id,name,mimeType")
}

func (g *Google) listFiles(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	q := r.URL.Query()
	wanted, err := parseQuery(q.Get("q"))
	if err != nil {
		invalidParameter(w, "q")
		return
	}
	order, err := parseOrder(q.Get("orderBy"))
	if err != nil {
		invalidParameter(w, "orderBy")
		return
	}
	size := 100
	if text := q.Get("pageSize"); text != "" {
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > 1000 {
			failDrive(w, http.StatusBadRequest, "invalid", "Invalid value '"+text+"'. Values must be within the range: [1, 1000]", "parameter", "pageSize")
			return
		}
	}
	// A page token belongs to its query, and says nothing to whoever reads it.
	hash := fnv.New32()
	hash.Write([]byte(email + "\x00" + q.Get("q") + "\x00" + q.Get("orderBy")))
	prefix := "~!!~" + strconv.FormatUint(uint64(hash.Sum32()), 36) + "."
	start := 0
	if token := q.Get("pageToken"); token != "" {
		number, ours := strings.CutPrefix(token, prefix)
		if start, err = strconv.Atoi(number); err != nil || !ours {
			invalidParameter(w, "pageToken")
			return
		}
	}

	// What is in shared drives is listed only for who says that they can bear it.
	all := q.Get("supportsAllDrives") == "true" && q.Get("includeItemsFromAllDrives") == "true"
	if q.Get("corpora") == "allDrives" && !all {
		failDrive(w, http.StatusForbidden, "teamDrivesParentLimit", "The includeItemsFromAllDrives parameter must be set to true when corpora is allDrives.", "parameter", "includeItemsFromAllDrives")
		return
	}
	shared := all && q.Get("corpora") == "allDrives"
	var found []*Spreadsheet
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.spreadsheets {
		if s.mayEdit(email) && (s.Drive == "" || shared) && wanted(s, email) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, order)

	files := []any{}
	for _, s := range found[min(start, len(found)):min(start+size, len(found))] {
		files = append(files, s.file())
	}
	answer := map[string]any{"kind": "drive#fileList", "incompleteSearch": false, "files": files}
	if end := start + size; end < len(found) {
		answer["nextPageToken"] = prefix + strconv.Itoa(end)
	}
	driveReply(w, r, answer, drive.FileList{}, "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)")
}

// parseOrder reads orderBy: keys with commas between them, each with desc or without.
func parseOrder(text string) (func(a, b *Spreadsheet) int, error) {
	keys := map[string]func(a, b *Spreadsheet) int{
		"name":         func(a, b *Spreadsheet) int { return cmp.Compare(fold(a.Title), fold(b.Title)) },
		"name_natural": func(a, b *Spreadsheet) int { return cmp.Compare(fold(a.Title), fold(b.Title)) },
		"modifiedTime": func(a, b *Spreadsheet) int { return a.Modified.Compare(b.Modified) },
		"recency":      func(a, b *Spreadsheet) int { return a.Modified.Compare(b.Modified) },
	}
	for _, alike := range []string{"createdTime", "folder", "modifiedByMeTime", "quotaBytesUsed", "sharedWithMeTime", "starred", "viewedByMeTime"} {
		keys[alike] = func(*Spreadsheet, *Spreadsheet) int { return 0 }
	}
	if text == "" {
		text = "recency desc" // in no order that anybody promises
	}
	var list []func(a, b *Spreadsheet) int
	for _, part := range strings.Split(text, ",") {
		name, direction, _ := strings.Cut(strings.TrimSpace(part), " ")
		compare, known := keys[name]
		if !known || direction != "" && direction != "desc" {
			return nil, errors.New("orderBy")
		}
		if direction == "desc" {
			up := compare
			compare = func(a, b *Spreadsheet) int { return up(b, a) }
		}
		list = append(list, compare)
	}
	return func(a, b *Spreadsheet) int {
		for _, compare := range list {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	}, nil
}
