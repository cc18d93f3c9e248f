package bitrix24

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestNoBatchesWaitForEachOther books the same new methods for many batches at
// once: each must wait for the first to be answered, none for one that waits.
func TestNoBatchesWaitForEachOther(t *testing.T) {
	t.Parallel()
	q := &queue{}
	var all []int
	for i := range 12 {
		q.commands, all = append(q.commands, command{method: fmt.Sprint("m", i)}), append(all, i)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			watch := &operating{limit: time.Minute}
			var batches sync.WaitGroup
			for range 4 {
				batches.Go(func() {
					booked, _, err := bookAll(t.Context(), watch, q, all)
					if err != nil {
						return
					}
					for method, n := range booked {
						watch.settle(method, n, []timing{{Start: 1}})
					}
				})
			}
			batches.Wait()
		}
	}()
	select {
	case <-done:
	case <-time.After(50 * time.Second):
		t.Fatal("batches wait for each other")
	}
}
