package bitrix24

import (
	"strings"
	"testing"
)

// FuzzLinks reads whatever is pasted as a portal: what is taken leads to Bitrix24, and by TLS.
func FuzzLinks(f *testing.F) {
	for _, s := range []string{"https://firma.bitrix24.com.tr/rest/1/abc/", "firma.bitrix24.com", "https://firma.bitrix24.com@evil.example/rest/1/a", "https://firma.bitrix24.com:22/rest/1/a", "//firma.bitrix24.com/rest/1/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []string{"webhook", "portal"} {
			u, err := Hosts(nil).Webhook(text)
			if read == "portal" {
				u, err = Hosts(nil).Portal(text)
			}
			if err == nil && (u.Scheme != "https" || !cloud.MatchString(u.Host) || u.User != nil || strings.Contains(u.Path, "..")) {
				t.Errorf("%s: %q: %s", read, text, u)
			}
		}
	})
}
