package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// load reads a .env file in a clean environment.
func load(t *testing.T, lines ...string) (*app.Config, error) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "SHEET24_") || strings.HasPrefix(name, "GOOGLE_") {
			t.Setenv(name, "") // which restores it afterwards
			os.Unsetenv(name)
		}
	}
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.LoadConfig(file, "")
	for _, line := range lines { // what the file has set
		name, _, _ := strings.Cut(line, "=")
		os.Unsetenv(name)
	}
	return c, err
}

func good() []string {
	return []string{"GOOGLE_CLIENT_ID=id", "GOOGLE_CLIENT_SECRET=secret", "SHEET24_SECRET_KEY=" + secret.NewKey()}
}

func TestConfigDefaults(t *testing.T) {
	c, err := load(t, append(good(), "SHEET24_LISTEN=", "SHEET24_PUBLIC_URL=https://sheet24.example/", "SHEET24_BITRIX24_HOSTS=crm.local,127.0.0.1:3001", "SHEET24_ALLOWED_EMAILS=Ayse@X.tr, mehmet@x.tr,", "SHEET24_ALLOWED_DOMAINS=")...)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3000" || c.DatabaseURL != "sqlite:sheet24.db" || c.GoogleRedirectURI != "http://localhost:3000/sheet-sync/oauth/callback" ||
		c.PublicURL != "https://sheet24.example" || !slices.Equal(c.Bitrix24Hosts, []string{"crm.local", "127.0.0.1:3001"}) ||
		!slices.Equal(c.AllowedEmails, []string{"ayse@x.tr", "mehmet@x.tr"}) || len(c.AllowedDomains) != 0 {
		t.Errorf("config = %+v", c)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for _, line := range []string{
		"GOOGLE_CLIENT_ID=", "GOOGLE_CLIENT_SECRET=", "SHEET24_SECRET_KEY=", "SHEET24_SECRET_KEY=short",
		"GOOGLE_REDIRECT_URI=localhost", "GOOGLE_REDIRECT_URI=http://localhost:3000/elsewhere", "SHEET24_PUBLIC_URL=ftp://x", "SHEET24_GOOGLE_URL=x",
		"SHEET24_LISTEN=3000", "SHEET24_BITRIX24_HOSTS=http://crm.local/", "SHEET24_ALLOWED_EMAILS=ayse", "SHEET24_ALLOWED_EMAILS=ayse@x.tr;mehmet@x.tr", "SHEET24_ALLOWED_DOMAINS=ayse@x.tr", "SHEET24_ALLOWED_DOMAINS=x", "SHEET24_DATABASE_URL=mysql://x", "SHEET24_ROLE=web", "SHEET24_KEEP_DAYS=-1", "SHEET24_BITRIX24_REQUEST_SECONDS=0", "SHEET24_ROLE=boss",
	} {
		name, _, _ := strings.Cut(line, "=")
		lines := slices.DeleteFunc(good(), func(l string) bool { return strings.HasPrefix(l, name+"=") })
		_, err := load(t, append(lines, line)...)
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want one line that names it", line, err)
		}
	}
	_, err := load(t)
	if err == nil || len(strings.Split(err.Error(), "\n")) != 3 {
		t.Errorf("nothing set: %v; want a line for each missing setting", err)
	}
	if _, err := load(t, append(good(), `X="not closed`)...); err == nil || !strings.Contains(err.Error(), ".env") {
		t.Errorf("a broken file: %v", err)
	}
}
