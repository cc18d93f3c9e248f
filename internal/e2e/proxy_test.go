package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheet24/internal/app"
	"sheet24/internal/secret"
)

// TestRealNames runs the service as for the real Google and Bitrix24, with nothing
// set but a proxy and whom to trust: each address it calls is the one that is
// called out there.
func TestRealNames(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	_, out := start(t, nil, "simulate", "--json", "--listen", "127.0.0.1:0", "--proxy", "127.0.0.1:0", "--ca", ca)
	sim := readyLine(t, out)
	listen := freeAddress(t)
	public := "http://" + listen
	c := app.Config{GoogleClientID: sim.GoogleClientID, GoogleClientSecret: sim.GoogleClientSecret, GoogleRedirectURI: public + "/sheet-sync/oauth/callback",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "sheet24.db"), PublicURL: public, SecretKey: secret.NewKey(), Listen: listen, GooglePerMinute: 6000}
	start(t, append(c.Environ(), "HTTPS_PROXY="+sim.ProxyURL, "SSL_CERT_FILE="+ca), "serve", "--env-file", os.DevNull)
	answers(t, public)

	v := newVisitor(t, public)
	v.client.Transport = throughProxy(t, sim.ProxyURL, ca)
	v.signIn()
	webhook, err := url.Parse(sim.PortalWebhook)
	if err != nil {
		t.Fatal(err)
	}
	v.connectPortal("https://ornek.bitrix24.com.tr" + webhook.Path)
	page, _ := v.ok(http.MethodGet, v.activate(sim, "leads"), nil)
	if !strings.Contains(page, "https://docs.google.com/spreadsheets/d/"+sim.SpreadsheetID) {
		t.Error("the table's page does not lead to the sheet at Google")
	}
	edit(t, sim, "C5", "gercek@ornek.com.tr")
	eventually(t, waitForSync, "the edit", synced(t, sim, 4, "gercek@ornek.com.tr"))

	// A host that nobody simulates is not reached.
	if _, err := v.client.Get("https://example.com/"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("another host: %v", err)
	}
}

// throughProxy reaches https addresses through the simulators' proxy.
func throughProxy(t *testing.T, proxy, ca string) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", ca)
	}
	via, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme != "https" {
			return nil, nil
		}
		return via, nil
	}}
}
