package google_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sheet24"
	"sheet24/internal/google"
)

// TestConsentIsAskedForOnce: the lasting half of a grant comes with the first
// consent, and again only when consent is asked for.
func TestConsentIsAskedForOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.RevokeAll(owner)
	refreshed := func(again bool) bool {
		verifier := google.NewVerifier()
		address := w.client.ConsentURL("s", verifier, again)
		if strings.Contains(address, "prompt=consent") != again || !strings.Contains(address, "access_type=offline") {
			t.Errorf("%s", address)
		}
		q := consent(t, address, url.Values{"account": {owner}, "answer": {"allow"}, "scope": google.FullAccess.Scopes()})
		_, token, err := w.client.Exchange(t.Context(), q.Get("code"), verifier)
		if err != nil {
			t.Fatal(err)
		}
		return token.RefreshToken != ""
	}
	if !refreshed(false) || refreshed(false) || !refreshed(true) {
		t.Error("a refresh token must come at first, not later, and when it is asked for")
	}
}

func TestScopesByAccess(t *testing.T) {
	t.Parallel()
	if s := google.LinkAccess.Scopes(); slices.ContainsFunc(s, func(s string) bool { return strings.Contains(s, "drive") }) || len(s) != 6 {
		t.Errorf("link: %v", s)
	}
	if s := google.FullAccess.Scopes(); len(s) != 7 || !slices.Contains(s, "https://www.googleapis.com/auth/drive.metadata.readonly") {
		t.Errorf("full: %v", s)
	}
	if !slices.Equal(google.Access("").Scopes(), google.FullAccess.Scopes()) {
		t.Error("full is not the default")
	}
}

// TestAccessTokenEndsEarly has Google turn away a token that should still be good:
// one new one serves all who met it.
func TestAccessTokenEndsEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.ExpireAccess(owner)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := w.client.Spreadsheet(t.Context(), "u", w.sheet); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if w.tokens.saved != 1 {
		t.Errorf("refreshed %d times", w.tokens.saved)
	}
}

// TestRevokedGrantEnds is found with the first call, and asked about no more.
func TestRevokedGrantEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.RevokeAll(owner)
	_, err := w.client.Spreadsheet(t.Context(), "u", w.sheet)
	wantCode(t, err, sheet24.CodeGoogleReconnect)
	if !w.tokens.token.Ended {
		t.Error("the end of the grant is not kept")
	}
	var asked atomic.Int32
	count := func(http.ResponseWriter, *http.Request) bool { asked.Add(1); return false }
	w.intercept.Store(&count)
	_, err = w.client.Spreadsheet(t.Context(), "u", w.sheet)
	wantCode(t, err, sheet24.CodeGoogleReconnect)
	if asked.Load() != 0 {
		t.Errorf("%d requests with a grant that ended", asked.Load())
	}
}

func TestSpreadsheetOf(t *testing.T) {
	t.Parallel()
	const id = "1A2b3C4d5E6f7G8h9I0jKlMnOpQrStUvWxYz-_012345"
	for text, want := range map[string]string{
		"https://docs.google.com/spreadsheets/d/" + id + "/edit#gid=0":         id,
		" https://docs.google.com/spreadsheets/d/" + id + "/edit?usp=sharing ": id,
		"https://docs.google.com/spreadsheets/u/1/d/" + id + "/edit":           id,
		"https://docs.google.com/spreadsheets/d/" + id:                         id,
		"https://docs.google.com/spreadsheets/d/e/2PACX-1vR/pubhtml":           "",
		"https://docs.google.com/document/d/" + id + "/edit":                   "",
		"Satış 2026": "", "": "", "/spreadsheets/d/": "", "https://docs.google.com/spreadsheets/d/" + id + "'/x": "",
	} {
		if got := google.SpreadsheetOf(text); got != want {
			t.Errorf("%q: %q; want %q", text, got, want)
		}
	}
}
