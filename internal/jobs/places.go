package jobs

import "sync"

// atOnce is how many rounds are at work at once in a process: more would only wait for
// the database and the processor, with webhooks and pages behind them. Rounds that wait
// for an answer from outside are not counted, so that no number of them keeps others from
// work.
const atOnce = 32

// places are taken by rounds that are at work. Who waits for one gets it in turn.
type places chan struct{}

// place is one round's. It implements sheet24.Place.
type place struct {
	of places

	mu      sync.Mutex
	outside int // requests of the round that are waited for
	over    bool
}

// take waits for a place.
func (p places) take() *place {
	p <- struct{}{}
	return &place{of: p}
}

// give ends the round's work. A request of which it has not heard is no longer waited for.
func (p *place) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.outside == 0 {
		<-p.of
	}
}

// Leave gives the place away while the first of the round's requests is waited for.
func (p *place) Leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outside++
	if p.outside == 1 && !p.over {
		<-p.of
	}
}

// Return takes a place again when the last of them is answered.
func (p *place) Return() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outside--
	if p.outside == 0 && !p.over {
		p.of <- struct{}{}
	}
}
