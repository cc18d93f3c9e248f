package googlesim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faults are what goes wrong until others are set.
type Faults struct {
	// The events of edits.
	Lose      float64 `json:"lose"`      // share of the events that no trigger runs for
	Duplicate float64 `json:"duplicate"` // share of the events that triggers run for twice
	DelayMS   int     `json:"delay_ms"`  // triggers run up to so much later, and so in any order
	Structure string  `json:"structure"` // what sort, move and undo cause: "" onChange, "edit" onEdit too, "none" nothing
	Writes    bool    `json:"writes"`    // what APIs write causes onChange, too

	// Quotas, each 0 for any.
	PerMinute      int `json:"per_minute"`      // reads, and writes, of Sheets that an account may make a minute
	AllPerMinute   int `json:"all_per_minute"`  // and all accounts together
	Fetches        int `json:"fetches"`         // requests that an account's scripts may make a day
	RuntimeSeconds int `json:"runtime_seconds"` // that an account's triggers may run a day

	// What stands between a user and an app.
	Unverified       bool `json:"unverified"`          // consent pages warn of the app first
	Blocked          bool `json:"blocked"`             // an administrator lets nobody use it
	ManyAccounts     bool `json:"many_accounts"`       // a browser with several accounts opens no web app
	ScriptAPIDelayMS int  `json:"script_api_delay_ms"` // the Apps Script API answers as off for so long after it is switched on
	GrantSeconds     int  `json:"grant_seconds"`       // refresh tokens end so long after consent, as in testing status after 7 days; 0: never

	// The Apps Script API and the triggers.
	NotFound     int  `json:"not_found"`     // how often a new project is not found yet
	WideTriggers bool `json:"wide_triggers"` // triggers by a spreadsheet's id need the scope "spreadsheets"

	// Drive's messages.
	PushDelayMS int  `json:"push_delay_ms"` // changes are told of so much later, together; 0: three minutes
	NoPush      bool `json:"no_push"`       // no address may be told

	// Calls of methods: how long they take, and what becomes of them.
	Calls []CallFault `json:"calls"`
	Seed  uint64      `json:"seed"` // of what is random about calls

	// What nobody knows for certain of Google's Sheets.
	ShuffleBlocks bool   `json:"shuffle_blocks"` // the blocks of grid data come in any order
	PaddedBlocks  bool   `json:"padded_blocks"`  // grid data end with empty rows and cells that need not be there
	TextReplace   bool   `json:"text_replace"`   // what findReplace writes stays a text; else it is read as if it was typed, as in the editor: 15 is a number
	MetadataSorts bool   `json:"metadata_sorts"` // developer metadata of rows goes where a sort takes the row
	ClampRanges   bool   `json:"clamp_ranges"`   // a grid range that begins outside the grid is answered empty, not refused
	Echo          string `json:"echo"`           // the data filters that come back with values: "" as sent, "none", or "filled": with their open ends filled in, and out of order

	// Whose language messages are in: "" English, "tr", "ja".
	Language string `json:"language"`
	MaxRunMS int    `json:"max_run_ms"` // how long an execution of a script may take; 0: six minutes
}

type faults struct {
	mu     sync.Mutex
	set    Faults
	counts map[string]*window // by account and what is counted
	done   map[int]int        // how many calls a call fault has met, by its place in the list
	random *rand.Rand
}

// now are the faults that are set.
func (f *faults) now() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

// window counts what happens within a time.
type window struct {
	since time.Time
	n     int
}

// Fail sets what goes wrong from now on.
func (g *Google) Fail(f Faults) {
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	g.faults.set, g.faults.counts, g.faults.done, g.faults.random = f, nil, nil, nil
}

func (g *Google) routeFaults(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/google/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		if !decode(w, r, &f) {
			return
		}
		if f.Lose < 0 || f.Lose > 1 || f.Duplicate < 0 || f.Duplicate > 1 || min(f.DelayMS, f.PerMinute, f.AllPerMinute, f.Fetches, f.RuntimeSeconds, f.ScriptAPIDelayMS, f.GrantSeconds, f.NotFound, f.PushDelayMS, f.MaxRunMS) < 0 {
			invalid(w, "lose and duplicate are shares from 0 to 1, the other numbers go from 0 on")
			return
		}
		if f.Structure != "" && f.Structure != "edit" && f.Structure != "none" {
			invalid(w, `structure is "", "edit" or "none"`)
			return
		}
		if !slices.Contains([]string{"", "none", "filled"}, f.Echo) || !slices.Contains([]string{"", "tr", "ja"}, f.Language) {
			invalid(w, `echo is "", "none" or "filled", language "", "tr" or "ja"`)
			return
		}
		for _, c := range f.Calls {
			if err := c.check(); err != nil {
				invalid(w, err.Error())
				return
			}
		}
		g.Fail(f)
		reply(w, http.StatusOK, f)
	})
}

// deliveries are the delays with which a trigger runs for one event.
func (f *faults) deliveries() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rand.Float64() < f.set.Lose {
		return nil
	}
	delay := func() time.Duration {
		if f.set.DelayMS == 0 {
			return 0
		}
		return rand.N(time.Duration(f.set.DelayMS) * time.Millisecond)
	}
	list := []time.Duration{delay()}
	if rand.Float64() < f.set.Duplicate {
		list = append(list, delay())
	}
	return list
}

// within counts a request of an account and tells which quota a minute had no room
// for it, "" if all had.
func (f *faults) within(account, kind string, now time.Time) string {
	switch set := f.now(); {
	case !f.use(account+" "+kind, 1, set.PerMinute, time.Minute, now):
		return "per user"
	case !f.use("all "+kind, 1, set.AllPerMinute, time.Minute, now):
		return "per project"
	}
	return ""
}

// use counts n of what is limited within a time, and reports whether there was room.
func (f *faults) use(what string, n, limit int, every time.Duration, now time.Time) bool {
	if limit == 0 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]*window{}
	}
	w := f.counts[what]
	if w == nil || now.Sub(w.since) >= every {
		w = &window{since: now}
		f.counts[what] = w
	}
	w.n += n
	return w.n <= limit
}

// overQuota is Google's own answer to one request too many.
func overQuota(w http.ResponseWriter, kind, whose string) {
	fail(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric '"+kind+" requests' and limit '"+kind+
		" requests per minute"+strings.TrimPrefix(" "+whose, " per project")+"' of service 'sheets.googleapis.com' for consumer 'project_number:1'.", "RATE_LIMIT_EXCEEDED")
}
