package isolate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/isolate"
)

// TestEach has every set of bad items among up to nine, which fail or panic: the others
// are done once each.
func TestEach(t *testing.T) {
	t.Parallel()
	for n := range 10 {
		for bad := range 1 << n {
			var all []int
			for i := range n {
				all = append(all, i)
			}
			isBad := func(i int) bool { return bad&(1<<i) != 0 }
			var done, failed []int
			err := isolate.Each(all, func(items []int) error {
				for _, i := range items {
					switch {
					case isBad(i) && i%2 == 0:
						return fmt.Errorf("item %d: %w", i, sheet24.ErrData)
					case isBad(i):
						panic(i)
					}
				}
				done = append(done, items...)
				return nil
			}, func(i int, err error) error {
				failed = append(failed, i)
				if !isolate.Fault(err) || (isolate.Stack(err) != "") != (i%2 == 1) {
					t.Errorf("item %d failed with %v", i, err)
				}
				return nil
			})
			if err != nil || len(done)+len(failed) != n || slices.ContainsFunc(done, isBad) || slices.ContainsFunc(failed, func(i int) bool { return !isBad(i) }) {
				t.Fatalf("of %v bad %b: done %v, failed %v, %v", all, bad, done, failed, err)
			}
		}
	}
}

// TestOneOfMany is found in few attempts.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	all := make([]int, 1000)
	for i := range all {
		all[i] = i
	}
	bad := rand.IntN(len(all))
	attempts := 0
	err := isolate.Each(all, func(items []int) error {
		attempts++
		if slices.Contains(items, bad) {
			return sheet24.ErrData
		}
		return nil
	}, func(int, error) error { return nil })
	if err != nil || attempts > 21 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}

// TestWhatIsNobodysFault ends it all at once, and an error of failed does.
func TestWhatIsNobodysFault(t *testing.T) {
	t.Parallel()
	away := errors.New("the database is away")
	for _, want := range []error{away, context.Canceled, sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalBusy)} {
		attempts := 0
		err := isolate.Each([]int{1, 2, 3}, func([]int) error { attempts++; return want }, func(int, error) error {
			t.Error("an item was blamed")
			return nil
		})
		if err != want || attempts != 1 {
			t.Errorf("%v after %d attempts", err, attempts)
		}
	}
	var failed []int
	err := isolate.Each([]int{1, 2, 3}, func([]int) error { return sheet24.ErrData }, func(i int, _ error) error {
		failed = append(failed, i)
		return away
	})
	if err != away || !reflect.DeepEqual(failed, []int{1}) {
		t.Errorf("%v, failed %v", err, failed)
	}
	if err := isolate.Each(nil, func([]int) error { return sheet24.ErrData }, nil); err == nil {
		t.Error("what fails without items did not fail")
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	err := isolate.Guard(func() error {
		var none map[string]int
		none["a"] = 1
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "nil map") || !strings.Contains(isolate.Stack(err), "isolate_test.go") || !isolate.Fault(err) {
		t.Errorf("%v\n%s", err, isolate.Stack(err))
	}
	if err := isolate.Guard(func() error { return context.Canceled }); err != context.Canceled || isolate.Stack(err) != "" {
		t.Error(err)
	}

	// The end of a goroutine is none.
	ended := make(chan bool, 1)
	go func() {
		defer func() { ended <- true }()
		_ = isolate.Guard(func() error { runtime.Goexit(); return nil })
		ended <- false
	}()
	if !<-ended {
		t.Error("it went on")
	}
}
