package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

// originator is who sheet24 says it is in the records that it creates.
const originator = "sheet24"

// rounds is how often a write is sent whose answer was lost and which, as reading
// shows, was not done.
const rounds = 3

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
	open = w.findCreated(ctx, open)
	for range rounds {
		if len(open) == 0 {
			break
		}
		open = w.settle(ctx, w.send(ctx, open))
	}
	return w.done
}

type writer struct {
	c      *Client
	p      *sheet24.Portal
	writes []sheet24.ItemWrite
	done   []sheet24.Written
}

// lost is a write whose answer was lost, and when it was sent.
type lost struct {
	index int
	sent  time.Time
}

// send makes the writes named by their indexes and returns those whose outcome
// is not known.
func (w *writer) send(ctx context.Context, open []int) []lost {
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
	for n, r := range w.c.run(ctx, w.p, commands) {
		i := sent[n]
		err := r.err
		if err == nil && !w.writes[i].Delete {
			w.done[i].ID, err = writtenID(w.p.Host, r.data, w.writes[i].ID)
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

// settle finds out by reading which of the writes were done, and returns those
// that were not. What must not be done twice is not taken for undone before the
// portal has given up on the request that carried it.
func (w *writer) settle(ctx context.Context, unsure []lost) (open []int) {
	if len(unsure) == 0 {
		return nil
	}
	undone := w.undone(ctx, unsure)
	var until time.Time
	for _, l := range undone {
		if end := l.sent.Add(w.c.options.RequestLimit); adds(w.writes[l.index]) && end.After(until) {
			until = end
		}
	}
	if wait := time.Until(until); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		undone = w.undone(ctx, undone)
	}
	for _, l := range undone {
		open = append(open, l.index)
	}
	return open
}

// adds tells whether doing a write twice would be more than doing it once.
func adds(w sheet24.ItemWrite) bool {
	return w.ID == 0 || slices.ContainsFunc(w.Multi, func(m sheet24.MultiValue) bool { return m.ID == 0 })
}

// undone reads the records of writes, notes those that were done, and returns
// those that were not; where reading fails, the outcome stays open, and so does
// that of a creation without a key.
func (w *writer) undone(ctx context.Context, unsure []lost) (undone []lost) {
	var refs []sheet24.ItemRef
	var creations []int
	for _, l := range unsure {
		if write := w.writes[l.index]; write.ID != 0 {
			refs = append(refs, sheet24.ItemRef{Entity: write.Entity, ID: write.ID})
		} else if write.Key != "" {
			creations = append(creations, l.index)
		}
	}
	items, err := w.c.Items(ctx, w.p, refs)
	if err != nil {
		return nil
	}
	missing := w.findCreated(ctx, creations)
	for _, l := range unsure {
		write := w.writes[l.index]
		if write.ID == 0 {
			if slices.Contains(missing, l.index) {
				undone = append(undone, l)
			}
			continue
		}
		item, there := items[sheet24.ItemRef{Entity: write.Entity, ID: write.ID}]
		switch {
		case write.Delete && !there:
			w.done[l.index].Err = nil
		case write.Delete:
			undone = append(undone, l)
		case !there:
			w.done[l.index].Err = sheet24.Errorf(sheet24.NotFound, "record_missing")
		default:
			if fields, err := w.c.Fields(ctx, w.p, write.Entity); err != nil {
				continue
			} else if holds(item, write, fields) {
				w.done[l.index].Err = nil
			} else {
				undone = append(undone, l)
			}
		}
	}
	return undone
}

// holds tells whether a record is as a write would have it.
func holds(item *sheet24.Item, w sheet24.ItemWrite, fields []sheet24.Field) bool {
	for api, want := range w.Fields {
		i := slices.IndexFunc(fields, func(f sheet24.Field) bool { return f.APIName == api })
		if i < 0 || !mapping.Same(fields[i], want, item.Values[fields[i].Name]) {
			return false
		}
	}
	for _, m := range w.Multi {
		i := slices.IndexFunc(item.Multi, func(have sheet24.MultiValue) bool {
			return have.Type == m.Type && (have.ID == m.ID || (m.ID == 0 && have.Value == m.Value))
		})
		if m.Value == "" && i >= 0 || m.Value != "" && (i < 0 || item.Multi[i].Value != m.Value) {
			return false
		}
	}
	return true
}

// findCreated looks for the records that creations with a key have made already,
// and returns those writes that have yet to be made; where looking fails, that is
// how they end.
func (w *writer) findCreated(ctx context.Context, indexes []int) (open []int) {
	byKey := map[sheet24.Entity]map[string]int{}
	for _, i := range indexes {
		write := w.writes[i]
		if write.ID != 0 || write.Key == "" {
			open = append(open, i)
			continue
		}
		if byKey[write.Entity] == nil {
			byKey[write.Entity] = map[string]int{}
		}
		byKey[write.Entity][write.Key] = i
	}
	for e, keys := range byKey {
		found, err := w.c.created(ctx, w.p, e, slices.Sorted(maps.Keys(keys)))
		for key, i := range keys {
			switch id, ok := found[key]; {
			case err != nil:
				w.done[i].Err = err
			case ok:
				w.done[i] = sheet24.Written{ID: id}
			default:
				open = append(open, i)
			}
		}
	}
	slices.Sort(open)
	return open
}

// created finds the records of an entity that were created under keys: 50 keys a
// list, 50 lists a request.
func (c *Client) created(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, keys []string) (map[string]int64, error) {
	names, err := (&writer{c: c, p: p}).originNames(ctx, e)
	if err != nil {
		return nil, err
	}
	var commands []command
	for chunk := range slices.Chunk(keys, pageSize) {
		params := listParams(e)
		params.Set("select[0]", "id")
		params.Set("select[1]", names[0])
		for i, key := range chunk {
			for name, value := range origin(names, key) {
				if name == names[0] {
					params.Set(fmt.Sprintf("filter[@%s][%d]", name, i), value)
				} else {
					params.Set("filter[="+name+"]", value)
				}
			}
		}
		commands = append(commands, command{"crm.item.list", params})
	}
	found := map[string]int64{}
	for _, r := range c.run(ctx, p, commands) {
		if r.err != nil {
			return nil, r.err
		}
		rows, err := decodeItems(p.Host, r.data)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			var value lenient
			id, err := integer(row["id"])
			if err == nil {
				err = json.Unmarshal(row[names[0]], &value)
			}
			if err != nil {
				return nil, sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
			}
			key := strings.TrimPrefix(string(value), originator+":")
			if first, ok := found[key]; !ok || id < first {
				found[key] = id
			}
		}
	}
	return found, nil
}

// originNames are the API names of the fields that keep where a record is from:
// originId and originatorId, or xmlId alone.
func (w *writer) originNames(ctx context.Context, e sheet24.Entity) ([]string, error) {
	fields, err := w.c.Fields(ctx, w.p, e)
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(fields, func(f sheet24.Field) bool { return f.APIName == name })
	}
	switch {
	case has("originId") && has("originatorId"):
		return []string{"originId", "originatorId"}, nil
	case has("xmlId"):
		return []string{"xmlId"}, nil
	}
	return nil, sheet24.Errorf(sheet24.Invalid, "record_origin", string(e))
}

// origin are the values that mark a record as created under a key.
func origin(names []string, key string) map[string]string {
	if len(names) == 1 {
		return map[string]string{names[0]: originator + ":" + key}
	}
	return map[string]string{names[0]: key, names[1]: originator}
}
