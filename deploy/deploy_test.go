// Package deploy_test has the files of this folder, and those beside it that containers
// are made of, read by the programs they are for.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCaddyfile has Caddy read its file, with and without what the environment says.
func TestCaddyfile(t *testing.T) {
	t.Parallel()
	for _, env := range [][]string{nil, {"HOST=sheet24.example.com", "UPSTREAMS=sheet24-a:3000 sheet24-b:3000"}} {
		caddy := exec.Command("caddy", "validate", "--config", "Caddyfile", "--adapter", "caddyfile")
		home := t.TempDir()
		caddy.Env = append(append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home), env...)
		if out, err := caddy.CombinedOutput(); err != nil || !strings.Contains(string(out), "Valid configuration") {
			t.Errorf("%v: %v\n%s", env, err, out)
		}
	}
}

// TestUnit has systemd read the unit, and judge how much it lets the service do.
func TestUnit(t *testing.T) {
	t.Parallel()
	// The program need not be installed where the test runs.
	unit := filepath.Join(t.TempDir(), "sheet24.service")
	text := strings.ReplaceAll(read(t, "sheet24.service"), "/usr/local/bin/sheet24", "/bin/true")
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}

	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", unit).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "OK") {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(text, "TimeoutStopSec=15s") {
		t.Error("it is killed before it stops by itself")
	}
}

// TestContainers holds the image and compose.yaml against what is promised: not root, no
// shell, nothing written but data.
func TestContainers(t *testing.T) {
	t.Parallel()
	image, compose := read(t, "../Dockerfile"), read(t, "../compose.yaml")
	for text, wants := range map[string][]string{
		image:   {"distroless/static", "USER 65532:65532", `"serve"`, "CGO_ENABLED=0", `"health"`},
		compose: {"read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "stop_grace_period: 15s", "sheet24-a:", "sheet24-b:", "postgres:", "./deploy/Caddyfile"},
	} {
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
	}

	// The same Go as the module, and the settings that there are.
	goVersion := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if goVersion == nil || !strings.Contains(image, "golang:"+goVersion[1]+" ") {
		t.Errorf("the image is not built with the Go of go.mod: %v", goVersion)
	}
	config := read(t, "../internal/app/config.go")
	for _, name := range regexp.MustCompile(`(SHEET24_[A-Z0-9_]+|GOOGLE_[A-Z_]+|BITRIX24_[A-Z_]+)[:=]`).FindAllStringSubmatch(image+compose, -1) {
		if !strings.Contains(config, `"`+name[1]+`"`) {
			t.Errorf("there is no setting %s", name[1])
		}
	}
}
