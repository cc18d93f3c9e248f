package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"sheet24"
	"sheet24/internal/mapping"
)

// maxComm is how many values crm.duplicate.findbycomm takes, and from how many records on
// its answer may not be whole (source: its page, and the tutorial on searching by telephone).
const maxComm = 20

// findContacts finds the records that are reached at e-mail addresses or telephone numbers.
//
// The portal compares what is stored with what it is given, as texts: a number in another
// notation is another number to it (source: the tutorial on searching by telephone). So it is
// asked for every notation that the CRM may hold. Portals have been seen that know better;
// one that shows it by what it finds is asked for the likeliest notations only.
func (c *Client) findContacts(ctx context.Context, p *sheet24.Portal, e sheet24.Entity, kind string, values []string, locale string) (map[string][]int64, error) {
	likely, others := make([]sought, len(values)), make([]sought, len(values))
	for i, v := range values {
		likely[i].value, others[i].value = v, v
		likely[i].forms, others[i].forms = mapping.ContactForms(kind, v, locale)
	}

	search := &contactSearch{c: c, p: p, entity: e, kind: kind, locale: locale, found: map[string][]int64{}}
	if err := search.look(ctx, likely); err != nil {
		return nil, err
	}
	if c.readers.knows(p.Host, kind) {
		return search.found, nil
	}
	return search.found, search.look(ctx, others)
}

// sought is a value with notations in which it is looked for.
type sought struct {
	value string
	forms []string
}

// contactSearch looks for records of one entity by one kind of contact.
type contactSearch struct {
	c      *Client
	p      *sheet24.Portal
	entity sheet24.Entity
	kind   string // EMAIL or PHONE
	locale string
	found  map[string][]int64 // by value
}

// look asks for all notations of all values, adds what it finds, and asks again for each
// value alone where an answer was cut off.
func (s *contactSearch) look(ctx context.Context, wanted []sought) error {
	cut, err := s.ask(ctx, packed(wanted))
	if err != nil || len(cut) == 0 {
		return err
	}

	var alone [][]sought
	for _, one := range cut {
		alone = append(alone, []sought{one})
	}
	_, err = s.ask(ctx, alone)
	return err
}

// ask makes a call for each group of values and returns the values of answers that may not be
// whole.
func (s *contactSearch) ask(ctx context.Context, groups [][]sought) (cut []sought, err error) {
	commands := make([]command, len(groups))
	for i, group := range groups {
		commands[i] = command{"crm.duplicate.findbycomm", url.Values{"type": {s.kind}, "entity_type": {findable[s.entity]}}}
		n := 0
		for _, one := range group {
			for _, form := range one.forms {
				commands[i].params.Set("values["+itoa(n)+"]", form)
				n++
			}
		}
	}

	// The answers do not say which value found which record: the records say so themselves.
	answered := make([][]int64, len(groups))
	var refs []sheet24.ItemRef
	for i, r := range s.c.run(ctx, s.p, commands) {
		if r.err != nil {
			return nil, r.err
		}
		if answered[i], err = foundIDs(s.p.Host, findable[s.entity], r.data); err != nil {
			return nil, err
		}
		for _, id := range answered[i] {
			refs = append(refs, sheet24.ItemRef{Entity: s.entity, ID: id})
		}
		if len(answered[i]) >= maxComm && len(groups[i]) > 1 {
			cut = append(cut, groups[i]...)
		}
	}
	items, failed := s.c.Items(ctx, s.p, refs)
	if failed[s.entity] != nil {
		return nil, failed[s.entity]
	}

	for i, group := range groups {
		for _, id := range answered[i] {
			if item := items[sheet24.ItemRef{Entity: s.entity, ID: id}]; item != nil {
				s.note(group, item)
			}
		}
	}
	return cut, nil
}

// note adds a record that was found to the values that it holds.
func (s *contactSearch) note(group []sought, item *sheet24.Item) {
	var asked []string
	for _, one := range group {
		asked = append(asked, one.forms...)
	}

	literally := false // it holds what was asked for, letter by letter
	var here []string
	for _, m := range item.Multi {
		if m.Type != s.kind {
			continue
		}
		literally = literally || slices.Contains(asked, m.Value) || strings.Contains(mapping.ContactKey(s.kind, m.Value, s.locale), ";")
		for _, one := range group {
			if mapping.SameContact(s.kind, one.value, m.Value, s.locale) && !slices.Contains(here, one.value) {
				here = append(here, one.value)
			}
		}
	}

	for _, value := range here {
		if !slices.Contains(s.found[value], item.ID) {
			s.found[value] = append(s.found[value], item.ID)
		}
	}
	if len(here) > 0 && !literally {
		s.c.readers.learn(s.p.Host, s.kind)
	}
}

// packed puts values together into groups of twenty notations at most.
func packed(wanted []sought) (groups [][]sought) {
	room := 0
	for _, one := range wanted {
		if len(one.forms) == 0 {
			continue
		}
		if room < len(one.forms) {
			groups, room = append(groups, nil), maxComm
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], one)
		room -= len(one.forms)
	}
	return groups
}

// foundIDs reads {"LEAD": [1, 2]}, or PHP's [] for nothing.
func foundIDs(host, name string, data json.RawMessage) (ids []int64, err error) {
	var lists phpMap[[]json.RawMessage]
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
	}
	for _, raw := range lists[name] {
		id, err := integer(raw)
		if err != nil {
			return nil, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// readers counts how often portals have shown that they read notations: they found a record by
// another than any that it holds.
type readers struct {
	mu    sync.Mutex
	times map[[2]string]int // by host and kind of contact
}

// sure is how often that is no chance: a record may be changed between two requests.
const sure = 3

func (r *readers) knows(host, kind string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.times[[2]string{host, kind}] >= sure
}

func (r *readers) learn(host, kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == nil {
		r.times = map[[2]string]int{}
	}
	r.times[[2]string{host, kind}]++
}
