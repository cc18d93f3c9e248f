package limit

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

type addressKey struct{}

// Addressed notes for all that is behind it which address a request comes from.
func Addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), addressKey{}, address(r))))
	})
}

// AddressOf is the address that a request comes from, as far as limits tell them apart;
// empty outside of requests.
func AddressOf(ctx context.Context) string {
	a, _ := ctx.Value(addressKey{}).(string)
	return a
}

// address is whom a request comes from. A proxy in front of the server stands on this machine
// or in its network, and names the client last; whoever comes from elsewhere may write there
// what they like, and is not asked. Of IPv6 a network of 64 bits is one client's.
func address(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}

	client := from.Addr().Unmap()
	if client.IsLoopback() || client.IsPrivate() {
		hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if named, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			client = named.Unmap()
		}
	}

	if client.Is6() {
		if network, err := client.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return client.String()
}
