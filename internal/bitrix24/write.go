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
	case w.Delete && sheet24.AsError(err).Code == sheet24.CodeRecordMissing:
		err = nil // gone is what was wanted
	case err == nil && w.Own: // it answers nothing but true
		done.Unproven = true
	case err == nil && !w.Delete:
		var row map[string]json.RawMessage
		if row, err = decodeWritten(p.Host, r.data); err != nil {
			break
		}
		if done.ID, err = writtenID(p.Host, row, w.ID); err != nil {
			break
		}
		item := c.shown(p, w.Entity, row)
		done.Unproven = unproven(w, item)
		if item != nil {
			done.Holds = item.Values
		}
		c.learnMark(p, w, row)
	}

	done.Outcome, done.Err = outcome(err), err
	return done
}

// decodeWritten reads the answer to a write: the record, by API names.
func decodeWritten(host string, data json.RawMessage) (map[string]json.RawMessage, error) {
	var got struct {
		Item map[string]json.RawMessage `json:"item"`
	}
	err := decodeResult(host, data, &got)
	return got.Item, err
}

// writtenID is the record that an answer shows: the new one, or the one that was
// to be changed. An answer that shows another says nothing of the write.
func writtenID(host string, row map[string]json.RawMessage, want int64) (int64, error) {
	if id, err := integer(row["id"]); err == nil && id != 0 && (want == 0 || id == want) {
		return id, nil
	}
	return want, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host)
}

// shown is a record as the answer to a write shows it: the portal may have trimmed a text, or
// rounded an amount. It is nil if the answer cannot be read.
func (c *Client) shown(p *sheet24.Portal, e sheet24.Entity, row map[string]json.RawMessage) *sheet24.Item {
	fields, ok := c.lastFields(p, e)
	if !ok {
		return nil
	}
	item, err := decodeItem(row, apiNames(fields))
	if err != nil {
		return nil
	}
	return item
}

// learnMark notes that a portal keeps the mark of a record that was created.
func (c *Client) learnMark(p *sheet24.Portal, w sheet24.ItemWrite, row map[string]json.RawMessage) {
	if w.ID == 0 && w.Key != "" && (marks{fields: weakMarks}).keyOf(row) == w.Key {
		c.learn(p, w.Entity, func(know *marking) { know.kept = true })
	}
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
	fields, err := c.kept(ctx, p, w.Entity)
	if err != nil {
		return command{}, err
	}
	if w.Own {
		return ownClearing(w, fields)
	}
	setFields(params, w, fields)
	if w.ID != 0 {
		return command{methodOf[sheet24.Updating], params}, nil
	}

	if w.Key != "" {
		m, err := c.marksOf(ctx, p, w.Entity)
		if err == nil {
			err = m.set(params, w)
		}
		if err != nil {
			return command{}, err
		}
	}
	return command{methodOf[sheet24.Creating], params}, nil
}

// setFields writes fields as PHP reads a query. What is to be empty is said as clear.go
// tells; fields are the entity's, as far as they are known.
func setFields(params url.Values, w sheet24.ItemWrite, fields []sheet24.Field) {
	for _, name := range slices.Sorted(maps.Keys(w.Fields)) {
		key := "fields[" + name + "]"
		if sheet24.Empties(w.Fields[name]) {
			setNothing(params, key, described(fields, name), w.Fields[name])
			continue
		}

		switch v := w.Fields[name].(type) {
		case []string:
			for i, s := range v {
				params.Set(key+"["+strconv.Itoa(i)+"]", s)
			}
		case float64:
			params.Set(key, strconv.FormatFloat(v, 'f', -1, 64))
		default:
			params.Set(key, fmt.Sprint(v))
		}
	}
	setMulti(params, w.Multi)
}

// setMulti writes multi-field values. The key decides: the id of a value changes or removes
// it, n0, n1 … add one (source: the page of crm.item.update). The id within is what the same
// page's prose on leads goes by; whichever holds, the same is meant. Nothing happens to a
// value without its type.
func setMulti(params url.Values, values []sheet24.MultiValue) {
	added := 0
	for _, m := range values {
		name := itoa(m.ID)
		if m.ID == 0 {
			name = "n" + itoa(added)
			added++
		}

		key := "fields[fm][" + name + "]"
		if m.ID != 0 {
			params.Set(key+"[id]", itoa(m.ID))
		}
		params.Set(key+"[typeId]", m.Type)
		params.Set(key+"[valueType]", m.Kind)
		params.Set(key+"[value]", m.Value)
	}
}
