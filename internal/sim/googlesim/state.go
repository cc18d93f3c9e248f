package googlesim

import "encoding/json"

// state is all that Google remembers.
type state struct {
	Spreadsheets map[string]*Spreadsheet
	Grants       grants
	Projects     map[string]*project
}

// Keep calls save with all that Google remembers, as JSON, whenever it changes.
func (g *Google) Keep(save func([]byte)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keep = save
	g.changed()
}

// Load remembers what Keep saved.
func (g *Google) Load(data []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := state{g.spreadsheets, g.grants, g.projects}
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	g.spreadsheets, g.grants, g.projects = s.Spreadsheets, s.Grants, s.Projects
	return nil
}

// changed is called, with g.mu held, after each change.
func (g *Google) changed() {
	if g.keep == nil {
		return
	}
	data, err := json.Marshal(state{g.spreadsheets, g.grants, g.projects})
	if err != nil {
		panic(err) // the state is plain data
	}
	g.keep(data)
}
