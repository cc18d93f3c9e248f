// Package secret seals what must not be read from a copy of the database:
// grants at Google, the portals' webhook URLs, the tables' signing keys.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keyBytes is the size of one key: AES-256.
const keyBytes = 32

// Box seals and opens short secrets with AES-256-GCM. Sealed text is base64 and
// can only be opened for the same owner, so a row copied to another user's
// account in the database opens for nobody.
type Box struct {
	aead    tink.AEAD
	primary uint32 // id of the key that seals
}

// NewKey returns a fresh random key in the form that New reads.
func NewKey() string {
	b := make([]byte, keyBytes)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return base64.StdEncoding.EncodeToString(b)
}

// New makes a Box from one key or several, separated by commas, each 32 random
// bytes in base64 (openssl rand -base64 32). The first seals; all of them open:
// put a new key in front to rotate.
func New(keys string) (*Box, error) {
	manager := keyset.NewManager()
	params, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: keyBytes, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return nil, err
	}
	var primary uint32

	for i, text := range strings.Split(keys, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("key %d is not 32 bytes in base64; make one with: openssl rand -base64 32", i+1)
		}

		// The id is written into what is sealed; taken from the key itself, it
		// stays the same wherever the key stands in the list.
		sum := sha256.Sum256(raw)
		id := binary.BigEndian.Uint32(sum[:4])
		key, err := aesgcm.NewKey(secretdata.NewBytesFromData(raw, insecuresecretdataaccess.Token{}), id, params)
		if err != nil {
			return nil, err
		}

		if _, err := manager.AddKey(key); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}

		if i == 0 {
			primary = id
			if err := manager.SetPrimary(id); err != nil {
				return nil, err
			}
		}
	}

	handle, err := manager.Handle()
	if err != nil {
		return nil, err
	}

	a, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	return &Box{aead: a, primary: primary}, nil
}

// Seal encrypts plain for owner. An empty text stays empty: there is no secret.
func (b *Box) Seal(plain, owner string) (string, error) {
	if plain == "" {
		return "", nil
	}
	sealed, err := b.aead.Encrypt([]byte(plain), []byte(owner))
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(sealed), nil
}

// ErrWrongKey is returned when no key opens a sealed text.
var ErrWrongKey = errors.New("no key in SHEET24_SECRET_KEY opens what the database holds; is it the key that this database was made with?")

// Open decrypts what Seal made for the same owner.
func (b *Box) Open(sealed, owner string) (string, error) {
	if sealed == "" {
		return "", nil
	}

	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("sealed text: %w", err)
	}

	plain, err := b.aead.Decrypt(raw, []byte(owner))
	if err != nil {
		return "", ErrWrongKey
	}
	return string(plain), nil
}

// Newest reports whether a text was sealed by the first of the keys. One that is empty is
// no secret, and needs no key.
func (b *Box) Newest(sealed string) bool {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if sealed == "" || err != nil {
		return sealed == ""
	}
	// Tink's prefix: a byte 1, then the key's id.
	const prefix = 5
	return len(raw) > prefix && binary.BigEndian.Uint32(raw[1:prefix]) == b.primary
}
