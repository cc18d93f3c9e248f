// Package blackbox tests sheet24 from outside, in a hostile world: the real program and
// the real simulators as processes of their own, random histories over HTTP, faults of
// both services, the usual latency, kill -9, and a colleague in the CRM. At the end,
// when all is at rest, what people did, the sheet, the CRM and the history must agree.
//
// A history that went wrong is printed with its seed and its steps. Processes run at their
// own pace, so the same seed does the same things to the same sheet, but not at quite the
// same moments: -copies plays it many times side by side.
package blackbox_test

import (
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheet24/internal/sqlstore/pgtest"
)

var (
	seed      = flag.Int64("seed", 0, "play this history alone; 0: new ones")
	copies    = flag.Int("copies", 20, "of the history that -seed names, side by side in each world")
	histories = flag.Int("histories", 200, "to be played at most")
	minutes   = flag.Float64("minutes", 0, "for which new histories are begun; 0: a few with nothing against them")
	together  = flag.Int("together", 20, "histories in each world at the same time")
	killEvery = flag.Duration("kill", 8*time.Second, "how often, on average, a process of the service is ended; 0: never")
	leaveOut  = flag.String("without", "", "themes and actions that are not to be played, and keys; separated by commas")
	keep      = flag.Bool("keep", false, "keep the logs")
)

// testSeed is where the histories of `make test` begin: the same ones each time, so that what
// fails was broken by a change. `make soak` looks for new ones.
const testSeed = 24

// TestMain looks at every source file first: Go takes a test's result from its cache
// unless what the test looked at has changed, and knows nothing of the program that this
// builds.
func TestMain(m *testing.M) {
	flag.Parse()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil {
		panic(err)
	}
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// TestHistories plays random histories in two worlds: one service of two processes on
// PostgreSQL, one of a single process on SQLite.
func TestHistories(t *testing.T) {
	folder, err := os.MkdirTemp("", "sheet24-blackbox-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() || *keep {
			t.Logf("what the processes said is in %s", folder)
		} else {
			os.RemoveAll(folder)
		}
	})
	cluster, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)

	first := *seed
	switch {
	case plain():
		first = testSeed
	case first == 0:
		first = time.Now().UnixNano() % 1e9
	}
	t.Logf("histories from seed %d on", first)
	worlds := startWorlds(t, folder, cluster)
	next := make([]chan int64, len(worlds))
	for i := range next {
		next[i] = make(chan int64)
	}
	go deal(next, first)

	var playing sync.WaitGroup
	var played atomic.Int64
	for i, w := range worlds {
		playing.Go(func() {
			played.Add(int64(inWorld(t, w, rand.New(rand.NewPCG(uint64(first), uint64(i))), next[i])))
		})
	}
	playing.Wait()
	t.Logf("%d histories", played.Load())
}

// startWorlds starts both worlds; they end with the test.
func startWorlds(t *testing.T, folder string, cluster *pgtest.Cluster) (worlds []*world) {
	t.Helper()
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		name, database string
		processes      int
	}{{"PostgreSQL", cluster.Database(t), 2}, {"SQLite", "sqlite:" + filepath.Join(folder, "sheet24.db"), 1}} {
		w, err := newWorld(of.name, folder, of.database, of.processes)
		if err != nil {
			t.Fatalf("%s: %v", of.name, err)
		}
		t.Cleanup(func() {
			w.close()
			for _, text := range w.wrong {
				t.Errorf("%s: %s", w.name, text)
			}
		})
		worlds = append(worlds, w)
	}
	return worlds
}

// plain reports whether the histories are to have nothing against them.
func plain() bool { return *minutes == 0 && *seed == 0 }

// without reports whether something is not to be played.
func without(name string) bool {
	return slices.Contains(strings.Split(*leaveOut, ","), name)
}

// deal deals seeds to the worlds in turn, as long as histories are to be begun.
func deal(next []chan int64, first int64) {
	for _, c := range next {
		defer close(c)
	}
	n := *histories
	switch {
	case *seed != 0:
		n = 2 * *copies
	case plain():
		n = 8
	}
	end := time.Now().Add(time.Duration(*minutes * float64(time.Minute)))
	for i := range n {
		s := first + int64(i)
		if *seed != 0 {
			s = first
		}
		if *seed == 0 && !plain() && time.Now().After(end) {
			return
		}
		next[i%len(next)] <- s
	}
}

// inWorld plays histories in a world, many at the same time, and tells how many.
func inWorld(t *testing.T, w *world, r *rand.Rand, next <-chan int64) (played int) {
	done := make(chan struct{})
	var trouble sync.WaitGroup
	if !plain() {
		trouble.Go(func() { w.changeWeather(rand.New(rand.NewPCG(r.Uint64(), 1)), done) })
		if *killEvery > 0 {
			trouble.Go(func() { w.kill(rand.New(rand.NewPCG(r.Uint64(), 2)), *killEvery, done) })
		}
	}

	// The trouble ends once all people rest and nobody is to come.
	begun := make(chan int64)
	w.acting.Add(1)
	go func() {
		for s := range next {
			w.acting.Add(1)
			begun <- s
		}
		close(begun)
		w.acting.Done()
	}()
	go func() {
		w.acting.Wait()
		close(done)
	}()

	var playing sync.WaitGroup
	var mu sync.Mutex
	for range *together {
		playing.Go(func() {
			for s := range begun {
				h := play(w, s, plain())
				if len(h.wrong) > 0 || *keep {
					t.Error(h.report())
				}
				mu.Lock()
				played++
				mu.Unlock()
				progress(w, h)
			}
		})
	}
	playing.Wait()
	trouble.Wait()
	return played
}

// progress tells how a history went as soon as it has, if somebody watches.
func progress(w *world, h *history) {
	if !testing.Verbose() {
		return
	}
	kinds := []string{}
	for _, text := range h.wrong {
		kind, _, _ := strings.Cut(text, ":")
		kinds = append(kinds, kind)
	}
	fmt.Printf("%7.1fs %s %d (%s, %v): %s\n", time.Since(w.began).Seconds(), w.name, h.seed, h.theme, h.ended.Sub(h.began).Round(time.Second), strings.Join(kinds, " "))
}
