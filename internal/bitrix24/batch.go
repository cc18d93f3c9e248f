package bitrix24

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"sheet24"
)

// command is one call within a batch.
type command struct {
	method string
	params url.Values // PHP-style keys: fields[fm][0][value]
}

// result is how a command ended.
type result struct {
	data  json.RawMessage
	total int64
	err   error
	sent  time.Time // when it was last sent; zero: never
}

// run brings commands to a portal, as many to a request as it can bear and a few
// requests at once, and returns each one's result in their order. What the portal
// turned away is sent again, and what only reads also when its answer was lost;
// the commands of a request that may have been done, or not, have that error.
func (c *Client) run(ctx context.Context, p *sheet24.Portal, commands []command) []result {
	return c.runBy(ctx, p, commands, maxBatch)
}

// runBy is run with so many commands to a request at most.
func (c *Client) runBy(ctx context.Context, p *sheet24.Portal, commands []command, most int) []result {
	defer sheet24.Outside(ctx)()
	q := &queue{most: most, commands: commands, results: make([]result, len(commands)), tried: make([]int, len(commands))}
	for i := range commands {
		q.waiting = append(q.waiting, i)
	}
	var workers sync.WaitGroup
	for range min(c.options.Parallel, (len(commands)+most-1)/most) {
		workers.Go(func() { c.work(ctx, p, q) })
	}
	workers.Wait()
	return q.results
}

// queue holds the commands that have yet to be sent. Each worker owns what it
// took until it has a result or is put back.
type queue struct {
	mu       sync.Mutex
	most     int // commands to a request
	commands []command
	results  []result
	tried    []int
	waiting  []int
	over     error // ends all that waits
}

// take hands out up to n commands, of one method where that one is scarce.
func (q *queue) take(n int) []int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over != nil {
		for _, i := range q.waiting {
			q.results[i].err = q.over
		}
		q.waiting = nil
	}
	var took []int
	took, q.waiting = together(q.commands, q.waiting, n)
	return took
}

// back puts commands in front again.
func (q *queue) back(list []int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(append([]int{}, list...), q.waiting...)
}

func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over == nil {
		q.over = err
	}
}

func (c *Client) work(ctx context.Context, p *sheet24.Portal, q *queue) {
	l, watch := c.line(p), c.watch(p)
	waits := c.pace()
	for {
		taken := q.take(min(q.most, l.size.get()))
		if len(taken) == 0 {
			return
		}
		if err := ctx.Err(); err != nil {
			q.end(unreachable(p.Host, err))
			q.back(taken)
			continue
		}
		booked, kept, err := bookAll(ctx, watch, q, taken)
		if err != nil {
			q.end(unreachable(p.Host, err))
			q.back(taken)
			continue
		}
		q.back(taken[len(kept):])
		again := c.sendBatch(ctx, p, q, kept, booked)
		if len(again) == 0 {
			waits.Reset()
			continue
		}
		q.back(again)
		select {
		case <-time.After(waits.NextBackOff()):
		case <-ctx.Done():
		}
	}
}

// bookAll makes room for the operating time of commands and returns those, from
// the first on, that there is room for. Methods are booked in one order by all:
// else two batches could wait for what the other holds.
func bookAll(ctx context.Context, watch *operating, q *queue, taken []int) (booked map[string]int, kept []int, err error) {
	wanted := map[string]int{}
	for _, i := range taken {
		wanted[q.commands[i].method]++
	}
	booked = map[string]int{}
	for _, method := range slices.Sorted(maps.Keys(wanted)) {
		if booked[method], err = watch.book(ctx, method, wanted[method], sheet24.IsInteractive(ctx)); err != nil {
			break
		}
	}
	left := maps.Clone(booked)
	for _, i := range taken {
		method := q.commands[i].method
		if err != nil || left[method] == 0 {
			break
		}
		left[method]--
		kept = append(kept, i)
	}
	for method, n := range left {
		watch.settle(method, n, nil)
		booked[method] -= n
	}
	return booked, kept, err
}

// sendBatch sends one batch, keeps its results, and returns what is to be sent
// again.
func (c *Client) sendBatch(ctx context.Context, p *sheet24.Portal, q *queue, list []int, booked map[string]int) (again []int) {
	l, watch := c.line(p), c.watch(p)
	got, sent, err := c.sendTogether(ctx, p, q.commands, list)
	if err == nil || outcomeUnknown(err) {
		l.size.took(len(list), time.Since(sent))
	}
	times := map[string][]timing{}
	for _, i := range list {
		if t, ok := got.Time[key(i)]; ok {
			times[q.commands[i].method] = append(times[q.commands[i].method], t)
		}
	}
	for method, n := range booked {
		watch.settle(method, n, times[method])
	}
	if err != nil && !notDone(err) && !outcomeUnknown(err) {
		q.end(err)
	}
	for _, i := range list {
		r := result{err: err, sent: sent}
		if err == nil {
			r = got.of(p.Host, key(i))
			r.sent = sent
		}
		method := q.commands[i].method
		if is(r.err, "OPERATION_TIME_LIMIT") {
			watch.refused(method)
		}
		q.tried[i]++
		if r.err != nil && q.tried[i] < triesFor(ctx) && ctx.Err() == nil && (notDone(r.err) || (reads[method] && outcomeUnknown(r.err))) {
			again = append(again, i)
			continue
		}
		q.results[i] = r
	}
	return again
}

func key(i int) string { return "c" + strconv.Itoa(i) }

// batchAnswer is the result of a batch: objects by the commands' keys.
type batchAnswer struct {
	Result phpMap[json.RawMessage] `json:"result"`
	Error  phpMap[batchError]      `json:"result_error"`
	Total  phpMap[lenient]         `json:"result_total"`
	Time   phpMap[timing]          `json:"result_time"`
}

type batchError struct {
	Code        any     `json:"error"`
	Description lenient `json:"error_description"`
}

// of is the result of one command. One that the answer does not speak of may
// have been carried out.
func (b *batchAnswer) of(host, key string) result {
	if e, ok := b.Error[key]; ok {
		return result{err: apiError(host, errorCode(e.Code), string(e.Description), true)}
	}
	if data, ok := b.Result[key]; ok {
		return result{data: data, total: b.Total[key].int()}
	}
	return result{err: sheet24.Errorf(sheet24.Unavailable, "portal_answer", host)}
}
