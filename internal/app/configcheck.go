package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"sheet24/internal/google"
	"sheet24/internal/secret"
)

// complaints are what is missing or wrong in a configuration, one line each.
type complaints []error

// when adds a line about a setting, if the setting is bad.
func (l *complaints) when(bad bool, name, format string, args ...any) {
	if bad {
		*l = append(*l, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
}

// check returns one line for each setting that is missing or wrong.
func (c *Config) check() error {
	var wrong complaints
	c.checkRequired(&wrong)
	c.checkAddresses(&wrong)
	c.checkAmounts(&wrong)
	c.checkLists(&wrong)
	c.checkChoices(&wrong)

	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return errors.Join(wrong...)
}

func (c *Config) checkRequired(wrong *complaints) {
	const where = "is missing; it is on the OAuth client's page in the Google Cloud console"
	wrong.when(c.GoogleClientID == "", "GOOGLE_CLIENT_ID", where)
	wrong.when(c.GoogleClientSecret == "", "GOOGLE_CLIENT_SECRET", where)

	if c.SecretKey == "" {
		wrong.when(true, "SHEET24_SECRET_KEY", "is missing; make one with: openssl rand -base64 32")
		return
	}
	_, err := secret.New(c.SecretKey)
	wrong.when(err != nil, "SHEET24_SECRET_KEY", "%v", err)
}

func (c *Config) checkAddresses(wrong *complaints) {
	for _, a := range []struct{ name, url string }{
		{"GOOGLE_REDIRECT_URI", c.GoogleRedirectURI},
		{"SHEET24_PUBLIC_URL", c.PublicURL},
		{"SHEET24_GOOGLE_URL", c.GoogleURL},
		{"SHEET24_BITRIX24_AUTH_URL", c.Bitrix24AuthURL},
	} {
		wrong.when(a.url != "" && !isWebAddress(a.url), a.name, "%q is not an http or https address", a.url)
	}

	u, err := url.Parse(c.GoogleRedirectURI)
	wrong.when(err == nil && u.Host != "" && u.Path != callbackPath, "GOOGLE_REDIRECT_URI", "its path must be %s", callbackPath)

	_, _, err = net.SplitHostPort(c.Listen)
	wrong.when(err != nil, "SHEET24_LISTEN", "%q is not HOST:PORT, as 127.0.0.1:3000 is", c.Listen)
	_, _, err = net.SplitHostPort(c.MetricsListen)
	wrong.when(c.MetricsListen != "" && err != nil, "SHEET24_METRICS_LISTEN", "%q is not HOST:PORT, as 127.0.0.1:9024 is", c.MetricsListen)

	scheme, _, ok := strings.Cut(c.DatabaseURL, "://")
	wrong.when(ok && scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql",
		"SHEET24_DATABASE_URL", "%s://… is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/DATABASE", scheme)
}

func isWebAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func (c *Config) checkAmounts(wrong *complaints) {
	wrong.when(c.GooglePerMinute < 2, "SHEET24_GOOGLE_PER_MINUTE", "%d is too little; Google allows 60 unless you were granted more", c.GooglePerMinute)
	wrong.when(c.PollSeconds < 0, "SHEET24_POLL_SECONDS", "%d is less than 0, which switches polling off", c.PollSeconds)
	wrong.when(c.Bitrix24Seconds < 1, "SHEET24_BITRIX24_REQUEST_SECONDS", "%d is no time: it is how long a portal works at a request, 60 in Bitrix24's cloud", c.Bitrix24Seconds)
	wrong.when(c.KeepDays < 0, "SHEET24_KEEP_DAYS", "%d is less than 0, which keeps history for ever", c.KeepDays)
	wrong.when(c.RetryMinutes < 1 || c.RetryHours < 1, "SHEET24_RETRY_MINUTES, SHEET24_RETRY_HOURS", "%d and %d: both must be 1 or more", c.RetryMinutes, c.RetryHours)
}

func (c *Config) checkLists(wrong *complaints) {
	for _, e := range c.AllowedEmails {
		_, domain, _ := strings.Cut(e, "@")
		wrong.when(domain == "" || strings.ContainsAny(e, " ;"), "SHEET24_ALLOWED_EMAILS", "%q is not an e-mail address; separate several by commas", e)
	}

	for _, d := range c.AllowedDomains {
		wrong.when(strings.ContainsAny(d, "@/:; ") || !strings.Contains(d, "."), "SHEET24_ALLOWED_DOMAINS", "%q is not a domain, as example.com is; separate several by commas", d)
	}

	for _, h := range c.Bitrix24Hosts {
		wrong.when(h == "" || strings.ContainsAny(h, "/ "), "SHEET24_BITRIX24_HOSTS", "%q is not HOST or HOST:PORT; separate several by commas", h)
	}
}

func (c *Config) checkChoices(wrong *complaints) {
	wrong.when(c.Log != "" && c.Log != "json" && c.Log != "text", "SHEET24_LOG", "%q is neither json nor text", c.Log)

	wrong.when(c.GoogleAccess != string(google.FullAccess) && c.GoogleAccess != string(google.LinkAccess), "SHEET24_GOOGLE_ACCESS",
		"%q is neither full (users choose among their spreadsheets) nor link (they paste a spreadsheet's link; no scope of Drive is needed)", c.GoogleAccess)

	wrong.when((c.Bitrix24ID == "") != (c.Bitrix24Secret == ""), "BITRIX24_CLIENT_ID, BITRIX24_CLIENT_SECRET",
		"set both, as Bitrix24 shows them for your local application, or neither: then portals are connected by webhooks alone")

	switch c.Role {
	case RoleAll:
	case RoleWeb, RoleWorker:
		wrong.when(!strings.HasPrefix(c.DatabaseURL, "postgres"), "SHEET24_ROLE",
			"%s needs a database that several processes share: set SHEET24_DATABASE_URL to postgres://…", c.Role)
	default:
		wrong.when(true, "SHEET24_ROLE", "%q is none of all, web, worker", c.Role)
	}
}
