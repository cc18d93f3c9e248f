package blackbox_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// program is the sheet24 that is tested, built once.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "sheet24-blackbox-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "sheet24")
	out, err := exec.Command("go", "build", "-o", path, "sheet24/cmd/sheet24").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

// process is a sheet24 that can be ended in any way and started again. What it says on
// standard error is kept in a file.
type process struct {
	name string
	env  []string
	args []string
	log  string

	mu  sync.Mutex
	cmd *exec.Cmd
}

// start runs the program; out is what it writes to standard output.
func (p *process) start() (out *bufio.Reader, err error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	cmd := exec.Command(path, p.args...)
	cmd.Env, cmd.Stderr = p.env, log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}

	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	return bufio.NewReader(stdout), nil
}

// signal sends a signal to the program as it runs now.
func (p *process) signal(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		p.cmd.Process.Signal(s)
	}
}

// end ends the program by a signal and waits until it is gone: one that does not go by
// itself is killed after a while, and that is told.
func (p *process) end(s os.Signal) (obeyed bool) {
	p.mu.Lock()
	cmd := p.cmd
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return true
	}

	cmd.Process.Signal(s)
	gone := make(chan struct{})
	go func() { cmd.Wait(); close(gone) }()
	select {
	case <-gone:
		return true
	case <-time.After(90 * time.Second):
		cmd.Process.Signal(syscall.SIGKILL)
		<-gone
		return false
	}
}

// simulators is what `simulate --json` prints when it answers.
type simulators struct {
	URL                string `json:"url"`
	SpreadsheetID      string `json:"spreadsheet_id"`
	PortalWebhook      string `json:"portal_webhook"`
	GoogleClientID     string `json:"google_client_id"`
	GoogleClientSecret string `json:"google_client_secret"`
}

// ready reads the line that tells that the simulators answer.
func ready(out *bufio.Reader) (s simulators, err error) {
	line, err := out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	if err != nil {
		err = fmt.Errorf("no ready line: %q, %w", line, err)
	}
	return s, err
}

// freeAddress is an address on which nobody listens, outside of the ports that systems
// give to outgoing connections: the process that has it is ended, and wants it again.
func freeAddress() (string, error) {
	for {
		address := fmt.Sprint("127.0.0.1:", 10000+rand.IntN(20000))
		l, err := net.Listen("tcp", address)
		if err == nil {
			return address, l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return "", err
		}
	}
}
