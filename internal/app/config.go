// Package app turns a configuration into a running service.
package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"sheet24/internal/backoff"
	"sheet24/internal/google"
	"sheet24/internal/secret"
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

// check returns one line for each setting that is missing or wrong.
func (c *Config) check() error {
	var wrong []error
	complain := func(name, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	if c.GoogleClientID == "" {
		complain("GOOGLE_CLIENT_ID", "is missing; it is on the OAuth client's page in the Google Cloud console")
	}
	if c.GoogleClientSecret == "" {
		complain("GOOGLE_CLIENT_SECRET", "is missing; it is on the OAuth client's page in the Google Cloud console")
	}
	if c.SecretKey == "" {
		complain("SHEET24_SECRET_KEY", "is missing; make one with: openssl rand -base64 32")
	} else if _, err := secret.New(c.SecretKey); err != nil {
		complain("SHEET24_SECRET_KEY", "%v", err)
	}
	for name, u := range map[string]string{"GOOGLE_REDIRECT_URI": c.GoogleRedirectURI, "SHEET24_PUBLIC_URL": c.PublicURL, "SHEET24_GOOGLE_URL": c.GoogleURL,
		"SHEET24_BITRIX24_AUTH_URL": c.Bitrix24AuthURL} {
		if u == "" {
			continue
		}
		if p, err := url.Parse(u); err != nil || p.Host == "" || (p.Scheme != "http" && p.Scheme != "https") {
			complain(name, "%q is not an http or https address", u)
		}
	}
	if u, err := url.Parse(c.GoogleRedirectURI); err == nil && u.Host != "" && u.Path != callbackPath {
		complain("GOOGLE_REDIRECT_URI", "its path must be %s", callbackPath)
	}
	if c.GooglePerMinute < 2 {
		complain("SHEET24_GOOGLE_PER_MINUTE", "%d is too little; Google allows 60 unless you were granted more", c.GooglePerMinute)
	}
	if c.PollSeconds < 0 {
		complain("SHEET24_POLL_SECONDS", "%d is less than 0, which switches the looks off", c.PollSeconds)
	}
	if c.Bitrix24Seconds < 1 {
		complain("SHEET24_BITRIX24_REQUEST_SECONDS", "%d is no time: it is how long a portal works at a request, 60 in Bitrix24's cloud", c.Bitrix24Seconds)
	}
	if c.KeepDays < 0 {
		complain("SHEET24_KEEP_DAYS", "%d is less than 0, which keeps history for ever", c.KeepDays)
	}
	if c.RetryMinutes < 1 || c.RetryHours < 1 {
		complain("SHEET24_RETRY_MINUTES, SHEET24_RETRY_HOURS", "%d and %d: both must be 1 or more", c.RetryMinutes, c.RetryHours)
	}
	if c.GoogleAccess != string(google.FullAccess) && c.GoogleAccess != string(google.LinkAccess) {
		complain("SHEET24_GOOGLE_ACCESS", "%q is neither full (users choose among their spreadsheets) nor link (they paste a spreadsheet's link; no scope of Drive is needed)", c.GoogleAccess)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		complain("SHEET24_LISTEN", "%q is not HOST:PORT, as 127.0.0.1:3000 is", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.MetricsListen); c.MetricsListen != "" && err != nil {
		complain("SHEET24_METRICS_LISTEN", "%q is not HOST:PORT, as 127.0.0.1:9024 is", c.MetricsListen)
	}
	if c.Log != "" && c.Log != "json" && c.Log != "text" {
		complain("SHEET24_LOG", "%q is neither json nor text", c.Log)
	}
	for _, e := range c.AllowedEmails {
		if _, domain, ok := strings.Cut(e, "@"); !ok || domain == "" || strings.ContainsAny(e, " ;") {
			complain("SHEET24_ALLOWED_EMAILS", "%q is not an e-mail address; separate several by commas", e)
		}
	}
	for _, d := range c.AllowedDomains {
		if strings.ContainsAny(d, "@/:; ") || !strings.Contains(d, ".") {
			complain("SHEET24_ALLOWED_DOMAINS", "%q is not a domain, as example.com is; separate several by commas", d)
		}
	}
	for _, h := range c.Bitrix24Hosts {
		if strings.ContainsAny(h, "/ ") || h == "" {
			complain("SHEET24_BITRIX24_HOSTS", "%q is not HOST or HOST:PORT; separate several by commas", h)
		}
	}
	if (c.Bitrix24ID == "") != (c.Bitrix24Secret == "") {
		complain("BITRIX24_CLIENT_ID, BITRIX24_CLIENT_SECRET", "set both, as Bitrix24 shows them for your local application, or neither: then portals are connected by webhooks alone")
	}
	if scheme, _, ok := strings.Cut(c.DatabaseURL, "://"); ok && scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql" {
		complain("SHEET24_DATABASE_URL", "%s://… is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/DATABASE", scheme)
	}
	switch c.Role {
	case RoleAll:
	case RoleWeb, RoleWorker:
		if !strings.HasPrefix(c.DatabaseURL, "postgres") {
			complain("SHEET24_ROLE", "%s needs a database that several processes share: set SHEET24_DATABASE_URL to postgres://…", c.Role)
		}
	default:
		complain("SHEET24_ROLE", "%q is none of all, web, worker", c.Role)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return errors.Join(wrong...)
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
