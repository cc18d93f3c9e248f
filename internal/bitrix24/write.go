package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"sheet24"
)

// written is how a write ended whose command has that result.
func (c *Client) written(p *sheet24.Portal, w sheet24.ItemWrite, r result) sheet24.Written {
	done := sheet24.Written{ID: w.ID}
	err := r.err
	switch {
	case w.Delete && sheet24.AsError(err).Code == "record_missing":
		err = nil // gone is what was wanted
	case err == nil && !w.Delete:
		if done.ID, err = writtenID(p.Host, r.data, w.ID); err == nil {
			done.Holds = c.holds(p, w.Entity, r.data)
		}
	}

	done.Outcome, done.Err = outcome(err), err
	return done
}

// writtenID is the record that an answer shows: the new one, or the one that was
// to be changed. An answer that shows another says nothing of the write.
func writtenID(host string, data json.RawMessage, want int64) (int64, error) {
	var got struct {
		Item struct {
			ID lenient `json:"id"`
		} `json:"item"`
	}
	if err := decodeResult(host, data, &got); err != nil {
		return want, err
	}
	if id := got.Item.ID.int(); id != 0 && (want == 0 || id == want) {
		return id, nil
	}
	return want, sheet24.Errorf(sheet24.Unavailable, "portal_answer", host)
}

// holds are a record's plain fields as the answer to a write shows them: the portal may
// have trimmed a text, or rounded an amount.
func (c *Client) holds(p *sheet24.Portal, e sheet24.Entity, data json.RawMessage) map[string]any {
	var got struct {
		Item map[string]json.RawMessage `json:"item"`
	}
	fields, ok := c.lastFields(p, e)
	if !ok || json.Unmarshal(data, &got) != nil {
		return nil
	}
	item, err := decodeItem(got.Item, apiNames(fields))
	if err != nil {
		return nil
	}
	return item.Values
}

// writing is the call that makes a write.
func (c *Client) writing(ctx context.Context, p *sheet24.Portal, w sheet24.ItemWrite) (command, error) {
	params := url.Values{"entityTypeId": {itoa(w.Entity.TypeID())}}
	if w.ID != 0 {
		params.Set("id", itoa(w.ID))
	}
	if w.Delete {
		return command{methodOf[sheet24.Deleting], params}, nil
	}
	setFields(params, w)
	if w.ID != 0 {
		return command{methodOf[sheet24.Updating], params}, nil
	}

	if w.Key != "" {
		names, err := c.originNames(ctx, p, w.Entity)
		if err != nil {
			return command{}, err
		}
		for name, value := range origin(names, w.Key) {
			params.Set("fields["+name+"]", value)
		}
	}
	return command{methodOf[sheet24.Creating], params}, nil
}

// setFields writes fields as PHP reads a query: an empty text clears.
func setFields(params url.Values, w sheet24.ItemWrite) {
	for _, name := range slices.Sorted(maps.Keys(w.Fields)) {
		key := "fields[" + name + "]"
		switch v := w.Fields[name].(type) {
		case nil:
			params.Set(key, "")
		case []string:
			if len(v) == 0 {
				params.Set(key, "")
			}
			for i, s := range v {
				params.Set(key+"["+strconv.Itoa(i)+"]", s)
			}
		case float64:
			params.Set(key, strconv.FormatFloat(v, 'f', -1, 64))
		default:
			params.Set(key, fmt.Sprint(v))
		}
	}
	for i, m := range w.Multi {
		key := fmt.Sprintf("fields[fm][%d]", i)
		if m.ID != 0 {
			params.Set(key+"[id]", itoa(m.ID))
		}
		params.Set(key+"[typeId]", m.Type)
		params.Set(key+"[valueType]", m.Kind)
		params.Set(key+"[value]", m.Value)
	}
}
