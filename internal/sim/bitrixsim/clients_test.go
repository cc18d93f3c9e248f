package bitrixsim_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// TestOtherClients runs clients of Bitrix24 that others wrote, as they are published, against
// the simulated portal: its own JavaScript SDK in three major versions, and a public one.
// `make deps` installs them and Node. docs/bitrix24.md has the table of what they call.
func TestOtherClients(t *testing.T) {
	t.Parallel()
	for folder, steps := range map[string]int{"b24jssdk": 6, "b24jssdk1": 7, "b24jssdk0": 7, "2bad": 6} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			runClient(t, folder, steps)
		})
	}
}

// runClient runs a client's suite, which says "ok" for each of its steps.
func runClient(t *testing.T, folder string, steps int) {
	folder = filepath.Join("testdata", folder)
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Fatalf("%v: install the client with make deps", err)
	}
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli"})
	server := httptest.NewTLSServer(sim.Handler()) // the SDK speaks to nobody without TLS
	t.Cleanup(server.Close)

	ca := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "suite.mjs", strings.TrimSuffix(server.URL+sim.WebhookPath(), "/"))
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca)

	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "ok "); n != steps {
		t.Fatalf("%d of %d steps:\n%s", n, steps, out)
	}
}
