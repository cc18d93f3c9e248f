package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
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
}

// run brings commands that only read to a portal, as many to a request as it can bear and
// a few requests at once, and returns each one's result in their order. What the portal
// turned away, or whose answer was lost, is sent again.
func (c *Client) run(ctx context.Context, p *sheet24.Portal, commands []command) []result {
	defer sheet24.Outside(ctx)()
	q := &queue{commands: commands, results: make([]result, len(commands)), tried: make([]int, len(commands))}
	for i := range commands {
		q.waiting = append(q.waiting, i)
	}

	var workers sync.WaitGroup
	for range min(c.options.Parallel, (len(commands)+maxBatch-1)/maxBatch) {
		workers.Go(func() { c.work(ctx, p, q) })
	}
	workers.Wait()
	return q.results
}

// queue holds the commands that have yet to be sent. Each worker owns what it
// took until it has a result or is put back.
type queue struct {
	mu       sync.Mutex
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
	l, watch := c.line(ctx, p), c.watch(p)
	failed := 0 // times in a row
	for {
		taken := q.take(l.size.get())
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
		again := c.readBatch(ctx, p, q, kept, booked)
		if len(again) == 0 {
			failed = 0
			continue
		}
		q.back(again)
		failed++
		select {
		case <-time.After(c.pauses().After(failed)):
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

// readBatch sends one batch of commands that only read, keeps their results, and returns
// those that are to be sent again.
func (c *Client) readBatch(ctx context.Context, p *sheet24.Portal, q *queue, list []int, booked map[string]int) (again []int) {
	commands := make([]command, len(list))
	for n, i := range list {
		commands[n] = q.commands[i]
	}
	method, params := requestOf(commands)
	a, sent, err := c.send(ctx, p, method, params)
	got, err := c.answered(ctx, p, commands, a, sent, err, c.watch(p), booked)
	if err != nil && !notDone(err) && !outcomeUnknown(err) {
		q.end(err)
	}

	for n, i := range list {
		r := result{err: err}
		if err == nil {
			r = got.of(p.Host, key(n))
		}
		q.tried[i]++
		if r.err != nil && q.tried[i] < triesFor(ctx) && ctx.Err() == nil && (notDone(r.err) || outcomeUnknown(r.err)) {
			again = append(again, i)
			continue
		}
		q.results[i] = r
	}
	return again
}

// batch sends commands in one request, for which the bucket has room and operating time
// is booked.
func (c *Client) batch(ctx context.Context, to destination, commands []command, watch *operating, booked map[string]int) (batchAnswer, error) {
	method, params := requestOf(commands)
	sent := time.Now()
	a, err := c.post(ctx, to.of(method), params)
	return c.answered(ctx, to.portal, commands, a, sent, err, watch, booked)
}

// answered reads the answer to a batch, and learns from it what the portal can bear.
func (c *Client) answered(ctx context.Context, p *sheet24.Portal, commands []command, a *answer, sent time.Time, err error, watch *operating, booked map[string]int) (got batchAnswer, _ error) {
	got, err = answerTo(p.Host, commands, a, err)
	if err == nil || outcomeUnknown(err) {
		c.line(ctx, p).size.took(len(commands), time.Since(sent))
	}

	times := map[string][]timing{}
	for i, one := range commands {
		if t, ok := got.Time[key(i)]; ok {
			times[one.method] = append(times[one.method], t)
		}
	}
	for method, n := range booked {
		watch.settle(method, n, times[method])
	}
	for i, one := range commands {
		if is(err, "OPERATION_TIME_LIMIT") || err == nil && is(got.of(p.Host, key(i)).err, "OPERATION_TIME_LIMIT") {
			watch.refused(one.method)
		}
	}
	return got, err
}

// key is what a command of a batch is called. Commands run in the order in which they are
// sent, which is that of their names.
func key(i int) string { return fmt.Sprintf("c%02d", i) }

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
	return result{err: sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host)}
}
