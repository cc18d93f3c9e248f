package jobs

import (
	"slices"
	"sync"
)

// share is something that a round counts under while it is under way, and how many rounds
// may at once.
type share struct {
	of   string // "scan 7", "compare of firma.bitrix24.com.tr"
	most int
}

// shares count the rounds that are under way in this process. A task for which there is no
// room is put aside, and holds no worker; it is named again when there is room.
type shares struct {
	mu    sync.Mutex
	used  map[string]int
	runs  map[task]bool
	aside []entrant // in the order of their coming
	waits map[task]bool
}

// entrant is a task that wants to run, and what it counts under.
type entrant struct {
	task   task
	counts []share
}

func newShares() *shares {
	return &shares{used: map[string]int{}, runs: map[task]bool{}, waits: map[task]bool{}}
}

// enter counts a task that is about to run, or puts it aside and reports that it must not.
func (s *shares) enter(e entrant) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	if !s.room(e) {
		if !s.waits[e.task] {
			s.waits[e.task] = true
			s.aside = append(s.aside, e)
		}
		return false
	}

	s.count(e, 1)
	s.runs[e.task] = true
	return true
}

// leave ends the count of a task that ran, and returns the tasks aside for which there is
// room by now. They are no longer aside: whoever is told has to wake them.
func (s *shares) leave(e entrant) []task {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(e, -1)
	delete(s.runs, e.task)
	return s.fitting()
}

// fit is leave without a task that ran: for those that were named, and never came.
func (s *shares) fit() []task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fitting()
}

// fitting takes those from aside that have room beside each other, the oldest first.
func (s *shares) fitting() []task {
	var took []entrant
	s.aside = slices.DeleteFunc(s.aside, func(e entrant) bool {
		if !s.room(e) {
			return false
		}
		s.count(e, 1)
		took = append(took, e)
		delete(s.waits, e.task)
		return true
	})

	var tasks []task
	for _, e := range took {
		s.count(e, -1) // it enters when it comes
		tasks = append(tasks, e.task)
	}
	return tasks
}

// has reports whether a task is aside.
func (s *shares) has(t task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits[t]
}

// takes reports whether a task is aside, or under way.
func (s *shares) takes(t task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits[t] || s.runs[t]
}

func (s *shares) room(e entrant) bool {
	return !slices.ContainsFunc(e.counts, func(c share) bool { return s.used[c.of] >= c.most })
}

func (s *shares) count(e entrant, n int) {
	for _, c := range e.counts {
		if s.used[c.of] += n; s.used[c.of] == 0 {
			delete(s.used, c.of)
		}
	}
}
