package bitrix24_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// silences keep which portals are silent, as the store does.
type silences struct {
	mu     sync.Mutex
	since  time.Time // zero: the portal answers
	asks   []time.Duration
	portal *sheet24.Portal
	due    bool
}

func (s *silences) Silent(_ context.Context, _ string, _, askAt time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		s.since = time.Now()
	}
	s.asks = append(s.asks, time.Until(askAt).Round(time.Second))
	return nil
}

func (s *silences) Answers(context.Context, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since, s.asks = time.Time{}, nil
	return nil
}

func (s *silences) AskDue(context.Context, time.Time) ([]sheet24.Silence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return nil, nil
	}
	return []sheet24.Silence{{Portal: s.portal, Since: s.since}}, nil
}

func (s *silences) state() (silent bool, asks []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.since.IsZero(), slices.Clone(s.asks)
}

// paused is a portal as the database has it while it is silent.
func paused(p *sheet24.Portal) *sheet24.Portal {
	q := *p
	q.Paused = &sheet24.Pause{Code: sheet24.CodePortalSilent, Until: time.Now().Add(time.Minute)}
	return &q
}

const patience = 150 * time.Millisecond

func silentWorld(t *testing.T, o bitrixsim.Options) (*world, *silences) {
	t.Helper()
	s := &silences{}
	w := newWorld(t, o, bitrix24.Options{Patience: patience, Silences: s})
	s.portal = w.portal
	return w, s
}

func code(err error) sheet24.Code {
	if err == nil {
		return ""
	}
	return sheet24.AsError(err).Code
}

// TestSilentPortal takes requests and answers none: what reads is given up, who comes
// later is told at once, and when it answers all goes on.
func TestSilentPortal(t *testing.T) {
	t.Parallel()
	w, s := silentWorld(t, bitrixsim.Options{})
	w.sim.Add(1, nil)
	w.check(w.ping(t.Context()))
	w.fail(bitrixsim.Fault{Kind: "silent"})

	began := time.Now()
	if err := w.ping(t.Context()); code(err) != sheet24.CodePortalSilent {
		t.Fatalf("%v; want %s", err, sheet24.CodePortalSilent)
	}
	if took := time.Since(began); took < 2*patience || took > 20*patience {
		t.Errorf("given up after %v", took)
	}
	eventually(t, "the portal is paused", func() bool { silent, _ := s.state(); return silent })
	sent := w.sim.Stats().Requests
	if err := w.ping(t.Context()); code(err) != sheet24.CodePortalSilent {
		t.Errorf("who comes later: %v", err)
	}
	if _, err := w.Turn(t.Context(), w.portal); code(err) != sheet24.CodePortalSilent {
		t.Errorf("a write that comes later: %v", err)
	}
	if n := w.sim.Stats().Requests - sent; n != 0 {
		t.Errorf("a silent portal got %d more requests", n)
	}

	w.fail()
	w.check(w.AskSilent(t.Context()))
	if silent, _ := s.state(); silent {
		t.Error("it answers, and is taken for silent")
	}
	w.check(w.ping(t.Context()))
}

// TestSilentWhileOthersStandInLine has more requests than the bucket holds wait for their
// turn when the portal is found silent: they are not sent.
func TestSilentWhileOthersStandInLine(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 4, Burst: 4} // one at a time
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Patience: patience, Silences: &silences{}, Plan: plan})
	w.check(w.ping(t.Context()))
	w.fail(bitrixsim.Fault{Kind: "silent"})
	sent := w.sim.Stats().Requests
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if err := w.ping(t.Context()); code(err) != sheet24.CodePortalSilent {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	if n := w.sim.Stats().Requests - sent; n > 7 {
		t.Errorf("%d requests were sent to a silent portal", n)
	}
}

// TestSilentWhileWriting gives up no write: nobody knows what became of it.
func TestSilentWhileWriting(t *testing.T) {
	t.Parallel()
	w, s := silentWorld(t, bitrixsim.Options{})
	write := w.titles(1)
	w.wrote(write...)
	write[0].Fields["title"] = "daha yeni"
	// The write is answered late, and all else not at all.
	w.fail(bitrixsim.Fault{Kind: "slow", Method: "crm.item.update", MS: 1500}, bitrixsim.Fault{Kind: "silent"})
	done := w.write(write...)
	if err := done[0].Err; err != nil {
		t.Errorf("the write: %v", err)
	}
	if silent, _ := s.state(); !silent {
		t.Error("the portal was not taken for silent meanwhile")
	}
}

// TestSlowPortalIsNotSilent has requests take long while others are answered, and then all
// of them take long.
func TestSlowPortalIsNotSilent(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]bitrixsim.Fault{
		"one request": {{Kind: "slow", Method: "crm.item.list", MS: 1500}},
		"all":         {{Kind: "slow", MS: 200}, {Kind: "slow", MS: 400}, {Kind: "slow", MS: 800}, {Kind: "slow", MS: 800}, {Kind: "slow", MS: 800}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := silentWorld(t, bitrixsim.Options{})
			w.sim.Add(1, nil)
			w.fail(faults...)
			for range 3 {
				w.check(w.ping(t.Context()))
			}
			if silent, _ := s.state(); silent {
				t.Error("taken for silent")
			}
		})
	}
}

// TestSilentPortalIsAskedLessAndLess asks a portal that stays silent, and one that can be
// reached no longer, which is told at once and is no silence.
func TestSilentPortalIsAskedLessAndLess(t *testing.T) {
	t.Parallel()
	w, s := silentWorld(t, bitrixsim.Options{})
	w.fail(bitrixsim.Fault{Kind: "silent"})
	for since, want := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Minute: time.Minute, time.Hour: 2 * time.Minute} {
		s.since, s.asks = time.Now().Add(-since), nil
		w.check(w.AskSilent(t.Context()))
		if silent, asks := s.state(); !silent || len(asks) != 1 || (asks[0]-want).Abs() > 2*time.Second {
			t.Errorf("silent for %v: %t, asked again in %v; want %v", since, silent, asks, want)
		}
	}

	w.server.CloseClientConnections()
	w.server.Close()
	w.check(w.AskSilent(t.Context()))
	if silent, _ := s.state(); silent {
		t.Error("a portal that cannot be reached is taken for silent")
	}
}

// TestOthersFoundItSilent has the database say that a portal is silent: nothing is sent but
// by a person, whom an answer makes resume it.
func TestOthersFoundItSilent(t *testing.T) {
	t.Parallel()
	w, s := silentWorld(t, bitrixsim.Options{})
	w.sim.Add(1, nil)
	s.Silent(t.Context(), w.host(), time.Time{}, time.Now())
	w.portal = paused(w.portal)
	sent := w.sim.Stats().Requests
	if err := w.ping(t.Context()); code(err) != sheet24.CodePortalSilent || w.sim.Stats().Requests != sent {
		t.Errorf("%v, %d requests", err, w.sim.Stats().Requests-sent)
	}
	if err := w.ping(sheet24.Interactive(t.Context())); err != nil {
		t.Errorf("a person: %v", err)
	}
	if silent, _ := s.state(); silent {
		t.Error("it answered a person, and is taken for silent")
	}
}

// TestNobodyWaitsLongForASilentPortal has a person try one that stays silent.
func TestNobodyWaitsLongForASilentPortal(t *testing.T) {
	t.Parallel()
	s := &silences{}
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Silences: s})
	w.fail(bitrixsim.Fault{Kind: "silent"})
	began := time.Now()
	err := w.Check(t.Context(), paused(w.portal))
	if took := time.Since(began); code(err) != sheet24.CodePortalSilent || took > 9*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}
