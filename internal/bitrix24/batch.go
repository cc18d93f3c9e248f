package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"sheet24"
)

// maxBatch is the most commands that one batch carries.
const maxBatch = 50

// command is one call within a batch.
type command struct {
	method string
	params url.Values // PHP-style keys: fields[fm][0][value]
}

// batch runs commands, 50 to a request, and returns each one's result or error
// in their order. When a request fails as a whole, its commands share its error,
// and so do those after it, which are not sent: whether the former ran is not
// known.
func (c *Client) batch(ctx context.Context, p *sheet24.Portal, commands []command) ([]json.RawMessage, []error) {
	results, errs := make([]json.RawMessage, len(commands)), make([]error, len(commands))
	for first := 0; first < len(commands); first += maxBatch {
		last := min(first+maxBatch, len(commands))
		cmd := make(map[string]string, last-first)
		for i := first; i < last; i++ {
			cmd["c"+strconv.Itoa(i)] = commands[i].method + "?" + commands[i].params.Encode()
		}
		var answer struct {
			Result phpMap[json.RawMessage] `json:"result"`
			Error  phpMap[batchError]      `json:"result_error"`
		}
		if err := c.Call(ctx, p, "batch", map[string]any{"halt": 0, "cmd": cmd}, &answer); err != nil {
			for i := first; i < len(commands); i++ {
				errs[i] = err
			}
			return results, errs
		}
		for i := first; i < last; i++ {
			key := "c" + strconv.Itoa(i)
			if e, ok := answer.Error[key]; ok {
				errs[i] = apiError(p.Host, fmt.Sprint(e.Code), e.Description)
			} else if r, ok := answer.Result[key]; ok {
				results[i] = r
			} else {
				errs[i] = sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host)
			}
		}
	}
	return results, errs
}

type batchError struct {
	Code        any    `json:"error"`
	Description string `json:"error_description"`
}

// phpMap is an object that PHP writes as [] when it is empty, and as a list when
// its keys happen to be 0, 1, 2 ….
type phpMap[T any] map[string]T

func (m *phpMap[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var list []T
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		*m = make(phpMap[T], len(list))
		for i, v := range list {
			(*m)[strconv.Itoa(i)] = v
		}
		return nil
	}
	plain := map[string]T(nil)
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	*m = plain
	return nil
}
