package e2e_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// steps is where the schema's steps are.
const steps = "internal/sqlstore/migrations"

// releaseBefore builds the program as it was before the last step of the schema, the
// release that a rolling restart has to be possible from; "" where there is no history to
// take it from, as in a copy of the source.
func releaseBefore(t *testing.T) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		return exec.Command("git", append([]string{"-C", filepath.Join("..", "..")}, args...)...).Output()
	}
	commit := "HEAD"
	changed, err := git("status", "--porcelain", "--", steps)
	if err != nil {
		return ""
	}
	if len(changed) == 0 {
		last, err := git("log", "-1", "--no-merges", "--format=%H", "--", steps)
		if err != nil || len(last) == 0 {
			return ""
		}
		commit = strings.TrimSpace(string(last)) + "^"
	}
	source, err := git("archive", "--format=tar", commit, "--", "go.mod", "go.sum", "*.go", "internal", "cmd")
	if err != nil {
		return "" // a shallow clone
	}

	folder := t.TempDir()
	unpack(t, source, folder)
	path := filepath.Join(folder, "sheet24-before")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "./cmd/sheet24")
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", commit, err, out)
	}
	return path
}

func unpack(t *testing.T, archive []byte, folder string) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(folder, filepath.FromSlash(h.Name))
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(name, 0o755)
		case tar.TypeReg:
			var data []byte
			if data, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(name, data, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRollingRestart brings a new release up beside the one before it, on one database,
// and then stops that one, while edits go on: nothing is lost, no message is refused,
// nobody writes a record beside another, and the old one is gone within 10 s.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	cluster, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	before := releaseBefore(t)
	if before == "" {
		t.Log("there is no history here: both releases are this one")
		if before, err = program(); err != nil {
			t.Fatal(err)
		}
	}
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0")
	sim := readyLine(t, out)
	b := &balancer{client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	front := httptest.NewServer(b)
	t.Cleanup(front.Close)
	c := app.Config{
		GoogleClientID: sim.GoogleClientID, GoogleClientSecret: sim.GoogleClientSecret, GoogleRedirectURI: front.URL + "/sheet-sync/oauth/callback",
		DatabaseURL: cluster.Database(t), PublicURL: front.URL, SecretKey: secret.NewKey(), GooglePerMinute: 6000, Bitrix24Seconds: 6,
		GoogleURL: sim.URL, Bitrix24Hosts: []string{strings.TrimPrefix(sim.URL, "http://")},
	}
	oldAt, newAt := freeAddress(t), freeAddress(t)
	b.servers = []string{oldAt, newAt} // whoever does not answer is passed over

	c.Listen = oldAt
	old := exec.Command(before, "serve", "--env-file", os.DevNull)
	var said syncBuffer
	old.Env, old.Stderr = c.Environ(), &said
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- old.Wait() }()
	t.Cleanup(func() {
		old.Process.Kill()
		if t.Failed() {
			t.Logf("the release before said:\n%s", said.String())
		}
	})
	answers(t, "http://"+oldAt)
	v := newVisitor(t, front.URL)
	v.signIn()
	v.connectPortal(sim.PortalWebhook)
	v.activate(sim, "leads")

	last := map[int]string{}
	var stopped time.Time
	for n := range 150 {
		switch n {
		case 50:
			c.Listen = newAt
			start(t, c.Environ(), "serve", "--env-file", os.DevNull)
			answers(t, "http://"+newAt)
		case 100:
			stopped = time.Now()
			old.Process.Signal(syscall.SIGTERM)
		}
		row := 2 + rand.IntN(150)
		last[row] = fmt.Sprintf("devir%d@ornek.com.tr", n)
		edit(t, sim, fmt.Sprint("C", row), last[row])
		time.Sleep(30 * time.Millisecond)
	}
	select {
	case err := <-ended:
		if took := time.Since(stopped); err != nil || took > 10*time.Second {
			t.Errorf("the old release ended after %v with %v", took, err)
		}
	case <-time.After(time.Until(stopped.Add(10 * time.Second))):
		t.Error("the old release does not stop within 10 s")
	}

	eventually(t, 60*time.Second, "all edits arrive", func() bool {
		all := allEmails(t, sim)
		for row, email := range last {
			if got := all[row-1]; len(got) != 1 || got[0] != email {
				return false
			}
		}
		return true
	})
	var stats struct {
		Overlaps int
		Rejected map[string]int
	}
	get(t, sim.URL+"/sim/bitrix24/stats", &stats)
	if stats.Overlaps > 0 || len(stats.Rejected) > 0 {
		t.Errorf("%d overlaps, refused %v", stats.Overlaps, stats.Rejected)
	}
}
