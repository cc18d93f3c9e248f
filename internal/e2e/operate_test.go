package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// command runs the program with settings, and returns what it printed on both.
func command(t *testing.T, c *app.Config, args ...string) (string, error) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(path, args...)
	run.Env, run.Dir = c.Environ(), t.TempDir() // without a .env
	out, err := run.CombinedOutput()
	return string(out), err
}

// TestDoctor examines an installation that is well, and then one with each thing wrong.
func TestDoctor(t *testing.T) {
	t.Parallel()
	s := activated(t)
	examine := func(c app.Config) map[string][]app.Finding {
		t.Helper()
		out, err := command(t, &c, "doctor", "--json")
		at := strings.LastIndex(out, "\n]")
		if at < 0 {
			t.Fatalf("%v: %s", err, out)
		}
		var all []app.Finding
		if e := json.Unmarshal([]byte(out[:at+2]), &all); e != nil {
			t.Fatalf("%v: %s", e, out)
		}
		found, ill := map[string][]app.Finding{}, false
		for _, f := range all {
			found[f.What] = append(found[f.What], f)
			ill = ill || f.State == "wrong"
			if f.State != "ok" && f.Do == "" && f.What != "settings" {
				t.Errorf("it does not say what to do: %+v", f)
			}
		}
		if ill != (err != nil) {
			t.Errorf("wrong: %t, ended with %v", ill, err)
		}
		return found
	}
	is := func(found map[string][]app.Finding, what, state, says string) {
		t.Helper()
		if !slices.ContainsFunc(found[what], func(f app.Finding) bool { return f.State == state && strings.Contains(f.Says+" "+f.Do, says) }) {
			t.Errorf("%s is not %s with %q: %+v", what, state, says, found[what])
		}
	}

	well := examine(*s.config)
	for what, says := range map[string]string{"settings": "complete", "database": "SQLite 3.", "key": "opens all", "clock": "as Google's", "google": "knows", "sheets": "all 1 users", "portal": "2 requests a second", "scripts": "all 1 tables"} {
		is(well, what, "ok", says)
	}
	is(well, "address", "warning", "https")
	if text, err := command(t, s.config, "doctor"); err != nil || !strings.Contains(text, "✓ database") || !strings.Contains(text, "! address") {
		t.Errorf("%v\n%s", err, text)
	}

	ill := *s.config
	ill.GoogleClientSecret = "yanlış"
	ill.SecretKey = secret.NewKey()
	ill.PublicURL = "http://" + freeAddress(t)
	found := examine(ill)
	is(found, "google", "wrong", "GOOGLE_CLIENT_SECRET")
	is(found, "key", "wrong", "none of the keys")
	is(found, "address", "warning", "does not answer")

	ill = *s.config
	ill.GoogleClientID, ill.SecretKey = "", ""
	found = examine(ill)
	is(found, "settings", "wrong", "GOOGLE_CLIENT_ID")
	is(found, "settings", "wrong", "openssl rand -base64 32")

	ill = *s.config
	ill.SecretKey = secret.NewKey() + "," + s.config.SecretKey
	is(examine(ill), "key", "warning", "keys rotate")

	ill = *s.config
	ill.DatabaseURL = "sqlite:" + filepath.Join(t.TempDir(), "yok", "sheet24.db")
	is(examine(ill), "database", "wrong", "there is no folder")

	if status := post(t, s.ready.URL+"/sim/google/revoke", map[string]string{"email": "ayse@ornek.com.tr"}, nil); status >= 300 {
		t.Fatalf("revoke: HTTP %d", status)
	}
	is(examine(*s.config), "sheets", "wrong", "ayse@ornek.com.tr")
}

// TestBackup backs an installation up while edits arrive, and goes on with the backup,
// encrypted and not, on SQLite and PostgreSQL; one that was changed is noticed.
func TestBackup(t *testing.T) {
	t.Parallel()
	cluster, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			urls := map[string]func() string{
				"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db") },
				"postgres": func() string { return cluster.Database(t) },
			}
			s := activatedOn(t, urls[kind]())
			edit(t, s.ready, "C3", "önce@ornek.com.tr")
			edit(t, s.ready, "C2", "once@ornek.com.tr")
			s.arrive(t, waitForSync, map[int]string{2: "once@ornek.com.tr"})

			identity, err := age.GenerateX25519Identity()
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			plain, sealed, key := filepath.Join(folder, "plain.db"), filepath.Join(folder, "sealed.age"), filepath.Join(folder, "key")
			if err := os.WriteFile(key, []byte(identity.String()+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"backup", plain}, {"backup", "--recipient", identity.Recipient().String(), sealed}} {
				if out, err := command(t, s.config, args...); err != nil || !strings.Contains(out, "verified") || !strings.Contains(out, "reverse_sync_logs") {
					t.Fatalf("%v: %v\n%s", args, err, out)
				}
			}
			if out, err := command(t, s.config, "backup", plain); err == nil {
				t.Errorf("a backup was replaced: %s", out)
			}
			if data, err := os.ReadFile(sealed); err != nil || strings.Contains(string(data), "ayse@") || !strings.HasPrefix(string(data), "age-encryption.org/") {
				t.Errorf("it is not encrypted: %v", err)
			}
			s.process.stop(t)

			other := map[string]string{"sqlite": "postgres", "postgres": "sqlite"}[kind]
			c := *s.config
			if out, err := command(t, &c, "restore", plain); err == nil || !strings.Contains(out, "is not empty") {
				t.Errorf("restored over what is there: %v %s", err, out)
			}
			c.DatabaseURL = urls[other]()
			if out, err := command(t, &c, "restore", sealed); err == nil || !strings.Contains(out, "--identity") {
				t.Errorf("restored without the key: %v %s", err, out)
			}
			if out, err := command(t, &c, "restore", "--identity", key, sealed); err != nil || !strings.Contains(out, "the same as the backup") {
				t.Fatalf("%v\n%s", err, out)
			}
			damaged(t, sealed, plain)
			for _, file := range []string{sealed, plain} {
				again := c
				again.DatabaseURL = urls["sqlite"]()
				if out, err := command(t, &again, "restore", "--identity", key, file); err == nil {
					t.Errorf("%s was damaged, and restored: %s", file, out)
				}
			}

			s.config = &c
			s.process, _ = start(t, c.Environ(), "serve", "--env-file", os.DevNull)
			answers(t, c.PublicURL)
			edit(t, s.ready, "C2", "sonra@ornek.com.tr")
			s.arrive(t, waitForSync, map[int]string{2: "sonra@ornek.com.tr"})
		})
	}
}

// damaged changes bytes in the middle of files.
func damaged(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(data) / 2 {
			data[len(data)/4+i] ^= 0x55
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKeysRotate exchanges the key while edits arrive: the service knows both keys, then
// the new one alone, and goes on.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := activated(t)
	if out, err := command(t, s.config, "keys", "rotate"); err == nil || !strings.Contains(out, "new,old") {
		t.Errorf("rotated a single key: %v %s", err, out)
	}
	restart := func(key string) {
		t.Helper()
		s.process.stop(t)
		s.config.SecretKey = key
		s.process, _ = start(t, s.config.Environ(), "serve", "--env-file", os.DevNull)
		answers(t, s.config.PublicURL)
	}
	key := secret.NewKey()
	restart(key + "," + s.config.SecretKey)
	edit(t, s.ready, "C2", "arada@ornek.com.tr")
	if out, err := command(t, s.config, "keys", "rotate"); err != nil || !strings.Contains(out, "sealed anew") || strings.Contains(out, " 0 of them") {
		t.Fatalf("%v\n%s", err, out)
	}
	s.arrive(t, waitForSync, map[int]string{2: "arada@ornek.com.tr"})

	restart(key)
	edit(t, s.ready, "C2", "sonra@ornek.com.tr")
	s.arrive(t, waitForSync, map[int]string{2: "sonra@ornek.com.tr"})
}
