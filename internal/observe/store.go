package observe

import (
	"context"
	"encoding/json"
	"time"

	"sheet24"
	"sheet24/internal/sync/stages"
)

// Store is a database whose stages are observed.
type Store interface {
	stages.Store
	Origins(ctx context.Context, changes []int64) (map[int64]sheet24.Origin, error)
}

// Observed is a database that counts what stages leave in it: what is stored happened,
// whichever way the process ends.
func (o *Observer) Observed(s Store) stages.Store { return &observed{Store: s, o: o} }

type observed struct {
	Store
	o *Observer
}

// AddEvent stores an event, with the trace that begins with it.
func (s *observed) AddEvent(ctx context.Context, e *sheet24.Event) error {
	if trace := s.o.trace.traceparent(ctx); trace != "" {
		e.Data = withTrace(e.Data, trace)
	}
	err := s.Store.AddEvent(ctx, e)
	if err == nil {
		s.o.received.WithLabelValues(string(e.Type)).Inc()
	}
	return err
}

// withTrace adds a trace to an event's data, which is a JSON object.
func withTrace(data []byte, trace string) []byte {
	members := map[string]any{}
	if json.Unmarshal(data, &members) != nil {
		return data
	}
	members["trace"] = trace
	with, err := json.Marshal(members)
	if err != nil {
		return data
	}
	return with
}

// CommitScan stores what a scan found.
func (s *observed) CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error {
	if err := s.Store.CommitScan(ctx, t, found); err != nil {
		return err
	}
	s.o.scanned.Add(float64(len(found.Changes)))
	s.o.trace.scanned(ctx, t.ID, found.Events)
	return nil
}

// SettleChanges stores how changes ended.
func (s *observed) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	if err := s.Store.SettleChanges(ctx, changes); err != nil {
		return err
	}
	s.o.settled(changes)
	s.measure(ctx, changes)
	return nil
}

// measure tells how long it took those changes that are completed, and that were sent: one
// that turned out to change nothing says nothing about the CRM.
func (s *observed) measure(ctx context.Context, changes []sheet24.RowChange) {
	now := time.Now()
	var ids []int64
	for _, c := range changes {
		if c.Status == sheet24.Completed || s.o.trace != nil {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	origins, err := s.Store.Origins(ctx, ids)
	if err != nil {
		s.o.lostOrigin.Add(float64(len(ids)))
		return
	}

	for _, c := range changes {
		from, ok := origins[c.ID]
		if ok && c.Status == sheet24.Completed {
			source := "look"
			if from.Told {
				source = "script"
			}
			s.o.latency.WithLabelValues(source).Observe(max(0, now.Sub(from.At).Seconds()))
		}
		s.o.trace.step(ctx, "push", from.Trace, c)
	}
}

// MarkReported stores that a sheet shows how changes stand.
func (s *observed) MarkReported(ctx context.Context, changes []sheet24.RowChange) error {
	if err := s.Store.MarkReported(ctx, changes); err != nil {
		return err
	}
	s.o.reported.Add(float64(len(changes)))
	if s.o.trace == nil || len(changes) == 0 {
		return nil
	}

	var ids []int64
	for _, c := range changes {
		ids = append(ids, c.ID)
	}
	origins, err := s.Store.Origins(ctx, ids)
	if err != nil {
		return nil //nolint:nilerr // it is the trace alone that ends here
	}
	for _, c := range changes {
		s.o.trace.step(ctx, "report", origins[c.ID].Trace, c)
	}
	return nil
}
