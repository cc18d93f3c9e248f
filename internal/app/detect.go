package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/detect"
	"sheet24/internal/locale"
	"sheet24/internal/sim/bitrixsim"
)

// DetectOptions are the choices of `detect`.
type DetectOptions struct {
	File     string
	Entity   sheet24.Entity
	Language string // of the simulated portal and of the reasons: tr, en or ru
	Portal   string // URL of an inbound webhook; empty: the simulated portal
	JSON     bool
	Out      io.Writer
}

// detected is what `detect --json` prints.
type detected struct {
	HeaderRow int              `json:"header_row"` // from 1; 0: there is none
	Columns   []detectedColumn `json:"columns"`
	Status    *int             `json:"status_column"`
}

type detectedColumn struct {
	Index      int     `json:"index"`
	Header     string  `json:"header"`
	Field      *string `json:"field"`
	Confidence float64 `json:"confidence"`
	Selected   bool    `json:"selected"`
	Reason     string  `json:"reason"`
}

// Detect shows what sheet24 makes of a sheet.
func Detect(ctx context.Context, o DetectOptions) error {
	if o.Entity.TypeID() == 0 {
		return fmt.Errorf("there is no entity %q: %v, or spa:NUMBER", o.Entity, sheet24.Entities)
	}

	data, err := os.ReadFile(o.File)
	if err != nil {
		return err
	}

	rows, err := detect.ReadCSV(data)
	if err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	if len(rows) == 0 {
		return fmt.Errorf("%s is empty", o.File)
	}

	fields, err := fieldsOf(ctx, o)
	if err != nil {
		return errors.New(locale.Error("en", err))
	}

	found := detect.Detect(detect.Sheet{Entity: o.Entity, Fields: fields, Rows: rows})
	if o.JSON {
		return printJSON(o, found)
	}
	return printFound(o, found, fields)
}

// fieldsOf describes an entity's fields in a portal, or in the simulated one.
func fieldsOf(ctx context.Context, o DetectOptions) ([]sheet24.Field, error) {
	if o.Portal != "" {
		return fieldsAt(ctx, o.Portal, o.Entity)
	}

	const secret = "detect"
	portal := bitrixsim.New(bitrixsim.Options{Secret: secret, Language: o.Language})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: portal.Handler()}
	go server.Serve(listener)
	defer server.Close()
	return fieldsAt(ctx, "http://"+listener.Addr().String()+portal.WebhookPath(), o.Entity)
}

// fieldsAt describes an entity's fields by an inbound webhook, which its user named: so its
// host may be called.
func fieldsAt(ctx context.Context, webhook string, e sheet24.Entity) ([]sheet24.Field, error) {
	var hosts bitrix24.Hosts
	if u, err := url.Parse(strings.TrimSpace(webhook)); err == nil && u.Host != "" {
		hosts = bitrix24.Hosts{strings.ToLower(u.Host)}
	}
	client := bitrix24.New(bitrix24.Options{Hosts: hosts})

	portal, err := client.Connect(ctx, webhook)
	if err != nil {
		return nil, err
	}
	return client.Fields(ctx, portal, e)
}

func printJSON(o DetectOptions, found detect.Found) error {
	out := detected{HeaderRow: found.HeaderRow, Columns: []detectedColumn{}}
	for _, c := range found.Columns {
		column := detectedColumn{Index: c.Index, Header: c.Header, Confidence: c.Confidence, Selected: c.Selected, Reason: c.Text(o.Language)}
		if c.Field != "" {
			column.Field = &c.Field
		}
		out.Columns = append(out.Columns, column)
	}

	if found.Status >= 0 {
		out.Status = &found.Status
	}

	e := json.NewEncoder(o.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// printFound prints a table for people.
func printFound(o DetectOptions, found detect.Found, fields []sheet24.Field) error {
	if found.HeaderRow == 0 {
		fmt.Fprintf(o.Out, "No row looks like column names. What the values show:\n\n")
	} else {
		fmt.Fprintf(o.Out, "Column names are in row %d.\n\n", found.HeaderRow)
	}

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, c := range found.Columns {
		mark, name, percent := " ", "", ""
		switch {
		case c.Index == found.Status:
			name = "(status)"
		case c.Field != "":
			name, percent = c.Field, fmt.Sprintf("%.0f %%", 100*c.Confidence)
		}
		if c.Selected {
			mark = "✓"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", sheet24.ColumnLetter(c.Index), oneLine(c.Header), mark, name, titleOf(fields, c.Field), percent, c.Text(o.Language))
	}

	if err := w.Flush(); err != nil {
		return err
	}

	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(o.Out, strings.TrimRight(line, " \n"))
	}
	return nil
}

// oneLine is a header as one short line.
func oneLine(s string) string {
	const longest = 40
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return string(r)
}

// titleOf is what the portal calls a field, where that says more than its name.
func titleOf(fields []sheet24.Field, name string) string {
	i := slices.IndexFunc(fields, func(f sheet24.Field) bool { return f.Name == name })
	if i < 0 || fields[i].Title == name {
		return ""
	}
	return fields[i].Title
}
