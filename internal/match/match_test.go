package match_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"sheet24/internal/match"
)

// TestRecords has rows that hold an address and a number each, of which some are several
// records'.
func TestRecords(t *testing.T) {
	t.Parallel()
	holders := map[string][]int64{"ayse@": {1}, "aile@": {1, 2}, "0532": {1}, "0533": {2}, "0212": {2, 1}}
	gone := errors.New("not to be looked for")
	for _, c := range []struct {
		name    string
		address []string
		number  []string
		want    []int64
		err     error
	}{
		{name: "one key finds one", address: []string{"ayse@"}, want: []int64{1}},
		{name: "a key that finds nothing says nothing", address: []string{"yeni@"}, number: []string{"0533"}, want: []int64{2}},
		{name: "none", address: []string{"yeni@"}},
		{name: "both find the same", address: []string{"ayse@"}, number: []string{"0532"}, want: []int64{1}},
		{name: "one says which of the other's it is", address: []string{"aile@"}, number: []string{"0533"}, want: []int64{2}},
		{name: "both find the same two", address: []string{"aile@"}, number: []string{"0212"}, want: []int64{1, 2}},
		{name: "they contradict each other", address: []string{"ayse@"}, number: []string{"0533"}, want: []int64{1, 2}},
		{name: "several in a cell", address: []string{"ayse@", "aile@"}, want: []int64{1, 2}},
		{name: "no answer", address: []string{"?"}, err: gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys := []match.Key{{Field: "EMAIL", Values: [][]string{c.address}}, {Field: "PHONE", Values: [][]string{c.number}}}
			found := match.Records(t.Context(), 1, keys, func(_ context.Context, _ string, values []string) (map[string][]int64, map[string]error) {
				return holders, map[string]error{"?": gone}
			})
			if !slices.Equal(found[0].Records, c.want) || found[0].Err != c.err {
				t.Errorf("found %+v; want %v, %v", found[0], c.want, c.err)
			}
		})
	}
}

// TestEachValueIsLookedForOnce has two rows hold the same.
func TestEachValueIsLookedForOnce(t *testing.T) {
	t.Parallel()
	var asked []string
	keys := []match.Key{{Field: "EMAIL", Values: [][]string{{"a@", ""}, {"b@", "a@"}}}}
	match.Records(t.Context(), 2, keys, func(_ context.Context, _ string, values []string) (map[string][]int64, map[string]error) {
		asked = append(asked, values...)
		return nil, nil
	})
	if !slices.Equal(asked, []string{"a@", "b@"}) {
		t.Errorf("looked for %q", asked)
	}
}
