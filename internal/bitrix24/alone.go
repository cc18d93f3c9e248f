package bitrix24

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// alone reports whether a command must be a request of its own. Within a batch a portal
// takes $result[c0][item][title], anywhere in a value, for what another command of the batch
// brought (source: the documentation's page on batch); portals do so with $next, $total, $time
// and $error too. There is no way to quote it. So what people typed could show them, or
// destroy, what they did not type: a text with a "[" anywhere behind a "$" never goes into a
// batch. As a request of its own it is a text like any other. An empty list, too, cannot be
// said in a batch: its commands are queries.
func (c command) alone() bool {
	suspect := func(s string) bool {
		_, behind, ok := strings.Cut(s, "$")
		return ok && strings.Contains(behind, "[")
	}

	for name, values := range c.params {
		if strings.HasSuffix(name, emptyList) || suspect(name) || slices.ContainsFunc(values, suspect) {
			return true
		}
	}
	return false
}

// together parts the commands that wait into those that the next request carries, n at most,
// and the others, both in their order: one command that must go alone, or several that need
// not.
func together(commands []command, waiting []int, n int) (took, rest []int) {
	if len(waiting) > 0 && commands[waiting[0]].alone() {
		return waiting[:1:1], waiting[1:]
	}

	for at, i := range waiting {
		if len(took) == n {
			return took, append(rest, waiting[at:]...)
		}
		if commands[i].alone() {
			rest = append(rest, i)
		} else {
			took = append(took, i)
		}
	}

	return took, rest
}

// single reports whether commands, which together has put together, are one that goes alone.
func single(commands []command) bool { return len(commands) == 1 && commands[0].alone() }

// requestOf is the request that carries commands which together has put together.
func requestOf(commands []command) (method string, params map[string]any) {
	if single(commands) {
		return commands[0].method, nested(commands[0].params)
	}

	cmd := make(map[string]string, len(commands))
	for i, one := range commands {
		cmd[key(i)] = one.method + "?" + one.params.Encode()
	}
	return "batch", map[string]any{"halt": 0, "cmd": cmd}
}

// answerTo reads the answer to such a request. Its error is the request's; commands that
// failed have theirs in the answer. That to a command alone is read like that to a batch of
// one, so that an error about its record is not taken for one about the portal.
func answerTo(host string, commands []command, a *answer, err error) (got batchAnswer, _ error) {
	switch alone := single(commands); {
	case err == nil && !alone:
		return got, a.into(host, &got)
	case err == nil:
		return batchAnswer{Result: phpMap[json.RawMessage]{key(0): a.Result}, Total: phpMap[lenient]{key(0): a.Total}, Time: phpMap[timing]{key(0): a.Time}}, nil
	case !alone:
		return got, err
	}

	// A portal refuses a request with one of the system's errors; what is wrong with one
	// record it says with the status 400.
	r, refused := errors.AsType[*refusal](err)
	if !refused || r.status != http.StatusBadRequest || notDone(err) {
		return got, err
	}
	return batchAnswer{Error: phpMap[batchError]{key(0): {Code: r.code, Description: lenient(r.description)}}}, nil
}

// emptyList ends the name of a parameter that is an empty list.
const emptyList = "[]"

// nested are parameters as JSON has them: a[b][0]=x is {"a": {"b": ["x"]}}, a[b][] an empty list.
func nested(values url.Values) map[string]any {
	root := map[string]any{}
	for name, list := range values {
		name, empty := strings.CutSuffix(name, emptyList)
		head, rest, _ := strings.Cut(name, "[")
		path := []string{head}
		if rest != "" {
			path = append(path, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		}

		at := root
		for _, part := range path[:len(path)-1] {
			within, ok := at[part].(map[string]any)
			if !ok {
				within = map[string]any{}
				at[part] = within
			}
			at = within
		}
		if at[path[len(path)-1]] = list[len(list)-1]; empty {
			at[path[len(path)-1]] = []any{}
		}
	}

	for name, v := range root {
		root[name] = listed(v)
	}
	return root
}

// listed makes lists of the objects whose names are 0, 1, 2 ….
func listed(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}

	list := make([]any, 0, len(object))
	for i := range len(object) {
		x, ok := object[strconv.Itoa(i)]
		if !ok {
			break
		}
		list = append(list, listed(x))
	}
	if len(list) == len(object) {
		return list
	}

	for name, x := range object {
		object[name] = listed(x)
	}
	return object
}
