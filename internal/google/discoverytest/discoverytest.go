// Package discoverytest holds requests and answers against Google's own descriptions of
// its APIs, the discovery documents, in tests.
package discoverytest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// API is Google's own description of an API, as the module of its Go client carries it.
type API struct {
	BasePath   string               `json:"basePath"`
	Parameters map[string]Parameter `json:"parameters"`
	Schemas    map[string]Schema    `json:"schemas"`
	Resources
}

// Resources are the methods of an API, and the resources within them.
type Resources struct {
	Methods   map[string]Method    `json:"methods"`
	Resources map[string]Resources `json:"resources"`
}

// Method is a method of an API.
type Method struct {
	ID         string               `json:"id"`
	Path       string               `json:"path"`
	HTTPMethod string               `json:"httpMethod"`
	Parameters map[string]Parameter `json:"parameters"`
	Request    Schema               `json:"request"`
	Response   Schema               `json:"response"`
	Scopes     []string             `json:"scopes"`
}

// Parameter is a parameter of a method.
type Parameter struct {
	Location string   `json:"location"`
	Required bool     `json:"required"`
	Enum     []string `json:"enum"`
}

// Schema is the shape of a message.
type Schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Enum       []string          `json:"enum"`
	Properties map[string]Schema `json:"properties"`
	Items      *Schema           `json:"items"`
	Additional *Schema           `json:"additionalProperties"`
}

// Read reads the descriptions of the APIs that sheet24 calls: Sheets, Drive, Apps Script.
func Read(t testing.TB) []*API {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []*API
	for _, file := range []string{"sheets/v4/sheets-api.json", "drive/v3/drive-api.json", "script/v1/script-api.json"} {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), file))
		if err != nil {
			t.Fatal(err)
		}
		d := &API{}
		if err := json.Unmarshal(data, d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, d)
	}
	return all
}

// Match finds the method that a request calls.
func (d *API) Match(httpMethod, path string) (Method, bool) {
	var found Method
	var walk func(r Resources)
	walk = func(r Resources) {
		for _, m := range r.Methods {
			// {+name} may hold slashes, {name} not.
			pattern := regexp.QuoteMeta(strings.TrimSuffix(d.BasePath, "/") + "/" + strings.TrimPrefix(m.Path, "/"))
			pattern = regexp.MustCompile(`\\\{\\\+\w+\\\}`).ReplaceAllString(pattern, ".+")
			pattern = regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(pattern, "[^/]+")
			if m.HTTPMethod == httpMethod && regexp.MustCompile("^"+pattern+"$").MatchString(path) {
				found = m
			}
		}
		for _, inner := range r.Resources {
			walk(inner)
		}
	}
	walk(d.Resources)
	return found, found.ID != ""
}

// Faults says where a value has another shape than its schema: a name that is not
// there, a value of another type, or one that is none of an enumeration.
func (d *API) Faults(path string, v any, s Schema) (faults []string) {
	if s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	switch v := v.(type) {
	case map[string]any:
		if s.Type != "object" {
			return []string{fmt.Sprintf("%s is an object, not %s", path, s.Type)}
		}
		for name, inner := range v {
			p, ok := s.Properties[name]
			if !ok && s.Additional != nil {
				p, ok = *s.Additional, true
			}
			if !ok {
				faults = append(faults, path+"."+name+" is not in the discovery document")
				continue
			}
			faults = append(faults, d.Faults(path+"."+name, inner, p)...)
		}
	case []any:
		if s.Type == "any" {
			return nil
		}
		if s.Type != "array" {
			return []string{fmt.Sprintf("%s is a list, not %s", path, s.Type)}
		}
		for i, inner := range v {
			faults = append(faults, d.Faults(fmt.Sprintf("%s[%d]", path, i), inner, *s.Items)...)
		}
	case string:
		if s.Type != "string" && s.Type != "any" {
			return []string{fmt.Sprintf("%s is a text, not %s", path, s.Type)}
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			return []string{fmt.Sprintf("%s is %q, which is none of %v", path, v, s.Enum)}
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" && s.Type != "any" {
			return []string{fmt.Sprintf("%s is a number, not %s", path, s.Type)}
		}
	case bool:
		if s.Type != "boolean" && s.Type != "any" {
			return []string{fmt.Sprintf("%s is a boolean, not %s", path, s.Type)}
		}
	}
	return faults
}
