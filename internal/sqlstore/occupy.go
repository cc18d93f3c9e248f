package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// occupyWithin is for how long it is tried to occupy a file: the process that had it may
// be ending.
const occupyWithin = 2 * time.Second

// Occupy makes this process the only one that works with a SQLite file until it calls
// leave, or ends, however that happens. Another process would not hear of the work that
// this one wakes its stages for, and take the leases of this one for those of a process
// that is gone. If one has the file, the error names it and says what to do. A database
// that several processes may share is not occupied.
//
// The lock is on a file beside the database: SQLite locks the database itself, and on
// some systems both kinds of locks are the same.
func Occupy(ctx context.Context, databaseURL string) (leave func() error, err error) {
	d, err := dialectOf(databaseURL)
	if err != nil {
		return nil, err
	}
	if d.server() {
		return func() error { return nil }, nil
	}

	file := realPath(d.name) + ".lock"
	lock := flock.New(file)
	ctx, cancel := context.WithTimeout(ctx, occupyWithin)
	defer cancel()

	switch locked, err := lock.TryLockContext(ctx, occupyWithin/40); {
	case locked:
		// For whoever is refused. If it cannot be written, they hear of no number.
		_ = os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())), 0o600)
		return lock.Unlock, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, occupied(d.name, file)
	default:
		return nil, fmt.Errorf("lock %s, which a SQLite file needs beside it, on a file system that can lock: %w", file, err)
	}
}

// occupied says who has a database, as far as its lock file tells.
func occupied(name, lockFile string) error {
	pid, _ := os.ReadFile(lockFile)
	return fmt.Errorf("%s is in use by process %s: stop it first. A SQLite file has one process at a time; several share PostgreSQL",
		name, cmp.Or(strings.TrimSpace(string(pid)), "(unknown)"))
}

// realPath is the name of a file, which may not be there yet, without symbolic links.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}
