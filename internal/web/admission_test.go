package web

import (
	"testing"

	"sheet24"
	"sheet24/internal/google"
)

func TestAdmission(t *testing.T) {
	t.Parallel()
	a := Admission{Emails: []string{"ayse@gmail.com"}, Domains: []string{"firma.com.tr"}}
	for _, c := range []struct {
		account google.Account
		may     bool
	}{
		{google.Account{Email: "ayse@gmail.com"}, true},
		{google.Account{Email: "Ayse@Gmail.com"}, true},
		{google.Account{Email: "mehmet@gmail.com"}, false},
		{google.Account{Email: "mehmet@firma.com.tr", Domain: "firma.com.tr"}, true},
		{google.Account{Email: "mehmet@FIRMA.com.tr", Domain: "Firma.com.tr"}, true},
		{google.Account{Email: "mehmet@firma.com.tr"}, false},                      // a private account with an address of theirs
		{google.Account{Email: "mehmet@firma.com.tr", Domain: "baska.com"}, false}, // another organisation's
		{google.Account{Email: "mehmet@baska.com", Domain: "firma.com.tr"}, false}, // theirs, under an address that is not named
		{google.Account{Email: "mehmet@alt.firma.com.tr", Domain: "firma.com.tr"}, false},
		{google.Account{Email: "mehmet@kotufirma.com.tr", Domain: "kotufirma.com.tr"}, false},
		{google.Account{Email: "", Domain: ""}, false},
	} {
		if a.Names(c.account) != c.may {
			t.Errorf("%+v: %v", c.account, !c.may)
		}
	}
	if !a.stillNames(&sheet24.User{Email: "mehmet@firma.com.tr"}) || a.stillNames(&sheet24.User{Email: "mehmet@gmail.com"}) {
		t.Error("who has signed in once is not told from who may not go on")
	}
	if (Admission{}).Listed() || (Admission{}).Names(google.Account{}) {
		t.Error("no list names somebody")
	}
}
