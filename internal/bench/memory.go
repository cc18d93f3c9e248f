package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
)

// Memory measures what the program itself takes, at rest and while it reads a tab of
// 200,000 rows, in which every tenth was edited.
func Memory(tb testing.TB) []Figure {
	tb.Helper()
	const rows, mb = 200_000, 1 << 20
	w := newWorld(tb, rows, 60, sheet24.Plan{Rate: 100, Burst: 500})
	program := filepath.Join(tb.TempDir(), "sheet24")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "sheet24/cmd/sheet24").CombinedOutput(); err != nil {
		tb.Fatalf("build: %v\n%s", err, out)
	}
	w.check(w.service.Close(tb.Context())) // a file has one process at a time

	p := exec.Command(program, "serve", "--env-file", os.DevNull)
	p.Env = w.config.Environ()
	var said bytes.Buffer
	p.Stderr = &said
	w.check(p.Start())
	defer func() {
		p.Process.Kill()
		p.Wait()
	}()
	w.wait(10*time.Second, "the program is ready", func() bool { return strings.Contains(said.String(), "is ready") })
	time.Sleep(3 * time.Second)
	idle := resident(tb, p.Process.Pid, "VmHWM")
	var names [][]any
	for i := range rows {
		name := fmt.Sprint("Aday ", i)
		if i%10 == 0 {
			name = fmt.Sprint("Yeni ad ", i)
		}
		names = append(names, []any{name})
	}
	w.check(w.google.Edit(googlesim.Edit{SpreadsheetID: w.sheet, GID: gid, Range: "B2", Values: names}))

	box, err := secret.New(w.config.SecretKey)
	w.check(err)
	store, err := sqlstore.Open(tb.Context(), w.config.DatabaseURL, box)
	w.check(err)
	defer store.Close()
	w.check(store.AddEvent(tb.Context(), &sheet24.Event{TableID: w.table.ID, Type: sheet24.Structure, MessageID: "m", Data: []byte("{}")}))
	w.wait(2*time.Minute, "the tab is scanned", func() bool { return scanned(tb, store, w.table.ID) })
	scanning := resident(tb, p.Process.Pid, "VmHWM")
	return []Figure{
		{"memory at rest", fmt.Sprintf("%d MB", idle/mb), "≤ 60 MB", idle <= 60*mb},
		{"memory while a tab of 200,000 rows is scanned", fmt.Sprintf("%d MB", scanning/mb), "≤ 250 MB", scanning <= 250*mb},
	}
}

func scanned(tb testing.TB, store *sqlstore.Store, tableID int64) bool {
	tb.Helper()
	time.Sleep(50 * time.Millisecond)
	events, err := store.UnprocessedEvents(tb.Context(), tableID, 1)
	if err != nil {
		tb.Fatal(err)
	}
	return len(events) == 0
}

// resident reads what a process holds in memory, in bytes: VmRSS now, VmHWM at most.
func resident(tb testing.TB, pid int, which string) int {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, which+":"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				tb.Fatal(err)
			}
			return kb << 10
		}
	}
	tb.Fatalf("no %s in %s", which, data)
	return 0
}
