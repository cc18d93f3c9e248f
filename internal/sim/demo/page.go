package demo

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed page
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page/demo.html"))

func pageFiles() http.Handler {
	sub, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return http.FileServerFS(sub)
}

// page shows the sheet beside the CRM.
func (w *World) page(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", "default-src 'self'")
	pageTemplate.Execute(rw, map[string]any{"SpreadsheetID": w.SpreadsheetID,
		"Leads": LeadsGID, "Contacts": ContactsGID})
}
