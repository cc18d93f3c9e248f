package bitrix24

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sheet24"
)

func TestOutside(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450::1": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "::": false, "fe80::1": false, "fc00::1": false, "::ffff:127.0.0.1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "198.18.0.1": false, "203.0.113.5": false,
	} {
		if got := outside(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestNamesThatLeadInside has a server on this machine that would answer: without the
// operator's word nothing is sent to it, whatever name it is asked by.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")

	closed := &Options{}
	client := &http.Client{Transport: &http.Transport{DialContext: dial(closed.named)}}
	_, port, _ := strings.Cut(address, ":")
	for _, name := range []string{address, "localhost:" + port} { // the second is looked up
		_, err := client.Get("http://" + name)
		if e := sheet24.AsError(unreachable(name, err)); err == nil || e.Code != sheet24.CodePortalInside || e.Kind != sheet24.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked != 0 {
		t.Error("it was asked")
	}

	open := &Options{Hosts: Hosts{address}}
	resp, err := (&http.Client{Transport: &http.Transport{DialContext: dial(open.named)}}).Get(server.URL)
	if err != nil || asked != 1 {
		t.Fatalf("a host that is named: %v", err)
	}
	resp.Body.Close()
}

func TestZones(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"firma.bitrix24.com": true, "firma.bitrix24.com.tr": true, "a-1.bitrix24.ru": true, "firma.bitrix24.uk": true,
		"firma.bitrix24.evil": false, "firma.bitrix24.co.uk": false, "firma.bitrix24.xyz": false, "bitrix24.com": false, "a.b.bitrix24.com": false,
		"firma.bitrix24.com.evil.example": false, "firma.bitrix24.com:8080": false, "127.0.0.1": false,
	} {
		_, err := Hosts(nil).Portal("https://" + host + "/")
		if (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
	}
}
