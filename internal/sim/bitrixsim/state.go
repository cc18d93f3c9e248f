package bitrixsim

import "encoding/json"

// state is all that the portal remembers.
type state struct {
	Records   map[int]map[int64]*Record
	NextID    map[int]int64
	NextMulti int64
}

// Keep calls save with all that the portal remembers, as JSON, whenever it changes.
func (p *Portal) Keep(save func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep = save
	p.changed()
}

// Load remembers what Keep saved.
func (p *Portal) Load(data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := state{p.records, p.nextID, p.nextMulti}
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	p.records, p.nextID, p.nextMulti = s.Records, s.NextID, s.NextMulti
	return nil
}

// changed is called, with p.mu held, after each change.
func (p *Portal) changed() {
	if p.keep == nil {
		return
	}
	data, err := json.Marshal(state{p.records, p.nextID, p.nextMulti})
	if err != nil {
		panic(err) // the state is plain data
	}
	p.keep(data)
}
