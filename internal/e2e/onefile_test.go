package e2e_test

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// runs runs a program that ends by itself, and returns all that it said after how it
// ended.
func runs(t *testing.T, env []string, args ...string) string {
	t.Helper()
	p, out := start(t, env, args...)
	type ending struct {
		said []byte
		err  error
	}
	ended := make(chan ending, 1)
	go func() {
		said, err := io.ReadAll(out)
		ended <- ending{said, cmp.Or(err, p.Wait())}
	}()
	select {
	case e := <-ended:
		return fmt.Sprintf("%v\n%s%s", e.err, e.said, p.stderr)
	case <-time.After(20 * time.Second):
		p.Process.Kill()
		<-ended
		t.Fatalf("%v goes on", p.Args)
		return ""
	}
}

// TestOneProcessAFile starts others on the SQLite file of a running service: each is
// refused with a sentence that names the process to stop, and what only looks is not.
// Killed with -9, the service starts again at once.
func TestOneProcessAFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "sheet24.db") // where demo --data keeps it, too
	config := app.Config{GoogleClientID: "id", GoogleClientSecret: "secret", GoogleRedirectURI: "http://127.0.0.1:1/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + file, PublicURL: "http://127.0.0.1:1", SecretKey: secret.NewKey(), GooglePerMinute: 60, Listen: freeAddress(t)}
	first, _ := start(t, config.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+config.Listen)

	// Another name of the file is no other file.
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	second, linked := config, config
	second.Listen, linked.Listen, linked.DatabaseURL = "127.0.0.1:0", "127.0.0.1:0", link
	elsewhere := "sqlite:" + filepath.Join(t.TempDir(), "copy.db")
	for name, said := range map[string]string{
		"serve":      runs(t, second.Environ(), "serve", "--env-file", os.DevNull),
		"serve link": runs(t, linked.Environ(), "serve", "--env-file", os.DevNull),
		"demo":       runs(t, nil, "demo", "--listen", "127.0.0.1:0", "--data", folder),
		"migrate":    runs(t, config.Environ(), "migrate", "--env-file", os.DevNull),
		"copy from":  runs(t, nil, "copy", "--from", config.DatabaseURL, "--to", elsewhere),
		"copy to":    runs(t, nil, "copy", "--from", elsewhere, "--to", config.DatabaseURL),
	} {
		for _, part := range []string{"exit status 1", ".db is in use by process " + fmt.Sprint(first.Process.Pid), "stop it first"} {
			if !strings.Contains(said, part) {
				t.Errorf("%s does not say %q:\n%s", name, part, said)
			}
		}
	}
	if said := runs(t, config.Environ(), "migrate", "status", "--env-file", os.DevNull); !strings.HasPrefix(said, "<nil>") {
		t.Errorf("the versions cannot be looked at: %s", said)
	}

	// Its lock dies with it, and with its end.
	first.Process.Signal(syscall.SIGKILL)
	first.Wait()
	again, _ := start(t, config.Environ(), "serve", "--env-file", os.DevNull)
	answers(t, "http://"+config.Listen)
	again.stop(t)
	if said := runs(t, config.Environ(), "migrate", "--env-file", os.DevNull); !strings.HasPrefix(said, "<nil>") {
		t.Errorf("nobody is at work, and migrate is refused: %s", said)
	}
}
