package googlesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// mask is a selection of fields, as partial responses ("fields=a,b/c,d(e,f),*") and
// update masks ("a.b,c") write it. A nil mask selects nothing; see everything.
type mask struct {
	all    bool
	fields map[string]*mask // by name; "*" stands for every name
}

// everything selects all fields, at all depths.
var everything = &mask{all: true}

// parseMask reads a selection of fields. An empty text selects everything.
func parseMask(text string) (*mask, error) {
	if strings.TrimSpace(text) == "" {
		return everything, nil
	}

	p := &maskParser{text: strings.Join(strings.Fields(text), "")}
	m, err := p.list()
	if err == nil && p.text != "" {
		err = fmt.Errorf("unexpected %q", p.text)
	}
	if err != nil {
		return nil, errors.New("Invalid field selection " + text)
	}
	return m, nil
}

type maskParser struct{ text string }

// list reads paths with commas between them, up to a closing bracket.
func (p *maskParser) list() (*mask, error) {
	m := &mask{fields: map[string]*mask{}}
	for {
		if err := p.path(m); err != nil {
			return nil, err
		}
		if !p.take(",") {
			return m, nil
		}
	}
}

// path reads a.b/c(d,e) into a mask.
func (p *maskParser) path(m *mask) error {
	end := strings.IndexAny(p.text, ",./()")
	if end < 0 {
		end = len(p.text)
	}
	name := p.text[:end]
	if name == "" {
		return errors.New("a name is missing")
	}
	p.text = p.text[end:]

	inner := everything
	switch {
	case p.take("(") || p.take("/("):
		list, err := p.list()
		if err != nil || !p.take(")") {
			return errors.New("a bracket is not closed")
		}
		inner = list
	case p.take(".") || p.take("/"):
		inner = &mask{fields: map[string]*mask{}}
		if err := p.path(inner); err != nil {
			return err
		}
	}

	m.fields[name] = m.fields[name].with(inner)
	return nil
}

func (p *maskParser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.text, token)
	p.text = rest
	return ok
}

// with is the union of two masks.
func (m *mask) with(other *mask) *mask {
	switch {
	case m == nil:
		return other
	case other == nil:
		return m
	case m.all || other.all:
		return everything
	}

	both := &mask{fields: map[string]*mask{}}
	for _, part := range []*mask{m, other} {
		for name, inner := range part.fields {
			both.fields[name] = both.fields[name].with(inner)
		}
	}
	return both
}

// at is what a mask selects below a path of names, nil for nothing.
func (m *mask) at(names ...string) *mask {
	for _, name := range names {
		if m == nil || m.all {
			return m
		}
		m = m.fields[name].with(m.fields["*"])
	}
	return m
}

// has reports whether anything below a path of names is selected.
func (m *mask) has(names ...string) bool { return m.at(names...) != nil }

// apply leaves of a JSON value what is selected. Grid data have been built with the
// mask and are left as they are.
func (m *mask) apply(v any) any {
	if m == nil || m.all {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		left := map[string]any{}
		for name, inner := range v {
			if sub := m.at(name); sub != nil {
				left[name] = sub.apply(inner)
			}
		}
		return left
	case []any:
		left := make([]any, len(v))
		for i, inner := range v {
			left[i] = m.apply(inner)
		}
		return left
	case json.RawMessage:
		return v
	}

	// A struct, or a list of them, is what it looks like as JSON.
	switch reflect.ValueOf(v).Kind() {
	case reflect.Struct, reflect.Pointer, reflect.Slice:
		var tree any
		if data, err := json.Marshal(v); err == nil && json.Unmarshal(data, &tree) == nil {
			return m.apply(tree)
		}
	}
	return v
}

// check tells which path of a mask leads to no field of a type of the API's own client.
func (m *mask) check(t reflect.Type, path string) error {
	if m == nil || m.all {
		return nil
	}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil // a map or any value
	}
	fields := fieldsOf(t)
	for name, inner := range m.fields {
		f, ok := fields[name]
		if name == "*" {
			continue
		}
		where := strings.TrimPrefix(path+"."+name, ".")
		if !ok {
			return errors.New(where)
		}
		if err := inner.check(f.Type, where); err != nil {
			return err
		}
	}
	return nil
}
