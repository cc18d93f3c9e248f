// Package pgtest starts a real PostgreSQL for tests: a cluster in a temporary
// folder, from the installed binaries, on a socket of its own.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a running PostgreSQL.
type Cluster struct {
	folder    string
	bin       string // of the programs
	as        *syscall.SysProcAttr
	server    *exec.Cmd
	databases atomic.Int64
}

// Start makes a cluster and starts it. PostgreSQL refuses to run as root, so for
// root it runs as the user postgres, whom its package brings along.
func Start() (*Cluster, error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	if len(bins) == 0 {
		return nil, errors.New("no PostgreSQL in /usr/lib/postgresql; `make test` installs it")
	}
	slices.Sort(bins)
	bin := bins[len(bins)-1]
	folder, err := os.MkdirTemp("", "sheet24-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, bin: bin}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32) // numbers, on every Unix
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := os.Chown(folder, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "sheet24", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = c.as, folder
	if out, err := initdb.CombinedOutput(); err != nil {
		c.Stop()
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c, c.Resume()
}

// Resume starts the server again after Interrupt, and waits until it answers.
func (c *Cluster) Resume() error {
	c.server = exec.Command(filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.folder, "data"), "-k", c.folder, "-c", "listen_addresses=", "-c", "fsync=off")
	c.server.SysProcAttr, c.server.Dir = c.as, c.folder
	if err := c.server.Start(); err != nil {
		c.Stop()
		return err
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), c.url("postgres"))
		if err == nil {
			return conn.Close(context.Background())
		}
		if time.Now().After(end) {
			c.Stop()
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// Interrupt ends the server and all connections to it; its data stays.
func (c *Cluster) Interrupt() {
	c.server.Process.Signal(syscall.SIGINT) // fast shutdown
	c.server.Wait()
}

func (c *Cluster) url(database string) string {
	return "postgres://sheet24@/" + database + "?host=" + c.folder
}

// Database makes an empty database and returns its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(c.databases.Add(1), 10)
	conn, err := pgx.Connect(t.Context(), c.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return c.url(name)
}

// Stop ends the server and removes all of it.
func (c *Cluster) Stop() {
	if c.server != nil && c.server.Process != nil {
		c.Interrupt()
	}
	os.RemoveAll(c.folder)
}
