package bitrix24

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sheet24"
)

// Hosts are the hosts that may be called beside Bitrix24's own cloud, each
// "host" or "host:port": on-premises portals and simulators. Plain http is
// allowed for these alone. The list keeps a webhook URL that somebody pastes
// from turning the server against its own network.
type Hosts []string

// cloud matches the domains of Bitrix24's cloud: firma.bitrix24.com.tr.
var cloud = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.bitrix24\.[a-z]{2,5}(\.[a-z]{2})?$`)

// webhookPath matches /rest/{user}/{secret}.
var webhookPath = regexp.MustCompile(`^/rest/[0-9]+/[A-Za-z0-9]+$`)

// Webhook checks an inbound webhook URL as a person pastes it, with or without a
// method at its end, and returns its base.
func (h Hosts) Webhook(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" || u.User != nil {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalURL)
	}
	host, err := h.allow(u)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(strings.Trim(u.Path, "/"), "/", 4)
	if len(parts) < 3 || !webhookPath.MatchString("/"+strings.Join(parts[:3], "/")) {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalURL)
	}
	return &url.URL{Scheme: u.Scheme, Host: host, Path: "/" + strings.Join(parts[:3], "/") + "/"}, nil
}

// allow checks an address's host and scheme and returns the host.
func (h Hosts) allow(u *url.URL) (string, error) {
	host := strings.ToLower(u.Host)
	extra := slices.Contains(h, host)
	switch {
	case !extra && !cloud.MatchString(host):
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalHost, host)
	case u.Scheme != "https" && !(extra && u.Scheme == "http"):
		return "", sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalHTTPS, host)
	}
	return host, nil
}

// Portal is the base URL of a portal that a person names by its host or by any
// address of it. A host that may be called without TLS is.
func (h Hosts) Portal(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		scheme := "https://"
		if name, _, _ := strings.Cut(strings.ToLower(text), "/"); slices.Contains(h, name) {
			scheme = "http://"
		}
		text = scheme + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalName)
	}
	host, err := h.allow(u)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: host, Path: "/"}, nil
}
