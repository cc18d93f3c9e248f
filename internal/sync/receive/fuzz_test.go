package receive

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sheet24"
)

// FuzzBody reads what anybody may post: what is taken names a tab and an event that there is,
// and what is kept of it is positions, few bytes of them.
func FuzzBody(f *testing.F) {
	for _, body := range []string{`{"sheet_id":"s","gid":0,"event":"row_edited","row_id":5}`, `{"sheet_id":"s","gid":"7","event":"ping"}`,
		`{"gid":1e9}`, `[]`, `{"sheet_id":"s","gid":0,"event":"row_edited","row_id":"-1"}`, `{"sheet_id":"s","gid":0,"event":"ping"}{}`, "\x00", `{"gid":"""}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parse(body)
		if err != nil {
			return
		}
		kept := m.positions()
		if m.SheetID == "" || m.GID == nil || len(kept) > 200 || !json.Valid(kept) {
			t.Errorf("%q is taken, and kept as %s", body, kept)
		}
	})
}

// FuzzSignature passes what anybody may write into headers: nothing but the key's own
// signature of the very bytes passes.
func FuzzSignature(f *testing.F) {
	f.Add("id", "1800000000", "v1,AAAA", []byte("{}"))
	f.Add("", "x", "v1, v1,=", []byte(""))
	f.Fuzz(func(t *testing.T, id, timestamp, value string, body []byte) {
		sig := Signature{ID: id, Timestamp: timestamp, Value: value}
		if err := sig.Check(time.Unix(1_800_000_000, 0)); err != nil {
			return
		}
		tables := []*sheet24.Table{{Key: []byte("a key of ours")}, {}}
		if _, err := verify(tables, sig, body); err == nil && !strings.Contains(value, Sign([]byte("a key of ours"), id, timestamp, body)) {
			t.Errorf("%+v passes, and was not signed", sig)
		}
		if !strings.Contains(value, "v1,") {
			t.Errorf("%+v passes without a signature", sig)
		}
	})
}
