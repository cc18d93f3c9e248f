package bitrix24

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// errInside is why a connection was not made: the name of a portal leads into a network that
// is not the internet.
var errInside = errors.New("an address that is not on the internet")

// inside are networks that are no part of the internet, though Go counts them among
// what may be anywhere.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by providers
	netip.MustParsePrefix("192.0.0.0/24"),    // of protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // for examples, as the next two
	netip.MustParsePrefix("198.51.100.0/24"), //
	netip.MustParsePrefix("203.0.113.0/24"),  //
	netip.MustParsePrefix("198.18.0.0/15"),   // for measuring
	netip.MustParsePrefix("240.0.0.0/4"),     // not given out; with the broadcast
	netip.MustParsePrefix("64:ff9b::/96"),    // IPv4 in disguise, as the next two
	netip.MustParsePrefix("64:ff9b:1::/48"),  //
	netip.MustParsePrefix("2002::/16"),       //
	netip.MustParsePrefix("100::/64"),        // where nobody is
	netip.MustParsePrefix("2001:db8::/32"),   // for examples
}

// outside reports whether an address is one on the internet.
func outside(ip netip.Addr) bool {
	ip = ip.Unmap()
	in := func(p netip.Prefix) bool { return p.Contains(ip) }
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(inside, in)
}

// checkAddress refuses to connect to what is not on the internet. It is asked after a name
// was looked up, with the very address: a name that leads elsewhere the second time gains
// nothing.
func checkAddress(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !outside(at.Addr()) {
		return fmt.Errorf("%w: %s", errInside, at.Addr())
	}
	return nil
}

// dial connects to portals on the internet, and to those hosts that the operator named,
// wherever they are: allowed says which, by "host:port".
func dial(allowed func(address string) bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	anywhere := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	checked := *anywhere
	checked.Control = checkAddress

	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if allowed(address) {
			return anywhere.DialContext(ctx, network, address)
		}
		return checked.DialContext(ctx, network, address)
	}
}

// named reports whether the operator named an address that is connected to: a portal's host,
// the authorisation server, or a proxy, which looks names up by itself.
func (o *Options) named(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}

	own := slices.Contains(o.Hosts, host) || slices.Contains(o.Hosts, net.JoinHostPort(host, port)) || slices.Contains(o.Hosts, host+":"+port)
	return own || sameAddress(o.App.AuthURL, host, port) || slices.ContainsFunc(proxies(), func(p string) bool { return sameAddress(p, host, port) })
}

// proxies are what the environment names for https and http; empty: none.
func proxies() (all []string) {
	for _, scheme := range []string{"https", "http"} {
		r, err := http.NewRequest(http.MethodGet, scheme+"://firma.bitrix24.com/", nil)
		if err != nil {
			continue
		}
		if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
			all = append(all, proxy.String())
		}
	}
	return all
}

// sameAddress reports whether a URL is that of a host and port.
func sameAddress(address, host, port string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() != host {
		return false
	}
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]) == port
}
