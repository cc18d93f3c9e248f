package limit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	k := New(2, 3, 100)
	k.now = func() time.Time { return now }
	for i := range 3 {
		if wait := k.Take("a"); wait != 0 {
			t.Fatalf("%d: wait %v", i, wait)
		}
	}
	if wait := k.Take("a"); wait != 500*time.Millisecond || k.Wait("a") != wait {
		t.Errorf("when it is empty: %v, %v", wait, k.Wait("a"))
	}
	if wait := k.Take("b"); wait != 0 {
		t.Errorf("another's: %v", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if k.Take("a") != 0 || k.Take("a") == 0 {
		t.Error("half a second later there is one, and no more")
	}
	if wait := (*Keyed)(nil).Take("a"); wait != 0 {
		t.Errorf("no limits: %v", wait)
	}
}

// TestMemory stays the same for however many keys; those of whom nothing was heard are
// forgotten, and no sooner than they are full again.
func TestMemory(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	k := New(1, 10, 1000)
	k.now = func() time.Time { return now }
	for i := range 100_000 {
		k.Take(fmt.Sprint("stranger ", i))
		if i%500 == 0 {
			k.Take("a")
		}
		if k.Size() > 2000 {
			t.Fatalf("%d keys are remembered", k.Size())
		}
	}
	if k.Take("a") == 0 {
		t.Error("whoever goes on asking was forgotten for the sake of others")
	}

	now = now.Add(time.Hour)
	k.Take("b")
	if k.Size() != 1 {
		t.Errorf("an hour later %d keys are remembered", k.Size())
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.7:4000", "", "203.0.113.7"},
		{"203.0.113.7:4000", "198.51.100.1", "203.0.113.7"}, // anybody can say so
		{"127.0.0.1:4000", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.2:4000", "6.6.6.6, 198.51.100.1", "198.51.100.1"}, // the proxy's own word stands last
		{"127.0.0.1:4000", "", "127.0.0.1"},
		{"127.0.0.1:4000", "rubbish", "127.0.0.1"},
		{"[::1]:4000", "2001:db8::1", "2001:db8::/64"},
		{"[2001:db8::2]:4000", "", "2001:db8::/64"},
		{"[::ffff:203.0.113.7]:4000", "", "203.0.113.7"},
	} {
		got := ""
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		Addressed(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = AddressOf(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s, %q: %s; want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}
