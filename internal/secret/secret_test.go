package secret_test

import (
	"errors"
	"strings"
	"testing"

	"sheet24/internal/secret"
)

func box(t *testing.T, keys string) *secret.Box {
	t.Helper()
	b, err := secret.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	b := box(t, secret.NewKey())
	sealed, err := b.Seal("1//refresh-token", "ayse")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, "refresh") {
		t.Fatalf("the secret can be read in %q", sealed)
	}
	if plain, err := b.Open(sealed, "ayse"); err != nil || plain != "1//refresh-token" {
		t.Fatalf("Open = %q, %v", plain, err)
	}
	if _, err := b.Open(sealed, "mehmet"); !errors.Is(err, secret.ErrWrongKey) {
		t.Fatalf("opened for another owner: %v", err)
	}
	if _, err := box(t, secret.NewKey()).Open(sealed, "ayse"); !errors.Is(err, secret.ErrWrongKey) {
		t.Fatalf("opened with another key: %v", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := secret.NewKey(), secret.NewKey()
	sealed, err := box(t, oldKey).Seal("x", "ayse")
	if err != nil {
		t.Fatal(err)
	}
	both := box(t, newKey+", "+oldKey)
	if plain, err := both.Open(sealed, "ayse"); err != nil || plain != "x" {
		t.Fatalf("old key behind a new one: %q, %v", plain, err)
	}
	if both.Newest(sealed) || !both.Newest("") {
		t.Error("what an old key sealed passes for new, or nothing for old")
	}
	sealed, err = both.Seal("y", "ayse")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := box(t, newKey).Open(sealed, "ayse"); err != nil || plain != "y" {
		t.Fatalf("the first key must seal: %q, %v", plain, err)
	}
	if !both.Newest(sealed) {
		t.Error("what the first key sealed does not pass for new")
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"", "short", "c2hvcnQ=", secret.NewKey() + ",nonsense"} {
		if _, err := secret.New(keys); err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") {
			t.Errorf("New(%q) = %v; want an error that says how to make a key", keys, err)
		}
	}
}
