package push

import (
	"context"
	"math"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/isolate"
)

const (
	listRows  = sheet24.ListSize - 1 // rows that one request reads for the next: with the command that reads, it is full then
	leastRows = 10                   // rows that are claimed though others wait already: they may be of other tables
)

// flight is a request under way.
type flight struct {
	writes, reads []*row
	sent          time.Time
	told          bool // that it takes long
}

// answer is what a flight ended with.
type answer struct {
	*flight
	reply sheet24.Reply
}

// fill sends a request: the writes of rows that are ready, and what reads those to be
// written by the next one. Which rows these are is decided now, so that all tables have
// their turns, and nothing is read long before it is written.
func (b *pushing) fill(ctx context.Context, t sheet24.Turn) error {
	b.lanes = b.lanesFor(t)
	f := &flight{}
	if b.alone = b.toWriteAlone(t, f); !b.alone {
		if err := b.toRead(ctx, t, f); err != nil {
			t.GiveBack()
			return err
		}
		b.toWrite(t, f)
	}
	b.leave(t)

	if err := b.begin(ctx, f); err != nil {
		t.GiveBack()
		return err
	}
	if len(f.writes)+len(f.reads) == 0 {
		t.GiveBack()
		b.stuck = true
		return nil
	}

	b.send(ctx, t, f)
	return nil
}

// lanesFor tells how many requests are to be under way at once: as many as the portal lets
// through while one is answered, or, as long as it lets more through, all that may be.
func (b *pushing) lanesFor(t sheet24.Turn) int {
	if t.Spare() >= 2*b.pusher.parallel() {
		return b.pusher.parallel()
	}
	pace := max(t.Pace(), time.Millisecond)
	return min(b.pusher.parallel(), max(1, int(math.Ceil(float64(b.took)/float64(pace)))))
}

// fresh is how long a record may be read before it is written: a request's time, and that
// until the next one may be made.
func (b *pushing) fresh(t sheet24.Turn) time.Duration { return b.took + t.Pace() + glance }

// drop has ready rows read anew that were read too long ago, and reports whether there
// were any.
func (b *pushing) drop(t sheet24.Turn) bool {
	return b.readAnew(func(r *row) bool { return time.Since(r.read) > b.fresh(t) })
}

// readAnew puts ready rows of a kind in front of those that wait to be read.
func (b *pushing) readAnew(old func(*row) bool) bool {
	var again, ready []*row
	for _, r := range b.ready {
		if old(r) {
			again = append(again, r)
		} else {
			ready = append(ready, r)
		}
	}

	b.ready = ready
	b.again(again...)
	return len(again) > 0
}

// again has rows wait, before all others, to be read.
func (b *pushing) again(rows ...*row) {
	for _, r := range rows {
		b.free(r)
	}
	b.waiting = append(slices.Clone(rows), b.waiting...)
}

// free lets other rows of its record go on.
func (b *pushing) free(r *row) {
	for ref, of := range b.busy { // its record may have another name by now
		if of == r {
			delete(b.busy, ref)
		}
	}
}

// toWriteAlone chooses a write that must be a request of its own, if one is ready, and
// reports whether it did: one, then others have their turn.
func (b *pushing) toWriteAlone(t sheet24.Turn, f *flight) bool {
	chosen, others := -1, false
	for i, r := range b.ready {
		if b.settled[r.change.ID] {
			continue
		}

		if !t.Alone(r.plan.Write) {
			others = true
		} else if room, _ := t.Room(r.plan.Write.Call()); room > 0 && chosen < 0 {
			chosen = i
		}
	}
	if chosen < 0 || b.alone && others {
		return false
	}

	f.writes = []*row{b.ready[chosen]}
	b.ready = slices.Delete(b.ready, chosen, chosen+1)
	return true
}

// toWrite chooses what a request writes beside what it reads, of the rows that are ready.
// Those whose last request failed go with few others, at last alone: should it be one of
// them that the portal breaks down on, it takes no others along.
func (b *pushing) toWrite(t sheet24.Turn, f *flight) {
	most := t.Size() - b.request(f).Commands()
	room := map[sheet24.Call]int{}
	class := 0
	var rest []*row
	for _, r := range b.ready {
		if b.settled[r.change.ID] { // it is part of another row's change by now
			b.free(r)
			continue
		}

		call := r.plan.Write.Call()
		if _, asked := room[call]; !asked {
			room[call], _ = t.Room(call)
		}

		if len(f.writes) == 0 {
			class = r.company()
		}

		if len(f.writes) >= min(most, class) || r.company() != class || room[call] == 0 || t.Alone(r.plan.Write) {
			rest = append(rest, r)
			continue
		}

		room[call]--
		f.writes = append(f.writes, r)
	}
	b.ready = rest
}

// few is how many rows go together whose request failed.
const few = 7

// company is with how many rows one shares a request at most, itself included.
func (r *row) company() int {
	most := math.MaxInt
	if r.begun != nil {
		most = fewer(r.begun.Together)
	}
	if r.most > 0 {
		most = min(most, r.most)
	}
	return most
}

// fewer is how many go together of so many whose request failed.
func fewer(n int) int {
	if n > few {
		return few
	}
	return 1
}

// leave has ready rows read anew that this request does not write, unless the next one goes
// beside it, before they were read too long ago.
func (b *pushing) leave(t sheet24.Turn) {
	if b.yields {
		return
	}

	next := t.Pace()
	if t.Spare() > 0 {
		next = 0
	}

	waits := len(b.flights)+1 >= b.lanes
	b.readAnew(func(r *row) bool { return waits || time.Since(r.read)+next > b.fresh(t) })
}

// toRead chooses what a request reads: enough for the next ones, of all tables in turn.
func (b *pushing) toRead(ctx context.Context, t sheet24.Turn, f *flight) error {
	want := b.wanted(t)
	if want <= 0 || b.yields {
		return nil
	}
	if room, again := t.Room(sheet24.Reading); room == 0 {
		return b.holdAll(ctx, again)
	}

	if err := b.claim(ctx, max(want-len(b.waiting), leastRows)); err != nil {
		return err
	}
	if err := b.holdFull(ctx, t); err != nil {
		return err
	}

	chosen := map[*row]bool{}
	for _, r := range inTurn(b.waiting) {
		if !b.readsWith(f, r, want) {
			continue
		}
		if room, _ := t.Room(r.call()); room == 0 {
			continue
		}

		f.reads = append(f.reads, r)
		if b.request(f).Commands() > chunkOf(t) { // they are of very many entities
			f.reads = f.reads[:len(f.reads)-1]
			break
		}
		b.busy[b.plan.Ref(r.change)], chosen[r] = r, true
	}
	b.waiting = slices.DeleteFunc(b.waiting, func(r *row) bool { return chosen[r] })
	return nil
}

// chunkOf is how many commands of a request are for rows.
func chunkOf(t sheet24.Turn) int { return max(1, t.Size()-1) }

// wanted is how many rows should be read now, so that each lane has its next request.
func (b *pushing) wanted(t sheet24.Turn) int {
	chunk := chunkOf(t)
	writes := min(len(b.ready), chunk)
	if t.Size() == 1 && writes > 0 {
		return 0 // one command, and it writes
	}

	want := b.lanes*chunk - (len(b.ready) - writes)
	for _, other := range b.flights {
		want -= len(other.reads)
	}
	return want
}

// readsWith reports whether a row may be read in one request with those that are chosen: no
// other works at its record, and together they are few enough for the smallest limit among
// them.
func (b *pushing) readsWith(f *flight, r *row, want int) bool {
	if b.busy[b.plan.Ref(r.change)] != nil {
		return false
	}
	class := r.company()
	if len(f.reads) > 0 {
		class = f.reads[0].company()
	}
	return len(f.reads) < min(want, class) && (r.most == 0 || r.company() == class)
}

// readable reports whether a row waits that could be read.
func (b *pushing) readable() bool {
	return slices.ContainsFunc(b.waiting, func(r *row) bool { return b.busy[b.plan.Ref(r.change)] == nil })
}

// call is the kind of call that a row will most likely need.
func (r *row) call() sheet24.Call {
	switch {
	case r.change.Action == sheet24.Delete:
		return sheet24.Deleting
	case r.change.EntityID < 0:
		return sheet24.Creating
	}
	return sheet24.Updating
}

// request is what a flight asks the portal.
func (b *pushing) request(f *flight) sheet24.Request {
	var q sheet24.Request
	for _, r := range f.writes {
		q.Writes = append(q.Writes, r.plan.Write)
	}

	for _, r := range f.reads {
		if ref := b.plan.Ref(r.change); ref.ID > 0 {
			q.Items = append(q.Items, ref)
		} else {
			q.Keys = append(q.Keys, b.plan.ItemKey(r.change))
		}
	}
	return q
}

// send makes a request, and brings the answer.
func (b *pushing) send(ctx context.Context, t sheet24.Turn, f *flight) {
	q := b.request(f)
	f.sent = time.Now()
	if len(f.writes) > 0 {
		q.Begun = f.sent
	}
	b.flights = append(b.flights, f)
	t.Book(q)

	b.beside(func() {
		var reply sheet24.Reply
		err := isolate.Guard(func() error { reply = t.Send(ctx, q); return nil })
		if err != nil { // of our own: what became of it is not known
			b.pusher.Log.Error("a request broke down", "portal", b.portal.Host, "error", err, "stack", isolate.Stack(err))
			t.GiveBack()
			reply = sheet24.Reply{Outcome: sheet24.Open, Err: err}
			for range q.Writes {
				reply.Written = append(reply.Written, sheet24.Written{Outcome: sheet24.Open, Err: err})
			}
		}
		b.answers <- answer{f, reply}
	})
}
