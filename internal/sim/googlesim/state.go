package googlesim

import "encoding/json"

// state is all that Google remembers.
type state struct {
	Spreadsheets map[string]*Spreadsheet
	Grants       grants
	Projects     map[string]*project
	ScriptAPI    map[string]scriptAPI // by account
}

// state gathers what Google remembers; g.mu is held.
func (g *Google) state() state {
	return state{g.spreadsheets, g.grants, g.projects, g.scriptAPI}
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
	s := g.state()
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	g.spreadsheets, g.grants, g.projects, g.scriptAPI = s.Spreadsheets, s.Grants, s.Projects, s.ScriptAPI
	return nil
}

// changed is called, with g.mu held, after each change.
func (g *Google) changed() {
	if g.keep == nil {
		return
	}
	data, err := json.Marshal(g.state())
	if err != nil {
		panic(err) // the state is plain data
	}
	g.keep(data)
}
