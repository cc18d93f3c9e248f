package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFull leaves no room for the database's files in the middle of a burst, and
// makes room again: webhooks are answered 503 meanwhile, and all goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := activated(t)
	last := map[int]string{}
	burst := func(name string) {
		t.Helper()
		for row := 2; row < 52; row++ {
			last[row] = fmt.Sprintf("%s%d@ornek.com.tr", name, row)
			edit(t, s.ready, fmt.Sprint("C", row), last[row])
		}
	}
	store := openStore(t, s.config)
	t.Cleanup(func() { store.Close() })
	room := func(bytes uint64) {
		t.Helper()
		if err := unix.Prlimit(s.process.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	burst("once")
	room(4096) // no file may grow beyond: a write fails as on a full disk
	burst("dolu")
	if status := s.signedNudge(t, store); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook while the disk is full: HTTP %d", status)
	}
	time.Sleep(time.Second)
	room(unix.RLIM_INFINITY)
	burst("sonra") // whose first message brings along what was kept
	s.arrive(t, 40*time.Second, last)
	s.process.stop(t)
	if !strings.Contains(s.process.stderr.String(), "file too large") && !strings.Contains(s.process.stderr.String(), "disk") {
		t.Errorf("nothing failed:\n%s", s.process.stderr)
	}
}
