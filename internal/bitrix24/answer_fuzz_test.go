package bitrix24

import (
	"encoding/json"
	"testing"

	"sheet24"
)

// FuzzDecode feeds the reader of answers whatever a portal, a proxy or a broken
// line could send. It looks for a panic, for an error without a kind, and for a
// success that the answer does not bear out.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"result":{"items":[{"id":"7","categoryId":null,"title":"x","fm":[{"id":1,"typeId":"EMAIL","valueType":"WORK","value":"a@x.tr"}]}]},"time":{"operating":"1.5"}}`,
		`{"result":{"items":[{"id":7,"fm":{"15":{"id":"15","typeId":"PHONE","value":5321234567}}}]}}`, `{"result":{"items":[]}}`, `{"result":[]}`, `{"result":null}`,
		`{"result":{"result":{"c0":{"item":{"id":1}}},"result_error":[],"result_total":{"c0":"3"},"result_next":[],"result_time":{"c0":{"operating":0.1,"operating_reset_at":1700000000}}}}`,
		`{"result":{"result":[],"result_error":{"c0":{"error":"NOT_FOUND","error_description":"x"}},"result_time":[]}}`,
		`{"result":{"result":{"c0":true},"result_error":{"c0":{"error":0,"error_description":null}}}}`, `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"x"}`,
		`{"error":0}`, `{"error":false,"result":true}`, `<html>502</html>`, `{"result":{"items":[{"id":1e30}]}}`, `{"result":{"items":[{"id":"0x7"}]}}`, `[]`, `"x"`, `{"result":`, ``, `{"result":{"items":[null]}}`,
	} {
		f.Add(200, []byte(s))
		f.Add(500, []byte(s))
	}
	names := map[string]string{"title": "TITLE"}
	f.Fuzz(func(t *testing.T, status int, data []byte) {
		a, err := decode("p.bitrix24.com", status, "", data)
		if err != nil {
			if e := sheet24.AsError(err); e.Code == sheet24.CodeInternal && e.Kind != sheet24.Internal || e.Kind == "" {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		var plain struct {
			Result json.RawMessage
			Error  any
		}
		if status != 200 || json.Unmarshal(data, &plain) != nil || plain.Result == nil {
			t.Fatalf("HTTP %d %q is a success", status, data)
		}
		if rows, err := decodeItems("p", a.Result); err == nil {
			for _, row := range rows {
				item, err := decodeItem(row, names)
				if err != nil {
					continue
				}
				var id lenient
				if json.Unmarshal(row["id"], &id) != nil || itoa(item.ID) != string(id) {
					t.Fatalf("record %d of %s", item.ID, row["id"])
				}
			}
		}
		var b batchAnswer
		if a.into("p", &b) == nil {
			r := b.of("p", "c0")
			_, refused := b.Error["c0"]
			_, there := b.Result["c0"]
			if r.err == nil && (refused || !there) {
				t.Fatalf("%s: the command is a success", data)
			}
		}
	})
}
