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

// TestOfficialSDK runs Bitrix24's own JavaScript SDK, as it is published, against
// the simulated portal. `make deps` installs it and Node.
func TestOfficialSDK(t *testing.T) {
	t.Parallel()
	const folder = "testdata/b24jssdk"
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Fatalf("%v: install the SDK with make deps", err)
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
	if n := strings.Count(string(out), "ok "); n != 6 {
		t.Fatalf("%d of 6 steps:\n%s", n, out)
	}
}
