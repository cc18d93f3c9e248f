package tlsproxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sheet24/internal/sim/tlsproxy"
)

func TestProxy(t *testing.T) {
	t.Parallel()
	p, err := tlsproxy.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host+r.URL.Path) }),
		func(host string) bool { return strings.HasSuffix(host, ".googleapis.com") })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	address, _ := url.Parse(server.URL)
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(p.CA())
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	for range 2 { // over one connection
		resp, err := client.Get("https://sheets.googleapis.com/v4/x")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "sheets.googleapis.com/v4/x" {
			t.Errorf("%s", body)
		}
	}
	if _, err := client.Get("https://example.com/"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("another host: %v", err)
	}
	stranger := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}
	if _, err := stranger.Get("https://sheets.googleapis.com/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("who does not trust it: %v", err)
	}
	resp, err := http.Get(server.URL + "/")
	if err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("no CONNECT: %v, %v", resp, err)
	}
}
