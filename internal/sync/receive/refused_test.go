package receive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sync/receive"
	"sheet24/internal/tab"
)

// away is a database that may be away, or take no writes; two users' tables follow its tab.
type away struct {
	mu     sync.Mutex
	reads  error
	writes error
	hangs  bool // until whoever asks gives up
	tables []*sheet24.Table
	polled []int64 // tables
}

func (s *away) set(reads, writes error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads, s.writes = reads, writes
}

func (s *away) AddEvent(ctx context.Context, e *sheet24.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.writes == nil && e.Type == sheet24.Recheck {
		s.polled = append(s.polled, e.TableID)
	}
	return s.writes
}

func (s *away) SetRegistered(context.Context, int64) error { return nil }

func (s *away) TablesOfTab(_ context.Context, id string, _ int64) ([]*sheet24.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != "A" {
		return nil, s.reads
	}
	return s.tables, s.reads
}

// TestRefusedArePolled: what was refused is polled once, as soon as the database answers; what
// nobody signed is not.
func TestRefusedArePolled(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	for _, c := range []struct {
		name          string
		reads, writes error
		lately        bool // the tab's tables are remembered
		key, sheet    string
		polled        []int64
	}{
		{"nothing can be written", nil, gone, false, "key", "A", []int64{1, 2}},
		{"nothing can be read", gone, gone, false, "key", "A", []int64{1, 2}},
		{"nothing can be read, but the tab is remembered", gone, gone, true, "key", "A", []int64{1, 2}},
		{"a stranger's while nothing can be read", gone, gone, false, "guessed", "A", nil},
		{"of a tab that nobody follows", gone, gone, false, "key", "B", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &away{tables: []*sheet24.Table{
				{ID: 1, UserID: "u", SpreadsheetID: "A", Key: []byte("key"), Enabled: true},
				{ID: 2, UserID: "u", SpreadsheetID: "A", Key: []byte("key2"), Enabled: true},
				{ID: 3, UserID: "u", SpreadsheetID: "A", Key: []byte("key3")},
				{ID: 4, UserID: "other", SpreadsheetID: "A", Key: []byte("key4"), Enabled: true},
			}}
			p := &receive.Receiver{Store: s, Followers: &tab.Followers{Store: s, Now: time.Now}, Now: time.Now}
			if c.lately {
				p.Followers.OfNow(t.Context(), tab.Key{SpreadsheetID: "A"})
			}

			s.set(c.reads, c.writes)
			for i := range 3 {
				sig, body := signed(c.key, fmt.Sprint(i), c.sheet)
				if _, err := p.Receive(t.Context(), sig, body); !sheet24.IsKind(err, sheet24.Unavailable) {
					t.Fatalf("received: %v", err)
				}
			}
			if _, err := p.PollRefused(t.Context()); !sheet24.IsKind(err, sheet24.Unavailable) {
				t.Fatalf("polled while the database is away: %v", err)
			}

			s.set(nil, nil)
			next, err := p.PollRefused(t.Context())
			if err != nil || len(next.Wake) != len(c.polled) {
				t.Errorf("once it is back: %+v, %v", next, err)
			}
			next, err = p.PollRefused(t.Context())
			if err != nil || len(next.Wake) > 0 {
				t.Errorf("and again: %+v, %v", next, err)
			}
			if slices.Sort(s.polled); !slices.Equal(s.polled, c.polled) {
				t.Errorf("polled were %v, want %v", s.polled, c.polled)
			}
		})
	}
}

// TestRefusedInTime: a database that hangs has a message refused before a script takes it for
// late, after five seconds, and rests.
func TestRefusedInTime(t *testing.T) {
	t.Parallel()
	s := &away{hangs: true, tables: []*sheet24.Table{{ID: 1, UserID: "u", SpreadsheetID: "A", Key: []byte("key"), Enabled: true}}}
	p := &receive.Receiver{Store: s, Followers: &tab.Followers{Store: s, Now: time.Now}, Now: time.Now}

	began := time.Now()
	sig, body := signed("key", "1", "A")
	if _, err := p.Receive(t.Context(), sig, body); !sheet24.IsKind(err, sheet24.Unavailable) {
		t.Errorf("received: %v", err)
	}
	if took := time.Since(began); took > 4500*time.Millisecond {
		t.Errorf("refused after %v", took)
	}
}

// TestStrangersFillNothing: what nobody signed is kept in bounds while the database is away,
// and what is too long for a script's message is not kept at all.
func TestStrangersFillNothing(t *testing.T) {
	t.Parallel()
	s := &away{tables: []*sheet24.Table{{ID: 1, UserID: "u", SpreadsheetID: "A", Key: []byte("key"), Enabled: true}}}
	p := &receive.Receiver{Store: s, Followers: &tab.Followers{Store: s, Now: time.Now}, Now: time.Now}
	s.set(errors.New("gone"), nil)
	sig, body := signed("key", "1", "A"+strings.Repeat(" ", 2000))
	p.Receive(t.Context(), sig, body)
	for i := range 1500 {
		sig, body := signed("guessed", fmt.Sprint(i), "A")
		p.Receive(t.Context(), sig, body)
	}
	sig, body = signed("key", "2", "A")
	p.Receive(t.Context(), sig, body)

	s.set(nil, nil)
	if next, err := p.PollRefused(t.Context()); err != nil || len(next.Wake) > 0 {
		t.Errorf("polled: %+v, %v; a full memory takes no more, whoever's", next, err)
	}
}

// signed is a message of a key about a spreadsheet.
func signed(key, id, sheet string) (receive.Signature, []byte) {
	body := fmt.Appendf(nil, `{"sheet_id":%q,"gid":0,"event":"row_edited","row_id":5}`, sheet)
	sig := receive.Signature{ID: id, Timestamp: strconv.FormatInt(time.Now().Unix(), 10)}
	sig.Value = receive.Sign([]byte(key), sig.ID, sig.Timestamp, body)
	return sig, body
}
