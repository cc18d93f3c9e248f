package bitrixsim

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// sent keeps in which order the names within a parameter came, by the parameter's name. PHP's
// arrays remember it: commands of a batch run so, and lists are sorted so.
const sent = "\x00sent"

// noteOrder notes the order of the names within each parameter of a JSON object.
func (in params) noteOrder(body []byte) {
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return
	}
	for name, raw := range top {
		if names := namesOf(raw); names != nil {
			in.setOrder(name, names)
		}
	}
}

func (in params) setOrder(name string, names []string) {
	orders, ok := in[sent].(map[string][]string)
	if !ok {
		orders = map[string][]string{}
		in[sent] = orders
	}
	orders[name] = names
}

// namesOf are the names of a JSON object in their order, nil of anything else.
func namesOf(raw json.RawMessage) (names []string) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return names
		}
		names = append(names, name.(string))
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return names
		}
	}
	return names
}

// pair is one name and value of a query or a form.
type pair struct{ name, value string }

// pairs are a query's names and values in their order.
func pairs(query string) (list []pair, err error) {
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if name, err = url.QueryUnescape(name); err != nil {
			return nil, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, err
		}
		list = append(list, pair{name, value})
	}
	return list, nil
}

// fromQuery nests PHP-style names: a[b][0]=x is {"a": {"b": {"0": "x"}}}, and a[]=x appends.
func fromQuery(query string) (params, error) {
	list, err := pairs(query)
	if err != nil {
		return nil, err
	}

	root := params{}
	orders := map[string][]string{}
	for _, p := range list {
		head, rest, within := strings.Cut(p.name, "[")
		path := []string{head}
		if within {
			path = append(path, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		}

		at := map[string]any(root)
		for i, name := range path {
			if name == "" {
				name = strconv.Itoa(len(at))
			}
			if _, known := at[name]; i == 1 && !known {
				orders[head] = append(orders[head], name)
			}
			if i == len(path)-1 {
				at[name] = p.value
				break
			}
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
	}
	for name, order := range orders {
		root.setOrder(name, order)
	}
	return root, nil
}

// keys are the names within a parameter, in the order in which they were sent where that is
// known.
func (in params) keys(name string) []string {
	object := in.object(name)
	orders, _ := in[sent].(map[string][]string)
	for _, key := range orders[name] {
		if _, there := object[key]; !there {
			return keys(object)
		}
	}
	if len(orders[name]) != len(object) {
		return keys(object)
	}
	return slices.Clone(orders[name])
}
