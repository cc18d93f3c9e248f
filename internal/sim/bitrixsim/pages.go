package bitrixsim

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

var pageTemplates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

func renderPage(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	pageTemplates.ExecuteTemplate(w, name+".html", data)
}

func crmStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/crm.css")
}

func (p *Portal) language() string {
	if _, spoken := words[p.options.Language]; spoken {
		return p.options.Language
	}
	return "tr"
}

// words are the CRM page's own texts.
var words = map[string]map[string]string{
	"tr": {"History": "Geçmiş", "When": "Zaman", "Who": "Kim", "What": "Ne değişti", "Nothing": "Kayıt yok", "Name": "Ad", "Stage": "Aşama",
		"Contact": "İletişim", "Changed": "Son değişiklik", "Count": "%d kayıt"},
	"en": {"History": "History", "When": "Time", "Who": "Who", "What": "What changed", "Nothing": "Nothing here", "Name": "Name", "Stage": "Stage",
		"Contact": "Contact", "Changed": "Last change", "Count": "%d records"},
	"ru": {"History": "История", "When": "Время", "Who": "Кто", "What": "Что изменено", "Nothing": "Записей нет", "Name": "Название", "Stage": "Стадия",
		"Contact": "Контакт", "Changed": "Последнее изменение", "Count": "Записей: %d"},
}

type crmLink struct {
	ID    int
	Title string
}

type crmRow struct {
	ID                                 int64
	Name, Stage, Contact, Changed, Who string
}

type crmField struct{ Name, Value string }

type crmEntry struct {
	At, Who, Via string
	Lines        []Line
}

// crmPage shows an entity's records, or one record with its history.
func (p *Portal) crmPage(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	typeID := 1
	if s := r.PathValue("type"); s != "" {
		typeID, _ = strconv.Atoi(s)
	}
	e, ok := p.catalogue.entity(typeID)
	if !ok {
		http.NotFound(w, r)
		return
	}
	data := map[string]any{"Language": p.language(), "Words": words[p.language()], "TypeID": typeID, "Title": e.in(p.language())}
	var links []crmLink
	for _, e := range p.catalogue.Entities {
		links = append(links, crmLink{e.EntityTypeID, e.in(p.language())})
	}
	data["Entities"] = links
	if r.PathValue("id") == "" {
		var rows []crmRow
		for _, id := range slices.Sorted(maps.Keys(p.records[typeID])) {
			rec := p.records[typeID][id]
			rows = append(rows, crmRow{id, p.nameOf(e, rec), p.statusName(e.stagesOf(e.funnel(rec)), text(rec.Fields["stageId"])),
				strings.TrimSpace(rec.FirstOf("EMAIL") + " " + rec.FirstOf("PHONE")), clock(rec.Updated), p.userName(rec.UpdatedBy)})
		}
		data["Rows"], data["Count"] = rows, fmt.Sprintf(words[p.language()]["Count"], len(rows))
		renderPage(w, "crm", data)
		return
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	rec, ok := p.records[typeID][id]
	if !ok {
		http.NotFound(w, r)
		return
	}
	data["Title"] = p.nameOf(e, rec)
	title := func(name string) string {
		if f, ok := e.field(name); ok {
			return f.in(p.language())
		}
		return name
	}
	var fields []crmField
	for _, f := range e.Fields {
		if f.Type != "crm_multifield" {
			if s := p.show(e, rec, f); s != "" {
				fields = append(fields, crmField{f.in(p.language()), s})
			}
		}
	}
	for _, m := range rec.Multi {
		fields = append(fields, crmField{m.TypeID + " " + m.ValueType, m.Value})
	}
	data["Record"] = fields
	var entries []crmEntry
	for _, h := range slices.Backward(rec.History) {
		lines := slices.Clone(h.Lines)
		for i := range lines {
			lines[i].Field = title(lines[i].Field)
		}
		entries = append(entries, crmEntry{clock(h.At), p.userName(h.UserID), h.Via, lines})
	}
	data["History"] = entries
	renderPage(w, "crm", data)
}

// show is a field's value as a person reads it.
func (p *Portal) show(e *entity, r *Record, f field) string {
	v := p.value(e, r, f)
	s := print(v)
	switch {
	case f.Type == "crm_status" && f.Name == "stageId":
		return p.statusName(e.stagesOf(e.funnel(r)), s)
	case f.Type == "crm_status":
		return p.statusName(f.StatusType, s)
	case f.Type == "user" && !f.Multiple && s != "":
		n, _ := strconv.Atoi(s)
		return p.userName(n)
	case len(f.Items) > 0:
		var labels []string
		for _, x := range listOf(v) {
			for _, c := range f.Items {
				if strconv.Itoa(c.ID) == text(x) {
					labels = append(labels, c.in(p.language()))
				}
			}
		}
		return strings.Join(labels, ", ")
	}
	return s
}

// nameOf is a record's name: its title, or a person's names.
func (p *Portal) nameOf(e *entity, r *Record) string {
	name := strings.TrimSpace(text(r.Fields["name"]) + " " + text(r.Fields["lastName"]))
	if title := text(r.Fields["title"]); title != "" {
		name = title
	}
	if name == "" {
		name = e.One.in(p.language()) + " #" + strconv.FormatInt(r.ID, 10)
	}
	return name
}

func (p *Portal) userName(id int) string {
	for _, u := range p.users {
		if u.ID == id {
			return u.Name + " " + u.LastName
		}
	}
	return strconv.Itoa(id)
}

func clock(t time.Time) string { return t.In(zone).Format("02.01.2006 15:04:05") }
