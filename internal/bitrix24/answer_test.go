package bitrix24

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestPHPAnswers has the ways in which PHP writes one thing.
func TestPHPAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`{"id":"7","title":"x","fm":[]}`, "7 x []"},
		{`{"id":7,"title":5,"fm":null}`, "7 5 []"},
		{`{"id":7,"title":null,"fm":false}`, "7 <nil> []"},
		{`{"id":7,"title":false,"categoryId":"0","fm":""}`, "7 false []"},
		{`{"id":7,"title":"x","fm":[{"id":"15","typeId":"PHONE","valueType":"WORK","value":905321234567}]}`, "7 x [{15 PHONE WORK 905321234567}]"},
		{`{"id":7,"title":"x","fm":{"15":{"id":15,"typeId":"EMAIL","valueType":null,"value":"a@x.tr"},"9":{"id":9,"typeId":"EMAIL","value":"b@x.tr"}}}`, "7 x [{9 EMAIL  b@x.tr} {15 EMAIL  a@x.tr}]"},
		{`{"id":"yedi"}`, "refused"}, {`{"title":"x"}`, "refused"}, {`{"id":7,"fm":"x"}`, "refused"}, {`{"id":7,"fm":[{"id":"x"}]}`, "refused"},
	} {
		var raw map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.in), &raw); err != nil {
			t.Fatal(err)
		}
		got := "refused"
		if item, err := decodeItem(raw, map[string]string{"title": "TITLE"}); err == nil {
			got = fmt.Sprintf("%d %v %v", item.ID, item.Values["TITLE"], item.Multi)
		}
		if got != c.want {
			t.Errorf("%s: %s; want %s", c.in, got, c.want)
		}
	}
	for in, want := range map[string]string{`[]`: "map[]", `{}`: "map[]", `["a","b"]`: "map[0:a 1:b]", `{"c0":1,"c1":false,"c2":null,"c3":"x"}`: "map[c0:1 c1: c2: c3:x]", `null`: "map[]", `"x"`: "refused"} {
		var m phpMap[lenient]
		got := "refused"
		if err := json.Unmarshal([]byte(in), &m); err == nil {
			got = fmt.Sprint(map[string]lenient(m))
		}
		if got != want {
			t.Errorf("%s: %s; want %s", in, got, want)
		}
	}
	for in, want := range map[string]bool{`"Y"`: true, `"y"`: true, `1`: true, `"1"`: true, `true`: true, `"true"`: true, `"N"`: false, `0`: false, `"0"`: false, `false`: false, `null`: false, `""`: false} {
		var l lenient
		if err := json.Unmarshal([]byte(in), &l); err != nil || l.yes() != want {
			t.Errorf("%s is %v, %v", in, l.yes(), err)
		}
	}
}
