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

// rounds are how many writes a request carries: first all that it can, and then fewer
// of those whose answer was lost and which, as reading shows, were not done. So one
// record that the portal fails on does not take others along.
var rounds = []int{maxBatch, 7, 1}

// Write makes changes, up to 50 to a request and of any entities together, and
// tells how each ended. Where an answer was lost, the record is read to see
// whether the change is there. A creation that has a key is looked for first.
func (c *Client) Write(ctx context.Context, p *sheet24.Portal, writes []sheet24.ItemWrite) []sheet24.Written {
	w := &writer{c: c, p: p, writes: writes, done: make([]sheet24.Written, len(writes))}
	var open []int
	for i := range writes {
		w.done[i].ID = writes[i].ID
		open = append(open, i)
	}
	left := w.findCreated(ctx, open)
	for _, i := range open {
		w.done[i].Existed = w.done[i].Err == nil && !slices.Contains(left, i)
	}
	open = left
	for _, most := range rounds {
		if len(open) == 0 {
			break
		}
		undone := w.settle(ctx, w.send(ctx, open, most))
		if len(undone) == len(open) && len(undone) > maxBatch {
			break // it is not one record: the portal takes no writes for now
		}
		open = undone
	}
	return w.done
}

type writer struct {
	c      *Client
	p      *sheet24.Portal
	writes []sheet24.ItemWrite
	done   []sheet24.Written
}

// send makes the writes named by their indexes, so many to a request, and returns
// those whose outcome is not known.
func (w *writer) send(ctx context.Context, open []int, most int) []lost {
	var commands []command
	var sent []int
	for _, i := range open {
		cmd, err := w.command(ctx, w.writes[i])
		if err != nil {
			w.done[i].Err = err
			continue
		}
		commands, sent = append(commands, cmd), append(sent, i)
	}
	var unsure []lost
	for n, r := range w.c.runBy(ctx, w.p, commands, most) {
		i := sent[n]
		err := r.err
		if err == nil && !w.writes[i].Delete {
			if w.done[i].ID, err = writtenID(w.p.Host, r.data, w.writes[i].ID); err == nil {
				w.done[i].Holds = w.holds(ctx, w.writes[i].Entity, r.data)
			}
		}
		if w.writes[i].Delete && sheet24.AsError(err).Code == "record_missing" {
			err = nil // gone is what was wanted
		}
		w.done[i].Err = err
		if err != nil && outcomeUnknown(err) && !r.sent.IsZero() {
			unsure = append(unsure, lost{i, r.sent})
		}
	}
	return unsure
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
func (w *writer) holds(ctx context.Context, e sheet24.Entity, data json.RawMessage) map[string]any {
	var got struct {
		Item map[string]json.RawMessage `json:"item"`
	}
	fields, err := w.c.Fields(ctx, w.p, e)
	if err != nil || json.Unmarshal(data, &got) != nil {
		return nil
	}
	names := make(map[string]string, len(fields))
	for _, f := range fields {
		names[f.APIName] = f.Name
	}
	item, err := decodeItem(got.Item, names)
	if err != nil {
		return nil
	}
	return item.Values
}

// command is the call that makes a write.
func (w *writer) command(ctx context.Context, write sheet24.ItemWrite) (command, error) {
	params := url.Values{"entityTypeId": {itoa(write.Entity.TypeID())}}
	if write.ID != 0 {
		params.Set("id", itoa(write.ID))
	}
	if write.Delete {
		return command{"crm.item.delete", params}, nil
	}
	setFields(params, write)
	if write.ID != 0 {
		return command{"crm.item.update", params}, nil
	}
	if write.Key != "" {
		names, err := w.originNames(ctx, write.Entity)
		if err != nil {
			return command{}, err
		}
		for name, value := range origin(names, write.Key) {
			params.Set("fields["+name+"]", value)
		}
	}
	return command{"crm.item.add", params}, nil
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
