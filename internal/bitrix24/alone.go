package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// alone reports whether a command must be a request of its own. Within a batch a portal
// takes $result[c0][item][title], anywhere in a value, for what another command of the batch
// brought (source: the documentation's page on batch); portals do so with $next, $total, $time
// and $error too. There is no way to quote it. So what people typed could show them, or
// destroy, what they did not type: a text with a "[" anywhere behind a "$" never goes into a
// batch. As a request of its own it is a text like any other.
func (c command) alone() bool {
	suspect := func(s string) bool {
		_, behind, ok := strings.Cut(s, "$")
		return ok && strings.Contains(behind, "[")
	}

	for name, values := range c.params {
		if suspect(name) || slices.ContainsFunc(values, suspect) {
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

// sendTogether makes the request that carries commands, which together has put together, and
// tells when that was. Its error is the request's; commands that failed have theirs in the
// answer.
func (c *Client) sendTogether(ctx context.Context, p *sheet24.Portal, commands []command, list []int) (batchAnswer, time.Time, error) {
	if len(list) == 1 && commands[list[0]].alone() {
		return c.sendAlone(ctx, p, commands[list[0]], key(list[0]))
	}

	cmd := make(map[string]string, len(list))
	for _, i := range list {
		cmd[key(i)] = commands[i].method + "?" + commands[i].params.Encode()
	}
	a, sent, err := c.send(ctx, p, "batch", map[string]any{"halt": 0, "cmd": cmd})

	var got batchAnswer
	if err == nil {
		err = a.into(p.Host, &got)
	}
	return got, sent, err
}

// sendAlone makes the request of one command. Its answer is read like that of a batch of one,
// so that an error about its record is not taken for one about the portal.
func (c *Client) sendAlone(ctx context.Context, p *sheet24.Portal, cmd command, key string) (batchAnswer, time.Time, error) {
	a, sent, err := c.send(ctx, p, cmd.method, nested(cmd.params))
	if err == nil {
		return batchAnswer{Result: phpMap[json.RawMessage]{key: a.Result}, Total: phpMap[lenient]{key: a.Total}, Time: phpMap[timing]{key: a.Time}}, sent, nil
	}

	// A portal refuses a request with one of the system's errors; what is wrong with one
	// record it says with the status 400.
	r, refused := errors.AsType[*refusal](err)
	if !refused || r.status != http.StatusBadRequest || notDone(err) {
		return batchAnswer{}, sent, err
	}
	return batchAnswer{Error: phpMap[batchError]{key: {Code: r.code, Description: lenient(r.description)}}}, sent, nil
}

// nested are parameters as JSON has them: a[b][0]=x is {"a": {"b": ["x"]}}.
func nested(values url.Values) map[string]any {
	root := map[string]any{}
	for name, list := range values {
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
		at[path[len(path)-1]] = list[len(list)-1]
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
