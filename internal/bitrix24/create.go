package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"sheet24"
)

// originator is who sheet24 says it is in the records that it creates.
const originator = "sheet24"

// marks are the fields that keep the key under which a record of an entity was created. Weak
// ones are for something else; what they hold says nothing certain before it has been seen to
// be kept.
type marks struct {
	fields []string // API names: originId with originatorId, or each by itself
	pair   bool
	weak   bool
}

// weakMarks are the fields that records have in which the key can stand that have none for an
// external code: quotes (source: the page of fields, and the tables of crm.item.add). They say
// where a customer came from; the sheet is that.
var weakMarks = []string{"utmContent", "utmTerm"}

// marksOf are the marks of an entity.
func (c *Client) marksOf(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) (marks, error) {
	fields, err := c.kept(ctx, p, e)
	if err != nil {
		return marks{}, err
	}
	can := func(name string) bool {
		return slices.ContainsFunc(fields, func(f sheet24.Field) bool { return f.APIName == name && !f.ReadOnly })
	}

	switch {
	case can("originId") && can("originatorId"):
		return marks{fields: []string{"originId", "originatorId"}, pair: true}, nil
	case can("xmlId"):
		return marks{fields: []string{"xmlId"}}, nil
	}
	m := marks{weak: true}
	for _, name := range weakMarks {
		if can(name) {
			m.fields = append(m.fields, name)
		}
	}
	if len(m.fields) == 0 {
		return marks{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordOrigin, string(e))
	}
	return m, nil
}

// mark is what a field holds of a record that was created under a key.
func mark(key string) string { return originator + ":" + key }

// set marks a record that is about to be created, in a field that its row leaves empty.
func (m marks) set(params url.Values, w sheet24.ItemWrite) error {
	free := func(name string) bool { return w.Fields[name] == nil }
	if m.pair && free(m.fields[0]) && free(m.fields[1]) {
		params.Set("fields[originId]", w.Key)
		params.Set("fields[originatorId]", originator)
		return nil
	}
	for _, name := range m.fields {
		if !m.pair && free(name) {
			params.Set("fields["+name+"]", mark(w.Key))
			return nil
		}
	}
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordMark)
}

// keyOf is the key under which a record was created, "" if it was under none.
func (m marks) keyOf(row map[string]json.RawMessage) string {
	for _, name := range m.fields {
		var value lenient
		if json.Unmarshal(row[name], &value) != nil {
			continue
		}
		if key, ours := strings.CutPrefix(string(value), originator+":"); ours || m.pair {
			return key
		}
	}
	return ""
}

// keyLists are the calls that look for records that were created under keys: 50 keys a
// list. Where lists cannot be filtered by the marks, it is one for the newest records.
func keyLists(e sheet24.Entity, m marks, keys []string, filters bool) (lists []command) {
	for chunk := range slices.Chunk(keys, sheet24.ListSize) {
		params := listParams(e)
		for i, name := range append([]string{"id", "createdTime"}, m.fields...) {
			params.Set("select["+itoa(i)+"]", name)
		}
		switch {
		case !filters:
			params.Set("order[id]", "DESC")
		case m.pair:
			setList(params, "filter[@originId]", chunk)
			params.Set("filter[=originatorId]", originator)
		default:
			var marked []string
			for _, key := range chunk {
				marked = append(marked, mark(key))
			}
			params.Set("filter[0][logic]", "OR")
			for _, name := range m.fields {
				setList(params, "filter[0][@"+name+"]", marked)
			}
		}
		lists = append(lists, command{methodOf[sheet24.Reading], params})
	}
	return lists
}

func setList(params url.Values, name string, values []string) {
	for i, v := range values {
		params.Set(fmt.Sprintf("%s[%d]", name, i), v)
	}
}

// keepCreated adds the records of a list to those that were found by their keys, and returns
// when the oldest of them was made. Of several under one key the first counts.
func keepCreated(host string, e sheet24.Entity, r result, m marks, created map[sheet24.ItemKey]int64) (oldest time.Time, rows int, err error) {
	if r.err != nil {
		return oldest, 0, r.err
	}
	items, err := decodeItems(host, r.data)
	if err != nil {
		return oldest, 0, err
	}

	for _, row := range items {
		id, err := integer(row["id"])
		if err != nil {
			return oldest, 0, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
		}
		var text lenient
		if json.Unmarshal(row["createdTime"], &text) == nil {
			if at, err := time.Parse(time.RFC3339, string(text)); err == nil && (oldest.IsZero() || at.Before(oldest)) {
				oldest = at
			}
		}
		key := sheet24.ItemKey{Entity: e, Key: m.keyOf(row)}
		if first, ok := created[key]; key.Key != "" && (!ok || id < first) {
			created[key] = id
		}
	}
	return oldest, len(items), nil
}

// clocksDiffer is by how much the portal's clock may be behind ours.
const clocksDiffer = 2 * time.Minute

// marking is what is known of how a portal treats the marks of an entity.
type marking struct {
	unfiltered bool // lists cannot be filtered by them
	kept       bool // a record was seen to hold one
}

func (c *Client) marking(p *sheet24.Portal, e sheet24.Entity) marking {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.markings[fieldsKey{p.ID, connection(p), e}]
}

func (c *Client) learn(p *sheet24.Portal, e sheet24.Entity, change func(*marking)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.markings == nil {
		c.markings = map[fieldsKey]marking{}
	}
	key := fieldsKey{p.ID, connection(p), e}
	m := c.markings[key]
	change(&m)
	c.markings[key] = m
}

// lookFor takes what was found of creations, and says how far that reaches: a creation that
// was sent before the reply's Horizon may have been made though it was not found.
func (q *exchange) lookFor(e sheet24.Entity, m marks, r result) {
	c, p := q.t.c, q.t.p
	if is(r.err, "INVALID_ARG_VALUE") && m.weak { // it is looked for otherwise from now on
		c.learn(p, e, func(know *marking) { know.unfiltered = true })
		note(q.reply.Unfound, e, unreachable(p.Host, r.err))
		return
	}

	before := len(q.reply.Created)
	oldest, rows, err := keepCreated(p.Host, e, r, m, q.reply.Created)
	note(q.reply.Unfound, e, err)
	if err != nil || !m.weak {
		return
	}
	if len(q.reply.Created) > before {
		c.learn(p, e, func(know *marking) { know.kept = true })
	}
	switch know := c.marking(p, e); {
	case !know.kept:
		q.reply.Horizon[e] = time.Now().Add(time.Hour) // none before can be told
	case know.unfiltered && rows == sheet24.ListSize:
		q.reply.Horizon[e] = oldest.Add(clocksDiffer)
	}
}
