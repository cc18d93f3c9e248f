package bitrixsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// params are a call's parameters as PHP sees them: nested, and, from a query or
// a form, all strings.
type params map[string]any

// readParams reads the query and the body, which is JSON or a form.
func readParams(r *http.Request) (params, error) {
	in, err := fromQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if len(body) == 0 {
			return in, nil
		}
		var object map[string]any
		if err := json.Unmarshal(body, &object); err != nil {
			return nil, fmt.Errorf("body is not a JSON object")
		}
		for k, v := range object {
			in[k] = v
		}
		in.noteOrder(body)
		return in, nil
	}

	form, err := fromQuery(string(body))
	if err != nil {
		return nil, err
	}
	for k, v := range form {
		in[k] = v
	}
	return in, nil
}

// text is a parameter as PHP would print it.
func (in params) text(name string) string { return text(in[name]) }

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "1"
		}
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		return "Array" // as PHP prints it
	}
	return fmt.Sprint(v)
}

// start is where a page begins: 0 if it is not given, -1 if nothing is to be
// counted.
func (in params) start() (int, error) {
	s := in.text("start")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 {
		return 0, badRequest("100", "Invalid value {"+s+"} to match with parameter {start}. Should be value of type int.")
	}
	return n, nil
}

// integer reads a required whole number.
func (in params) integer(name string) (int64, error) {
	s := in.text(name)
	if s == "" {
		return 0, badRequest("100", "Could not find value for parameter {"+name+"}")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, badRequest("100", "Invalid value {"+s+"} to match with parameter {"+name+"}. Should be value of type int.")
	}
	return n, nil
}

// object is a parameter that is an object or a list, by its keys.
func (in params) object(name string) map[string]any { return object(in[name]) }

// plain is any result as JSON would bring it.
func plain(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

func object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		m := make(map[string]any, len(v))
		for i, x := range v {
			m[strconv.Itoa(i)] = x
		}
		return m
	}
	return nil
}

// keys are the keys of an object in a stable order, numbers by their value.
func keys(m map[string]any) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return all
}
