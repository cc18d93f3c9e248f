package googlesim

import (
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

const spreadsheetType = "application/vnd.google-apps.spreadsheet"

var nameContains = regexp.MustCompile(`name contains '((?:[^'\\]|\\.)*)'`)

func (g *Google) routeDrive(mux *http.ServeMux) {
	mux.HandleFunc("GET /drive/v3/files", g.listFiles)
	mux.HandleFunc("GET /drive/v3/files/{id}", g.getFile)
	g.routeDriveChanges(mux)
}

// fold makes names that differ in case alone equal, Turkish i's among them.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("İ", "i", "I", "i", "ı", "i").Replace(name))
}

// file is a file as Drive describes it.
type file struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Name     string `json:"name"`
	MimeType string `json:"mimeType"`
	Modified string `json:"modifiedTime"`
	Version  int64  `json:"version,string"`
	Trashed  bool   `json:"trashed"`
}

func (s *Spreadsheet) file() file {
	return file{"drive#file", s.ID, s.Title, spreadsheetType, s.Modified.UTC().Format(time.RFC3339Nano), s.Version, false}
}

func (g *Google) getFile(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.spreadsheets[r.PathValue("id")]
	if !ok || !s.mayEdit(email) {
		notFound(w)
		return
	}
	reply(w, http.StatusOK, s.file())
}

func (g *Google) listFiles(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	q := r.URL.Query()
	search := ""
	if m := nameContains.FindStringSubmatch(q.Get("q")); m != nil {
		search = strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(m[1])
	}
	size, err := strconv.Atoi(q.Get("pageSize"))
	if err != nil || size < 1 || size > 1000 {
		size = 100
	}
	start, _ := strconv.Atoi(strings.TrimPrefix(q.Get("pageToken"), "~"))
	// What is in shared drives is listed only for who says that they can bear it.
	shared := q.Get("supportsAllDrives") == "true" && q.Get("includeItemsFromAllDrives") == "true" && q.Get("corpora") == "allDrives"
	files := []file{}
	g.mu.Lock()
	for _, s := range g.spreadsheets {
		if s.Drive != "" && !shared {
			continue
		}
		if s.mayEdit(email) && strings.Contains(fold(s.Title), fold(search)) {
			files = append(files, s.file())
		}
	}
	g.mu.Unlock()
	sort.Slice(files, func(i, j int) bool { return files[i].Modified > files[j].Modified })
	answer := map[string]any{"kind": "drive#fileList", "incompleteSearch": false}
	if end := start + size; end < len(files) {
		answer["nextPageToken"] = "~" + strconv.Itoa(end)
	}
	answer["files"] = files[min(start, len(files)):min(start+size, len(files))]
	reply(w, http.StatusOK, answer)
}
