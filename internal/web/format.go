package web

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// entityTitle is what an entity is called: by sheet24, or by the portal.
func entityTitle(ctx context.Context, e sheet24.Entity, title string) string {
	return locale.Entity(visitOf(ctx).lang, e, title)
}

// fieldTitle is a field's title: sheet24's own where Bitrix24 gives it none.
func fieldTitle(lang string, f sheet24.Field) string {
	if key := "field." + f.Name; locale.Has(lang, key) {
		return locale.T(lang, key)
	}
	return f.Title
}

// titles are what fields are called, as one text.
func titles(lang string, fields []sheet24.Field) string {
	var list []string
	for _, f := range fields {
		list = append(list, fieldTitle(lang, f))
	}
	return strings.Join(list, ", ")
}

// headerOf is the name of the column that feeds a field.
func headerOf(t *sheet24.Table, field string) string {
	m, _ := t.Mapping(field)
	return m.Column.Name
}

func percent(confidence float64) string { return strconv.Itoa(int(100*confidence+0.5)) + " %" }

func textOf(v any) string { return mapping.Text(v) }

// moment writes a time in the zone of a table's spreadsheet.
func moment(at time.Time, t *sheet24.Table, never string) string {
	if at.IsZero() {
		return never
	}
	return at.In(zoneOf(t)).Format("02.01.2006 15:04:05")
}

// tableColors puts a table's colours into the page. Whatever is no colour is another's
// text, and never gets into a style sheet: the first colours stand in for it.
func tableColors(c sheet24.ColorScheme) templ.Component {
	if !c.Valid() {
		c = sheet24.DefaultColors
	}

	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `<style nonce="%s">:root{--table-header:%s;--table-text:%s;--table-accent:%s;--table-row:%s}</style>`,
			templ.GetNonce(ctx), c.Header, c.Text, c.Accent, c.Row)
		return err
	})
}
