// Package app turns a configuration into a running service.
package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"sheet24/internal/backoff"
)

// Config is what an operator sets, by the environment or a file .env.
type Config struct {
	GoogleClientID     string   `env:"GOOGLE_CLIENT_ID"`
	GoogleClientSecret string   `env:"GOOGLE_CLIENT_SECRET"`
	GoogleRedirectURI  string   `env:"GOOGLE_REDIRECT_URI" envDefault:"http://localhost:3000/sheet-sync/oauth/callback"`
	DatabaseURL        string   `env:"SHEET24_DATABASE_URL" envDefault:"sqlite:sheet24.db"`
	PublicURL          string   `env:"SHEET24_PUBLIC_URL" envDefault:"http://localhost:3000"`
	SecretKey          string   `env:"SHEET24_SECRET_KEY"`
	Listen             string   `env:"SHEET24_LISTEN" envDefault:"127.0.0.1:3000"`
	GoogleURL          string   `env:"SHEET24_GOOGLE_URL"`
	GooglePerMinute    int      `env:"SHEET24_GOOGLE_PER_MINUTE" envDefault:"60"`
	PollSeconds        int      `env:"SHEET24_POLL_SECONDS" envDefault:"15"`
	GoogleAccess       string   `env:"SHEET24_GOOGLE_ACCESS" envDefault:"full"`
	Bitrix24Hosts      []string `env:"SHEET24_BITRIX24_HOSTS"`
	Bitrix24ID         string   `env:"BITRIX24_CLIENT_ID"`
	Bitrix24Secret     string   `env:"BITRIX24_CLIENT_SECRET"`
	Bitrix24AuthURL    string   `env:"SHEET24_BITRIX24_AUTH_URL"`
	AllowedEmails      []string `env:"SHEET24_ALLOWED_EMAILS"`
	AllowedDomains     []string `env:"SHEET24_ALLOWED_DOMAINS"`
	Bitrix24Seconds    int      `env:"SHEET24_BITRIX24_REQUEST_SECONDS" envDefault:"60"`
	KeepDays           int      `env:"SHEET24_KEEP_DAYS" envDefault:"365"`
	RetryMinutes       int      `env:"SHEET24_RETRY_MINUTES" envDefault:"15"`
	RetryHours         int      `env:"SHEET24_RETRY_HOURS" envDefault:"24"`
	Role               Role     `env:"SHEET24_ROLE" envDefault:"all"`
	MetricsListen      string   `env:"SHEET24_METRICS_LISTEN"`
	Log                string   `env:"SHEET24_LOG" envDefault:"json"`
}

// Role is what one of several processes does.
type Role string

// The roles: web answers browsers and scripts, worker syncs.
const (
	RoleAll    Role = "all"
	RoleWeb    Role = "web"
	RoleWorker Role = "worker"
)

// LoadConfig reads the environment and, for what is not set there, a file. A
// missing file is no error. A role that is given goes before the environment's. What
// is missing or wrong is one line each.
func LoadConfig(file string, role Role) (*Config, error) {
	if err := godotenv.Load(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c := &Config{}
	if err := env.Parse(c); err != nil {
		return nil, err
	}

	// An empty setting in .env means the same as none.
	defaults := &Config{}
	if err := env.ParseWithOptions(defaults, env.Options{Environment: map[string]string{}}); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		value  *string
		preset string
	}{
		{&c.GoogleRedirectURI, defaults.GoogleRedirectURI}, {&c.DatabaseURL, defaults.DatabaseURL},
		{&c.PublicURL, defaults.PublicURL}, {&c.Listen, defaults.Listen}, {&c.GoogleAccess, defaults.GoogleAccess}, {&c.Log, defaults.Log},
	} {
		if *f.value == "" {
			*f.value = f.preset
		}
	}

	c.Role = cmp.Or(role, c.Role, RoleAll)
	c.AllowedEmails, c.AllowedDomains = tidied(c.AllowedEmails), tidied(c.AllowedDomains)
	return c, c.check()
}

// tidied are a list's entries as they are compared: in lower case, without the blanks and
// the commas too many that people leave.
func tidied(list []string) []string {
	var tidy []string
	for _, s := range list {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" {
			tidy = append(tidy, s)
		}
	}
	return tidy
}

// retry is how faults that may pass are tried again.
func (c *Config) retry() backoff.Policy {
	last, whole := time.Duration(c.RetryMinutes)*time.Minute, time.Duration(c.RetryHours)*time.Hour
	return backoff.Policy{First: backoff.Default.First, Last: cmp.Or(last, backoff.Default.Last), For: cmp.Or(whole, backoff.Default.For)}
}

const callbackPath = "/sheet-sync/oauth/callback"

// Environ is a configuration as the environment that makes it, for a process
// that is started with it.
func (c *Config) Environ() []string {
	return append(os.Environ(),
		"GOOGLE_CLIENT_ID="+c.GoogleClientID, "GOOGLE_CLIENT_SECRET="+c.GoogleClientSecret, "GOOGLE_REDIRECT_URI="+c.GoogleRedirectURI,
		"SHEET24_DATABASE_URL="+c.DatabaseURL, "SHEET24_PUBLIC_URL="+c.PublicURL, "SHEET24_SECRET_KEY="+c.SecretKey,
		"SHEET24_LISTEN="+c.Listen, "SHEET24_METRICS_LISTEN="+c.MetricsListen, "SHEET24_LOG="+c.Log, "SHEET24_ROLE="+string(cmp.Or(c.Role, RoleAll)), "SHEET24_KEEP_DAYS="+strconv.Itoa(c.KeepDays),
		"SHEET24_RETRY_MINUTES="+strconv.Itoa(cmp.Or(c.RetryMinutes, 15)), "SHEET24_RETRY_HOURS="+strconv.Itoa(cmp.Or(c.RetryHours, 24)),
		"SHEET24_GOOGLE_URL="+c.GoogleURL, "SHEET24_GOOGLE_ACCESS="+c.GoogleAccess,
		"SHEET24_GOOGLE_PER_MINUTE="+strconv.Itoa(c.GooglePerMinute), "SHEET24_POLL_SECONDS="+strconv.Itoa(c.PollSeconds), "SHEET24_BITRIX24_HOSTS="+strings.Join(c.Bitrix24Hosts, ","),
		"SHEET24_ALLOWED_EMAILS="+strings.Join(c.AllowedEmails, ","), "SHEET24_ALLOWED_DOMAINS="+strings.Join(c.AllowedDomains, ","),
		"BITRIX24_CLIENT_ID="+c.Bitrix24ID, "BITRIX24_CLIENT_SECRET="+c.Bitrix24Secret, "SHEET24_BITRIX24_AUTH_URL="+c.Bitrix24AuthURL,
		"SHEET24_BITRIX24_REQUEST_SECONDS="+strconv.Itoa(cmp.Or(c.Bitrix24Seconds, 60)))
}
