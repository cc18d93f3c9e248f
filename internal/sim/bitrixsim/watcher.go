package bitrixsim

import (
	"strconv"
	"sync"
	"time"
)

// watcher is told of each call right before it is carried out, those of a batch too.
type watcher struct {
	mu   sync.Mutex
	tell func(method string, id int64)
}

// Watch has f told of each call right before it is carried out: its method, and the id
// that it names (0: none). f may do what it likes with the portal, as a colleague would.
func (p *Portal) Watch(f func(method string, id int64)) {
	p.watcher.mu.Lock()
	defer p.watcher.mu.Unlock()
	p.watcher.tell = f
}

func (w *watcher) see(method string, in params) {
	w.mu.Lock()
	tell := w.tell
	w.mu.Unlock()

	if tell != nil {
		id, _ := strconv.ParseInt(in.text("id"), 10, 64)
		tell(method, id)
	}
}

// later carries something out after a while, whoever has gone.
func (p *Portal) later(wait time.Duration, work func()) {
	p.late.Add(1)
	time.AfterFunc(wait, func() {
		defer p.late.Done()
		work()
	})
}

// Wait waits until the portal has done all that it had begun.
func (p *Portal) Wait() { p.late.Wait() }
