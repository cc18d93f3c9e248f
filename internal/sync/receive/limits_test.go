package receive_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/limit"
	"sheet24/internal/sync/receive"
	"sheet24/internal/tab"
)

// tables are two of one tab each, whose events are counted.
type tables struct {
	all   map[string]*sheet24.Table
	added map[int64]int
	reads atomic.Int64
}

func (s *tables) TablesOfTab(_ context.Context, sheet string, _ int64) ([]*sheet24.Table, error) {
	s.reads.Add(1)
	if t := s.all[sheet]; t != nil {
		return []*sheet24.Table{t}, nil
	}
	return nil, nil
}
func (s *tables) AddEvent(_ context.Context, e *sheet24.Event) error {
	s.added[e.TableID]++
	return nil
}
func (*tables) SetRegistered(context.Context, int64) error { return nil }

// TestLimits has one table flood and a stranger send garbage: another table's messages pass,
// and what is refused costs no look into the database.
func TestLimits(t *testing.T) {
	t.Parallel()
	store := &tables{added: map[int64]int{}, all: map[string]*sheet24.Table{
		"flood": {ID: 1, UserID: "a", SpreadsheetID: "flood", Key: []byte("key 1"), Enabled: true},
		"calm":  {ID: 2, UserID: "b", SpreadsheetID: "calm", Key: []byte("key 2"), Enabled: true},
	}}
	r := &receive.Receiver{Store: store, Followers: &tab.Followers{Store: store, Now: time.Now}, Now: time.Now,
		Limits: receive.Limits{Tables: limit.New(1, 10, 100), Strangers: limit.New(1, 10, 100)}}
	n := 0
	send := func(sheet, key string) error {
		n++
		id, at := fmt.Sprint("m", n), strconv.FormatInt(time.Now().Unix(), 10)
		body := []byte(fmt.Sprintf(`{"sheet_id":%q,"gid":0,"event":"row_edited","row_id":5}`, sheet))
		_, err := r.Receive(t.Context(), receive.Signature{ID: id, Timestamp: at, Value: receive.Sign([]byte(key), id, at, body)}, body)
		return err
	}
	refused := 0
	for range 100 {
		if sheet24.IsKind(send("flood", "key 1"), sheet24.TooMany) {
			refused++
		}
	}
	if err := send("calm", "key 2"); err != nil || refused < 85 || store.added[1] > 15 {
		t.Errorf("beside a flood, of which %d were stored: %v", store.added[1], err)
	}

	var last error
	for range 100 {
		last = send("nowhere", "forged")
	}
	before := store.reads.Load()
	for range 100 {
		last = send("nowhere", "forged")
	}
	if reads := store.reads.Load() - before; !sheet24.IsKind(last, sheet24.TooMany) || reads > 5 {
		t.Errorf("garbage: %v, with %d looks into the database", last, reads)
	}
	if err := send("calm", "key 2"); err != nil {
		t.Errorf("from the address of a stranger, signed: %v", err)
	}
}
